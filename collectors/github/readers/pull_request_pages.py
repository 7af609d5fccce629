"""Pages of pull requests, as large as GitHub can return; a pull request that it cannot return is left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from collectors.github.api.nested_pages import Lost, PageRequest, next_pages
from collectors.github.api.page_size import AdaptivePager
from collectors.github.context import Run
from collectors.github.documents import EVENT_TYPES
from collectors.github.readers.history import HistoryReader
from collectors.github.rows.pull_requests import Pull
from collectors.github.rows.values import next_cursor

__all__ = ["Page", "PullPages"]

_NESTED = {"labels": 50, "commits": 100, "reviews": 50, "events": 100}
_LEAST_NESTED = 5


class Page(NamedTuple):
    """Pull requests, numbers by node id of those that are gone or unreadable, and the cursor of the next page."""

    pulls: list[Pull]
    gone: dict[str, int]
    unreadable: dict[str, int]
    cursor: str | None = None
    more: bool = False
    total: int = 0


class PullPages:
    """Reads pages of adaptive size, which include the first pages of the commit graph."""

    def __init__(self, run: Run, history: HistoryReader) -> None:
        self._run, self._history = run, history
        self._pager = AdaptivePager(run.client, run.client.page)

    def after(self, cursor: str | None) -> Page:
        """The next page in order of creation."""

        def ask() -> dict[str, Any]:
            variables = {"size": self._pager.size, "cursor": cursor, **self._nested()}
            return self._run.query("PullRequests", variables | self._history.shared_variables(self._pager.step))

        node = self._pager.ask_or_leave(ask)
        pulls, unreadable = [], {}
        if node is not None:
            page = node["pullRequests"]
            pulls = [Pull(item) for item in page["nodes"]]
            self._history.read_shared(node)
        else:
            page = self._run.query("PullRequestIds", {"size": 1, "cursor": cursor})["pullRequests"]
            unreadable = {item["id"]: item["number"] for item in page["nodes"]}
        # An empty page has no cursor; later pages then follow the previous one.
        more = next_cursor(page["pageInfo"], cursor) is not None
        return Page(pulls, {}, unreadable, page["pageInfo"]["endCursor"] or cursor, more, page["totalCount"])

    def by_id(self, numbers: Mapping[str, int]) -> Iterator[Page]:
        """Pull requests by node id, in this order; `numbers` serves for those that are gone."""
        waiting = dict(numbers)

        def ask() -> dict[str, dict[str, Any] | None]:
            ids = list(islice(waiting, self._pager.size))
            data = self._run.client.graphql("PullRequestsById", {"ids": ids, **self._nested()}, may_be_gone="nodes")
            return dict(zip(ids, data["nodes"], strict=True))

        while waiting:
            nodes = self._pager.ask_or_leave(ask)
            unreadable = {}
            if nodes is None:
                unreadable_id = next(iter(waiting))
                nodes, unreadable = {}, {unreadable_id: waiting.pop(unreadable_id)}
            taken = {id_: waiting.pop(id_) for id_ in nodes}
            gone = {id_: taken[id_] for id_, node in nodes.items() if node is None}
            pulls = [Pull(node) for node in nodes.values() if node is not None]
            yield Page(pulls, gone, unreadable, None, bool(waiting), len(numbers))

    def complete(self, pulls: list[Pull]) -> Page:
        """Read the rest of their lists; leave out those that are gone or unreadable."""
        complete = {pull.id: pull for pull in pulls}
        lost: dict[Lost, dict[str, int]] = {Lost.GONE: {}, Lost.UNREADABLE: {}}
        while requests := [
            PageRequest(p.id, "PullRequest", lists) for p in complete.values() if (lists := tuple(p.missing()))
        ]:
            for request, pages in next_pages(self._run.client, requests):
                if isinstance(pages, Lost):
                    lost[pages][request.id] = complete.pop(request.id).number
                    continue
                for name, page in pages.items():
                    complete[request.id].extend(name, page)
        return Page(list(complete.values()), lost[Lost.GONE], lost[Lost.UNREADABLE])

    def _nested(self) -> dict[str, Any]:
        """How much of each list comes with a pull request: less on smaller pages; the rest is read separately."""
        sizes = {name: max(most >> self._pager.step, _LEAST_NESTED) for name, most in _NESTED.items()}
        return {**sizes, "eventTypes": EVENT_TYPES}
