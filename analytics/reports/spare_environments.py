"""Production environments that are no waves: retired or special ones, and what leaving them out would change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import groupby
from typing import Any

import duckdb

from analytics.text.wording import counted, plain

__all__ = ["spare_environments"]

_SHOWN = 8
# Only beside live waves: where no environment is one, all of them count.
_QUERY = """
with live as (
    select distinct repo_id, service from service_waves where live
),
placed as (
    select deployment_times.repo_id, deployment_times.deployment_id, deployment_times.environment
    from deployment_times where production
),
first_by as (
    select arrivals.repo_id, arrivals.service, placed.environment, count(*) as changes
    from arrivals
    inner join placed
        on arrivals.repo_id = placed.repo_id and arrivals.first_deployment_id = placed.deployment_id
    group by all
),
opened as (
    select rollouts.repo_id, rollouts.service, placed.environment, count(*) as rollouts
    from rollouts
    inner join placed using (repo_id, deployment_id)
    where rollouts.opens_rollout
    group by all
)
select
    service_waves.*, coalesce(first_by.changes, 0) as first_changes, coalesce(opened.rollouts, 0) as opened_rollouts
from service_waves
inner join live using (repo_id, service)
left join first_by using (repo_id, service, environment)
left join opened using (repo_id, service, environment)
where not service_waves.live and not service_waves.named
order by service_waves.repo_id, service_waves.service, service_waves.environment
"""


def spare_environments(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """One line per production environment that is no live wave, with the setting that leaves it out.

    Of many of one service, such as those of tenants, those that change most.
    """
    rows: list[dict[str, Any]] = connection.cursor().sql(_QUERY).to_arrow_table().to_pylist()
    lines = []
    for (repo_id, service), group in groupby(rows, key=lambda row: (row["repo_id"], row["service"])):
        ranked = sorted(group, key=lambda row: -row["first_changes"] - row["opened_rollouts"])
        lines += [plain(_line(row)) for row in ranked[:_SHOWN]]
        if len(ranked) > _SHOWN:
            name = f"{repo_id}, service {service}" if service else repo_id
            lines.append(plain(f"{name}: {len(ranked) - _SHOWN:,} more production environments are no waves"))
    return lines


def _line(row: Mapping[str, Any]) -> str:
    service = f", service {row['service']}" if row["service"] else ""
    got = f"{row['rollouts']:,} of {counted(row['rollouts_of_service'], 'roll-out')} since {row['since_at']:%Y-%m-%d}"
    if row["until_at"] is not None:
        got += f", the last on {row['until_at']:%Y-%m-%d}"
    name = json.dumps(row["environment"], ensure_ascii=False)
    where = f"[[services]] exclude = [{name}]" if row["service"] else f"[production] exclude = [{name}]"
    moves = []
    if row["first_changes"]:
        moves.append(f"the first production date of {counted(row['first_changes'], 'change')}")
    if row["opened_rollouts"]:
        moves.append(f"{counted(row['opened_rollouts'], 'roll-out')} that began there")
    effect = " and ".join(moves) or "no number"
    return (
        f"{row['repo_id']}{service}: the production environment {row['environment']} got {got}: it is no wave;"
        f" {where} leaves it out, which changes {effect}"
    )
