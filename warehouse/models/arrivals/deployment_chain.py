"""Table `deployment_chain`: what each deployment was, beside what ran before it in the same environment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import pyarrow as pa

from headway.raw_tables.table import INT, TEXT
from warehouse.graph import Containment, Graph, Reach
from warehouse.model import Input, PythonModel, Table
from warehouse.models.rows import records
from warehouse.models.services.rollouts import ROLLOUTS, SERVICE_WAVES, rollouts_and_waves

__all__ = [
    "DEFAULT_TIPS",
    "DEPLOYMENTS",
    "DEPLOYMENT_CHAIN",
    "MODEL",
    "SERVICE_DEPLOYMENTS",
    "Deployed",
    "Step",
    "containment",
    "deployed",
    "deployment_chain",
    "steps",
]

DEPLOYMENT_CHAIN = Table(
    "deployment_chain",
    "what each deployment was, beside what ran before it in its environment",
    "one row per repository and successful, dated deployment of a commit in the history",
    ("repo_id", "deployment_id"),
    (
        ("repo_id", TEXT, "repository"),
        ("deployment_id", TEXT, "unique within the repository"),
        ("kind", TEXT, "first, release, redeploy, rollback or rollforward"),
        ("previous_deployment_id", TEXT, "what ran in the environment before it, of the same service"),
        ("new_commits", INT, "commits that the environment had not had before"),
        ("withdrawn_commits", INT, "commits that a rollback removed"),
    ),
)
_ORDER = ("deployment_id",)
DEPLOYMENTS = Input(
    "deployment_times",
    ("repo_id", "deployment_id", "service", "application", "environment", "sha", "succeeded_at"),
    _ORDER,
)
SERVICE_DEPLOYMENTS = Input(
    "service_deployments",
    (
        "repo_id",
        "service",
        "deployment_id",
        "application",
        "environment",
        "production",
        "excluded",
        "sha",
        "version",
        "created_at",
        "succeeded_at",
        "state",
        "undatable",
        "part_of_sha",
    ),
    ("service", "deployment_id"),
)
DEFAULT_TIPS = Input("default_tips", ("sha",), ("sha",))


class Deployed(NamedTuple):
    """A deployment with a known commit. Deployments of one lane follow one another: a service in an environment."""

    id: str
    commit: int
    lane: tuple[str | None, ...]
    at: datetime


class Step(NamedTuple):
    """What one deployment was, beside what ran before it in the same lane."""

    deployment: Deployed
    kind: str
    previous: str | None
    new_commits: int
    withdrawn: tuple[int, ...]


def containment(graph: Graph, tips: pa.Table) -> Containment:
    """The history along the default branch whose newest commit is in `default_tips`."""
    shas = [sha for sha in tips["sha"].to_pylist() if sha in graph.index]
    return Containment.of(graph, graph.index[shas[0]] if shas else None)


def steps(history: Containment, deployments: Iterable[Deployed]) -> list[Step]:
    """Follow each lane's deployments through time.

    `first`; `release` ships commits new to the lane; `redeploy` the same commit again; `rollback` an ancestor of what
    ran, which withdraws the difference; `rollforward` something shipped before that is no ancestor of what ran.
    """
    lanes: dict[tuple[str | None, ...], list[Deployed]] = {}
    for deployment in sorted(deployments, key=lambda d: (d.at, d.id)):
        lanes.setdefault(deployment.lane, []).append(deployment)
    return [step for lane in lanes.values() for step in _lane_steps(history, lane)]


def _lane_steps(history: Containment, lane: list[Deployed]) -> Iterable[Step]:
    new = Reach(history, [deployment.commit for deployment in lane]).new
    live: Deployed | None = None
    for position, deployment in enumerate(lane):
        withdrawn: tuple[int, ...] = ()
        if live is None:
            kind = "first"
        elif new[position]:
            kind = "release"
        elif deployment.commit == live.commit:
            kind = "redeploy"
        elif next(history.difference(deployment.commit, live.commit), None) is not None:
            kind = "rollforward"
        else:
            kind = "rollback"
            withdrawn = tuple(history.difference(live.commit, deployment.commit))
        yield Step(deployment, kind, live.id if live else None, new[position], withdrawn)
        live = deployment


def deployment_chain(tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """What each deployment was in its environment, the roll-outs that they make, and the waves of these."""
    graph = Graph.of(tables["commits"])
    history = containment(graph, tables["default_tips"])
    rows = records(tables["deployment_times"])
    done = steps(history, deployed(graph, rows, "succeeded_at"))
    chain = [
        {
            "repo_id": rows[0]["repo_id"],
            "deployment_id": step.deployment.id,
            "kind": step.kind,
            "previous_deployment_id": step.previous,
            "new_commits": step.new_commits,
            "withdrawn_commits": len(step.withdrawn),
        }
        for step in done
    ]
    made = rollouts_and_waves(_with_kinds(history, tables, done), records(tables["services"]))
    return {"deployment_chain": DEPLOYMENT_CHAIN.of(chain), **made}


def _with_kinds(history: Containment, tables: Mapping[str, pa.Table], done: Iterable[Step]) -> list[dict[str, Any]]:
    """The rows of `service_deployments`, each with what it was in the lane of the service.

    A deployment of the whole repository stands in the lanes of all services: those are followed once more.
    """
    own = dict(
        zip(*(tables["deployment_times"][name].to_pylist() for name in ("deployment_id", "service")), strict=True)
    )
    kinds = {(own[step.deployment.id], step.deployment.id): step.kind for step in done}
    rows = records(tables["service_deployments"])
    mixed = {row["service"] for row in rows if own[row["deployment_id"]] != row["service"]}
    by_service: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_service.setdefault(row["service"], []).append(row)
    for service in sorted(mixed):
        for step in steps(history, deployed(history.graph, by_service[service], "succeeded_at")):
            kinds[service, step.deployment.id] = step.kind
    return [{**row, "kind": kinds.get((row["service"], row["deployment_id"]))} for row in rows]


def deployed(graph: Graph, rows: Iterable[Mapping[str, Any]], time: str, *, commit: str = "sha") -> list[Deployed]:
    """Deployments of commits in the graph, oldest first by the column `time`; rows without a time are left out.

    `commit`: the column of the commit.
    """
    deployments = [
        Deployed(row["deployment_id"], graph.index[row[commit]], _lane(row), row[time])
        for row in rows
        if row[time] is not None and row[commit] in graph.index
    ]
    return sorted(deployments, key=lambda d: (d.at, d.id))


def _lane(row: Mapping[str, Any]) -> tuple[str | None, ...]:
    """The applications of one service are one lane: it was renamed. Without services each is a lane of its own."""
    service = row["service"]
    return (service, row["environment"], "" if service else row["application"])


MODEL = PythonModel(
    "deployment_chain",
    (
        DEPLOYMENTS,
        SERVICE_DEPLOYMENTS,
        Input("services", ("service", "waves"), ("service",)),
        Input("commits", ("sha", "parents"), ("sha",)),
        DEFAULT_TIPS,
    ),
    (DEPLOYMENT_CHAIN, ROLLOUTS, SERVICE_WAVES),
    deployment_chain,
)
