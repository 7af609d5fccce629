"""Deployments that merges into a branch show."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pyarrow as pa

from warehouse.graph import Graph
from warehouse.models.deployments.seen.rule import Rule
from warehouse.models.rows import values

__all__ = ["from_branch"]


def from_branch(
    rule: Rule, default_branch: str, refs: list[dict[str, Any]], commits: pa.Table
) -> Iterator[dict[str, Any]]:
    """From `refs` and `commits`: one row per step of the branch that is deployed."""
    graph = Graph.of(commits)
    tips = {ref["name"]: graph.index.get(ref["sha"] or "") for ref in refs if ref["kind"] == "branch"}
    tip, main = tips.get(rule.branch), tips.get(default_branch)
    if tip is None:
        return
    committed_at: list[datetime] = values(commits["committed_at"])
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
