"""Table `carriers`: with which pull request each one landed, or ended, that was merged into the branch of another.

Containment is by commits (the merge is among the carrier's own), so that a promotion by squash is followed too, and
through as many branches as there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa

__all__ = ["CARRIERS", "carriers"]

CARRIERS = pa.schema(
    [
        ("repo_id", pa.string()),
        ("number", pa.int64()),
        ("carrier", pa.int64()),
        ("abandoned_at", pa.timestamp("us")),
    ]
)


def carriers(tables: Mapping[str, pa.Table]) -> pa.Table:
    """From `carriages`: one row per pull request that was carried anywhere."""
    rows = tables["carriages"].to_pylist()
    by_number: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        by_number.setdefault(row["number"], []).append(row)
    found = []
    for number in sorted(by_number):
        carrier, abandoned_at = _fate(number, by_number)
        found.append(
            {"repo_id": rows[0]["repo_id"], "number": number, "carrier": carrier, "abandoned_at": abandoned_at}
        )
    return pa.Table.from_pylist(found, CARRIERS)


def _fate(number: int, by_number: Mapping[int, list[dict[str, Any]]]) -> tuple[int | None, datetime | None]:
    """The carrier that landed first, by way of further ones; else when the last was abandoned, if none is open."""
    landed: list[tuple[datetime, int]] = []
    ended: list[datetime] = []
    still_open = False
    known, waiting = {number}, [number]
    while waiting:
        rows = by_number.get(waiting.pop(), [])
        still_open = still_open or not rows  # merged into a branch that nobody carries any further
        for row in rows:
            if row["elsewhere"]:
                if row["carrier"] not in known:
                    known.add(row["carrier"])
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
