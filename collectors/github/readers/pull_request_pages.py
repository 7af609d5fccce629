"""Pages of pull requests, as large as GitHub can put together; one that it cannot give at all is left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from collectors.github.api.nested_pages import Lost, Want, next_pages
from collectors.github.api.page_size import Patience
from collectors.github.context import Run
from collectors.github.documents import EVENT_TYPES
from collectors.github.readers.history import HistoryReader
from collectors.github.rows.pull_requests import Pull
from collectors.github.rows.values import next_cursor

__all__ = ["Page", "PullPages"]

_NESTED = {"labels": 50, "commits": 100, "reviews": 50, "events": 100}
_LEAST_NESTED = 5


class Page(NamedTuple):
    """Some pull requests, numbers of those that are gone or cannot be read by node id, and how to go on."""

    pulls: list[Pull]
    gone: dict[str, int]
    unreadable: dict[str, int]
    cursor: str | None = None
    more: bool = False
    total: int = 0


class PullPages:
    """Reads pages; knows how large they may be. The commit graph's first pages come along with them."""

    def __init__(self, run: Run, history: HistoryReader) -> None:
        self._run, self._history = run, history
        self._patience = Patience(run.client, run.client.page)

    def after(self, cursor: str | None) -> Page:
        """The next page in order of creation."""

        def ask() -> dict[str, Any]:
            variables = {"size": self._patience.size, "cursor": cursor, **self._nested()}
            return self._run.query("PullRequests", variables | self._history.along(self._patience.step))

        node = self._patience.ask_or_leave(ask)
        pulls, unreadable = [], {}
        if node is not None:
            found = node["pullRequests"]
            pulls = [Pull(each) for each in found["nodes"]]
            self._history.take(node)
        else:
            found = self._run.query("PullRequestIds", {"size": 1, "cursor": cursor})["pullRequests"]
            unreadable = {each["id"]: each["number"] for each in found["nodes"]}
        # An empty page has no cursor; what comes later then follows the same one.
        more = next_cursor(found["pageInfo"], cursor) is not None
        return Page(pulls, {}, unreadable, found["pageInfo"]["endCursor"] or cursor, more, found["totalCount"])

    def by_id(self, numbers: Mapping[str, int]) -> Iterator[Page]:
        """Pull requests by node id, in the given order; their numbers are for those that are gone."""
        waiting = dict(numbers)

        def ask() -> dict[str, dict[str, Any] | None]:
            ids = list(islice(waiting, self._patience.size))
            data = self._run.client.graphql("PullRequestsById", {"ids": ids, **self._nested()}, may_be_gone="nodes")
            return dict(zip(ids, data["nodes"], strict=True))

        while waiting:
            nodes = self._patience.ask_or_leave(ask)
            unreadable = {}
            if nodes is None:
                one = next(iter(waiting))
                nodes, unreadable = {}, {one: waiting.pop(one)}
            taken = {id_: waiting.pop(id_) for id_ in nodes}
            gone = {id_: taken[id_] for id_, node in nodes.items() if node is None}
            pulls = [Pull(node) for node in nodes.values() if node is not None]
            yield Page(pulls, gone, unreadable, None, bool(waiting), len(numbers))

    def complete(self, pulls: list[Pull]) -> Page:
        """Read the rest of their lists; those that are gone or cannot be read are left out."""
        known = {pull.id: pull for pull in pulls}
        lost: dict[Lost, dict[str, int]] = {Lost.GONE: {}, Lost.UNREADABLE: {}}
        while wants := [Want(p.id, "PullRequest", lists) for p in known.values() if (lists := tuple(p.missing()))]:
            for want, pages in next_pages(self._run.client, wants):
                if isinstance(pages, Lost):
                    lost[pages][want.id] = known.pop(want.id).number
                    continue
                for name, page in pages.items():
                    known[want.id].extend(name, page)
        return Page(list(known.values()), lost[Lost.GONE], lost[Lost.UNREADABLE])

    def _nested(self) -> dict[str, Any]:
        """How much of each list comes with a pull request: less on smaller pages, the rest is read apart."""
        sizes = {name: max(most >> self._patience.step, _LEAST_NESTED) for name, most in _NESTED.items()}
        return {**sizes, "eventTypes": EVENT_TYPES}
