"""Table `carriers`: with which pull request each one landed, or ended, that was merged into the branch of another.

Containment is by commits (the merge is among the carrier's own), so that a promotion by squash is followed too, and
through as many branches as there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

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


class _Fate(NamedTuple):
    """The landed carrier and when, or when the last one was abandoned; neither while one is still open."""

    landed_at: datetime | None
    carrier: int | None
    abandoned_at: datetime | None


def carriers(tables: Mapping[str, pa.Table]) -> pa.Table:
    """From `carriages`: one row per pull request that was carried anywhere."""
    rows = tables["carriages"].to_pylist()
    by_number: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        by_number.setdefault(row["number"], []).append(row)
    found = []
    for number in sorted(by_number):
        fate = _fate(number, by_number, frozenset())
        found.append(
            {
                "repo_id": rows[0]["repo_id"],
                "number": number,
                "carrier": fate.carrier,
                "abandoned_at": fate.abandoned_at,
            }
        )
    return pa.Table.from_pylist(found, CARRIERS)


def _fate(number: int, by_number: Mapping[int, list[dict[str, Any]]], passed: frozenset[int]) -> _Fate:
    """The first landing of any carrier, by way of further ones; abandoned when all of them are."""
    fates = [
        _fate(row["carrier"], by_number, passed | {number})
        if row["elsewhere"]
        else _Fate(row["merged_at"], row["carrier"] if row["merged_at"] else None, row["abandoned_at"])
        for row in by_number.get(number, ())
        if row["carrier"] not in passed
    ]
    landed = [(fate.landed_at, fate.carrier) for fate in fates if fate.landed_at is not None]
    if landed:
        return _Fate(*min(landed), None)
    ends = [fate.abandoned_at for fate in fates]
    ended = [end for end in ends if end is not None]
    return _Fate(None, None, max(ended) if ended and len(ended) == len(ends) else None)
