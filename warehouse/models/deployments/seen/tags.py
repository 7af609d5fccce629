"""Deployments that tags show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from warehouse.models.deployments.seen.rule import Rule

__all__ = ["from_tags"]


def from_tags(rule: Rule, release_tags: pa.Table) -> Iterator[dict[str, Any]]:
    """From `release_tags`: one row per release, or per tag that matches the rule's pattern, if it has one.

    The application is the part of the repository that the tag names. A pattern that takes the tags of one part alone
    means the repository as a whole.
    """
    rows = release_tags.to_pylist()
    if rule.tags:
        pattern = re.compile(rule.tags)
        rows = [row for row in rows if pattern.search(row["tag"])]
    else:
        rows = [row for row in rows if row["release"] and not row["part"]]
    alone = bool(rule.tags) and len({row["component"] for row in rows}) == 1
    for row in rows:
        yield {
            "deployment_id": row["deployment_id"],
            "source": "tags",
            "application": "" if alone else row["component"],
            "environment": rule.environment,
            "version": row["tag"],
            "sha": row["sha"],
            "succeeded_at": row["released_at"],
            "undatable": row["released_at"] is None,
            "dated_by": row["dated_by"],
            "problem": row["problem"],
            "evidence": row["evidence"],
        }
