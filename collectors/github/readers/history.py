"""Read the commit graph of the default branch: first all of it, newest first; then what was added since.

It tells which changes a deployed commit contains. The first reading rides along with the pages of pull requests, so
that it costs hardly a request of its own; what a night added mostly fits into the overview.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from collectors.github.api.page_size import Patience
from collectors.github.api.signals import BadCursor
from collectors.github.context import Run
from collectors.github.rows.history import Walk, commit_row, tip_row
from collectors.github.rows.values import next_cursor

__all__ = ["HistoryReader"]

_PAGE = 100
_MOST_TIPS = 20


class HistoryReader:
    """Reads the graph of one repository. `read` pauses wherever what was read may land."""

    def __init__(self, run: Run, overview: Mapping[str, Any]) -> None:
        self._run, self._state = run, run.state.history
        self._patience = Patience(run.client, _PAGE)
        self._wanted = run.wants("history")
        self._head = overview.get("history") if self._wanted else None
        if self._head is not None and not self._state.done and not self._state.tip:
            self._state.tip = self._head["target"]["oid"]

    def along(self, smaller: int) -> dict[str, Any]:
        """Variables of a query that brings a page of the first reading along; `smaller`: how often it was halved."""
        state = self._state
        wanted = self._wanted and bool(state.tip) and not state.done
        return {
            "withHistory": wanted,
            "tip": state.tip if wanted else None,
            "history": max(_PAGE >> smaller, 1),
            "historyCursor": state.cursor if wanted else None,
        }

    def take(self, node: Mapping[str, Any]) -> None:
        """What such a query brought."""
        if "object" not in node:
            return
        state, found = self._state, node["object"]
        if found is None:  # the branch was rewritten since, and what it led to is gone: next time from its new tip
            state.tip, state.cursor = "", None
            return
        page = found["history"]
        self._add(page["nodes"])
        state.cursor = next_cursor(page["pageInfo"], state.cursor)
        if state.cursor is None:
            state.done = True
            self._arrive(state.tip, rewritten=False)

    def forget_cursor(self) -> bool:
        """Begin the first reading anew, where GitHub does not know its cursor any more; whether there was one."""
        had, self._state.cursor = self._state.cursor is not None, None
        return had

    def read(self) -> Iterator[None]:
        """What has not come along, and what is new."""
        if not self._wanted:
            return
        seen = 0
        while self._state.tip and not self._state.done:
            self.take(self._ask(self._state.tip, self._state.cursor))
            seen += _PAGE
            self._run.step(seen, None, "commits")
            yield
        if self._head is None:
            self._state.done = True  # an empty repository
        elif self._state.done:
            yield from self._news(self._head["target"])
        if self._state.done:
            self._state.known_at = self._run.now

    def _news(self, head: Mapping[str, Any]) -> Iterator[None]:
        """From the present tip down to what is known."""
        state, tip, page = self._state, head["oid"], head["history"]
        if tip in state.tips:
            self._arrive(tip, rewritten=False)
            return
        walk, cursor = Walk(tip, state.tips), None
        while True:
            self._add(walk.take(page["nodes"]))
            cursor = next_cursor(page["pageInfo"], cursor)
            if walk.closed or cursor is None:
                break
            yield
            found = self._once(tip, cursor)["object"]
            if found is None:
                return
            page = found["history"]
        self._arrive(tip, rewritten=bool(state.tips) and not walk.met)

    def _ask(self, tip: str, cursor: str | None) -> Mapping[str, Any]:
        try:
            return self._once(tip, cursor)
        except BadCursor:
            if not self.forget_cursor():
                raise
            return self._once(tip, None)

    def _once(self, tip: str, cursor: str | None) -> Mapping[str, Any]:
        def ask() -> dict[str, Any]:
            return self._run.query("History", {"tip": tip, "history": self._patience.size, "historyCursor": cursor})

        return self._patience.ask(ask)

    def _add(self, nodes: list[Mapping[str, Any]]) -> None:
        self._run.gather.add("commits", map(commit_row, nodes))

    def _arrive(self, tip: str, *, rewritten: bool) -> None:
        """All that can be reached from here is in: say where the branch leads, if that is news."""
        state, branch = self._state, self._run.default_branch
        previous = state.tips[-1] if state.tips else None
        if (branch, tip) == (state.branch, previous):
            return
        rows = [tip_row(branch, tip, rewritten=rewritten)]
        if state.branch not in {"", branch}:
            rows.append(tip_row(state.branch, None))
        self._run.gather.add("refs", rows)
        state.branch = branch
        state.tips = [*(one for one in state.tips if one != tip), tip][-_MOST_TIPS:]
