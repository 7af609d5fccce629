"""Table `service_lives`: from when to when each service that takes unlisted paths is deployed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa

from headway.raw_tables.table import BOOL, TEXT, TIME
from warehouse.graph import NEVER, Graph
from warehouse.model import Input, PythonModel, Table
from warehouse.models.arrivals.deployment_chain import DEFAULT_TIPS, containment
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
        ("until_at", TIME, "if it ended: its last deployment, or the newest commit of main in it, UTC; else null"),
        ("everything", BOOL, "no folder is known of it: it takes the paths of other services too"),
        ("gone", BOOL, "its folder is there no more, or all parts ended and the whole goes on: others have its files"),
        ("successor", TEXT, "the service that has its files now, empty where none is known"),
    ),
)


def service_lives(tables: Mapping[str, pa.Table]) -> pa.Table:
    """From the services of one repository, their deployments and its commits: one row per service with `unlisted`."""
    services = [row for row in tables["services"].to_pylist() if row["unlisted"]]
    # Releases of the whole repository before that of a part say nothing of when the part began.
    deployed: dict[str, list[dict[str, Any]]] = {row["service"]: [] for row in services}
    for row in tables["service_deployments"].to_pylist():
        if row["service"] in deployed and row["production"] and row["own"] and row["succeeded_at"] is not None:
            deployed[row["service"]].append(row)
    newest = max((row["succeeded_at"] for rows in deployed.values() for row in rows), default=None)
    ends: dict[str, datetime] = {}
    for row in services:
        times = sorted(one["succeeded_at"] for one in deployed[row["service"]])
        if newest is not None and times:
            end = times[-1] if row["gone"] else quiet_since(times, newest)
            if end is not None:
                ends[row["service"]] = end
    whole = {row["service"] for row in services if not row["paths"]}
    # Where all parts ended and the whole goes on, their folders are a part of it.
    taken_over = bool(whole - set(ends)) and all(row["service"] in {*ends, *whole} for row in services)
    if ends:
        contents = _newest_contents(tables, {name: [row["sha"] for row in deployed[name]] for name in ends})
        ends = {name: min(end, contents.get(name, end)) for name, end in ends.items()}
    return SERVICE_LIVES.of(
        [
            {
                "repo_id": row["repo_id"],
                "service": row["service"],
                "since_at": min((one["succeeded_at"] for one in deployed[row["service"]]), default=None),
                "until_at": ends.get(row["service"]),
                "everything": EVERYTHING in lines(row["paths"]),
                "successor": row["successor"],
                "gone": row["gone"] or (taken_over and row["service"] in ends),
            }
            for row in services
        ]
    )


def _newest_contents(tables: Mapping[str, pa.Table], shas: Mapping[str, Iterable[str | None]]) -> dict[str, datetime]:
    """The time of the newest commit of the default branch that any of some deployed commits contains, by service."""
    history = containment(Graph.of(tables["commits"]), tables["default_tips"])
    chain = {place: commit for commit, place in history.places.items()}
    committed_at = tables["commits"]["committed_at"]
    newest: dict[str, datetime] = {}
    for service, names in shas.items():
        commits = [history.graph.index[sha] for sha in names if sha in history.graph.index]
        top = max((history.top(commit) for commit in commits), default=NEVER)
        if top != NEVER:
            newest[service] = committed_at[chain[top]].as_py()
    return newest


MODEL = PythonModel(
    "service_lives",
    (
        Input("services", ("repo_id", "service", "paths", "unlisted", "gone", "successor"), ("service",)),
        Input(
            "service_deployments",
            ("service", "production", "succeeded_at", "own", "sha"),
            ("service", "deployment_id"),
        ),
        Input("commits", ("sha", "parents", "committed_at"), ("sha",)),
        DEFAULT_TIPS,
    ),
    (SERVICE_LIVES,),
    service_lives,
)
