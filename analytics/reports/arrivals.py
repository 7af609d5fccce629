"""The report `arrivals`: the share of changes in production, by hours since code complete."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import polars as pl

from analytics.cohort.cohort import ENDS
from analytics.cohort.filters import Filters
from analytics.cohort.groups import Group, read_groups
from analytics.cohort.options import Options
from analytics.reports.occupancy import GRID_HOURS

__all__ = ["arrivals"]

_NUMBER, _COUNT, _TEXT = pl.Float64(), pl.Int64(), pl.String()
# Fixed: users' scripts depend on it. New columns go to the end.
_SCHEMA = {
    "group": _TEXT,
    "hours": _NUMBER,
    "end": _TEXT,
    "probability": _NUMBER,
    "lower": _NUMBER,
    "upper": _NUMBER,
    "changes": _COUNT,
    "repositories": _COUNT,
    "interval_by": _TEXT,
    "as_of": pl.Datetime("us"),
    "clock": _TEXT,
    "intervals": _TEXT,
}


def arrivals(connection: duckdb.DuckDBPyConnection, filters: Filters, options: Options | None = None) -> pl.DataFrame:
    """One row per group, hour of the grid of `occupancy` and `end`, which is `production` or `abandoned`.

    `probability` with bounds: the Aalen–Johansen cumulative incidence; the other end competes, what waits is
    right-censored. It uses the time of the end alone, where `occupancy` follows the moves between stages: both estimate
    the same share, and differ a little where work waits. Absent: that of a group with too few changes, and of hours at
    which no change is watched any more while work still waited.
    """
    options = options or Options()
    rows = [row for group in read_groups(connection, filters, options) for row in _rows(group, options)]
    return pl.DataFrame(rows, schema=_SCHEMA).with_columns(pl.col(pl.Float64).fill_nan(None))


def _rows(group: Group, options: Options) -> Iterator[dict[str, Any]]:
    cohort = group.cohort
    common = {
        "group": group.name,
        "changes": len(cohort.changes),
        "repositories": cohort.cluster[1],
        **cohort.intervals(options.intervals),
        "as_of": cohort.changes["as_of"].max(),
        "clock": options.clock,
    }
    at = cohort.incidence(options.intervals).at(GRID_HOURS) if group.enough else None
    waits = bool((cohort.changes["outcome"] == "waiting").any())
    observed_hours = float(cohort.hours.max(initial=0.0))
    for row, hours in enumerate(GRID_HOURS):
        for column, end in enumerate(ENDS):
            cells: dict[str, Any] = {**common, "hours": float(hours), "end": end}
            if at is not None and (hours <= observed_hours or not waits):
                names = ("probability", "lower", "upper")
                cells |= {name: float(getattr(at, name)[row, column]) for name in names}
            yield cells
