"""A request and its answer, free of sockets."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.builders.github.server import FakeGitHub

__all__ = ["Answer", "Exchange", "Request", "json_answer"]


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked. `path` is without the prefix of an enterprise server, `base` is the URL that the client uses.

    `operation`, `variables` and `page` (the largest `first` or list of ids) are of GraphQL requests.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]  # names in lower case; the token is not among them
    body: bytes
    base: str
    operation: str = ""
    variables: Mapping[str, Any] = field(default_factory=dict)
    page: int = 0

    @property
    def is_graphql(self) -> bool:
        """Whether it went to the GraphQL endpoint."""
        return self.path == "/graphql"


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back.

    Where `sent` is given, so many bytes of the body, and the connection is closed; if it is negative, nothing at all.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    endpoint: str = ""
    points: int = 0  # of the budget `resource`
    resource: str = "core"
    sent: int | None = None
    chunked: bool = False
    delay_seconds: float = 0.0

    def with_headers(self, headers: Mapping[str, str]) -> Answer:
        """The same with more headers."""
        return replace(self, headers={**self.headers, **headers})


class Exchange:
    """A request on its way; a fault may look at the honest answer, change it, or do without."""

    def __init__(self, github: FakeGitHub, request: Request, answer: Callable[[Request], Answer]) -> None:
        """Have the honest answer made on demand."""
        self.github, self.request, self._answer = github, request, answer

    @cached_property
    def honest(self) -> Answer:
        """What is answered where nothing goes wrong."""
        return self._answer(self.request)

    def touches(self, number: int) -> bool:
        """Whether the honest answer tells of the pull request of this number."""
        mark = f'"number":{number}'.encode()
        return any(mark + end in self.honest.body for end in (b",", b"}"))


def json_answer(status: int, body: Any, headers: Mapping[str, str] | None = None, **more: Any) -> Answer:
    """An answer in JSON."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Answer(status, {"Content-Type": "application/json; charset=utf-8", **(headers or {})}, text.encode(), **more)
