"""The report `left-out`: of the changes that take no part in numbers, or only nearly, some to look at."""

from __future__ import annotations

import duckdb
import polars as pl

from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.reports.lists.chosen import EVERY, ask, chosen

__all__ = ["REASONS", "left_out"]

REASONS = ("unknown", "no_deployments", "approximate", "out_of_order", "weak", "automation")
_QUERY = """
with seen as (
    select repo, bool_or(has_production) as has_production, min(first_production_at) as first_production_at
    from repository_settings inner join repository_stages using (repo_id)
    group by repo
),
-- What was closed where no arrival could have been seen takes no part either: see analytics.cohort.columns.observed.
judged as (
    select
        lead_times.*,
        case
            when outcome <> 'abandoned' then outcome
            when not has_production then 'no_deployments'
            when abandoned_at < first_production_at then 'unknown'
            else outcome
        end as judged_as
    from lead_times left join seen on lead_times.repo = seen.repo
),
told as (
    select
        'unknown' as reason,
        case
            when outcome = 'abandoned' then 'closed before the first production deployment' else outcome_reason
        end as detail,
        *
    from judged where judged_as = 'unknown'
    union all
    select 'no_deployments', 'its repository reports none', * from judged where judged_as = 'no_deployments'
    union all
    select 'approximate', 'code complete is the author date of its landing commit', *
    from judged where code_complete_source = 'landing_author_date'
    union all
    select 'out_of_order', clamped || ' of its milestones', * from judged where clamped > 0
    union all
    select 'weak', ai_evidence, * from judged where ai_confidence = 'weak'
    union all
    select 'automation', ai_evidence, * from judged
    where built_with_ai = 'automation' and judged_as in ('production', 'waiting', 'abandoned')
)
select
    told.reason, told.change_id, told.repo, told.title, told.url, told.author, told.outcome, told.code_complete_at,
    told.detail, count(*) over (partition by told.reason) as changes, told.as_of
from told
where {where}
qualify row_number() over (partition by told.reason order by told.code_complete_at desc, told.change_id) <= {most}
order by list_position({reasons}, told.reason), told.code_complete_at desc, told.change_id
"""


def left_out(connection: duckdb.DuckDBPyConnection, filters: Filters, options: Options | None = None) -> pl.DataFrame:
    """One row per reason and change, the newest first; `changes`: how many there are for that reason.

    Reasons, `REASONS` in their order: `unknown` (its arrival could not have been seen, for the `detail`),
    `no_deployments`, `approximate` (it takes part, with the landing commit's author date), `out_of_order` (milestones
    were moved to what follows), `weak` (told to be AI work, or not, on weak evidence), `automation` (made by a
    bot, its arrival seen or not yet). `most` in `options` cuts each reason.
    """
    everything = Filters(since=filters.since, until=filters.until, repo=filters.repo, names=filters.names)
    where, given = chosen(connection, everything, table="told")
    reasons = "[" + ", ".join(f"'{reason}'" for reason in REASONS) + "]"
    return ask(connection, _QUERY.format(where=where, reasons=reasons, most=(options and options.most) or EVERY), given)
