"""Table `manifest_applications`: which repository each application of the manifests is, or which it might be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from headway.raw_tables.table import INT, TEXT, TIME
from warehouse.model import REPOSITORIES, Input, PythonModel, Table
from warehouse.models.rows import records
from warehouse.models.settings.near_names import edits

__all__ = ["MANIFEST_APPLICATIONS", "MODEL", "manifest_applications"]

_MOST_EDITS = 2
_SHORTEST = 4  # letters: of a shorter name two edits leave nothing
MANIFEST_APPLICATIONS = Table(
    "manifest_applications",
    "applications that manifests name, each with the repository that it deploys, or might deploy",
    "one row per manifests repository, application and repository that it deploys",
    ("manifests_repo_id", "application", "repo_id"),
    (
        ("manifests_repo_id", TEXT, "the manifests repository"),
        ("application", TEXT, "as the manifests name it"),
        ("repo_id", TEXT, "the repository that it deploys by a rule, empty where it deploys none that was collected"),
        (
            "near_repo_id",
            TEXT,
            "a collected repository of almost that name, null where there is none or it deploys one",
        ),
        ("versions", INT, "steps that gave it a version"),
        ("environments", TEXT, "where to, joined by commas"),
        ("first_at", TIME, "the first of these steps, UTC"),
        ("last_at", TIME, "the last one, UTC"),
    ),
)


def manifest_applications(tables: Mapping[str, pa.Table]) -> pa.Table:
    """From `manifest_versions`, the rules and the repositories."""
    deployed: dict[tuple[str, str], list[str]] = {}
    for rule in records(tables["deployment_rules"]):
        if rule["manifests_repo_id"] is not None:
            deployed.setdefault((rule["manifests_repo_id"], rule["application"]), []).append(rule["repo_id"])
    taken = {repo_id for repo_ids in deployed.values() for repo_id in repo_ids}
    free = [
        row["repo_id"]
        for row in records(tables[REPOSITORIES])
        if row["role"] == "application" and row["repo_id"] not in taken
    ]
    steps: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in records(tables["manifest_versions"]):
        if row["version"] is not None:
            steps.setdefault((row["manifests_repo_id"], row["application"]), []).append(row)
    rows = []
    for (place, application), found in sorted(steps.items()):
        facts = {
            "manifests_repo_id": place,
            "application": application,
            "versions": len(found),
            "environments": ", ".join(sorted({row["environment"] for row in found if row["environment"]})),
            "first_at": min(row["changed_at"] for row in found),
            "last_at": max(row["changed_at"] for row in found),
        }
        repo_ids = sorted(set(deployed.get((place, application), ())))
        near = None if repo_ids else _nearest(application, free)
        rows += [{**facts, "repo_id": repo_id, "near_repo_id": near} for repo_id in repo_ids or [""]]
    return MANIFEST_APPLICATIONS.of(rows)


def _nearest(application: str, repo_ids: Iterable[str]) -> str | None:
    """The repository whose name is almost the application's, None where none is."""
    distances = [(distance, repo_id) for repo_id in repo_ids if (distance := _distance(application, repo_id))]
    return min(distances)[1] if distances else None


def _distance(application: str, repo_id: str) -> tuple[int, int] | None:
    """How far apart two names are; None for two that are not almost the same.

    One may be the other with more words, at the beginning or at the end: `shop` and `shop-service`, `acme-shop`.
    """
    names = [re.split(r"[^a-z0-9]+", text.lower()) for text in (application, repo_id.rpartition("/")[2])]
    few, many = sorted(names, key=len)
    if few == many or "".join(few) == "".join(many):
        return 0, 1
    if sum(map(len, few)) >= _SHORTEST - 1 and few in (many[: len(few)], many[-len(few) :]):
        return 1, len(many) - len(few)
    one, other = ("-".join(name) for name in names)
    numbers = [re.findall(r"\d+", name) for name in (one, other)]  # `worker-1` and `worker-2` are meant to differ
    if numbers[0] != numbers[1] or min(len(one), len(other)) < _SHORTEST:
        return None
    count = edits(one, other)
    return (2, count) if count <= _MOST_EDITS else None


MODEL = PythonModel(
    "manifest_applications",
    (
        Input(
            "manifest_versions",
            ("manifests_repo_id", "application", "environment", "version", "changed_at"),
            ("manifests_repo_id", "position", "environment", "application", "version", "changed_at"),
        ),
        Input("deployment_rules", ("repo_id", "manifests_repo_id", "application"), ("repo_id", "position")),
        Input(REPOSITORIES, ("repo_id", "role"), ("repo_id",)),
    ),
    (MANIFEST_APPLICATIONS,),
    manifest_applications,
    per_repository=False,
)
