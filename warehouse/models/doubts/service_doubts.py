"""Table `service_doubts`: services whose changes go on landing while no production deployment has them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import pyarrow as pa

from headway.raw_tables.table import INT, NUMBER, TEXT, TIME
from headway.repository_names import names_match
from warehouse.model import Input, PythonModel, Table
from warehouse.models.deployments.tag_families.tag_families import APART
from warehouse.models.doubts.guard import NEWER_TAGS, Doubt, Evidence, Landing, in_doubt
from warehouse.models.rows import records

__all__ = ["SERVICE_DOUBTS", "model", "service_doubts"]

SERVICE_DOUBTS = Table(
    "service_doubts",
    "services in doubt: changes went on landing, and production deployments stopped or ship none of them",
    "one row per repository and service in doubt",
    ("repo_id", "service"),
    (
        ("repo_id", TEXT, "repository"),
        ("service", TEXT, "its name, empty where the repository is one service"),
        ("since_at", TIME, "its last believable deployment, UTC; null where no deployment shipped anything"),
        (
            "reason",
            TEXT,
            "stopped, ships_none (deployments go on), mostly_unshipped, few_deployments, newer_tags or apart",
        ),
        ("setting", TEXT, "the setting that takes what looks like its deployments, empty where nothing does"),
        ("landed", INT, "changes by people that landed since then, and were in no deployment"),
        ("landed_days", NUMBER, "for how long they went on landing, days"),
        ("usual_gap_days", NUMBER, "the 90th percentile of the gaps between deployments, days; null of fewer than two"),
        ("deployments", INT, "days with a deployment that shipped something"),
        ("newer_family", TEXT, "the family of tags whose releases are newer and do not count, else empty"),
    ),
)


def model(complete: Sequence[str]) -> PythonModel:
    """The model; `complete`: globs on repositories that are never in doubt."""
    return PythonModel(
        "service_doubts",
        (
            Input("services", ("repo_id", "service"), ("service",)),
            Input(
                "service_landings",
                ("service", "landed_at", "shipped_at", "kind", "undatable"),
                ("service", "landed_at", "change_key"),
            ),
            Input(
                "service_deployments",
                ("service", "deployment_id", "production", "succeeded_at"),
                ("service", "succeeded_at", "deployment_id"),
            ),
            Input("deployment_times", ("deployment_id", "problem"), ("deployment_id",)),
            Input("release_tags", ("family", "released_at", "release"), ("deployment_id",)),
            Input("tag_families", ("family", "taken", "setting"), ("family",)),
        ),
        (SERVICE_DOUBTS,),
        partial(service_doubts, complete=complete),
    )


def service_doubts(tables: Mapping[str, pa.Table], complete: Collection[str] = ()) -> pa.Table:
    """From the landings and deployments of one repository as of the report: its services in doubt."""
    services = records(tables["services"])
    repo_id = services[0]["repo_id"]
    if any(names_match(glob, repo_id) for glob in complete):
        return SERVICE_DOUBTS.of([])
    apart = {row["deployment_id"] for row in records(tables["deployment_times"]) if APART in row["problem"]}
    landings = _by_service(tables["service_landings"])
    deployments = _by_service(tables["service_deployments"])
    ignored = _ignored_tags(tables)
    rows = []
    for service in (row["service"] for row in services):
        done = [row for row in deployments.get(service, ()) if row["production"] and row["succeeded_at"]]
        landed = [
            Landing(row["landed_at"], row["shipped_at"])
            for row in landings.get(service, ())
            if row["kind"] == "work" and not row["undatable"]
        ]
        last = max((row.shipped_at for row in landed if row.shipped_at), default=None)
        family, evidence = _evidence(ignored, last, [row for row in done if row["deployment_id"] in apart])
        doubt = in_doubt(landed, [row["succeeded_at"] for row in done], evidence)
        if doubt:
            rows.append({"repo_id": repo_id, "service": service, **_row(doubt, tables, family)})
    return SERVICE_DOUBTS.of(rows)


def _by_service(table: pa.Table) -> dict[str, list[dict[str, Any]]]:
    rows: dict[str, list[dict[str, Any]]] = {}
    for row in records(table):
        rows.setdefault(row["service"], []).append(row)
    return rows


def _ignored_tags(tables: Mapping[str, pa.Table]) -> dict[str, list[datetime]]:
    """When each family that looks like releases, and is not taken, had a release."""
    taken = {row["family"] for row in records(tables["tag_families"]) if row["taken"]}
    times: dict[str, list[datetime]] = {}
    for row in records(tables["release_tags"]):
        if row["release"] and row["released_at"] and row["family"] not in taken:
            times.setdefault(row["family"], []).append(row["released_at"])
    return times


def _evidence(
    ignored: Mapping[str, Iterable[datetime]], last: datetime | None, apart: Sequence[Mapping[str, Any]]
) -> tuple[str, Evidence]:
    """The family of ignored tags with most releases after the last deployment, and what it and others show."""
    counts = {
        family: (sum(last is None or at > last for at in times), sum(last is not None and at <= last for at in times))
        for family, times in ignored.items()
    }
    family = max(counts, key=lambda name: (counts[name][0] - counts[name][1], name), default="")
    newer, older = counts.get(family, (0, 0))
    later = sum(last is None or row["succeeded_at"] > last for row in apart)
    return family, Evidence(newer_tags=newer, older_tags=older, apart=later)


def _row(doubt: Doubt, tables: Mapping[str, pa.Table], family: str) -> dict[str, Any]:
    settings = {row["family"]: row["setting"] for row in records(tables["tag_families"])}
    newer = family if doubt.reason == NEWER_TAGS else ""
    return {
        "since_at": doubt.since_at,
        "reason": doubt.reason,
        "setting": settings.get(newer, ""),
        "landed": doubt.changes,
        "landed_days": doubt.days,
        "usual_gap_days": doubt.usual_days,
        "deployments": doubt.deployments,
        "newer_family": newer,
    }
