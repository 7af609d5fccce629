"""Read tags: in each run those of the newest commits, and all tags if these do not explain GitHub's count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from collectors.github.api.page_size import AdaptivePager
from collectors.github.context import Run
from collectors.github.rows.history import tag_row
from collectors.github.rows.values import next_cursor

__all__ = ["read_tags"]

_PAGE = 100


def read_tags(run: Run, newest: Mapping[str, Any]) -> Iterator[None]:
    """Add tags that are new or have moved; yields wherever the rows so far may be saved.

    The row of a deleted tag is retained, because its deployment did happen.
    """
    state, total = run.state.tags, newest["totalCount"]
    if not state.objects:  # an earlier version read them without the ids of their objects
        state.count, state.newest = None, {}
    rows = [tag_row(node) for node in newest["nodes"]]
    shown = {row["name"]: _mark(row) for row in rows}
    run.gather.add("refs", [row | run.read_by for row in rows if state.newest.get(row["name"]) != _mark(row)])
    explained = state.count is not None and total - state.count == len(shown.keys() - state.newest.keys())
    if not explained:
        yield from _rest(run, newest)
    state.count, state.newest, state.objects = total, shown, True


def _rest(run: Run, page: Mapping[str, Any]) -> Iterator[None]:
    """Read all further pages."""
    pager, cursor, count = AdaptivePager(run.client, _PAGE), None, len(page["nodes"])
    while cursor := next_cursor(page["pageInfo"], cursor):
        variables = {"cursor": cursor}
        page = pager.ask(lambda: run.query("Tags", {**variables, "size": pager.size})["tags"])  # noqa: B023  (called at once)
        run.gather.add("refs", [tag_row(node) | run.read_by for node in page["nodes"]])
        count += len(page["nodes"])
        run.step(count, page["totalCount"], "tags")
        yield


def _mark(row: Mapping[str, Any]) -> str:
    return f"{row['sha']} {row['tagged_at']}"
