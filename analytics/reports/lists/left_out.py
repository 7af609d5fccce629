"""The report `left-out`: changes that the statistics leave out, or whose data is doubtful, with the reason."""

from __future__ import annotations

import duckdb
import polars as pl

from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.cohort.services import LABELS, NO_SERVICE, by_service, changes_of
from analytics.explain.ended_services import WAIT_FOR_ENDED
from analytics.reports.lists.query import EVERY, condition, run

__all__ = ["REASONS", "left_out"]

REASONS = (
    "unknown",
    "no_deployments",
    "nothing_to_deploy",
    "ended_service",
    "approximate",
    "out_of_order",
    "weak",
    "automation",
    "release",
)
_QUERY = """
with observed as (
    select repo, bool_or(has_production) as has_production
    from repository_settings inner join repository_stages using (repo_id)
    group by repo
),
-- Closed work is left out too where no arrival could be observed: see analytics.cohort.columns.observed.
judged as (
    select
        lead_times.*,
        case
            when outcome <> 'abandoned' then outcome
            when not has_production then 'no_deployments'
            else outcome
        end as judged_as
    from ({source}) as lead_times left join observed on lead_times.repo = observed.repo
),
waits as (
    select ended.*, labels.label
    from ({waits}) as ended
    inner join ({labels}) as labels on ended.repo_id = labels.repo_id and ended.service = labels.name
),
listed as (
    select 'unknown' as reason, outcome_reason as detail, * from judged where judged_as = 'unknown'
    union all
    select 'no_deployments', 'its repository reports none', * from judged where judged_as = 'no_deployments'
    union all
    select 'nothing_to_deploy', 'it touches the paths of no service', *
    from judged where judged_as = 'nothing_to_deploy'
    union all
    select
        'ended_service', 'it waits for ' || (
            select string_agg(waits.service || ', ' || coalesce(
                strftime(waits.last_at, 'last deployed %Y-%m-%d'), 'never deployed')
                || case when waits.gone then ', its folder is gone' else ', while others went on' end, '; '
                order by waits.service)
            from waits where waits.change_id = judged.change_id and coalesce(judged.service, waits.label) = waits.label
        ) as waits_for, *
    from judged where judged_as = 'waiting' and waits_for is not null
    union all
    select 'approximate', 'code complete is the author date of its landing commit', *
    from judged where code_complete_source = 'landing_author_date'
    union all
    select 'out_of_order', clamped || ' of its milestones', * from judged where clamped > 0
    union all
    select 'weak', ai_evidence, * from judged where ai_confidence = 'weak'
    union all
    select 'automation', ai_evidence, * from judged
    where kind = 'bot' and judged_as in ('production', 'waiting', 'abandoned')
    union all
    select 'release', (select evidence from change_kinds where change_kinds.change_id = judged.change_id), * from judged
    where kind = 'release' and judged_as in ('production', 'waiting', 'abandoned')
)
select
    listed.reason, listed.change_id, listed.repo, listed.title, listed.url, listed.author, listed.outcome,
    listed.code_complete_at, listed.detail, count(*) over (partition by listed.reason) as changes, listed.as_of,
    listed.service
from listed
where {where}
qualify row_number() over (
    partition by listed.reason order by listed.code_complete_at desc, listed.change_id, listed.service
) <= {most}
order by list_position({order}, listed.reason), listed.code_complete_at desc, listed.change_id, listed.service
"""


def left_out(connection: duckdb.DuckDBPyConnection, filters: Filters, options: Options | None = None) -> pl.DataFrame:
    """One row per reason and change, the newest first; `changes`: the number of changes with that reason.

    Reasons, `REASONS` in their order: `unknown` (its arrival could not be observed, for the `detail`),
    `no_deployments`, `nothing_to_deploy` (it touches no service), `ended_service` (it takes part, and waits for a
    service that is no longer deployed), `approximate` (it takes part, with the author date of the landing commit),
    `out_of_order` (milestones were moved to the next one), `weak` (classified on weak evidence), `automation` (made by
    a bot) and `release` (it only makes a release, as `detail` shows), their arrival observed or pending. `most` in
    `options` cuts each reason. By service, one row for each service of a change (`service`).
    """
    everything = Filters(since=filters.since, until=filters.until, repo=filters.repo, names=filters.names)
    where, parameters = condition(connection, everything, table="listed")
    by = options.by if options else None
    source = f"select *, {NO_SERVICE} from lead_times"  # noqa: S608  (ours)
    if by_service(filters, by):
        of_none = "" if filters.service else f" union all by name {source} where outcome = 'nothing_to_deploy'"
        source = f"select * from {changes_of(filters, by)}{of_none}"  # noqa: S608  (ours)
    order = "[" + ", ".join(f"'{reason}'" for reason in REASONS) + "]"
    return run(
        connection,
        _QUERY.format(
            where=where,
            order=order,
            most=(options and options.most) or EVERY,
            source=source,
            waits=WAIT_FOR_ENDED,
            labels=LABELS,
        ),
        parameters,
    )
