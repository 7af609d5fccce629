"""Deployments as the sources of one repository show them: tags, manifests, a branch, reports, workflows or releases.

A deployment here has a commit where one could be found (`sha`, else `problem` says why not) and a time where the source
leaves one (`succeeded_at`, else `undatable`). Nothing is guessed by date.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from headway.raw_tables.table import BOOL, INT, TEXT, TIME
from warehouse.commit_finder import CommitFinder
from warehouse.graph import Graph
from warehouse.model import Input, PythonModel, Table

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
        ("undatable", BOOL, "it succeeded, and the source has no time of it"),
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


@dataclass(frozen=True)
class Rule:
    """One repository's settings, as `repository_settings` has them."""

    source: str
    tags: str
    branch: str
    environment: str
    application: str


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
            rows.extend(_from_tags(rule, refs, tables["commits"]))
        elif rule.source == "manifests":
            rows.extend(_from_manifests(finder, tables["manifest_deployments"]))
        elif rule.source == "branch":
            rows.extend(_from_branch(rule, settings[0]["default_branch"], refs, tables["commits"]))
        elif rule.source == "records":
            rows.extend(_from_records(finder, tables["reported_deployments"]))
        elif rule.source == "workflow":
            rows.extend(_from_workflow(finder, rule, tables["workflow_deployments"]))
        elif rule.source == "releases":
            rows.extend(_from_releases(finder, rule, tables["releases"]))
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


def _from_tags(rule: Rule, refs: list[dict[str, Any]], commits: pa.Table) -> Iterator[dict[str, Any]]:
    pattern = re.compile(rule.tags)
    committed_at = dict(zip(commits["sha"].to_pylist(), commits["committed_at"].to_pylist(), strict=True))
    for ref in refs:
        if ref["kind"] != "tag" or not pattern.search(ref["name"]):
            continue
        sha = ref["sha"] if ref["sha"] in committed_at else None
        at = ref["tagged_at"] or committed_at.get(ref["sha"])
        if sha is not None and at is not None:
            # A tag cannot be older than what it names; a release rebuilt from another history may claim so.
            at = max(at, committed_at[sha])
        yield {
            "deployment_id": f"tag:{ref['name']}",
            "source": "tags",
            "environment": rule.environment,
            "version": ref["name"],
            "sha": sha,
            "succeeded_at": at,
            "undatable": at is None,
            # A lightweight tag has no date: that of its commit is the earliest it can have been set.
            "dated_by": "tagger" if ref["tagged_at"] else "commit" if sha else "",
            "problem": "" if sha else "it names no commit of the clone",
            "evidence": f"annotated tag {ref['name']}"
            if ref["tagged_at"]
            else f"lightweight tag {ref['name']}" + (", dated by its commit: set then or later" if sha else ""),
        }


def _from_manifests(finder: CommitFinder, manifests: pa.Table) -> Iterator[dict[str, Any]]:
    for step in manifests.to_pylist():
        if step["version"] is None:  # taken out of the environment: nothing was deployed
            continue
        sha, problem = finder.find(step["version"])
        yield {
            "deployment_id": f"manifest:{step['environment']}:{step['application']}:{step['sha']}",
            "source": "manifests",
            "application": step["application"],
            "environment": step["environment"],
            "version": step["version"],
            "sha": sha,
            "succeeded_at": step["changed_at"],
            "dated_by": "manifest",
            "problem": problem,
            "evidence": f"{step['path']} at {step['sha'][:12]} in {step['manifests_repo_id']}",
        }


def _from_branch(
    rule: Rule, default_branch: str, refs: list[dict[str, Any]], commits: pa.Table
) -> Iterator[dict[str, Any]]:
    graph = Graph.of(commits)
    tips = {ref["name"]: graph.index.get(ref["sha"] or "") for ref in refs if ref["kind"] == "branch"}
    tip, main = tips.get(rule.branch), tips.get(default_branch)
    if tip is None:
        return
    committed_at: list[datetime] = commits["committed_at"].to_pylist()
    landed = set(graph.first_parents(main)) if main is not None and rule.branch != default_branch else set()
    chain = graph.first_parents(tip)
    shared = [commit for commit in chain if commit in landed]
    if shared:  # the branch was moved here without a commit of its own: the time is not recorded
        yield {
            "deployment_id": f"branch:{rule.branch}:{graph.shas[shared[-1]]}",
            "source": "branch",
            "environment": rule.environment,
            "version": rule.branch,
            "sha": graph.shas[shared[-1]],
            "succeeded_at": None,
            "undatable": True,
            "evidence": f"branch {rule.branch} was moved here by fast-forward, which leaves no date",
        }
    for commit in chain:
        if commit in landed:
            continue
        sha = graph.shas[commit]
        yield {
            "deployment_id": f"branch:{rule.branch}:{sha}",
            "source": "branch",
            "environment": rule.environment,
            "version": rule.branch,
            "sha": sha,
            "succeeded_at": committed_at[commit],
            "dated_by": "merge",
            "evidence": f"{'merge into' if len(graph.parents[commit]) > 1 else 'commit on'} {rule.branch} {sha[:12]}",
        }


def _from_records(finder: CommitFinder, reported: pa.Table) -> Iterator[dict[str, Any]]:
    for row in reported.to_pylist():
        sha, problem = finder.commit((row["sha"] or "").lower()) if row["sha"] else finder.find(row["version"])
        yield {
            "deployment_id": row["deployment_id"],
            "source": row["source"],
            "application": row["application"] or "",
            "environment": row["environment"],
            "reported_production": row["production"],
            "version": row["version"],
            "sha": sha,
            "created_at": row["created_at"],
            "succeeded_at": row["succeeded_at"],
            "state": row["state"],
            "failed_attempts": row["failed_attempts"],
            "undatable": row["state"] == "success" and row["succeeded_at"] is None,
            "problem": problem,
            "evidence": f"reported by {row['source']}",
            "url": row["url"] or "",
        }


def _from_workflow(finder: CommitFinder, rule: Rule, runs: pa.Table) -> Iterator[dict[str, Any]]:
    for row in runs.to_pylist():
        sha, problem = finder.commit((row["sha"] or "").lower())
        yield {
            "deployment_id": row["deployment_id"],
            "source": "workflow",
            "environment": rule.environment,
            "sha": sha,
            "created_at": row["created_at"],
            "succeeded_at": row["succeeded_at"],
            "state": row["state"],
            "failed_attempts": row["failed_attempts"],
            "problem": problem,
            "evidence": f"run of the workflow {row['workflow']}",
        }


def _from_releases(finder: CommitFinder, rule: Rule, releases: pa.Table) -> Iterator[dict[str, Any]]:
    tags: set[str] = set()
    for row in releases.to_pylist():
        if row["published_at"] is None or row["prerelease"] or row["tag"] in tags:
            continue
        tags.add(row["tag"])
        sha, problem = finder.commit((row["sha"] or "").lower()) if row["sha"] else finder.find(row["tag"])
        yield {
            "deployment_id": f"release:{row['tag']}",
            "source": "releases",
            "environment": rule.environment,
            "version": row["tag"],
            "sha": sha,
            "succeeded_at": row["published_at"],
            "problem": problem,
            "evidence": f"release {row['tag']}",
            "url": row["url"] or "",
        }


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
