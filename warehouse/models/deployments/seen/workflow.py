"""Deployments that runs of a workflow show."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

import pyarrow as pa

from warehouse.commit_finder import CommitFinder
from warehouse.models.deployments.seen.rule import Rule

__all__ = ["from_workflow"]


def from_workflow(finder: CommitFinder, rule: Rule, runs: pa.Table) -> Iterator[dict[str, Any]]:
    """From `workflow_deployments`: one row per deployment."""
    for row in runs.to_pylist():
        if not fnmatchcase(row["workflow"].lower(), rule.workflow.lower()):
            continue
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
