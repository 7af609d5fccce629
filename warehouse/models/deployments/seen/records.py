"""Deployments that a system reported."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from warehouse.commit_finder import CommitFinder
from warehouse.models.deployments.seen.rule import Rule
from warehouse.models.rows import records

__all__ = ["from_records"]


def from_records(finder: CommitFinder, rule: Rule, reported: pa.Table) -> Iterator[dict[str, Any]]:
    """From `reported_deployments`: one row per deployment."""
    for row in records(reported):
        if not rule.takes(row):
            continue
        at = row["created_at"] or row["succeeded_at"]
        sha, problem = finder.commit((row["sha"] or "").lower()) if row["sha"] else finder.find(row["version"], at)
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
            # Without any status nothing says that it succeeded, or that it did not.
            "undatable": (row["state"] == "unknown" and row["created_at"] is not None)
            or (row["state"] == "success" and row["succeeded_at"] is None),
            "problem": problem,
            "evidence": f"reported by {row['source']}",
            "url": row["url"] or "",
        }
