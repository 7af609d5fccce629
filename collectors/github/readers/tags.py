"""Read tags: those of the newest commits every night, and all where these do not explain how many there are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from collectors.github.api.page_size import Patience
from collectors.github.context import Run
from collectors.github.rows.history import tag_row
from collectors.github.rows.values import next_cursor

__all__ = ["read_tags"]

_PAGE = 100


def read_tags(run: Run, newest: Mapping[str, Any]) -> Iterator[None]:
    """Tags that are new or lead elsewhere; pauses wherever what was read may land.

    One that was deleted stays: what was deployed by it was.
    """
    state, total = run.state.tags, newest["totalCount"]
    rows = [tag_row(node) for node in newest["nodes"]]
    shown = {row["name"]: _mark(row) for row in rows}
    run.gather.add("refs", [row for row in rows if state.newest.get(row["name"]) != _mark(row)])
    explained = state.count is not None and total - state.count == len(shown.keys() - state.newest.keys())
    if not explained:
        yield from _rest(run, newest)
    state.count, state.newest = total, shown


def _rest(run: Run, page: Mapping[str, Any]) -> Iterator[None]:
    """All further pages."""
    patience, cursor, seen = Patience(run.client, _PAGE), None, len(page["nodes"])
    while cursor := next_cursor(page["pageInfo"], cursor):
        asked = {"cursor": cursor}
        page = patience.ask(lambda: run.query("Tags", {**asked, "size": patience.size})["tags"])  # noqa: B023  (asked at once)
        run.gather.add("refs", map(tag_row, page["nodes"]))
        seen += len(page["nodes"])
        run.step(seen, page["totalCount"], "tags")
        yield


def _mark(row: Mapping[str, Any]) -> str:
    return f"{row['sha']} {row['tagged_at']}"
