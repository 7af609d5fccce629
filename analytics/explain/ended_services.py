"""Services that ended: their folder is gone, or they fell silent while others went on. What waits for them is shown."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import duckdb

from analytics.text.wording import counted, plain

__all__ = ["ENDED", "WAIT_FOR_ENDED", "ended_in_words", "waits_for_ended"]

ENDED = """
    select services.repo_id, services.service, services.gone, max(service_deployments.succeeded_at) as last_at
    from services
    left join service_lives
        on services.repo_id = service_lives.repo_id and services.service = service_lives.service
    left join service_deployments
        on services.repo_id = service_deployments.repo_id and services.service = service_deployments.service
        and service_deployments.production
    where services.service <> '' and (services.gone or service_lives.until_at is not null)
    group by services.repo_id, services.service, services.gone
"""
"""Each service that ended: whether its folder is gone, and its last production deployment."""

WAIT_FOR_ENDED = f"""
    select service_lead_times.change_id, ended.*, service_lead_times.code_complete_at, service_lead_times.kind
    from service_lead_times
    inner join ({ENDED}) as ended
        on service_lead_times.repo_id = ended.repo_id and service_lead_times.service = ended.service
    where service_lead_times.outcome = 'waiting'
"""  # noqa: S608 - queries of ours
"""Each change that waits for a service that ended, with that service."""
_NAMED = 8


def waits_for_ended(connection: duckdb.DuckDBPyConnection, repo_id: str) -> list[str]:
    """One line on the changes of a repository that wait for services that ended, none where there are none."""
    query = f"""
        select service, gone, last_at, count(*) as changes, arg_max(change_id, code_complete_at) as newest,
            (select count(distinct change_id) from ({WAIT_FOR_ENDED}) where repo_id = $repo_id) as all_changes
        from ({WAIT_FOR_ENDED}) where repo_id = $repo_id
        group by all order by changes desc, service
    """  # noqa: S608 - queries of ours
    rows: list[dict[str, Any]] = (
        connection.cursor().sql(query, params={"repo_id": repo_id}).to_arrow_table().to_pylist()
    )
    if not rows:
        return []
    services = [f"{row['service']}: {_count(row)}, {ended_in_words(row)}" for row in rows[:_NAMED]]
    more = f" and {len(rows) - _NAMED:,} more" if len(rows) > _NAMED else ""
    total = rows[0]["all_changes"]
    return [
        plain(
            f"{counted(total, 'change')} {'waits' if total == 1 else 'wait'} for services that ended"
            f" ({'; '.join(services)}{more}): `headway export left-out` lists them as ended_service; in [[services]]"
            " give their paths to the service that ships them now, or leave them out"
        )
    ]


def ended_in_words(row: Mapping[str, Any]) -> str:
    """What says that a service ended, and since when nothing of it was deployed."""
    last: datetime | None = row["last_at"]
    since = "never deployed" if last is None else f"last deployed {last:%Y-%m-%d}"
    return f"{since}, {'its folder is gone' if row['gone'] else 'while others went on'}"


def _count(row: Mapping[str, Any]) -> str:
    return f"{counted(row['changes'], 'change')} such as {row['newest'].partition(':')[2]}"
