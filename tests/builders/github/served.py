"""What the server was asked, for tests that count."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

__all__ = ["Served", "Tally"]


class Served(NamedTuple):
    """One request and its answer. `points` were taken from the budget of `resource`: a 304 takes none."""

    method: str
    path: str
    endpoint: str  # such as `/repos/{owner}/{repo}/pulls`, or `/graphql`
    operation: str  # name of the GraphQL operation, else empty
    status: int
    points: int
    resource: str
    query: Mapping[str, str]  # of the URL
    variables: Mapping[str, Any]  # of a GraphQL query
    page: int  # the largest page or list of ids that a GraphQL query asked for
    sent_bytes: int
    received_bytes: int
    fault: str  # name of the kind, empty where all went well


class Tally(list[Served]):
    """All requests in order."""

    def matching(
        self, *, endpoint: str = "*", operation: str = "*", status: int | None = None, method: str = "*"
    ) -> list[Served]:
        """Those of an endpoint, operation or method (globs) and status."""
        return [
            one
            for one in self
            if fnmatchcase(one.endpoint, endpoint)
            if fnmatchcase(one.operation, operation)
            if fnmatchcase(one.method, method)
            if status is None or one.status == status
        ]

    def points(self, resource: str = "graphql") -> int:
        """What they took from a budget."""
        return sum(one.points for one in self if one.resource == resource)
