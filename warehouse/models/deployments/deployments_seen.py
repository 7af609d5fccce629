"""Deployments as the sources of one repository show them: tags, manifests, a branch, reports, workflows or releases.

A deployment here has a commit where one could be found (`sha`, else `problem` says why not) and a time where the source
leaves one (`succeeded_at`, else `undatable`). Nothing is guessed by date.
"""

from __future__ import annotations

from collections.abc import Mapping
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
from warehouse.models.deployments.seen.tags import from_tags
from warehouse.models.deployments.seen.workflow import from_workflow

__all__ = ["DEPLOYMENTS_SEEN", "MODEL", "deployments_seen"]

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
            "what the time is: report, manifest, merge, tagger, or commit (lightweight tag: or later)",
        ),
        ("problem", TEXT, "why there is no commit, empty where there is one"),
        ("isolated", BOOL, "its commit is known by id alone, without its history"),
        ("evidence", TEXT, "the record that shows it"),
        ("url", TEXT, "web address, empty where unknown"),
    ),
)


def deployments_seen(tables: Mapping[str, pa.Table]) -> pa.Table:
    """One row per deployment of the repository whose `repository_settings`, `refs`, `commits`, … are given."""
    settings = tables["repository_settings"].to_pylist()
    rows: list[dict[str, Any]] = []
    if settings:
        repo_id = settings[0]["repo_id"]
        rule = Rule(*(settings[0][name] for name in ("deployed_from", "tags", "branch", "environment", "application")))
        refs = tables["refs"].to_pylist()
        tags = {ref["name"]: ref["sha"] for ref in refs if ref["kind"] == "tag" and ref["sha"]}
        shas: list[str] = tables["commits"]["sha"].to_pylist()
        finder = CommitFinder(shas, tags, _reported(tables["change_reports"]))
        if rule.source == "tags":
            rows.extend(from_tags(rule, refs, tables["commits"]))
        elif rule.source == "manifests":
            rows.extend(from_manifests(finder, tables["manifest_deployments"]))
        elif rule.source == "branch":
            rows.extend(from_branch(rule, settings[0]["default_branch"], refs, tables["commits"]))
        elif rule.source == "records":
            rows.extend(from_records(finder, tables["reported_deployments"]))
        elif rule.source == "workflow":
            rows.extend(from_workflow(finder, rule, tables["workflow_deployments"]))
        elif rule.source == "releases":
            rows.extend(from_releases(finder, rule, tables["releases"]))
        history = set(shas)
        for row in rows:
            row["repo_id"] = repo_id
            row["isolated"] = row["sha"] is not None and row["sha"] not in history
    return DEPLOYMENTS_SEEN.of([_complete(row) for row in rows])


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
        Input(
            "repository_settings",
            ("repo_id", "default_branch", "deployed_from", "tags", "branch", "environment", "application"),
            ("repo_id",),
        ),
        Input("refs", ("ref", "kind", "name", "sha", "tagged_at"), ("ref",)),
        Input("commits", ("sha", "parents", "committed_at"), ("sha",)),
        Input(
            "manifest_deployments",
            ("manifests_repo_id", "sha", "path", "environment", "application", "version", "changed_at", "position"),
            ("manifests_repo_id", "position", "environment"),
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
    ),
    (DEPLOYMENTS_SEEN,),
    deployments_seen,
)
