"""The report `members`: the changes of each initiative, waiting ones first."""

from __future__ import annotations

import duckdb
import polars as pl

from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.reports.lists.query import EVERY, condition, run

__all__ = ["members"]

_QUERY = """
with work as (
    select
        initiatives.name, initiative_work.initiative_id, initiative_work.change_id, initiative_work.repo,
        changes.title, changes.url, changes.author,
        coalesce(
            lead_times.outcome,
            case
                when initiative_work.abandoned_at is not null then 'abandoned'
                when initiative_work.merged_at is null then 'open'
                else 'merged'
            end
        ) as outcome,
        lead_times.current_stage, lead_times.age_hours, initiative_work.began_at, initiative_work.arrived_at,
        initiative_work.because, initiative_work.sandboxed, initiative_work.as_of,
        count(*) over (partition by initiative_work.initiative_id) as changes
    from initiative_work
    inner join changes on initiative_work.change_id = changes.change_id
    inner join initiatives
        on initiative_work.initiative_id = initiatives.initiative_id and initiative_work.repo_id = initiatives.repo_id
    left join lead_times on initiative_work.change_id = lead_times.change_id
    where {where}
)
select * from work
qualify row_number() over (
    partition by initiative_id
    order by outcome <> 'waiting', age_hours desc nulls last, began_at desc nulls last, change_id
) <= {most}
order by name, initiative_id, outcome <> 'waiting', age_hours desc nulls last, began_at desc nulls last, change_id
"""


def members(connection: duckdb.DuckDBPyConnection, filters: Filters, options: Options | None = None) -> pl.DataFrame:
    """One row per initiative and change: those that wait, the oldest first, then the newest others.

    `outcome`: as of a code-complete change, else `open`, `merged` or `abandoned`. `current_stage`, `age_hours`: of what
    waits. `because`: why it belongs to the initiative. The filter is on repositories; it has no period. `changes`: how
    many the initiative has there; `most` in `options` cuts the rows of each.
    """
    where, parameters = condition(connection, filters, time=None, table="initiative_work")
    return run(connection, _QUERY.format(where=where, most=(options and options.most) or EVERY), parameters)
