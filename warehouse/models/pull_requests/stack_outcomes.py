"""Table `stack_outcomes`: how each stacked pull request ended, and with which other pull request it landed.

Containment is by commits (the merge is among the carrier's own), so that a promotion by squash is followed too, and
through as many branches as there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa

from headway.raw_tables.table import INT, TEXT, TIME
from warehouse.model import Input, PythonModel, Table
from warehouse.models.rows import records

__all__ = ["MODEL", "STACK_OUTCOMES", "stack_outcomes"]

STACK_OUTCOMES = Table(
    "stack_outcomes",
    "how each stacked pull request ended",
    "one row per repository and stacked pull request",
    ("repo_id", "number"),
    (
        ("repo_id", TEXT, "repository"),
        ("number", INT, "pull request that was merged into the branch of another one"),
        ("carrier", INT, "the pull request with which it landed on the default branch, null where it has not"),
        ("abandoned_at", TIME, "every pull request that contains it was closed unmerged, UTC"),
    ),
)


def stack_outcomes(tables: Mapping[str, pa.Table]) -> pa.Table:
    """From `stacked_pull_requests`: one row per stacked pull request."""
    rows = records(tables["stacked_pull_requests"])
    by_number: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        by_number.setdefault(row["number"], []).append(row)
    outcomes = []
    for number in sorted(by_number):
        carrier, abandoned_at = _fate(number, by_number)
        outcomes.append(
            {"repo_id": rows[0]["repo_id"], "number": number, "carrier": carrier, "abandoned_at": abandoned_at}
        )
    return STACK_OUTCOMES.of(outcomes)


def _fate(number: int, by_number: Mapping[int, list[dict[str, Any]]]) -> tuple[int | None, datetime | None]:
    """The carrier that landed first, by way of further ones; else when the last was abandoned, if none is open."""
    landed: list[tuple[datetime, int]] = []
    ended: list[datetime] = []
    still_open = False
    visited, waiting = {number}, [number]
    while waiting:
        rows = by_number.get(waiting.pop(), [])
        still_open = still_open or not rows  # merged into a branch that no other pull request contains
        for row in rows:
            if row["elsewhere"]:
                if row["carrier"] not in visited:
                    visited.add(row["carrier"])
                    waiting.append(row["carrier"])
            elif row["merged_at"] is not None:
                landed.append((row["merged_at"], row["carrier"]))
            elif row["abandoned_at"] is not None:
                ended.append(row["abandoned_at"])
            else:
                still_open = True
    if landed:
        return min(landed)[1], None
    return None, max(ended) if ended and not still_open else None


MODEL = PythonModel(
    "stack_outcomes",
    (
        Input(
            "stacked_pull_requests",
            ("repo_id", "number", "carrier", "merged_at", "elsewhere", "abandoned_at"),
            ("number", "carrier"),
        ),
    ),
    (STACK_OUTCOMES,),
    stack_outcomes,
)
