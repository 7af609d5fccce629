"""The report `returned`: changes that failed in production, were rolled back, reverted or repaired, with evidence."""

from __future__ import annotations

import duckdb
import polars as pl

from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.cohort.services import NO_SERVICE, by_service, changes_of
from analytics.reports.lists.query import condition, run

__all__ = ["returned"]

_SIGNS = (
    "case sign when 'failed' then 'it never succeeded' when 'rollback' then 'rolled back by deployment ' || shown_by"
    " when 'revert' then 'taken back by ' || shown_by when 'hotfix' then 'hot fix ' || shown_by"
    " else 'incident ' || shown_by end"
)
_REPAIRS = (
    "case when repairs.kind = 'revert' then 'taken back by ' || repairs.fix_key"
    " else repairs.kind || ' ' || repairs.fix_key || coalesce(', ' || repairs.lines || ' of its lines', '') end"
)
_QUERY = """
with shipped as (
    select
        lead_times.change_id, changes.change_key, lead_times.repo_id, lead_times.repo, lead_times.title,
        lead_times.url, lead_times.author, lead_times.team, lead_times.builds_ai, lead_times.built_with_ai,
        lead_times.production_at, lead_times.rolled_back_at, lead_times.deployment_id, lead_times.as_of, {service}
    from {source} inner join changes on lead_times.change_id = changes.change_id
    where lead_times.outcome = 'production' and {where}
),
happened as (
    select change_id, service, 'withdrawn' as what, rolled_back_at as happened_at, 'by a rollback' as shown_by
    from shipped where rolled_back_at is not null
    union all
    select shipped.change_id, shipped.service, 'deployment failed', failure_signs.began_at, {signs}
    from shipped inner join failure_signs
        on shipped.repo_id = failure_signs.repo_id and shipped.deployment_id = failure_signs.deployment_id
        and failure_signs.change_key in ('', shipped.change_key)
    union all
    select
        shipped.change_id,
        shipped.service,
        case when repairs.kind = 'revert' then 'taken back' else 'repaired' end, repairs.repaired_at, {repairs}
    from shipped inner join repairs
        on shipped.repo_id = repairs.repo_id and shipped.change_key = repairs.change_key
    where repairs.at_fault and repairs.repaired_at >= shipped.production_at
),
once as (
    select change_id, service, what, min(happened_at) as happened_at, min(shown_by) as shown_by, count(*) as times
    from (select distinct * from happened) as each_one
    group by change_id, service, what
)
select
    shipped.change_id, shipped.repo, shipped.title, shipped.url, shipped.author, shipped.team, shipped.builds_ai,
    shipped.built_with_ai, once.what, once.happened_at, once.shown_by, once.times, shipped.production_at,
    epoch_us(once.happened_at - shipped.production_at) / 3600000000.0 as hours_after, shipped.as_of,
    shipped.service
from once inner join shipped
    on once.change_id = shipped.change_id and once.service is not distinct from shipped.service
order by once.happened_at desc nulls last, shipped.change_id, once.what, shipped.service
"""


def returned(connection: duckdb.DuckDBPyConnection, filters: Filters, options: Options | None = None) -> pl.DataFrame:
    """One row per change and `what` happened to it in production, the newest first; the period is that of production.

    `what`: `withdrawn` (a rollback took it out), `deployment failed` (the one that shipped it, by any sign),
    `taken back` or `repaired` (by a change that landed afterwards). `happened_at`: first, `times` in all; `shown_by`:
    what shows it, as `headway explain` has it. `hours_after`: production, on the wall clock; negative where a
    deployment had failed before it succeeded. By service, one for each service in which it happened (`service`).
    """
    where, parameters = condition(connection, filters, time="production_at")
    by = options.by if options else None
    service = "lead_times.service" if by_service(filters, by) else NO_SERVICE
    source = changes_of(filters, by)
    query = _QUERY.format(where=where, signs=_SIGNS, repairs=_REPAIRS, service=service, source=source)
    return run(connection, query, parameters)
