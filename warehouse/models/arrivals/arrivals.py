"""Which deployment brought each change to production, for each service that it touches.

The rule is containment over the whole commit graph: the first successful production deployment whose commit has the
landing commit as an ancestor, or a cherry-pick of it. The graph is ordered once for all services and environments; each
costs its deployments, and what they contain beside the default branch (`warehouse.graph.Reach`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa

from headway.raw_tables.table import TEXT
from warehouse.graph import NEVER, Containment, Graph, Reach
from warehouse.model import Input, PythonModel, Table
from warehouse.models.arrivals.contents import Contents
from warehouse.models.arrivals.deployment_chain import DEFAULT_TIPS, SERVICE_DEPLOYMENTS, containment
from warehouse.models.arrivals.shipping import Shipping

__all__ = ["ARRIVALS", "INTEGRATIONS", "MODEL", "arrivals"]

ARRIVALS = Table(
    "arrivals",
    "the deployments that first tried, staged and shipped each change of each service",
    "one row per repository, change and service that it touches",
    ("repo_id", "change_key", "service"),
    (
        ("repo_id", TEXT, "repository"),
        ("change_key", TEXT, "change, `#<number>` or `@<sha>`"),
        (
            "production_deployment_id",
            TEXT,
            "the deployment by which all waves of the service had it (`first`: the first); null while one lacks it",
        ),
        (
            "mapped_by",
            TEXT,
            "how it contains it: ancestor, cherry_pick_trailer, patch_id, branch_deploy, or empty",
        ),
        ("mapped_through", TEXT, "the commit that the deployment contains"),
        ("attempt_deployment_id", TEXT, "the first production deployment created with it, successful or not"),
        (
            "staged_deployment_id",
            TEXT,
            "the first successful deployment with it to an environment before production",
        ),
        ("undatable_deployment_id", TEXT, "a production deployment with it whose time, or whose success, is unknown"),
        (
            "rollback_deployment_id",
            TEXT,
            "the rollback that withdrew it from the last wave that had it; null while one has it",
        ),
        ("service", TEXT, "service, empty where the repository is one service"),
        ("first_deployment_id", TEXT, "the first successful production deployment of the service that contains it"),
        (
            "wave_deployment_ids",
            TEXT,
            "the first deployment with it in each wave that has it, one a line; null where there are no two waves",
        ),
        (
            "part_deployment_id",
            TEXT,
            "a deployment, before the first that surely has it, of an unknown part of a commit with it",
        ),
    ),
)
INTEGRATIONS = Table(
    "integrations",
    "where CI of the default branch first succeeded with each change, whether or not it touches a service",
    "one row per repository and change with which it did",
    ("repo_id", "change_key"),
    (
        ("repo_id", TEXT, "repository"),
        ("change_key", TEXT, "change, `#<number>` or `@<sha>`"),
        ("integrated_sha", TEXT, "the first commit with it on which CI succeeded"),
    ),
)


def arrivals(tables: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    """The deployments that first tried, staged and shipped each change of each service; and its first green CI."""
    changes = {row["change_key"]: row for row in tables["change_landings"].to_pylist()}
    if not changes:
        return {ARRIVALS.name: ARRIVALS.of([]), INTEGRATIONS.name: INTEGRATIONS.of([])}
    # Without its history a commit is contained where it is deployed itself, and nowhere else.
    named = (change[name] for change in changes.values() for name in ("landing_sha", "head_sha"))
    graph = Graph.of(tables["commits"]).having(sha for sha in named if sha)
    history = containment(graph, tables["default_tips"])
    touched: dict[str, list[str]] = {}
    for service, key in zip(
        *(tables["change_services"][name].to_pylist() for name in ("service", "change_key")), strict=True
    ):
        touched.setdefault(service, []).append(key)
    contents = Contents.of(graph, tables, changes.values())
    content = {
        key: contents.of_change(
            key, graph.index.get(change["landing_sha"] or ""), graph.index.get(change["head_sha"] or "")
        )
        for key, change in changes.items()
    }
    rows = []
    for service, keys in touched.items():
        shipped = Shipping.of(history, tables, service)
        for key in keys:
            row = {"repo_id": changes[key]["repo_id"], "change_key": key, "service": service}
            rows.append(row | shipped.arrival(content[key]))
    green = tables["ci_successes"]["sha"].to_pylist()
    return {
        ARRIVALS.name: ARRIVALS.of(rows),
        INTEGRATIONS.name: INTEGRATIONS.of([*_integrations(history, green, changes.values())]),
    }


def _integrations(
    history: Containment, shas: Iterable[str], changes: Iterable[Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    """For each change the first of these commits, which are in the order of their success, that contains it."""
    graph = history.graph
    green = [graph.index[sha] for sha in shas if sha in graph.index]
    reach = Reach(history, green)
    for change in changes if green else ():
        landing = graph.index.get(change["landing_sha"] or "")
        first = NEVER if landing is None else reach.first(landing)
        if first != NEVER:
            key = {name: change[name] for name in ("repo_id", "change_key")}
            yield {**key, "integrated_sha": graph.shas[green[first]]}


MODEL = PythonModel(
    "arrivals",
    (
        Input("change_landings", ("repo_id", "change_key", "landing_sha", "head_sha"), ("change_key",)),
        Input("commits", ("sha", "parents", "message"), ("sha",)),
        SERVICE_DEPLOYMENTS,
        Input("change_commits", ("change_key", "sha"), ("change_key", "sha")),
        Input("landed_commits", ("change_key", "sha"), ("change_key", "sha")),
        Input("patch_ids", ("sha", "patch_id"), ("sha",)),
        Input("change_services", ("change_key", "service"), ("change_key", "service")),
        Input("services", ("service", "arrival"), ("service",)),
        Input("rollouts", ("service", "deployment_id", "ended_at", "kind"), ("service", "deployment_id")),
        Input(
            "service_waves",
            ("service", "environment", "wave", "live", "since_at", "until_at"),
            ("service", "wave", "environment"),
        ),
        DEFAULT_TIPS,
        Input("ci_successes", ("sha", "green_at"), ("green_at", "sha")),
    ),
    (ARRIVALS, INTEGRATIONS),
    arrivals,
)
