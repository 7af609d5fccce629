"""Interpret an answer: its data, or one of our signals. Pure functions.

GitHub reports the same problem in many ways: a rate limit comes as 403, as 429, as 200 with `errors`, as 200 with
only a `message`; a proxy's error page comes as 200 with HTML. An answer counts as data only if it has the form of data.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from collectors.github.api.signals import Again, BadCursor, Garbage, Gone, Limited, LockedOut, Refused, TooMuch
from collectors.github.rows.values import shown
from headway.errors import AccessDenied, CollectError

__all__ = ["Answer", "graphql_data", "moment", "rest_data"]

_RATE = re.compile(r"(?i)rate limit|retry your request again later|wait a few minutes|abuse detection")
_TOO_MUCH = re.compile(r"(?i)resource limits|something went wrong|timed? ?out|couldn't respond to your request in time")
_TOO_MUCH_TYPES = frozenset({"RESOURCE_LIMITS_EXCEEDED", "MAX_NODE_LIMIT_EXCEEDED"})
_ONLY_A_MESSAGE = frozenset({"message", "documentation_url", "status", "errors"})
_GONE = frozenset({404, 410, 451})
_LIMITED = frozenset({403, 429})
# A wait or a moment beyond these is no limit that anybody keeps; Python's dates would not hold it.
_LONGEST_SECONDS = 366 * 86_400
_DIGITS = 15  # read of a number; Python refuses thousands
_LAST_MOMENT = 32_503_680_000  # the year 3000


class Answer(NamedTuple):
    """An answer of the server: its status, its headers with names in lower case, its body."""

    status: int
    headers: Mapping[str, str]
    body: str

    def message(self) -> str:
        """Its status and message, for an error text."""
        try:
            message = json.loads(self.body)["message"]
        except (ValueError, TypeError, KeyError, RecursionError):
            message = ""
        return f"{self.status} {shown(message)}".strip()


def rest_data(answer: Answer) -> Any:
    """The object or list of a REST answer; raises AccessDenied or a signal."""
    _check_status(answer)
    if answer.status >= 500:
        raise Again(answer.message())
    data = _json(answer)
    if not isinstance(data, (dict, list)):
        raise Garbage("an answer that is neither an object nor a list")
    if isinstance(data, dict) and data.keys() <= _ONLY_A_MESSAGE:
        raise _limited(answer) if _RATE.search(answer.message()) else Again(f"only a message: {answer.message()}")
    return data


def graphql_data(answer: Answer, *, may_be_gone: str = "") -> dict[str, Any]:
    """The `data` of a GraphQL answer that came without errors; raises AccessDenied, CollectError or a signal.

    Objects directly under `may_be_gone`, a list of nodes by id, may be reported as not found: they are None then.
    """
    if answer.status in {502, 504}:
        raise TooMuch(answer.message())
    _check_status(answer)
    if answer.status >= 500:
        raise Again(answer.message())
    body = _json(answer)
    if not isinstance(body, dict):
        raise Garbage("an answer that is not an object")
    errors = body.get("errors") or []
    lost = 0
    for error in errors:
        if not isinstance(error, dict):
            raise Again("errors that are not objects")
        if not _is_lost_node(error, may_be_gone):
            _raise_for(error, answer)
        lost += 1
    data = body.get("data")
    if not isinstance(data, dict):
        if _RATE.search(str(body.get("message", ""))):
            raise _limited(answer)
        raise Again("an answer without data") if "data" in body else Garbage("an answer without data")
    if may_be_gone and [*data.get(may_be_gone, ())].count(None) != lost:
        raise Again("missing objects without an error")
    return data


def _check_status(answer: Answer) -> None:
    """Raise for every status that is not about a fault of the server."""
    status = answer.status
    if status in {200, 304} or status >= 500:
        return
    if status == 401:
        raise AccessDenied(
            f"GitHub refused the token: {answer.message()}",
            hint="set HEADWAY_GITHUB_TOKEN to a token that is valid and not expired (`headway doctor` checks it)",
        )
    if status in _LIMITED and _is_limit(answer):
        raise _limited(answer)
    if status == 403:
        _check_single_sign_on(answer)
        raise Refused(answer.message())
    if status in _GONE:
        raise Gone(answer.message())
    if status in {202, 408, 409, 425}:
        raise Again(answer.message())
    raise CollectError(
        f"GitHub rejected a request: {answer.message()}",
        hint="this version may not support that server; report it if the server is github.com",
    )


def _is_limit(answer: Answer) -> bool:
    return (
        answer.status == 429
        or "retry-after" in answer.headers
        or answer.headers.get("x-ratelimit-remaining") == "0"
        or _RATE.search(answer.message()) is not None
    )


def _limited(answer: Answer) -> Limited:
    """How long to wait: `retry-after`, else the reset time if nothing remains, else unknown."""
    headers = answer.headers
    wait = headers.get("retry-after", "")
    if wait.isdecimal():
        return Limited(answer.message(), seconds=float(min(int(wait[:_DIGITS]), _LONGEST_SECONDS)))
    if headers.get("x-ratelimit-remaining") == "0" and (reset := headers.get("x-ratelimit-reset", "")).isdecimal():
        return Limited(answer.message(), until=moment(reset))
    return Limited(answer.message())


def moment(seconds: str) -> datetime:
    """The moment that a header gives in seconds since 1970, in UTC; no later than the year 3000."""
    return datetime.fromtimestamp(min(int(seconds[:_DIGITS]), _LAST_MOMENT), UTC).replace(tzinfo=None)


def _check_single_sign_on(answer: Answer) -> None:
    header = answer.headers.get("x-github-sso", "")
    if header.startswith("required"):
        url = header.partition("url=")[2]
        raise _no_single_sign_on(f"open {shown(url)} to" if url.startswith("https://") else "")


def _no_single_sign_on(how: str) -> LockedOut:
    where = how or "at Settings, Developer settings, Configure SSO:"
    return LockedOut(
        "the organization requires single sign-on for this token",
        hint=f"{where} authorize the token, and collect again",
    )


def _json(answer: Answer) -> Any:
    body = answer.body.strip()
    if not body:
        raise Again("an empty answer")
    if body.startswith("<"):
        raise Garbage("a web page instead of data")
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Again("an answer that was cut off or is not JSON") from None


def _is_lost_node(error: Mapping[str, Any], may_be_gone: str) -> bool:
    path = error.get("path")
    lost = error.get("type") == "NOT_FOUND" and isinstance(path, list) and len(path) == 2
    return lost and path is not None and path[0] == may_be_gone


def _raise_for(error: Mapping[str, Any], answer: Answer) -> None:
    """Raise what an error of GraphQL means. Data beside an error is never used: a part of it may be missing."""
    kind, message = str(error.get("type", "")), str(error.get("message", ""))
    extensions = error.get("extensions")
    extensions = extensions if isinstance(extensions, dict) else {}
    if kind == "RATE_LIMITED" or _RATE.search(message):
        raise _limited(answer)
    if kind in _TOO_MUCH_TYPES or _TOO_MUCH.search(message):
        raise TooMuch(shown(message or kind))
    if extensions.get("saml_failure"):
        raise _no_single_sign_on("")
    if kind == "INSUFFICIENT_SCOPES":
        raise AccessDenied(f"the token may not read this: {shown(message)}", hint="give the token the scope `repo`")
    if kind == "FORBIDDEN":
        path = error.get("path")
        raise Refused(shown(message), tuple(path) if isinstance(path, list) else ())
    if kind == "INVALID_CURSOR_ARGUMENTS":
        raise BadCursor(shown(message))
    if kind == "NOT_FOUND":
        raise Gone(shown(message))
    if extensions.get("code") in {"undefinedField", "argumentNotAccepted", "variableMismatch"}:
        raise CollectError(
            f"the server's GraphQL schema lacks something: {shown(message)}",
            hint="GitHub Enterprise Server 3.14 or newer is needed",
        )
    raise Again(shown(message or kind or "an error without a message"))
