"""Deployments that tags show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from warehouse.models.deployments.seen.rule import Rule
from warehouse.models.rows import records

__all__ = ["from_tags"]


def from_tags(rule: Rule, release_tags: pa.Table, *, parts: bool = False) -> Iterator[dict[str, Any]]:
    """From `release_tags`: one row per release, or per tag that matches the rule's pattern, if it has one.

    The application is the part of the repository that the tag names. `parts`: take the tags of a part also while there
    are tags of the whole; that is right where it is known what belongs to the part.
    """
    pattern = re.compile(rule.tags) if rule.tags else None
    for row in records(release_tags):
        if not (pattern.search(row["tag"]) if pattern else row["release"] and (parts or not row["part"])):
            continue
        yield {
            "deployment_id": row["deployment_id"],
            "source": "tags",
            "application": row["component"],
            "environment": rule.environment,
            "version": row["tag"],
            "sha": row["sha"],
            "succeeded_at": row["released_at"],
            "undatable": row["released_at"] is None,
            "dated_by": row["dated_by"],
            "problem": row["problem"],
            "evidence": row["evidence"],
        }
