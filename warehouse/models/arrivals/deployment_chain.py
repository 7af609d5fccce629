"""Table `deployment_chain`: what each deployment was, beside what ran before it in the same environment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

import pyarrow as pa

from headway.raw_tables.table import INT, TEXT
from headway.repository_names import names_match
from warehouse.graph import Containment, Graph, Reach
from warehouse.model import Input, PythonModel, Table
from warehouse.models.arrivals.lanes import Lane, goes_back_deeply, lanes
from warehouse.models.rows import records
from warehouse.models.services.rollouts import ROLLOUTS, SERVICE_WAVES, rollouts_and_waves

__all__ = [
    "DEFAULT_TIPS",
    "DEPLOYMENTS",
    "DEPLOYMENT_CHAIN",
    "SERVICE_DEPLOYMENTS",
    "Deployed",
    "Step",
    "containment",
    "deployed",
    "deployment_chain",
    "model",
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
        (
            "kind",
            TEXT,
            "first, release, redeploy, rollback, rollforward or beside (older than others there: no rollback)",
        ),
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
    lane: Lane
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


def steps(history: Containment, deployments: Iterable[Deployed], *, single: bool = False) -> list[Step]:
    """Follow each lane's deployments through time.

    `first`; `release` ships commits new to the lane; `redeploy` the same commit again; `rollback` an ancestor of what
    ran, which withdraws the difference; `rollforward` something shipped before that is no ancestor of what ran. In a
    lane that runs several versions the last two are `beside`, unless it is `single`, and withdraw nothing.
    """
    lanes: dict[Lane, list[Deployed]] = {}
    for deployment in sorted(deployments, key=lambda d: (d.at, d.id)):
        lanes.setdefault(deployment.lane, []).append(deployment)
    return [step for lane in lanes.values() for step in _lane_steps(history, lane, single=single)]


def _lane_steps(history: Containment, lane: list[Deployed], *, single: bool) -> Iterable[Step]:
    commits = [deployment.commit for deployment in lane]
    new = Reach(history, commits).new
    kinds = [
        _kind(history, commits[position - 1] if position else None, commit, new[position])
        for position, commit in enumerate(commits)
    ]
    backwards = [position for position, kind in enumerate(kinds) if kind == "rollback"]
    if not single and goes_back_deeply(commits, backwards):
        kinds = ["beside" if kind in {"rollback", "rollforward"} else kind for kind in kinds]
    for position, (deployment, kind) in enumerate(zip(lane, kinds, strict=True)):
        live = lane[position - 1] if position else None
        withdrawn: tuple[int, ...] = ()
        if kind == "rollback" and live is not None:
            withdrawn = tuple(history.difference(live.commit, deployment.commit))
        yield Step(deployment, kind, live.id if live else None, new[position], withdrawn)


def _kind(history: Containment, live: int | None, commit: int, new: int) -> str:
    """What the deployment of a commit is after what ran; `new`: commits that its lane had not had."""
    if live is None:
        return "first"
    if new:
        return "release"
    if commit == live:
        return "redeploy"
    return "rollback" if next(history.difference(commit, live), None) is None else "rollforward"


def deployment_chain(tables: Mapping[str, pa.Table], complete: Collection[str] = ()) -> dict[str, pa.Table]:
    """What each deployment was in its environment, the roll-outs that they make, and the waves of these.

    `complete`: globs on repositories whose deployments to an environment always replace what ran there.
    """
    graph = Graph.of(tables["commits"])
    history = containment(graph, tables["default_tips"])
    rows = records(tables["deployment_times"])
    single = any(names_match(glob, row["repo_id"]) for row in rows[:1] for glob in complete)
    done = steps(history, deployed(graph, rows, "succeeded_at"), single=single)
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
    rollout_tables = rollouts_and_waves(_with_kinds(history, tables, done, single=single), records(tables["services"]))
    return {"deployment_chain": DEPLOYMENT_CHAIN.of(chain), **rollout_tables}


def _with_kinds(
    history: Containment, tables: Mapping[str, pa.Table], done: Iterable[Step], *, single: bool
) -> list[dict[str, Any]]:
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
        for step in steps(history, deployed(history.graph, by_service[service], "succeeded_at"), single=single):
            kinds[service, step.deployment.id] = step.kind
    return [{**row, "kind": kinds.get((row["service"], row["deployment_id"]))} for row in rows]


def deployed(graph: Graph, rows: Iterable[Mapping[str, Any]], time: str, *, commit: str = "sha") -> list[Deployed]:
    """Deployments of commits in the graph, oldest first by the column `time`; rows without a time are left out.

    `commit`: the column of the commit.
    """
    timed = [row for row in rows if row[time] is not None]
    deployments = [
        Deployed(row["deployment_id"], graph.index[row[commit]], lane, row[time])
        for row, lane in zip(timed, lanes(timed, time), strict=True)
        if row[commit] in graph.index
    ]
    return sorted(deployments, key=lambda d: (d.at, d.id))


def model(complete: Sequence[str]) -> PythonModel:
    """The model; `complete`: globs on repositories of which every deployment of an older commit is a rollback."""
    return PythonModel(
        "deployment_chain",
        (
            DEPLOYMENTS,
            SERVICE_DEPLOYMENTS,
            Input("services", ("service", "waves"), ("service",)),
            Input("commits", ("sha", "parents"), ("sha",)),
            DEFAULT_TIPS,
        ),
        (DEPLOYMENT_CHAIN, ROLLOUTS, SERVICE_WAVES),
        partial(deployment_chain, complete=complete),
    )
