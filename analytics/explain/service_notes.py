"""The services of a repository in words, and those that were inferred as settings to paste."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import duckdb

from analytics.explain.ended_services import waits_for_ended

__all__ = ["repositories_with_notes", "service_notes", "service_settings"]

_SHOWN = 8


def repositories_with_notes(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """The repositories of which `service_notes` or `manifest_notes` may say something: most have no such rows."""
    query = "select repo_id from services where service <> '' union select manifests_repo_id from manifest_applications"
    return frozenset(repo_id for (repo_id,) in connection.execute(query).fetchall())


def service_notes(connection: duckdb.DuckDBPyConnection, repo_id: str) -> list[str]:
    """What is inferred of the services of a repository or leaves changes out, a line each; empty where it is one."""
    services = _rows(connection, f"{_SERVICES} where services.repo_id = $repo_id and services.service <> ''", repo_id)
    if not services:
        return []
    notes = []
    inferred = [row for row in services if row["inferred"]]
    if inferred:
        sources = ", ".join(sorted({row["told_by"] for row in inferred}))
        notes.append(f"{len(inferred):,} services are inferred from {sources}, not set: {_names(inferred)}")
    ended = [row for row in services if row["until_at"] is not None]
    if ended:
        texts = [
            f"{row['service']} ({row['until_at']:%Y-%m-%d}{', no folder' if row['gone'] else ''})" for row in ended
        ]
        notes.append(
            "changes no longer wait for services whose folder is gone, or that fell silent while others went on:"
            f" {_listed(texts)}"
        )
    notes += waits_for_ended(connection, repo_id)
    never = [row for row in services if not row["has_production"]]
    if never:
        notes.append(f"without a deployment to production, so that their changes are unknown: {_names(never)}")
    for row in _rows(connection, _STRANGE, repo_id)[:_SHOWN]:
        notes.append(
            f"{row['deployments']:,} deployments are of {row['application']}, which is no service, the last on"
            f" {row['last_at']:%Y-%m-%d}: `applications` in [[services]] has the names of a service"
        )
    (counts,) = _rows(connection, _CODE, repo_id)
    if counts["changes"]:
        notes.append(f"{counts['changes']:,} changes of code touch no service, such as {counts['path']}")
    return [line for line in notes if line.isprintable()]


def service_settings(connection: duckdb.DuckDBPyConnection, repo_id: str) -> list[str]:
    """The inferred services of a repository as lines of TOML that give the same numbers; empty where none is."""
    query = "select * from services where repo_id = $repo_id and inferred and service <> '' order by service"
    lines: list[str] = []
    for row in _rows(connection, query, repo_id):
        settings: dict[str, Any] = {"repo": repo_id, "name": row["service"], "paths": row["paths"].splitlines()}
        settings["unlisted"] = True
        settings["applications"] = row["applications"].splitlines()
        settings["tags"] = row["tags"]
        if settings["applications"] == [row["service"]]:
            del settings["applications"]
        lines.append("[[services]]")
        lines += [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in settings.items() if value]
    return lines if all(line.isprintable() for line in lines) else []


_SERVICES = """
    select services.service, services.inferred, services.told_by, services.gone, service_lives.until_at,
        service_production.has_production
    from services
    left join service_lives using (repo_id, service)
    left join service_production using (repo_id, service)
"""
# Names that go on being deployed: a service that got a new name falls silent under the old one.
_STRANGE = """
    select application, count(*) as deployments, max(succeeded_at) as last_at
    from deployments_seen
    where repo_id = $repo_id and service is null and source <> 'tags'
    group by application
    having last_at > (select max(succeeded_at) from deployments_seen where repo_id = $repo_id) - interval 30 day
    order by deployments desc, application
"""
_CODE = """
    select count(distinct lead_times.change_id) as changes, min(deployable_paths.path) as path
    from lead_times
    inner join service_files
        on lead_times.repo_id = service_files.repo_id
        and lead_times.change_id = concat(service_files.repo_id, service_files.change_key)
    inner join deployable_paths
        on service_files.repo_id = deployable_paths.repo_id and service_files.path = deployable_paths.path
    where lead_times.repo_id = $repo_id and lead_times.outcome = 'nothing_to_deploy' and lead_times.kind = 'work'
"""


def _names(rows: Iterable[dict[str, Any]]) -> str:
    return _listed([row["service"] for row in rows])


def _listed(texts: list[str]) -> str:
    return ", ".join(sorted(texts)[:_SHOWN]) + (f" and {len(texts) - _SHOWN:,} more" if len(texts) > _SHOWN else "")


def _rows(connection: duckdb.DuckDBPyConnection, query: str, repo_id: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = (
        connection.cursor().sql(query, params={"repo_id": repo_id}).to_arrow_table().to_pylist()
    )
    return rows
