"""The groups of a report: a cohort for each value of a column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import duckdb
import polars as pl

from analytics.cohort.cohort import Cohort, cohort_of
from analytics.cohort.columns import read_columns
from analytics.cohort.filters import Filters
from analytics.cohort.kinds import WORK, Excluded, taking_part
from analytics.cohort.options import Options
from analytics.cohort.services import SERVICE, changes_of
from headway.errors import UsageError

__all__ = ["ALL", "AXES", "COLUMNS", "FEWEST", "Group", "is_ai", "read_groups"]

AXES = ("builds_ai", "built_with_ai")
"""The two questions of AI work, as columns of `lead_times`."""


ALL = "all"
FEWEST = 20
"""Groups with fewer changes than this are counted and not estimated: their intervals would say nothing."""

_SIZES = ("under 10 lines", "10 to 99 lines", "100 to 999 lines", "1000 lines and more", "size not known")
_LINES = "additions + deletions"
_SIZE = (
    f"case when {_LINES} < 10 then '{_SIZES[0]}' when {_LINES} < 100 then '{_SIZES[1]}'"
    f" when {_LINES} < 1000 then '{_SIZES[2]}' when {_LINES} >= 1000 then '{_SIZES[3]}' else '{_SIZES[4]}' end"
)
COLUMNS: Mapping[str, str] = {
    "builds_ai": "builds_ai::varchar",
    "built_with_ai": "built_with_ai",
    "ai_confidence": "coalesce(nullif(ai_confidence, ''), 'no mark')",
    "team": "coalesce(nullif(team, ''), 'no team')",
    "repo": "repo",
    "provider": "provider",
    "month": "strftime(code_complete_at, '%Y-%m')",
    "size": _SIZE,
    "code_complete_source": "code_complete_source",
    SERVICE: SERVICE,
}
"""What `--by` understands, and the value of each in SQL over `lead_times`, by service over `services.changes_of`."""


def is_ai(axis: str) -> pl.Expr:
    """Whether a change is on the AI side of `builds_ai` or `built_with_ai`."""
    return pl.col("builds_ai") if axis == "builds_ai" else pl.col("built_with_ai").is_in(["agent", "assisted"])


@dataclass(frozen=True)
class Group:
    """One group.

    `excluded`: the changes left out of `cohort` because of their kind, counted. `horizon_hours`: up to which hours of
    waiting count, for every group of a report alike.
    """

    name: str
    cohort: Cohort
    excluded: Excluded
    horizon_hours: float

    @property
    def enough(self) -> bool:
        """Whether there are changes enough to estimate from."""
        return len(self.cohort.changes) >= FEWEST


def read_groups(connection: duckdb.DuckDBPyConnection, filters: Filters, options: Options) -> Iterator[Group]:
    """The groups that `options` ask for, in the order of their names (sizes by size); `UsageError` for another column.

    What bots made and releases are left out, as in every comparison of AI work, and counted, unless they are asked
    for: by `options.automation`, or, of bots, by a grouping on `built_with_ai`, in which they are a group of their own.
    """
    if options.by is not None and options.by not in COLUMNS:
        raise UsageError(f"no report can group by {options.by!r}", hint=f"choose one of {', '.join(COLUMNS)}")
    value = None if options.by is None else COLUMNS[options.by]
    table, grid = read_columns(
        connection,
        filters.verdict_columns,
        group=value,
        ended_at=options.working is not None,
        source=changes_of(filters, options.by),
    )
    tables = [filters.apply(table, time="code_complete_at")]
    del table
    horizon = options.hours_in(options.horizon_days) if options.horizon_days else None
    if options.by is not None and horizon is None:
        horizon = options.horizon_hours(cohort_of(tables[0], grid, options.working, keep=WORK))
    if options.by is None:
        # Millions of rows are not held longer than they are needed.
        groups = iter([_group(ALL, tables.pop(), grid, options, horizon)] if len(tables[0]) else [])
    else:
        names = _ordered(tables[0]["group"].unique().to_list())
        groups = (_group(name, tables[0].filter(pl.col("group") == name), grid, options, horizon) for name in names)
    yield from (replace(group, cohort=group.cohort.sure(filters, options.by)) for group in groups)


def _group(name: str, rows: pl.DataFrame, grid_hours: float, options: Options, horizon: float | None) -> Group:
    kept = taking_part(automation=options.automation, by=options.by)
    outcomes = pl.col("outcome").is_in(["production", "abandoned", "waiting"])
    cohort = cohort_of(rows, grid_hours, options.working, keep=kept)
    if horizon is None:
        horizon = options.horizon_hours(cohort)
    return Group(name, cohort, Excluded.of(rows.filter(outcomes), kept), horizon)


def _ordered(names: list[str]) -> list[str]:
    return sorted(names, key=lambda name: (_SIZES.index(name) if name in _SIZES else 0, name))
