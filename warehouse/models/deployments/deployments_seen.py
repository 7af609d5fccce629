"""Deployments as the rules of one repository show them: tags, manifests, a branch, reports, workflows or releases.

A deployment here has a commit where one could be found (`sha`, else `problem` says why not) and a time where the source
leaves one (`succeeded_at`, else `undatable`). Nothing is guessed by date.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import pyarrow as pa

from headway.raw_tables.table import BOOL, INT, TEXT, TIME
from warehouse.commit_finder import CommitFinder
from warehouse.model import Input, PythonModel, Table
from warehouse.models.deployments.seen.branch import from_branch
from warehouse.models.deployments.seen.manifests import from_manifests
from warehouse.models.deployments.seen.records import from_records
from warehouse.models.deployments.seen.releases import from_releases
from warehouse.models.deployments.seen.rule import Rule
from warehouse.models.deployments.seen.services import for_services
from warehouse.models.deployments.seen.tags import from_tags
from warehouse.models.deployments.seen.workflow import from_workflow
from warehouse.models.rows import records

__all__ = ["DEPLOYMENTS_SEEN", "MODEL", "deployments_seen"]

_APART = "it is of one part, others were not released with it, and no service says which changes are in it"
_SMALL = (
    "it is of one part, all parts are less than half of the repository, and no service says which changes are in it"
)

DEPLOYMENTS_SEEN = Table(
    "deployments_seen",
    "deployments as the source that the settings name shows them",
    "one row per repository and deployment",
    ("repo_id", "deployment_id"),
    (
        ("repo_id", TEXT, "repository"),
        ("deployment_id", TEXT, "unique within the repository"),
        ("source", TEXT, "tags, manifests, branch, workflow, releases, or the collector that reported it"),
        ("application", TEXT, "what was deployed, empty where the repository is one application"),
        ("environment", TEXT, "as named by the source"),
        ("reported_production", BOOL, "the source's own flag for production, null where it has none"),
        ("version", TEXT, "as named by the source"),
        ("sha", TEXT, "deployed commit, null where none was identified"),
        ("created_at", TIME, "when the attempt began, UTC"),
        ("succeeded_at", TIME, "first success, UTC"),
        ("state", TEXT, "`success`, or the last state"),
        ("failed_attempts", INT, "failures before the first success"),
        ("undatable", BOOL, "it succeeded, and the source has no time of it; or no status says whether it succeeded"),
        (
            "dated_by",
            TEXT,
            "what the time is: report, manifest, merge, tagger, commit or reading (lightweight tag: or later)",
        ),
        ("problem", TEXT, "why there is no commit, empty where there is one"),
        ("isolated", BOOL, "its commit is known by id alone, without its history"),
        ("evidence", TEXT, "the record that shows it"),
        ("url", TEXT, "web address, empty where unknown"),
        (
            "service",
            TEXT,
            "the service that it deploys, empty for the whole repository; null where its application names none",
        ),
        ("part_of_sha", TEXT, "the commit of which it deploys an unknown part; then `sha` is null"),
    ),
)


def deployments_seen(tables: Mapping[str, pa.Table]) -> pa.Table:
    """One row per deployment of the repository whose `deployment_rules`, `refs`, `commits`, … are given."""
    settings = records(tables["repository_settings"])
    refs = records(tables["refs"])
    shas: list[str] = tables["commits"]["sha"].to_pylist()
    finder = _finder(shas, refs, tables)
    history = set(shas)
    services = records(tables["services"])
    in_part = _InPart.of(tables)
    rows: dict[str, dict[str, Any]] = {}
    for number, rule in enumerate(records(tables["deployment_rules"])):
        for row in _seen(Rule(**rule), settings[0], tables, refs, finder):
            row["repo_id"] = settings[0]["repo_id"]
            if why := in_part.why(row, rule["tags"]):
                known = row["sha"] if row["sha"] in history else None
                row |= {"sha": None, "part_of_sha": known, "problem": row["problem"] or why}
            row["isolated"] = row["sha"] is not None and row["sha"] not in history
            row["service"] = rule["service"]
            _add(rows, row, number)
    return DEPLOYMENTS_SEEN.of([one for row in rows.values() for one in for_services(_complete(row), services)])


@dataclass(frozen=True)
class _InPart:
    """Tags and releases that ship some part of a repository of which nobody knows what belongs to which part."""

    services: bool
    apart: frozenset[str]
    small: bool

    @classmethod
    def of(cls, tables: Mapping[str, pa.Table]) -> _InPart:
        tags = frozenset(row["tag"] for row in records(tables["release_tags"]) if row["among_parts"])
        return cls(_has_services(tables), tags, tables["small_parts"].num_rows > 0)

    def why(self, row: dict[str, Any], pattern: str) -> str:
        """Why a deployment is one, else empty; `pattern`: of its rule, which takes what it matches for the whole."""
        among = row.pop("among_parts", row["source"] == "tags" and row["version"] in self.apart)
        if self.services or pattern or row["source"] not in {"tags", "releases"}:
            return ""
        return _APART if among else _SMALL if self.small and row["application"] else ""


def _has_services(tables: Mapping[str, pa.Table]) -> bool:
    return any(tables["services"]["service"].to_pylist())


def _finder(shas: list[str], refs: list[dict[str, Any]], tables: Mapping[str, pa.Table]) -> CommitFinder:
    columns = (tables["tag_objects"][name].to_pylist() for name in ("object_sha", "sha"))
    objects = dict(zip(*columns, strict=True))
    places: dict[str, list[tuple[datetime, str]]] = {}
    for row in records(tables["release_tags"]):
        if row["sha"] and row["released_at"]:
            places.setdefault(row["tag"], []).append((row["released_at"], row["sha"]))
    # A tag that is gone had led there.
    tags = {name: max(where)[1] for name, where in places.items()}
    tags |= {ref["name"]: ref["sha"] for ref in refs if ref["kind"] == "tag" and ref["sha"]}
    moved = {name: sorted(where) for name, where in places.items() if len(where) > 1}
    return CommitFinder(shas, tags, _reported(tables["change_reports"]), objects, moved)


def _seen(
    rule: Rule,
    settings: Mapping[str, Any],
    tables: Mapping[str, pa.Table],
    refs: list[dict[str, Any]],
    finder: CommitFinder,
) -> Iterator[dict[str, Any]]:
    """What one rule shows."""
    if rule.source == "tags":
        yield from from_tags(rule, tables["release_tags"], parts=_has_services(tables))
    elif rule.source == "manifests":
        yield from from_manifests(finder, rule, tables["manifest_deployments"])
    elif rule.source == "branch":
        yield from from_branch(rule, settings["default_branch"], refs, tables["commits"])
    elif rule.source == "records":
        yield from from_records(finder, rule, tables["reported_deployments"])
    elif rule.source == "workflow":
        yield from from_workflow(finder, rule, tables["workflow_deployments"])
    elif rule.source == "releases":
        as_of = next((row["as_of"] for row in records(tables["report_times"])), None)
        found = tables["releases"], tables["release_tags"]
        yield from from_releases(finder, rule, *found, as_of=as_of, parts=_has_services(tables))


def _add(rows: dict[str, dict[str, Any]], row: dict[str, Any], number: int) -> None:
    """Two rules may show one deployment: it is one; with another environment or service it is another.

    A tag that is one of a service by its own pattern, which comes first, is no other one by the rule of the repository.
    """
    id_ = row["deployment_id"]
    if id_ in rows and row["source"] == "tags" and rows[id_]["service"] and not row["service"]:
        return
    what = ("environment", "service", "application")
    if id_ in rows and any(rows[id_].get(name) != row.get(name) for name in what):
        row["deployment_id"] = f"{id_}:{number}"
    rows.setdefault(row["deployment_id"], row)


def _complete(row: dict[str, Any]) -> dict[str, Any]:
    defaults = {"application": "", "failed_attempts": 0, "undatable": False, "problem": "", "evidence": "", "url": ""}
    complete = {**defaults, **row}
    complete.setdefault("created_at", complete.get("succeeded_at"))
    complete.setdefault("state", "success")
    complete.setdefault("dated_by", "" if complete["undatable"] else "report")
    return complete


def _reported(reports: pa.Table) -> list[str]:
    named = (sha for name in ("sha", "head_sha") for sha in reports[name].to_pylist())
    return [sha for sha in named if sha]


MODEL = PythonModel(
    "deployments_seen",
    (
        Input("repository_settings", ("repo_id", "default_branch"), ("repo_id",)),
        Input("deployment_rules", tuple(field.name for field in fields(Rule)), ("position",)),
        Input("refs", ("ref", "kind", "name", "sha"), ("ref",)),
        Input(
            "release_tags",
            (
                "deployment_id",
                "tag",
                "sha",
                "released_at",
                "dated_by",
                "component",
                "release",
                "part",
                "among_parts",
                "problem",
                "evidence",
            ),
            ("deployment_id",),
        ),
        Input("tag_objects", ("object_sha", "sha"), ("object_sha",)),
        Input("commits", ("sha", "parents", "committed_at"), ("sha",)),
        Input(
            "manifest_deployments",
            ("manifests_repo_id", "sha", "path", "environment", "application", "version", "changed_at", "position"),
            ("manifests_repo_id", "position", "environment", "application", "path", "sha"),
        ),
        Input(
            "reported_deployments",
            (
                "deployment_id",
                "application",
                "environment",
                "production",
                "sha",
                "version",
                "created_at",
                "succeeded_at",
                "state",
                "failed_attempts",
                "url",
                "source",
            ),
            ("deployment_id",),
        ),
        Input(
            "workflow_deployments",
            ("deployment_id", "workflow", "sha", "created_at", "succeeded_at", "state", "failed_attempts"),
            ("deployment_id",),
        ),
        Input("releases", ("tag", "sha", "prerelease", "published_at", "url"), ("published_at", "release_id")),
        Input("change_reports", ("sha", "head_sha"), ("change_key",)),
        Input("services", ("service", "applications", "tags"), ("service",)),
        Input("report_times", ("as_of",), ("as_of",)),
        Input("small_parts", ("covered",), ("paths",)),
    ),
    (DEPLOYMENTS_SEEN,),
    deployments_seen,
)
