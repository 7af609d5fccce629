"""Deployments that commits of a manifests repository show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from warehouse.commit_finder import CommitFinder
from warehouse.models.deployments.seen.rule import Rule
from warehouse.models.rows import records

__all__ = ["from_manifests"]


def from_manifests(finder: CommitFinder, rule: Rule, manifests: pa.Table) -> Iterator[dict[str, Any]]:
    """From `manifest_deployments`: one row per version that an environment got."""
    for step in records(manifests):
        if step["version"] is None:  # taken out of the environment: nothing was deployed
            continue
        if step["manifests_repo_id"] != rule.manifests_repo_id or not rule.takes(step):
            continue
        sha, problem = finder.find(step["version"], step["changed_at"])
        yield {
            "deployment_id": f"manifest:{step['environment']}:{step['application']}:{step['sha']}",
            "source": "manifests",
            "application": step["application"],
            "environment": step["environment"] or rule.environment or "production",
            "version": step["version"],
            "sha": sha,
            "succeeded_at": step["changed_at"],
            "dated_by": "manifest",
            "problem": problem,
            "evidence": f"{step['path']} at {step['sha'][:12]} in {step['manifests_repo_id']}",
        }
