"""Read pull requests: at first all of them, oldest first; later those that have changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from collectors.github.api.page_size import AdaptivePager
from collectors.github.api.signals import BadCursor
from collectors.github.context import Run
from collectors.github.documents import EVENT_TYPES
from collectors.github.readers.change_cursor import earlier
from collectors.github.readers.history import HistoryReader
from collectors.github.readers.pull_request_pages import Page, PullPages
from collectors.github.rows.pull_requests import Glimpse, Pull, glimpse, tombstone
from collectors.github.rows.values import moment, next_cursor

__all__ = ["PullReader"]

_LATELY = timedelta(days=7)
_SETTLE_AT = 20
_TRY_AGAIN = 5


class PullReader:
    """Reads the pull requests of one repository. `read` yields wherever the rows so far may be saved.

    A pull request whose lists did not fit on its page waits until there are twenty, so that one request returns the
    rest of all of them. It is saved whole or not at all; until then it is in `owed` of the resume point.
    """

    def __init__(self, run: Run, history: HistoryReader) -> None:
        self._run, self._state, self._history = run, run.state.pulls, history
        self._pages = PullPages(run, history)
        self._waiting: dict[str, Pull] = {}

    def read(self, overview: Mapping[str, Any]) -> Iterator[None]:
        """Read everything that is new."""
        yield from self._read_owed()
        first = not self._state.done
        begun_before = self._state.done or self._state.cursor is not None
        if first:
            yield from self._read_first(overview)
        if begun_before:
            self._run.gather.next_pass()
            yield from self._read_updates(overview, thorough=first)

    def _read_first(self, overview: Mapping[str, Any]) -> Iterator[None]:
        """Read page by page in order of creation, which does not change meanwhile."""
        state, run = self._state, self._run
        if state.cursor is None:
            state.edge.until = max((glimpse(node).changed_at for node in overview["pullRequests"]["nodes"]), default="")
            state.began_at = run.now
        while not state.done:
            page = self._next()
            self._save_complete(page)
            state.cursor, state.done = page.cursor, not page.more
            self._complete_waiting(last=not page.more)
            reached = [pull.created_at for pull in page.pulls[-1:]]
            state.known_at = self._known_at(reached)
            state.seen += len(page.pulls) + len(page.unreadable)
            run.step(state.seen, page.total, "pull requests")
            run.notices.state("pull_requests_incomplete", max(page.total - state.seen, 0) if state.done else 0)
            yield
        state.edge.advance(state.edge.until)
        state.turn_from = state.last_turn_from = state.edge.until

    def _next(self) -> Page:
        """The next page; the first one if GitHub no longer accepts the cursor."""
        try:
            return self._pages.after(self._state.cursor)
        except BadCursor:  # GitHub does not say which of the two cursors
            if not self._history.forget_cursor() and self._state.cursor is None:
                raise
            self._state.cursor, self._state.seen = None, 0
            self._run.gather.next_pass()
            return self._pages.after(None)

    def _known_at(self, reached: list[str]) -> str:
        """The time before which all opened pull requests are complete, except those in `owed`."""
        if self._state.done:
            return self._state.began_at
        times = [created_at for _, created_at in self._state.owed.values()] + reached
        earliest = moment(min(times, default=""))
        return earliest.isoformat() if earliest else self._state.known_at

    def _read_updates(self, overview: Mapping[str, Any], *, thorough: bool) -> Iterator[None]:
        """Read what has changed, oldest change first, so that everything up to the last one read is complete."""
        edge, listed = self._state.edge, overview["pullRequests"]
        still_open = [glimpse(node) for node in overview["open"]["nodes"]]
        glimpses = [*map(glimpse, listed["nodes"]), *still_open]
        newest = max((item.changed_at for item in glimpses), default="")
        changed = edge.news(glimpses)
        deeper = self._further_pages(listed, newest if changed or thorough else "")
        changed = edge.news([*changed, *deeper])
        silent = edge.overlooked((item for item in still_open if item.silent), self._state.last_turn_from)
        yield from self._read_changed([*(item for item in silent if item not in changed), *changed])
        self._next_turn(overview["open"]["pageInfo"])
        edge.advance(newest)
        self._state.known_at = self._run.now

    def _next_turn(self, page: Mapping[str, Any]) -> None:
        """Check the next hundred open ones in the next run; after the last, start again with the first."""
        state = self._state
        state.open_cursor = next_cursor(page, state.open_cursor)
        if state.open_cursor is None:
            state.last_turn_from, state.turn_from = state.turn_from, state.edge.until

    def _further_pages(self, page: Mapping[str, Any], newest: str) -> Iterator[Glimpse]:
        """Further pages as far as there may be changes; if there are any, everything updated in the last week.

        Events in a merge queue or by a deployment may not move a pull request up in this order.
        """
        edge, pager = self._state.edge, AdaptivePager(self._run.client, self._run.client.look)
        down_to = min(edge.overlap_from, earlier(newest, _LATELY)) if newest else edge.overlap_from
        cursor: str | None = None
        while (cursor := next_cursor(page["pageInfo"], cursor)) and page["nodes"][-1]["updatedAt"] > down_to:
            page = pager.ask(lambda: self._changed_page(pager.size, cursor))
            yield from map(glimpse, page["nodes"])

    def _changed_page(self, size: int, cursor: str | None) -> Mapping[str, Any]:
        variables = {"size": size, "cursor": cursor, "eventTypes": EVENT_TYPES}
        page: Mapping[str, Any] = self._run.query("ChangedPullRequests", variables)["pullRequests"]
        return page

    def _read_changed(self, changed: list[Glimpse]) -> Iterator[None]:
        if not changed:
            return
        changed_at = {item.id: item.changed_at for item in changed}
        numbers = {item.id: item.number for item in changed}
        numbers |= dict(list(self._state.unreadable.items())[:_TRY_AGAIN])
        done = 0
        for page in self._pages.by_id(numbers):
            read = [pull.id for pull in page.pulls] + list(page.gone) + list(page.unreadable)
            self._save_complete(page)
            self._complete_waiting(last=not page.more)
            self._state.edge.advance(max((changed_at.get(id_, "") for id_ in read), default=""))
            done += len(read)
            self._run.step(done, page.total, "changed pull requests")
            yield

    def _read_owed(self) -> Iterator[None]:
        """Read the pull requests that an earlier run could not complete."""
        numbers = {id_: number for id_, (number, _) in self._state.owed.items()}
        for page in self._pages.by_id(numbers):
            self._save_complete(page)
            self._complete_waiting(last=not page.more)
            yield

    def _save_complete(self, page: Page) -> None:
        """Save complete pull requests; let the others wait."""
        state = self._state
        for pull in page.pulls:
            if any(pull.missing()) or pull.short_of():
                self._waiting[pull.id] = pull
                state.owed[pull.id] = [pull.number, pull.created_at]
            else:
                self._save(pull)
        self._drop(page)

    def _complete_waiting(self, *, last: bool) -> None:
        """Complete the waiting ones if there are enough of them, or no more to come."""
        if not self._waiting or not (last or len(self._waiting) >= _SETTLE_AT):
            return
        self._complete(list(self._waiting.values()))
        # A pull request that changed between two of its pages is read once more from the start.
        short = {pull.id: pull.number for pull in self._waiting.values() if pull.short_of()}
        for page in self._pages.by_id(short):
            self._waiting |= {pull.id: pull for pull in page.pulls}
            self._drop(page)
            self._complete(page.pulls)
        for pull in list(self._waiting.values()):
            self._run.notices.add("commits_incomplete", int(bool(pull.short_of())))
            self._save(pull)

    def _complete(self, pulls: list[Pull]) -> None:
        self._drop(self._pages.complete(pulls))

    def _drop(self, page: Page) -> None:
        """Drop the pull requests of a page that are gone or unreadable."""
        for id_, number in page.gone.items():
            self._forget(id_)
            self._run.gather.add("pull_requests", [tombstone(number)])
        for id_, number in page.unreadable.items():
            self._forget(id_)
            self._state.unreadable[id_] = number

    def _save(self, pull: Pull) -> None:
        self._run.gather.add_all(pull.rows())
        self._state.edge.read(pull.glimpse())
        self._forget(pull.id)

    def _forget(self, id_: str) -> None:
        self._waiting.pop(id_, None)
        self._state.owed.pop(id_, None)
        self._state.unreadable.pop(id_, None)
