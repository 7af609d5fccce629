"""Deployments that runs of a workflow show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pyarrow as pa

from warehouse.commit_finder import CommitFinder
from warehouse.models.deployments.seen.rule import Rule
from warehouse.models.rows import records

__all__ = ["from_workflow", "workflow_application"]

_WORD = re.compile(r"[^\W_]+")
_OF_ANY = frozenset(
    [
        "deploy",
        "deploys",
        "deployed",
        "deploying",
        "deployment",
        "deployments",
        "ship",
        "ships",
        "release",
        "releases",
        "publish",
        "rollout",
        "cd",
        "ci",
        "pipeline",
        "workflow",
        "build",
        "push",
        "and",
        "to",
        "the",
        "of",
        "for",
        "on",
        "in",
        "a",
        "an",
        "with",
        "from",
        "app",
        "application",
        "service",
        "prod",
        "production",
        "prd",
        "live",
    ]
)
"""Words in the name of a workflow that say nothing of what it deploys."""


def workflow_application(workflow: str) -> str:
    """What a workflow deploys by its name: `Deploy pay to production` deploys `pay`; empty where it names nothing."""
    return "-".join(word for word in _WORD.findall(workflow.lower()) if word not in _OF_ANY)


def from_workflow(finder: CommitFinder, rule: Rule, runs: pa.Table) -> Iterator[dict[str, Any]]:
    """From `workflow_deployments`: one row per deployment; the application is what the workflow's name says."""
    for row in records(runs):
        if not fnmatchcase(row["workflow"].lower(), rule.workflow.lower()):
            continue
        sha, problem = finder.commit((row["sha"] or "").lower())
        yield {
            "deployment_id": row["deployment_id"],
            "source": "workflow",
            "application": workflow_application(row["workflow"]),
            "environment": rule.environment,
            "sha": sha,
            "created_at": row["created_at"],
            "succeeded_at": row["succeeded_at"],
            "state": row["state"],
            "failed_attempts": row["failed_attempts"],
            "problem": problem,
            "evidence": f"run of the workflow {row['workflow']}",
        }
