"""What can go wrong with an answer. Each kind is made by a function of its name: `kinds.status(502)`."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tests.builders.github.exchange import Answer, Exchange, json_answer

if TYPE_CHECKING:
    from tests.builders.github.server import FakeGitHub

__all__ = [
    "RECOVERABLE",
    "Kind",
    "act",
    "bad_credentials",
    "cut_body",
    "cut_chunked",
    "cut_json",
    "disconnect",
    "empty",
    "forbidden",
    "gone",
    "html",
    "moved",
    "node_limit",
    "not_found",
    "other_host",
    "partial",
    "primary_limit",
    "resource_limits",
    "saml",
    "secondary_as_success",
    "secondary_limit",
    "something_wrong",
    "status",
    "timeout",
    "too_many",
    "unavailable_for_legal_reasons",
]

_DOCS = "https://docs.github.com/rest"
_SECONDARY = (
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again. If you reach out to "
    "GitHub Support for help, please include the request ID 1A2B:3C4D:5E6F."
)
_UNICORN = (
    b"<!DOCTYPE html>\n<html><head><title>Unicorn! &middot; GitHub</title></head>"
    b"<body><p><strong>We had issues producing the response to your request.</strong></p></body></html>\n"
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to go wrong: its name, and what becomes of the answer; `acts` if something happens on the server."""

    name: str
    apply: Callable[[Exchange], Answer]
    acts: bool = False

    def __call__(self, exchange: Exchange) -> Answer:
        """The answer that goes back."""
        return self.apply(exchange)


def _plain(name: str, status_code: int, message: str, **headers: str) -> Kind:
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    body = {"message": message, "documentation_url": _DOCS, "status": str(status_code)}
    return Kind(name, lambda _exchange: json_answer(status_code, body, named))


def status(code: int) -> Kind:
    """A server error with GitHub's page, such as 502 or 504; for GraphQL in JSON."""

    def apply(exchange: Exchange) -> Answer:
        if not exchange.request.is_graphql:
            return Answer(code, {"Content-Type": "text/html; charset=utf-8"}, _UNICORN)
        message = "We couldn't respond to your request in time. Sorry about that. Please try resubmitting your request."
        return json_answer(code, {"message": message, "documentation_url": _DOCS}, points=1, resource="graphql")

    return Kind(f"status {code}", apply)


def _errors(name: str, *errors: dict[str, Any], data: Callable[[Exchange], Any] | None = None) -> Kind:
    """Status 200 with errors; on REST, where there is no such thing, a 502."""

    def apply(exchange: Exchange) -> Answer:
        if not exchange.request.is_graphql:
            return status(502)(exchange)
        body: dict[str, Any] = {"data": data(exchange)} if data else {}
        return json_answer(200, body | {"errors": list(errors)}, points=1, resource="graphql")

    return Kind(name, apply)


def _all_null(exchange: Exchange) -> dict[str, Any]:
    """The honest data with null in each of its nodes, or in each field where it has none."""
    data = json.loads(exchange.honest.body).get("data") or {}
    found = _page(data)
    if found is None:
        return dict.fromkeys(data)
    found[0][:] = [None] * len(found[0])
    return dict(data)


def _page(data: Any, path: tuple[str | int, ...] = ()) -> tuple[list[Any], list[str | int]] | None:
    """The outermost list of nodes and the path to it."""
    if isinstance(data, dict):
        for key, value in data.items():
            if key == "nodes" and isinstance(value, list):
                return value, [*path, key]
            found = _page(value, (*path, key))
            if found:
                return found
    return None


def resource_limits() -> Kind:
    """GraphQL ran out of its resources: all nodes null, and an error that says so."""
    error = {
        "type": "RESOURCE_LIMITS_EXCEEDED",
        "path": ["repository"],
        "locations": [{"line": 1, "column": 1}],
        "message": "Resource limits for this query exceeded.",
    }
    return _errors("resource limits", error, data=_all_null)


def node_limit() -> Kind:
    """GraphQL refuses the query for the nodes that it might have."""
    error = {
        "type": "MAX_NODE_LIMIT_EXCEEDED",
        "path": ["query"],
        "locations": [{"line": 1, "column": 1}],
        "message": "This query requests up to 1,010,000 possible nodes which exceeds the maximum limit of 500,000.",
    }
    return _errors("node limit", error)


def something_wrong() -> Kind:
    """GraphQL fails without a type, in a 200."""
    message = (
        "Something went wrong while executing your query. This may be the result of a timeout, or it could be a "
        "GitHub bug. Please include `1A2B:3C4D` when reporting this issue."
    )
    return _errors("something wrong", {"message": message}, data=lambda _exchange: None)


def partial(field: str = "", place: int = 0) -> Kind:
    """Data with a hole: the `place`-th node, or one field of it, is null, and an error names the path."""

    def apply(exchange: Exchange) -> Answer:
        honest = exchange.honest
        if not exchange.request.is_graphql:
            return status(502)(exchange)
        body = json.loads(honest.body)
        nodes, path = _page(body.get("data")) or ([], [])
        if not nodes:
            return status(502)(exchange)
        at = min(place, len(nodes) - 1)
        if field and nodes[at]:
            nodes[at][field] = None
        else:
            nodes[at] = None
        where = [*path, at, *([field] if field else [])]
        message = "Something went wrong while executing your query. This may be the result of a timeout."
        body["errors"] = [{"type": "SERVICE_UNAVAILABLE", "path": where, "locations": [], "message": message}]
        return replace(honest, body=json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())

    return Kind("partial", apply)


def cut_body() -> Kind:
    """The connection closes in the middle of a body whose length was announced."""
    return Kind("cut body", lambda exchange: replace(exchange.honest, sent=len(exchange.honest.body) // 2))


def cut_chunked() -> Kind:
    """The connection closes before the last chunk."""
    return Kind(
        "cut chunked", lambda exchange: replace(exchange.honest, sent=len(exchange.honest.body) // 2, chunked=True)
    )


def cut_json() -> Kind:
    """A whole answer with half of its JSON."""

    def apply(exchange: Exchange) -> Answer:
        body = exchange.honest.body
        return replace(exchange.honest, body=body[: max(1, len(body) // 2)], status=200)

    return Kind("cut JSON", apply)


def html() -> Kind:
    """Status 200 with the page of some proxy."""
    page = b"<html><body><h1>Sign in to the network</h1></body></html>"
    return Kind("HTML at 200", lambda _exchange: Answer(200, {"Content-Type": "text/html"}, page))


def empty() -> Kind:
    """Status 200 with nothing in it."""
    return Kind("empty 200", lambda _exchange: Answer(200, {"Content-Type": "application/json; charset=utf-8"}))


def forbidden(retry_after: int | None = None) -> Kind:
    """403 for the secondary limit, with or without the time to wait."""
    return secondary_limit(403, retry_after)


def too_many(retry_after: int | None = None) -> Kind:
    """429 for the secondary limit, with or without the time to wait."""
    return secondary_limit(429, retry_after)


def secondary_limit(code: int = 403, retry_after: int | None = None) -> Kind:
    """The secondary limit."""
    headers = {} if retry_after is None else {"Retry_After": str(retry_after)}
    suffix = "" if retry_after is None else ", Retry-After"
    return _plain(f"{code}{suffix}", code, _SECONDARY, **headers)


def secondary_as_success() -> Kind:
    """The secondary limit with status 200: a message, and no data."""
    return Kind(
        "secondary at 200", lambda _exchange: json_answer(200, {"message": _SECONDARY, "documentation_url": _DOCS})
    )


def primary_limit(minutes: int = 10, *, error_type: str = "RATE_LIMITED", code: int = 403) -> Kind:
    """The hour's budget is used up: 403 on REST, a 200 with an error on GraphQL, and it is full again in `minutes`.

    GitHub writes the type `RATE_LIMITED`, and by now also `RATE_LIMIT`.
    """

    def apply(exchange: Exchange) -> Answer:
        graphql = exchange.request.is_graphql
        limits = exchange.github.limits
        budget = limits.graphql if graphql else limits.core
        budget.remaining, budget.reset_at = 0, exchange.github.clock.seconds + minutes * 60
        return exhausted(exchange, error_type=error_type, code=code)

    return Kind("primary limit", apply)


def exhausted(exchange: Exchange, *, error_type: str = "RATE_LIMITED", code: int = 403) -> Answer:
    """What is answered while a budget is empty."""
    if exchange.request.is_graphql:
        error = {"type": error_type, "message": "API rate limit exceeded for user ID 5000001."}
        if error_type == "RATE_LIMIT":
            error |= {"code": "graphql_rate_limit", "message": "API rate limit already exceeded for user ID 5000001."}
        return json_answer(200, {"errors": [error]}, resource="graphql", endpoint="/graphql")
    return _plain("", code, "API rate limit exceeded for user ID 5000001.")(exchange)


def moved() -> Kind:
    """301 to the repository's own number, as after a rename; the query is kept."""

    def apply(exchange: Exchange) -> Answer:
        _, first, owner, name, *rest = [*exchange.request.path.split("/"), "", "", ""][:64]
        repository = exchange.github.forge.named(f"{owner}/{name}")
        if first != "repos" or repository is None:
            return exchange.honest
        return exchange.github.redirect(exchange.request, repository, "/".join(one for one in rest if one))

    return Kind("moved", apply)


def not_found() -> Kind:
    """404."""
    return _plain("404", 404, "Not Found")


def gone() -> Kind:
    """410."""
    return _plain("410", 410, "This resource is gone")


def unavailable_for_legal_reasons() -> Kind:
    """451."""
    return _plain("451", 451, "Repository access blocked")


def bad_credentials() -> Kind:
    """401."""
    return _plain("401", 401, "Bad credentials")


def saml(url: str = "https://github.com/orgs/acme/sso?authorization_request=made-up") -> Kind:
    """The organization wants single sign-on: 403 with a header on REST, FORBIDDEN on GraphQL."""
    message = (
        "Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this "
        "organization."
    )

    def apply(exchange: Exchange) -> Answer:
        headers = {"X-GitHub-SSO": f"required; url={url}"}
        if not exchange.request.is_graphql:
            return json_answer(403, {"message": message, "documentation_url": _DOCS, "status": "403"}, headers)
        error = {
            "type": "FORBIDDEN",
            "path": ["repository"],
            "extensions": {"saml_failure": True},
            "locations": [{"line": 1, "column": 1}],
            "message": message,
        }
        return json_answer(200, {"data": {"repository": None}, "errors": [error]}, headers, resource="graphql")

    return Kind("SAML", apply)


def timeout(seconds: float) -> Kind:
    """The answer comes so many real seconds late."""
    return Kind("timeout", lambda exchange: replace(exchange.honest, delay_seconds=seconds))


def disconnect() -> Kind:
    """The connection is closed without an answer."""
    return Kind("disconnect", lambda exchange: replace(exchange.honest, sent=-1))


def act(action: Callable[[FakeGitHub], Any]) -> Kind:
    """Something happens just before the answer: a page shifts while it is being read."""

    def apply(exchange: Exchange) -> Answer:
        action(exchange.github)
        return exchange.honest

    return Kind("act", apply, acts=True)


def other_host(host: str = "elsewhere.example.com") -> Kind:
    """The next link leads to another host."""

    def apply(exchange: Exchange) -> Answer:
        link = exchange.honest.headers.get("Link", "").replace(exchange.request.base, f"https://{host}")
        return exchange.honest.with_headers({"Link": link}) if link else exchange.honest

    return Kind("other host", apply)


RECOVERABLE: tuple[Kind, ...] = (
    status(500),
    status(502),
    status(503),
    status(504),
    resource_limits(),
    something_wrong(),
    partial(),
    partial("reviews"),
    cut_body(),
    cut_chunked(),
    cut_json(),
    html(),
    empty(),
    forbidden(),
    forbidden(2),
    too_many(),
    too_many(2),
    primary_limit(),
    secondary_as_success(),
    disconnect(),
)
"""Every kind after which the same request, or a smaller one, succeeds."""
