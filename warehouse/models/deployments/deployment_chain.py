"""Table `deployment_chain`: what each deployment was, beside what ran before it in the same environment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from headway.raw_tables.table import INT, TEXT
from warehouse.graph import NEVER, Graph, difference, first_reach
from warehouse.model import Input, PythonModel, Table

__all__ = ["DEPLOYMENTS", "DEPLOYMENT_CHAIN", "MODEL", "Deployed", "Step", "deployed", "deployment_chain", "steps"]

DEPLOYMENT_CHAIN = Table(
    "deployment_chain",
    "what each deployment was, beside what ran before it in its environment",
    "one row per repository and successful, dated deployment of a commit in the history",
    ("repo_id", "deployment_id"),
    (
        ("repo_id", TEXT, "repository"),
        ("deployment_id", TEXT, "unique within the repository"),
        ("kind", TEXT, "first, release, redeploy, rollback or rollforward"),
        ("previous_deployment_id", TEXT, "what ran in the environment before it"),
        ("new_commits", INT, "commits that the environment had not had before"),
        ("withdrawn_commits", INT, "commits that a rollback removed"),
    ),
)
DEPLOYMENTS = Input(
    "deployment_times",
    (
        "repo_id",
        "deployment_id",
        "application",
        "environment",
        "production",
        "sha",
        "created_at",
        "succeeded_at",
        "undatable",
        "excluded",
    ),
    ("deployment_id",),
)


@dataclass(frozen=True)
class Deployed:
    """A deployment with a known commit."""

    id: str
    commit: int
    lane: tuple[str, str]
    at: datetime


@dataclass(frozen=True)
class Step:
    """What one deployment was, beside what ran before it in the same environment."""

    deployment: Deployed
    kind: str
    previous: str | None
    new_commits: int
    withdrawn: tuple[int, ...]


def steps(graph: Graph, deployments: Iterable[Deployed]) -> list[Step]:
    """Follow each environment's deployments through time.

    `first`; `release` ships commits new to the environment; `redeploy` the same commit again; `rollback` an ancestor of
    what ran, which withdraws the difference; `rollforward` something shipped before that is no ancestor of what ran.
    """
    lanes: dict[tuple[str, str], list[Deployed]] = {}
    for deployment in sorted(deployments, key=lambda d: (d.at, d.id)):
        lanes.setdefault(deployment.lane, []).append(deployment)
    depth = graph.depths() if lanes else []
    return [step for lane in lanes.values() for step in _lane_steps(graph, depth, lane)]


def _lane_steps(graph: Graph, depth: Sequence[int], lane: list[Deployed]) -> Iterable[Step]:
    first = first_reach(graph, [deployment.commit for deployment in lane])
    new = [0] * len(lane)
    for position in first:
        if position != NEVER:
            new[position] += 1
    live: Deployed | None = None
    for position, deployment in enumerate(lane):
        withdrawn: tuple[int, ...] = ()
        if live is None:
            kind = "first"
        elif new[position]:
            kind = "release"
        elif deployment.commit == live.commit:
            kind = "redeploy"
        elif next(difference(graph, depth, deployment.commit, live.commit), None) is not None:
            kind = "rollforward"
        else:
            kind = "rollback"
            withdrawn = tuple(difference(graph, depth, live.commit, deployment.commit))
        yield Step(deployment, kind, live.id if live else None, new[position], withdrawn)
        live = deployment


def deployment_chain(tables: Mapping[str, pa.Table]) -> pa.Table:
    """One row per successful, dated deployment with a known commit: what it was in its environment."""
    graph = Graph.of(tables["commits"])
    rows = tables["deployment_times"].to_pylist()
    done = steps(graph, deployed(graph, rows, "succeeded_at"))
    return DEPLOYMENT_CHAIN.of(
        [
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
    )


def deployed(graph: Graph, rows: Iterable[Mapping[str, Any]], time: str) -> list[Deployed]:
    """Deployments of commits in the graph, oldest first by the column `time`; rows without a time are left out."""
    deployments = [
        Deployed(row["deployment_id"], graph.index[row["sha"]], (row["environment"], row["application"]), row[time])
        for row in rows
        if row[time] is not None and row["sha"] in graph.index
    ]
    return sorted(deployments, key=lambda d: (d.at, d.id))


MODEL = PythonModel(
    "deployment_chain",
    (DEPLOYMENTS, Input("commits", ("sha", "parents"), ("sha",))),
    (DEPLOYMENT_CHAIN,),
    deployment_chain,
)
