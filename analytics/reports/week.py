"""The report `week`: when in the week changes move, and when they wait."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import polars as pl

from analytics.cohort.columns import OBSERVED
from analytics.cohort.filters import Filters
from analytics.cohort.groups import ALL
from analytics.cohort.kinds import taking_part
from analytics.cohort.options import Options
from analytics.cohort.services import changes_of
from analytics.survival.arrays import FloatArray, IntArray

__all__ = ["MOVES", "WAITING", "week"]

MOVES = {
    "code complete": "code_complete_at",
    "reviewed": "reviewed_at",
    "merged": "merged_at",
    "in production": "production_at",
}
"""What a change does, and the milestone with its time."""
WAITING = "waiting"

_HOUR = 3_600_000_000
_SCHEMA = {
    "group": pl.String(),
    "what": pl.String(),
    "weekday": pl.Int64(),
    "hour": pl.Int64(),
    "changes": pl.Float64(),
    "zone": pl.String(),
    "as_of": pl.Datetime("us"),
}
_SLOTS = 168


def week(connection: duckdb.DuckDBPyConnection, filters: Filters, options: Options | None = None) -> pl.DataFrame:
    """One row for each thing that changes do, day of the week (1 is Monday) and hour, in the zone of the calendar.

    `changes`: how many were code complete, reviewed, merged or in production in that hour, over the whole time; for
    `waiting` how many were code complete and neither in production nor closed, on average over the weeks from the first
    code complete to as of, to the hour. Bots are left out unless `options` include them. Without changes there are no
    rows.
    """
    options = options or Options()
    extra = "".join(f", {name}" for name in filters.verdict_columns)
    condition = filters.condition(connection, "lead_times", time="code_complete_at")
    query = (
        f"select repo, kind, outcome, abandoned_at, as_of, {', '.join(MOVES.values())}{extra}"  # noqa: S608  (ours)
        f" from {changes_of(filters)}"
        f" where {OBSERVED} and {condition} order by change_id"
    )
    table: pl.DataFrame = connection.cursor().sql(query).pl()
    table = filters.sure(table)
    table = table.filter(taking_part(automation=options.automation))
    if table.is_empty():
        return pl.DataFrame(schema=_SCHEMA)
    return pl.DataFrame(list(_rows(table, options.calendar.zone)), schema=_SCHEMA)


def _rows(table: pl.DataFrame, zone: ZoneInfo) -> Iterator[dict[str, Any]]:
    counts = {what: _counted(table[milestone].drop_nulls(), zone) for what, milestone in MOVES.items()}
    counts[WAITING] = _waiting(table, zone)
    as_of = table["as_of"].max()
    for what, slots in counts.items():
        for slot, changes in enumerate(slots.tolist()):
            day, hour = divmod(slot, 24)
            common = {"group": ALL, "what": what, "weekday": day + 1, "hour": hour}
            yield common | {"changes": changes, "zone": zone.key, "as_of": as_of}


def _slots(instants: pl.Series, zone: ZoneInfo) -> IntArray:
    """The hour of the week of each instant (naive UTC), 0 … 167 from Monday's first on."""
    local = instants.dt.replace_time_zone("UTC").dt.convert_time_zone(zone.key)
    slot = (local.dt.weekday().cast(pl.Int64) - 1) * 24 + local.dt.hour().cast(pl.Int64)
    return slot.to_numpy()


def _counted(instants: pl.Series, zone: ZoneInfo) -> FloatArray:
    return np.bincount(_slots(instants, zone), minlength=_SLOTS).astype(np.float64)


def _waiting(table: pl.DataFrame, zone: ZoneInfo) -> FloatArray:
    """How many wait in each hour of the week, on average: begun less ended, summed up over all hours there were."""
    ended = (
        pl.when(pl.col("outcome") == "production")
        .then("production_at")
        .when(pl.col("outcome") == "abandoned")
        .then("abandoned_at")
        .otherwise("as_of")
    )
    begun, over = (
        table.select(when.dt.epoch("us") // _HOUR).to_series().to_numpy()
        for when in (pl.col("code_complete_at"), ended)
    )
    over = np.maximum(over, begun)  # what was deployed from its branch is there before it is code complete
    first, last = int(begun.min()), int(over.max())
    size = last - first + 1
    present = np.cumsum(np.bincount(begun - first, minlength=size) - np.bincount(over - first, minlength=size))[:-1]
    hours = pl.Series(np.arange(first, last, dtype=np.int64) * _HOUR).cast(pl.Datetime("us"))
    slot = _slots(hours, zone)
    weeks = np.bincount(slot, minlength=_SLOTS)
    return np.bincount(slot, weights=present, minlength=_SLOTS) / np.maximum(weeks, 1)
