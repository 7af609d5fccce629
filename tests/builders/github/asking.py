"""A client as plain as can be, so that tests see what really came."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from http.client import HTTPConnection
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tests.builders.github.server import FakeGitHub

__all__ = ["Client", "Got"]


class Got(NamedTuple):
    """An answer; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body)

    @property
    def next(self) -> str | None:
        """The next page of a list."""
        links = [part.split("; ") for part in self.headers.get("link", "").split(", ") if part]
        return next((url.strip("<>") for url, rel in links if rel == 'rel="next"'), None)


class Client:
    """Asks one server, a connection for each request."""

    def __init__(self, github: FakeGitHub, token: str = "", *, enterprise: bool = False) -> None:
        """Ask with this token, else with the one that may read everything."""
        self._token = token or github.token
        self._address = urlsplit(github.url).netloc
        self._prefix = "/api/v3" if enterprise else ""
        self._graphql = "/api/graphql" if enterprise else "/graphql"

    def get(self, path: str, **headers: str) -> Got:
        """GET a path, or the whole URL of a link."""
        target = path if path.startswith("http") else self._prefix + path
        parts = urlsplit(target)
        return self._ask("GET", f"{parts.path}?{parts.query}" if parts.query else parts.path, None, headers)

    def post(self, path: str, body: Any = None) -> Got:
        """POST to a path."""
        return self._ask("POST", self._prefix + path, json.dumps(body), {})

    def pages(self, path: str) -> Iterator[Any]:
        """Each page of a list."""
        at: str | None = path
        while at:
            got = self.get(at)
            yield got.json
            at = got.next

    def query(self, text: str, **variables: Any) -> Any:
        """What a GraphQL query answers."""
        return self.post_query(text, **variables).json

    def post_query(self, text: str, **variables: Any) -> Got:
        """The same with status and headers."""
        return self._ask("POST", self._graphql, json.dumps({"query": text, "variables": variables}), {})

    def _ask(self, method: str, target: str, body: str | None, headers: Mapping[str, str]) -> Got:
        connection = HTTPConnection(self._address, timeout=60)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            if self._token != "none":
                named["Authorization"] = f"Bearer {self._token}"
            connection.request(method, target, body, named)
            answer = connection.getresponse()
            return Got(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()
