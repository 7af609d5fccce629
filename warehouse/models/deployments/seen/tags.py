"""Deployments that tags show."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from warehouse.models.deployments.seen.rule import Rule

__all__ = ["from_tags"]


def from_tags(rule: Rule, release_tags: pa.Table, services: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """From `release_tags`: one row per release, or per tag that matches the rule's pattern, if it has one.

    The application is the part of the repository that the tag names. Tags of a part count while there are tags of the
    whole only where it is known what belongs to the part: where `services` are known. A pattern of a service takes tags
    whatever the rule says.
    """
    parts = any(service["service"] for service in services)
    patterns = [re.compile(text) for text in (rule.tags, *(service["tags"] for service in services)) if text]
    for row in release_tags.to_pylist():
        learned = not rule.tags and row["release"] and (parts or not row["part"])
        if not learned and not any(pattern.search(row["tag"]) for pattern in patterns):
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
