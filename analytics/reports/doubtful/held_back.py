"""Waves of fewer than three deployments, which may be retired or special: what waits for them, or has their date."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import duckdb

from analytics.cohort.filters import Filters
from analytics.text.lines import lines_of
from analytics.text.wording import counted

__all__ = ["LEAVE_OUT", "held_back", "nearly_never_deployed"]

LEAVE_OUT = (
    "if it is retired or special, name it in `exclude` under [production] or in [[services]]; if it is to get every"
    " roll-out, name all environments in `waves`"
)
_FEWEST = 3  # of fewer deployments no gap is typical (`warehouse.models.deployments.silence`)
_LATE_DAYS = 30  # as long as the shortest silence
# Of each change in production somewhere: the waves that it had to reach, and those that it did not.
_QUERY = f"""
with waves as (
    select repo_id, service, environment, since_at, until_at, rollouts, rollouts_of_service,
        live and not named and rollouts < {_FEWEST} as few
    from service_waves
    where wave is not null
),
everywhere as (
    select repo_id, service, max(rollouts) as most from service_waves group by all
),
concerned as (  -- a service without such a wave has nothing to show: its changes need not be read
    select distinct repo_id, service from waves where few
),
shipped as (
    select arrivals.repo_id, arrivals.change_key, arrivals.service, arrivals.wave_deployment_ids,
        arrivals.production_deployment_id, rollouts.ended_at,
        placed.environment as first_environment, last_placed.environment as last_environment
    from arrivals
    inner join rollouts
        on arrivals.repo_id = rollouts.repo_id and arrivals.service = rollouts.service
        and arrivals.first_deployment_id = rollouts.deployment_id
    inner join deployment_times as placed
        on arrivals.repo_id = placed.repo_id and arrivals.first_deployment_id = placed.deployment_id
    left join deployment_times as last_placed
        on arrivals.repo_id = last_placed.repo_id and arrivals.production_deployment_id = last_placed.deployment_id
    semi join concerned on arrivals.repo_id = concerned.repo_id and arrivals.service = concerned.service
),
reached as (
    select shipped.repo_id, shipped.change_key, shipped.service, placed.environment
    from (select *, unnest(string_split(wave_deployment_ids, chr(10))) as deployment_id from shipped) as shipped
    inner join deployment_times as placed
        on shipped.repo_id = placed.repo_id and shipped.deployment_id = placed.deployment_id
),
missing as (
    select shipped.repo_id, shipped.change_key, shipped.service, shipped.production_deployment_id, waves.environment,
        waves.until_at is null and reached.environment is null as missed, waves.few,
        shipped.last_environment = waves.environment and shipped.first_environment <> waves.environment as dated
    from shipped
    inner join waves
        on shipped.repo_id = waves.repo_id and shipped.service = waves.service and waves.since_at <= shipped.ended_at
    left join reached
        on shipped.repo_id = reached.repo_id and shipped.change_key = reached.change_key
        and shipped.service = reached.service and waves.environment = reached.environment
),
counted as (
    select repo_id, service, environment,
        count(*) as changes,
        count(*) filter (where missed and production_deployment_id is null and other_missed = 0) as held,
        count(*) filter (where dated) as dated
    from (
        select *, count(*) filter (where missed and not few) over (partition by repo_id, service, change_key)
            as other_missed
        from missing
    )
    group by all
),
opened as (
    select rollouts.repo_id, rollouts.service, placed.succeeded_at as opened_at
    from rollouts
    inner join deployment_times as placed using (repo_id, deployment_id)
    where rollouts.opens_rollout
),
last_got as (
    select rollouts.repo_id, rollouts.service, placed.environment, max(placed.succeeded_at) as last_at
    from rollouts
    inner join deployment_times as placed using (repo_id, deployment_id)
    where placed.succeeded_at is not null
    group by all
),
since as (
    select last_got.*, count(*) as missed_rollouts, min(opened.opened_at) as missed_at
    from last_got
    inner join opened using (repo_id, service)
    where opened.opened_at > last_got.last_at
    group by all
)
select
    repository_settings.provider, repository_settings.repo, waves.*, last_got.last_at,
    coalesce(counted.changes, 0) as changes, coalesce(counted.held, 0) as held, coalesce(counted.dated, 0) as dated,
    coalesce(since.missed_rollouts, 0) as missed_rollouts,
    coalesce(report_times.as_of - since.missed_at > interval '{_LATE_DAYS} days', false) as late
from waves
inner join everywhere using (repo_id, service)
inner join repository_settings using (repo_id)
inner join report_times using (repo_id)
inner join last_got using (repo_id, service, environment)
left join counted using (repo_id, service, environment)
left join since using (repo_id, service, environment)
where waves.few and everywhere.most > waves.rollouts and counted.held + counted.dated > 0
order by waves.repo_id, waves.service, waves.environment
"""  # noqa: S608  (numbers of ours)
_MAJORITY = f"select * from ({_QUERY}) where held * 2 >= changes and held > 0 and (missed_rollouts > 1 or late)"  # noqa: S608


def held_back(connection: duckdb.DuckDBPyConnection, filters: Filters | None = None) -> list[str]:
    """One line per environment for which at least half of the work waits that is in production elsewhere."""
    return lines_of(connection, _MAJORITY, _in_doubt, filters)


def nearly_never_deployed(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """One line per wave of fewer than three deployments, with what leaving it out would change."""
    return lines_of(connection, _QUERY, _few, None)


def _in_doubt(row: Mapping[str, Any]) -> str:
    return (
        f"{_name(row)}: what waits is IN DOUBT: {row['held']:,} of {counted(row['changes'], 'change')} in production"
        f" elsewhere wait for {row['environment']}, and for none with more than two deployments; it got {_got(row)} and"
        " may be retired or special"
    )


def _few(row: Mapping[str, Any]) -> str:
    key = "[[services]]" if row["service"] else "[production]"
    moves = [
        *([f"the outcome of {counted(row['held'], 'change')}"] if row["held"] else []),
        *([f"the production date of {counted(row['dated'], 'change')}"] if row["dated"] else []),
    ]
    return (
        f"{_name(row)}: the production environment {row['environment']} got {_got(row)} and counts as a wave;"
        f" {key} exclude = [{json.dumps(row['environment'], ensure_ascii=False)}] leaves it out, which changes"
        f" {' and '.join(moves)}"
    )


def _got(row: Mapping[str, Any]) -> str:
    got = f"{row['rollouts']:,} of {counted(row['rollouts_of_service'], 'roll-out')} since {row['since_at']:%Y-%m-%d}"
    return f"{got}, the last on {row['last_at']:%Y-%m-%d},"


def _name(row: Mapping[str, Any]) -> str:
    return f"{row['repo_id']}{', service ' + row['service'] if row['service'] else ''}"
