"""Read the commit graph of the default branch: at first all of it, newest first; later what was added.

It shows which changes a deployed commit contains. The first reading shares the requests for pages of pull requests, so
it costs hardly any request; what a night added mostly fits into the overview.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from collectors.github.api.page_size import AdaptivePager
from collectors.github.api.signals import BadCursor
from collectors.github.context import Run
from collectors.github.rows.history import Walk, commit_row, tip_row
from collectors.github.rows.values import next_cursor

__all__ = ["HistoryReader"]

_PAGE = 100
_MOST_TIPS = 20


class HistoryReader:
    """Reads the graph of one repository. `read` yields wherever the rows so far may be saved."""

    def __init__(self, run: Run, overview: Mapping[str, Any]) -> None:
        self._run, self._state = run, run.state.history
        self._pager = AdaptivePager(run.client, _PAGE)
        self._wanted = run.wants("history")
        self._head = overview.get("history") if self._wanted else None
        if self._head is not None and not self._state.done and not self._state.tip:
            self._state.tip = self._head["target"]["oid"]

    def shared_variables(self, smaller: int) -> dict[str, Any]:
        """Variables of a query that includes a page of the first reading; `smaller`: how often its size was halved."""
        state = self._state
        included = self._wanted and bool(state.tip) and not state.done
        return {
            "withHistory": included,
            "tip": state.tip if included else None,
            "history": max(_PAGE >> smaller, 1),
            "historyCursor": state.cursor if included else None,
        }

    def read_shared(self, node: Mapping[str, Any]) -> None:
        """Read the page that such a query returned."""
        if "object" not in node:
            return
        state, target = self._state, node["object"]
        if target is None:  # the branch was rewritten and its tip is gone: the next run starts from the new tip
            state.tip, state.cursor = "", None
            return
        page = target["history"]
        self._add(page["nodes"])
        state.cursor = next_cursor(page["pageInfo"], state.cursor)
        if state.cursor is None:
            state.done = True
            self._record_tip(state.tip, rewritten=False)

    def forget_cursor(self) -> bool:
        """Restart the first reading if GitHub no longer accepts its cursor; return whether there was a cursor."""
        had, self._state.cursor = self._state.cursor is not None, None
        return had

    def read(self) -> Iterator[None]:
        """Read the rest of the first reading, and what is new."""
        if not self._wanted:
            return
        count = 0
        while self._state.tip and not self._state.done:
            self.read_shared(self._ask(self._state.tip, self._state.cursor))
            count += _PAGE
            self._run.step(count, None, "commits")
            yield
        if self._head is None:
            self._state.done = True  # an empty repository
        elif self._state.done:
            yield from self._news(self._head["target"])
        if self._state.done:
            self._state.known_at = self._run.now

    def _news(self, head: Mapping[str, Any]) -> Iterator[None]:
        """Read from the current tip down to what has been read before."""
        state, tip, page = self._state, head["oid"], head["history"]
        if tip in state.tips:
            self._record_tip(tip, rewritten=False)
            return
        walk, cursor = Walk(tip, state.tips), None
        while True:
            self._add(walk.take(page["nodes"]))
            cursor = next_cursor(page["pageInfo"], cursor)
            if walk.closed or cursor is None:
                break
            yield
            target = self._page(tip, cursor)["object"]
            if target is None:
                return
            page = target["history"]
        self._record_tip(tip, rewritten=bool(state.tips) and not walk.met)

    def _ask(self, tip: str, cursor: str | None) -> Mapping[str, Any]:
        try:
            return self._page(tip, cursor)
        except BadCursor:
            if not self.forget_cursor():
                raise
            return self._page(tip, None)

    def _page(self, tip: str, cursor: str | None) -> Mapping[str, Any]:
        def ask() -> dict[str, Any]:
            return self._run.query("History", {"tip": tip, "history": self._pager.size, "historyCursor": cursor})

        return self._pager.ask(ask)

    def _add(self, nodes: list[Mapping[str, Any]]) -> None:
        self._run.gather.add("commits", map(commit_row, nodes))

    def _record_tip(self, tip: str, *, rewritten: bool) -> None:
        """Record that all ancestors of this tip have been read; add a row for the branch if its tip is new."""
        state, branch = self._state, self._run.default_branch
        previous = state.tips[-1] if state.tips else None
        if (branch, tip) == (state.branch, previous):
            return
        rows = [tip_row(branch, tip, rewritten=rewritten)]
        if state.branch not in {"", branch}:
            rows.append(tip_row(state.branch, None))
        self._run.gather.add("refs", [row | self._run.read_by for row in rows])
        state.branch = branch
        state.tips = [*(earlier for earlier in state.tips if earlier != tip), tip][-_MOST_TIPS:]
