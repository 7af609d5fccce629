"""Table `service_lives`: from when to when each service that takes unlisted paths is deployed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import pyarrow as pa

from headway.raw_tables.table import BOOL, TEXT, TIME
from warehouse.model import Input, PythonModel, Table
from warehouse.models.services.inference.propose import EVERYTHING, quiet_since
from warehouse.models.services.services import lines

__all__ = ["MODEL", "SERVICE_LIVES", "service_lives"]

SERVICE_LIVES = Table(
    "service_lives",
    "from when to when the services that take unlisted paths are deployed to production",
    "one row per repository and service with `unlisted`",
    ("repo_id", "service"),
    (
        ("repo_id", TEXT, "repository"),
        ("service", TEXT, "service"),
        ("since_at", TIME, "its first own production deployment, UTC; null where there is none"),
        (
            "until_at",
            TIME,
            "the last one, UTC, if its folder is gone or it fell silent while others went on; else null",
        ),
        ("everything", BOOL, "no folder is known of it: it takes the paths of other services too"),
    ),
)


def service_lives(tables: Mapping[str, pa.Table]) -> pa.Table:
    """From `services` and `service_deployments` of all repositories: one row per service that takes unlisted paths."""
    # Releases of the whole repository before that of a part say nothing of when the part began.
    times: dict[tuple[str, str], list[datetime]] = {}
    for row in tables["service_deployments"].to_pylist():
        if row["production"] and row["own"] and row["succeeded_at"] is not None:
            times.setdefault((row["repo_id"], row["service"]), []).append(row["succeeded_at"])
    served = [row for row in tables["services"].to_pylist() if row["unlisted"]]
    newest: dict[str, datetime] = {}
    for row in served:
        deployed_at = times.get((row["repo_id"], row["service"]), [])
        newest[row["repo_id"]] = max([*deployed_at, newest.get(row["repo_id"], datetime.min)])  # noqa: DTZ901
    rows = []
    for row in served:
        deployed_at = sorted(times.get((row["repo_id"], row["service"]), []))
        until = None
        if deployed_at:
            until = deployed_at[-1] if row["gone"] else quiet_since(deployed_at, newest[row["repo_id"]])
        rows.append(
            {
                "repo_id": row["repo_id"],
                "service": row["service"],
                "since_at": deployed_at[0] if deployed_at else None,
                "until_at": until,
                "everything": EVERYTHING in lines(row["paths"]),
            }
        )
    return SERVICE_LIVES.of(rows)


MODEL = PythonModel(
    "service_lives",
    (
        Input("services", ("repo_id", "service", "paths", "unlisted", "gone"), ("repo_id", "service")),
        Input(
            "service_deployments",
            ("repo_id", "service", "production", "succeeded_at", "own"),
            ("repo_id", "service", "deployment_id"),
        ),
    ),
    (SERVICE_LIVES,),
    service_lives,
    per_repository=False,
)
