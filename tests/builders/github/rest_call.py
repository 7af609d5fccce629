"""One REST request on its way to an answer: what the answers of `rest_*.py` are made from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.builders.github.access import Access, Tokens
from tests.builders.github.limits import Limits
from tests.builders.github.model import Forge
from tests.builders.github.views import RepositoryView

__all__ = ["Call", "Refused", "Reply", "Route"]

_DOCS = "https://docs.github.com/rest"


class Refused(Exception):
    """The request is refused with this status and message."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.reply = Reply(
            {"message": message, "documentation_url": _DOCS, "status": str(status)},
            status,
            {name.replace("_", "-"): value for name, value in headers.items()},
        )


@dataclass(frozen=True, slots=True)
class Reply:
    """A body that will be JSON, its status and its own headers."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Call:
    """A request that was routed. `parts` are what stands in the path, `where` is the repository it is about."""

    forge: Forge
    now: int
    access: Access
    tokens: Tokens
    limits: Limits
    base: str
    path: str
    query: Mapping[str, str]
    parts: Mapping[str, str]
    found: RepositoryView | None = None

    @property
    def where(self) -> RepositoryView:
        """The repository of the path."""
        if self.found is None:
            raise Refused(404, "Not Found")
        return self.found

    @property
    def url(self) -> str:
        """The repository's own URL."""
        return f"{self.base}/repos/{self.where.repository.full_name}"

    def page(self, items: Sequence[Any], *, most: int | None = None) -> tuple[Sequence[Any], dict[str, str]]:
        """A page of `items`, of which only the first `most` can be reached, and the links to the others."""
        size = min(max(self._number("per_page", 30), 1), 100)
        number = max(self._number("page", 1), 1)
        reachable = len(items) if most is None else min(len(items), most)
        last = max(1, -(-reachable // size))
        links: dict[str, int] = {}
        if number < last:
            links |= {"next": number + 1, "last": last}
        if number > 1:
            links |= {"first": 1, "prev": min(number - 1, last)}
        told = ", ".join(f'<{self._link(to)}>; rel="{name}"' for name, to in links.items())
        return items[(number - 1) * size : min(number * size, reachable)], {"Link": told} if told else {}

    def _number(self, name: str, otherwise: int) -> int:
        text = self.query.get(name, "")
        return int(text) if text.isdigit() else otherwise

    def _link(self, page: int) -> str:
        path = self.path
        if self.found is not None:  # GitHub's links name a repository by its number
            tail = path.split("/")[4:] if path.startswith("/repos/") else path.split("/")[3:]
            path = "/".join(["", "repositories", str(self.found.repository.id), *tail])
        return f"{self.base}{path}?{urlencode({**self.query, 'page': page})}"


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint: its template as in GitHub's documentation, the permission it takes, and who answers."""

    template: str
    permission: str
    answer: Callable[[Call], Reply]
    method: str = "GET"
    free: bool = False  # not counted against the budget
