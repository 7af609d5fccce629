"""Deployments that published releases show."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from warehouse.commit_finder import CommitFinder
from warehouse.models.deployments.seen.rule import Rule

__all__ = ["from_releases"]


def from_releases(
    finder: CommitFinder, rule: Rule, releases: pa.Table, release_tags: pa.Table
) -> Iterator[dict[str, Any]]:
    """From `releases`: one row per published tag; the application is the part of the repository that the tag names."""
    columns = (release_tags[name].to_pylist() for name in ("tag", "component"))
    components = dict(zip(*columns, strict=True))
    tags: set[str] = set()
    for row in releases.to_pylist():
        if row["published_at"] is None or row["prerelease"] or row["tag"] in tags:
            continue
        tags.add(row["tag"])
        sha, problem = finder.commit((row["sha"] or "").lower()) if row["sha"] else finder.find(row["tag"])
        yield {
            "deployment_id": f"release:{row['tag']}",
            "source": "releases",
            "application": components.get(row["tag"], ""),
            "environment": rule.environment,
            "version": row["tag"],
            "sha": sha,
            "succeeded_at": row["published_at"],
            "problem": problem,
            "evidence": f"release {row['tag']}",
            "url": row["url"] or "",
        }
