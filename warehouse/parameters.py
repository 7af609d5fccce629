"""What settings and sources say, as small tables: SQL models join them and nothing is pasted into SQL."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa

from headway.settings import DeploymentRule, Settings
from warehouse.store import Commit

__all__ = [
    "ENVIRONMENTS",
    "PARAMETERS",
    "REPOSITORY_SETTINGS",
    "SOURCE_WATERMARKS",
    "environments",
    "repository_settings",
]

TIME = pa.timestamp("us")
PARAMETERS = pa.schema(
    [
        ("as_of", TIME),
        ("code_complete", pa.string()),
        ("in_use_window_days", pa.int64()),
        ("failure_hours", pa.float64()),
        ("incident_hours", pa.float64()),
    ]
)
ENVIRONMENTS = pa.schema([("environment", pa.string()), ("production", pa.bool_())])
SOURCE_WATERMARKS = pa.schema(
    [("source", pa.string()), ("repo_id", pa.string()), ("watermark_at", TIME), ("collected_at", TIME)]
)
REPOSITORY_SETTINGS = pa.schema(
    [
        ("repo_id", pa.string()),
        ("provider", pa.string()),
        ("repo", pa.string()),
        ("url", pa.string()),
        ("pull_path", pa.string()),
        ("commit_path", pa.string()),
        ("role", pa.string()),
        ("team", pa.string()),
        ("default_branch", pa.string()),
        ("shallow", pa.bool_()),
        ("deployed_from", pa.string()),
        ("deployed_from_default", pa.bool_()),
        ("tags", pa.string()),
        ("branch", pa.string()),
        ("workflow", pa.string()),
        ("not_ci", pa.string()),
        ("environment", pa.string()),
        ("application", pa.string()),
        ("manifests_repo_id", pa.string()),
        ("max_branch_commits", pa.int64()),
    ]
)
# Web addresses of pull requests and commits, behind that of the repository.
_PATHS = {"gitlab": ("/-/merge_requests/", "/-/commit/"), "bitbucket": ("/pull-requests/", "/commits/")}


def parameters(settings: Settings, as_of: datetime | None) -> pa.Table:
    """One row: the time asked for, what makes a change code complete, how long signs of use and failure count."""
    row = {
        "as_of": as_of,
        "code_complete": settings.report.code_complete,
        "in_use_window_days": settings.rungs.window_days,
        "failure_hours": settings.dora.failure_days * 24.0,
        "incident_hours": float(settings.dora.incident_hours),
    }
    return pa.Table.from_pylist([row], PARAMETERS)


def source_watermarks(commits: Mapping[str, Commit]) -> pa.Table:
    """One row per source and repository that it feeds: up to when it is known."""
    rows = [
        {
            "source": source,
            "repo_id": repo_id,
            "watermark_at": _naive(commit.watermark_at),
            "collected_at": _naive(commit.collected_at),
        }
        for source, commit in sorted(commits.items())
        for repo_id in commit.repo_ids
    ]
    return pa.Table.from_pylist(rows, SOURCE_WATERMARKS)


def environments(names: Iterable[str], settings: Settings) -> pa.Table:
    """One row per environment: whether the settings call it production."""
    pattern = re.compile(settings.production.environments)
    rows = [{"environment": name, "production": bool(pattern.search(name))} for name in sorted(set(names))]
    return pa.Table.from_pylist(rows, ENVIRONMENTS)


def repository_settings(
    settings: Settings,
    repositories: Iterable[Mapping[str, Any]],
    fed: Iterable[str],
    manifests: Iterable[tuple[str, str]],
    reported: Iterable[str],
    tags: Mapping[str, Iterable[str]],
    teams: Mapping[str, str],
) -> pa.Table:
    """One row per repository: who owns it and how its deployments are known.

    `repositories` are the newest rows of the raw table, `fed` the ids that any source feeds, `manifests` pairs of
    manifests repository and application, `reported` repositories with reported deployments, `tags` tag names of each,
    `teams` the team that owns each.
    """
    known = {row["repo_id"]: row for row in repositories}
    pairs = sorted(set(manifests))
    rows = []
    for repo_id in sorted({*known, *fed}):
        row = known.get(repo_id, {})
        provider, _, repo = repo_id.partition(":")
        rule = settings.deployment_rule(repo)
        chosen = rule or _found(repo, pairs, repo_id in set(reported), tags.get(repo_id, ()))
        pull_path, commit_path = _PATHS.get(provider, ("/pull/", "/commit/"))
        application = chosen.application or repo.rpartition("/")[2]
        rows.append(
            {
                "repo_id": repo_id,
                "provider": provider,
                "repo": repo,
                "url": row.get("url") or "",
                "pull_path": pull_path,
                "commit_path": commit_path,
                "role": "manifests" if any(repo_id == place for place, _ in pairs) else "application",
                "team": teams.get(repo_id, ""),
                "default_branch": row.get("default_branch") or "",
                "shallow": bool(row.get("shallow")),
                "deployed_from": chosen.source,
                "deployed_from_default": rule is None,
                "tags": chosen.tags,
                "branch": chosen.branch,
                "workflow": chosen.workflow,
                "not_ci": settings.report.not_ci,
                "environment": chosen.environment,
                "application": application,
                "manifests_repo_id": next(
                    (
                        place
                        for place, name in pairs
                        if name == application and chosen.manifests in {"", place, place.partition(":")[2]}
                    ),
                    None,
                ),
                "max_branch_commits": settings.git.max_branch_commits,
            }
        )
    return pa.Table.from_pylist(rows, REPOSITORY_SETTINGS)


def _found(repo: str, manifests: list[tuple[str, str]], reported: bool, tags: Iterable[str]) -> DeploymentRule:  # noqa: FBT001
    """What to take for deployments where no rule says it: the surest record that there is."""
    if reported:
        return DeploymentRule(source="records")
    if any(application == repo.rpartition("/")[2] for _, application in manifests):
        return DeploymentRule(source="manifests")
    rule = DeploymentRule(source="tags")
    pattern = re.compile(rule.tags)
    return rule if any(pattern.search(name) for name in tags) else DeploymentRule(source="none")


def _naive(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=None) if at is not None else None
