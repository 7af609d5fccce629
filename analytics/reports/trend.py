"""The report `trend`: outcomes and time to production, by the month of code complete."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import polars as pl

from analytics.cohort.cohort import Cohort
from analytics.cohort.filters import Filters
from analytics.cohort.groups import FEWEST, Group, read_groups
from analytics.cohort.options import Options

__all__ = ["trend"]

_WEEK_HOURS = 168.0
_NUMBER, _COUNT, _TEXT, _TIME = pl.Float64(), pl.Int64(), pl.String(), pl.Datetime("us")
# Fixed: users' scripts depend on it. New columns go to the end.
_SCHEMA = {
    "group": _TEXT,
    "month": _TIME,
    "changes": _COUNT,
    "production": _COUNT,
    "waiting": _COUNT,
    "abandoned": _COUNT,
    "median_hours": _NUMBER,
    "median_lower": _NUMBER,
    "median_upper": _NUMBER,
    "arrived_7d": _NUMBER,
    "arrived_7d_lower": _NUMBER,
    "arrived_7d_upper": _NUMBER,
    "interval_by": _TEXT,
    "as_of": _TIME,
    "clock": _TEXT,
    "intervals": _TEXT,
}


def trend(connection: duckdb.DuckDBPyConnection, filters: Filters, options: Options | None = None) -> pl.DataFrame:
    """One row per group and month (its first day, UTC) of code complete, in which a change of the group was.

    `median_hours` with bounds: when half of the month's changes were in production, null where they were not.
    `arrived_7d` with bounds: the share in production a week after code complete, on the working clock after a week's
    working hours; null where no change of the month was watched for so long. Months with fewer than `groups.FEWEST`
    changes are counted and not estimated. What waits is right-censored, what was abandoned competes. A month has one
    month of each repository: intervals for these repositories are by their weeks.
    """
    options = options or Options()
    week = options.working.week_hours if options.working else _WEEK_HOURS
    rows = [row for group in read_groups(connection, filters, options) for row in _rows(group, week, options)]
    return pl.DataFrame(rows, schema=_SCHEMA).with_columns(pl.col(pl.Float64).fill_nan(None))


def _rows(group: Group, week_hours: float, options: Options) -> Iterator[dict[str, Any]]:
    month_of = pl.col("code_complete_at").dt.truncate("1mo")
    for month in group.cohort.changes.select(month_of.unique().sort()).to_series():
        cohort = group.cohort.where(month_of == month)
        outcomes = cohort.changes["outcome"]
        yield {
            "group": group.name,
            "month": month,
            "changes": len(outcomes),
            **{name: int((outcomes == name).sum()) for name in ("production", "waiting", "abandoned")},
            **(_estimates(cohort, week_hours, options.intervals) if len(outcomes) >= FEWEST else {}),
            **cohort.intervals(options.intervals),
            "as_of": cohort.changes["as_of"].max(),
            "clock": options.clock,
        }


def _estimates(cohort: Cohort, week_hours: float, intervals: str) -> dict[str, Any]:
    curve = cohort.incidence(intervals)
    (median,) = curve.quantiles("production", [0.5])
    estimates = {"median_hours": median.hours, "median_lower": median.lower_hours, "median_upper": median.upper_hours}
    waits = (cohort.changes["outcome"] == "waiting").any()
    if waits and cohort.hours.max(initial=0.0) < week_hours:
        return estimates
    at = curve.at([week_hours])
    share = {"arrived_7d": at.probability, "arrived_7d_lower": at.lower, "arrived_7d_upper": at.upper}
    return estimates | {name: float(values[0, 0]) for name, values in share.items()}
