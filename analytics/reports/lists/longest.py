"""The report `longest`: the changes that were, or are, longest in each stage, per group."""

from __future__ import annotations

import duckdb
import polars as pl

from analytics.cohort.columns import LEAD_STAGES, OBSERVED
from analytics.cohort.filters import Filters
from analytics.cohort.groups import ALL, COLUMNS
from analytics.cohort.kinds import taking_part_sql
from analytics.cohort.options import Options
from analytics.cohort.services import NO_SERVICE, by_service, changes_of
from analytics.reports.lists.query import PLACES, condition, run
from headway.errors import UsageError

__all__ = ["longest"]

_MOST = 10
_SHOWN = ("change_id", "repo", "title", "url", "author", "team", "outcome")
_COLUMNS = ("group", "stage", "rank", *_SHOWN, "hours", "ended", "as_of", *PLACES)


def longest(connection: duckdb.DuckDBPyConnection, filters: Filters, options: Options | None = None) -> pl.DataFrame:
    """Up to ten rows per group and stage, the longest first: those behind the mean hours of `stages`.

    `hours` in the stage, on the wall clock, so far where it has not `ended`. `rank`: 1 is the longest. Bots are left
    out unless `options` include them. `services`: all that it touches; `service`: by service, the one of the row.
    """
    options = options or Options()
    if options.by is not None and options.by not in COLUMNS:
        raise UsageError(f"no report has groups by {options.by!r}", hint=f"choose one of {', '.join(COLUMNS)}")
    group = f"'{ALL}'" if options.by is None else COLUMNS[options.by]
    where, parameters = condition(connection, filters, axis=options.by)
    where += f" and {taking_part_sql(automation=options.automation, by=options.by)}"
    where += f" and {OBSERVED}"
    source, none = changes_of(filters, options.by), "" if by_service(filters, options.by) else f", {NO_SERVICE}"
    tenth = ", ".join(f"list_min(max({stage}_hours, {_MOST})) as {stage}" for stage in LEAD_STAGES)
    shown = ", ".join(f"selected.{name}" for name in (*_SHOWN, *PLACES))
    parts = " union all by name ".join(
        f'select {shown}, selected.as_of, selected.in_group as "group",'  # noqa: S608  (ours)
        f" '{stage}' as stage, {place} as place, selected.{stage}_hours as hours,"
        f" selected.outcome <> 'waiting' or selected.last_stage <> '{stage}' as ended"
        f" from selected inner join least on selected.in_group = least.in_group"
        f" where selected.{stage}_hours > 0 and selected.{stage}_hours >= least.{stage}"
        for place, stage in enumerate(LEAD_STAGES)
    )
    query = (
        f"with selected as not materialized (select *{none}, {group} as in_group from {source} where {where}),"  # noqa: S608  (ours)
        f" least as (select in_group, {tenth} from selected group by in_group) {parts}"
    )
    rows = run(connection, query, parameters).sort(
        ["group", "place", "hours", "change_id", "service"], descending=[False, False, True, False, False]
    )
    ranked = rows.with_columns(pl.int_range(1, pl.len() + 1).over("group", "place").alias("rank"))
    return ranked.filter(pl.col("rank") <= _MOST).select(_COLUMNS)
