from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from collectors.github.api.answers import Answer, graphql_data, rest_data
from collectors.github.api.signals import Again, BadCursor, Garbage, Gone, Limited, LockedOut, Refused, TooMuch
from headway.errors import AccessDenied, CollectError

SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
RESET = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1764000000"}
RESET_AT = datetime(2025, 11, 24, 16, 0)


def answer(status: int, body: Any = None, **headers: str) -> Answer:
    """An answer with this JSON or text."""
    text = body if isinstance(body, str) else json.dumps(body)
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, text)


def errors(*kinds: dict[str, Any], data: Any = None) -> dict[str, Any]:
    """A GraphQL body with errors."""
    return {"data": data, "errors": list(kinds)}


@pytest.mark.parametrize(
    ("given", "signal"),
    [
        (answer(200, ""), Again),
        (answer(200, "  \n"), Again),
        (answer(200, "<html><body>Sign in</body></html>"), Garbage),
        (answer(200, '{"total_count": 3, "workfl'), Again),
        (answer(200, "null"), Garbage),
        (answer(200, "[" * 100_000), Again),
        (answer(200, {"message": "hello"}), Again),
        (answer(200, {"message": SECONDARY, "documentation_url": "x"}), Limited),
        (answer(202, {}), Again),
        (answer(403, {"message": SECONDARY}), Limited),
        (answer(403, {"message": "API rate limit exceeded for user ID 1."}), Limited),
        (answer(403, {"message": "Forbidden"}, retry_after="7"), Limited),
        (answer(429, {"message": "Too many"}), Limited),
        (answer(403, {"message": "Resource not accessible by integration"}), Refused),
        (answer(404, {"message": "Not Found"}), Gone),
        (answer(410, {"message": "Gone"}), Gone),
        (answer(451, {"message": "Unavailable"}), Gone),
        (answer(500, "<html>"), Again),
        (answer(502, "<html>"), Again),
        (answer(401, {"message": "Bad credentials"}), AccessDenied),
        (answer(403, {"message": "x"}, x_github_sso="required; url=https://github.com/orgs/a/sso?r=1"), LockedOut),
        (answer(422, {"message": "Validation failed"}), CollectError),
    ],
)
def test_rest_answer_that_is_no_data_is_told_apart(given: Answer, signal: type[Exception]) -> None:
    """Whatever comes instead of data, at whatever status, is never taken for data."""
    with pytest.raises(signal) as raised:
        rest_data(given)
    assert type(raised.value) is signal


@pytest.mark.parametrize(
    ("given", "signal"),
    [
        (answer(200, ""), Again),
        (answer(200, "null"), Garbage),
        (answer(200, {}), Garbage),
        (answer(200, {"data": None}), Again),
        (answer(200, {"message": SECONDARY}), Limited),
        (answer(200, errors({"type": "RATE_LIMITED", "message": "x"})), Limited),
        (answer(200, errors({"type": "RATE_LIMIT", "message": "API rate limit already exceeded"})), Limited),
        (answer(200, errors({"type": "RESOURCE_LIMITS_EXCEEDED"}, data={"node": 1})), TooMuch),
        (answer(200, errors({"type": "MAX_NODE_LIMIT_EXCEEDED"})), TooMuch),
        (answer(200, errors({"message": "Something went wrong while executing your query."})), TooMuch),
        (answer(502, {"message": "x"}), TooMuch),
        (answer(504, "<html>"), TooMuch),
        (answer(503, "<html>"), Again),
        (answer(200, errors({"type": "NOT_FOUND", "path": ["node"]}, data={"node": None})), Gone),
        (answer(200, errors({"type": "FORBIDDEN", "path": ["node", "releases"]}, data={"node": None})), Refused),
        (answer(200, errors({"type": "FORBIDDEN", "extensions": {"saml_failure": True}})), LockedOut),
        (answer(200, errors({"type": "INSUFFICIENT_SCOPES", "message": "needs repo"})), AccessDenied),
        (answer(200, errors({"type": "INVALID_CURSOR_ARGUMENTS", "message": "x"})), BadCursor),
        (answer(200, errors({"extensions": {"code": "undefinedField"}, "message": "no field"})), CollectError),
        (answer(200, errors({"message": "who knows"}, data={"node": {"whole": True}})), Again),
        (answer(200, errors("who knows", data={"node": {"whole": True}})), Again),  # type: ignore[arg-type]
    ],
)
def test_graphql_answer_that_is_no_data_is_told_apart(given: Answer, signal: type[Exception]) -> None:
    """Errors at status 200, with or without data beside them, are never taken for data."""
    with pytest.raises(signal) as raised:
        graphql_data(given)
    assert type(raised.value) is signal


def test_limit_says_how_long_to_wait() -> None:
    """`retry-after` counts first, then the reset time, and where there is neither nobody knows."""
    for given, seconds, until in (
        (answer(403, {"message": SECONDARY}, retry_after="7", **_under(RESET)), 7.0, None),
        (answer(403, {"message": "API rate limit exceeded"}, **_under(RESET)), None, RESET_AT),
        (answer(429, {"message": "Too many"}), None, None),
    ):
        with pytest.raises(Limited) as limited:
            rest_data(given)
        assert (limited.value.seconds, limited.value.until) == (seconds, until)


def _under(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("-", "_"): value for name, value in headers.items()}


def test_single_sign_on_shows_where_to_go() -> None:
    """The operator gets the URL at which the token can be authorized; a URL that is none is not shown."""
    for url, shown in (("https://github.com/orgs/a/sso", True), ("javascript:alert(1)", False)):
        with pytest.raises(LockedOut) as locked:
            rest_data(answer(403, {"message": "x"}, x_github_sso=f"required; url={url}"))
        assert (url in locked.value.hint) is shown


def test_lost_node_of_a_list_by_id_is_null() -> None:
    """Of objects asked for by id, one that is not found is null; a null that no error explains is no answer."""
    lost = {"type": "NOT_FOUND", "path": ["nodes", 1]}
    data = {"nodes": [{"id": "a"}, None]}
    assert graphql_data(answer(200, errors(lost, data=data)), may_be_gone="nodes") == data
    with pytest.raises(Again):
        graphql_data(answer(200, {"data": data}), may_be_gone="nodes")
    with pytest.raises(Gone):
        graphql_data(answer(200, errors(lost, data=data)))


def test_answer_without_errors_is_data() -> None:
    """What came whole is taken."""
    assert graphql_data(answer(200, {"data": {"node": {"id": "x"}}})) == {"node": {"id": "x"}}
    assert rest_data(answer(200, {"message": "a commit's", "sha": "x"})) == {"message": "a commit's", "sha": "x"}
    assert rest_data(answer(200, [])) == []
