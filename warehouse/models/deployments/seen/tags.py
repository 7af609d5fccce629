"""Deployments that tags show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from warehouse.models.deployments.seen.rule import Rule

__all__ = ["from_tags"]


def from_tags(rule: Rule, refs: list[dict[str, Any]], commits: pa.Table) -> Iterator[dict[str, Any]]:
    """From `refs` and `commits`: one row per tag that matches the rule."""
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
