"""The report `longest`: of each group and stage the changes that were, or are, in it longest."""

from __future__ import annotations

import duckdb
import polars as pl

from analytics.cohort.columns import LEAD_STAGES, OBSERVED
from analytics.cohort.filters import Filters
from analytics.cohort.groups import ALL, COLUMNS
from analytics.cohort.options import Options
from analytics.reports.lists.chosen import ask, chosen
from headway.errors import UsageError

__all__ = ["longest"]

_MOST = 10
_TOLD = ("change_id", "repo", "title", "url", "author", "team", "outcome")
_COLUMNS = ("group", "stage", "rank", *_TOLD, "hours", "ended", "as_of")


def longest(connection: duckdb.DuckDBPyConnection, filters: Filters, options: Options | None = None) -> pl.DataFrame:
    """Up to ten rows per group and stage, the longest first: those behind the mean hours of `stages`.

    `hours` in the stage, on the wall clock, so far where it has not `ended`. `rank`: 1 is the longest. Bots are left
    out unless `options` ask for them.
    """
    asked = options or Options()
    if asked.by is not None and asked.by not in COLUMNS:
        raise UsageError(f"no report has groups by {asked.by!r}", hint=f"choose one of {', '.join(COLUMNS)}")
    group = f"'{ALL}'" if asked.by is None else COLUMNS[asked.by]
    where, given = chosen(connection, filters, axis=asked.by)
    if not asked.automation and asked.by != "built_with_ai":
        where += " and built_with_ai <> 'automation'"
    where += f" and {OBSERVED}"
    tenth = ", ".join(f"list_min(max({stage}_hours, {_MOST})) as {stage}" for stage in LEAD_STAGES)
    parts = " union all by name ".join(
        f'select {", ".join(f"told.{name}" for name in _TOLD)}, told.as_of, told.in_group as "group",'  # noqa: S608  (ours)
        f" '{stage}' as stage, {place} as place, told.{stage}_hours as hours,"
        f" told.outcome <> 'waiting' or told.last_stage <> '{stage}' as ended"
        f" from told inner join least on told.in_group = least.in_group"
        f" where told.{stage}_hours > 0 and told.{stage}_hours >= least.{stage}"
        for place, stage in enumerate(LEAD_STAGES)
    )
    query = (
        f"with told as not materialized (select *, {group} as in_group from lead_times where {where}),"  # noqa: S608  (ours)
        f" least as (select in_group, {tenth} from told group by in_group) {parts}"
    )
    rows = ask(connection, query, given).sort(
        ["group", "place", "hours", "change_id"], descending=[False, False, True, False]
    )
    ranked = rows.with_columns(pl.int_range(1, pl.len() + 1).over("group", "place").alias("rank"))
    return ranked.filter(pl.col("rank") <= _MOST).select(_COLUMNS)
