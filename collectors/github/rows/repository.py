"""Rows of the repository, its releases and its environments from GraphQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.github.rows.values import login_of, moment, text, whole

__all__ = ["environment_row", "release_row", "repository_row", "tombstone"]


def repository_row(node: Mapping[str, Any]) -> dict[str, Any]:
    """The row of `repositories`. What only a clone shows (`shallow`, `pull_heads`) is absent."""
    branch = node["defaultBranchRef"]
    return {
        "provider": "github",
        "repo": text(node["nameWithOwner"]),
        "url": text(node["url"]),
        "default_branch": text(branch["name"]) if branch else "",
        "origin": "api",
    }


def release_row(node: Mapping[str, Any]) -> dict[str, Any]:
    """The row of `releases`."""
    return {
        "release_id": str(node["databaseId"] or node["id"]),
        "tag": text(node["tagName"]),
        "sha": node["tagCommit"]["oid"] if node["tagCommit"] else None,
        "name": text(node["name"]),
        "draft": node["isDraft"],
        "prerelease": node["isPrerelease"],
        "created_at": moment(node["createdAt"]),
        "published_at": moment(node["publishedAt"]),
        "author": login_of(node["author"]),
        "url": text(node["url"]),
        "deleted": False,
    }


def tombstone(release_id: str) -> dict[str, Any]:
    """The row of a release that is gone."""
    return {"release_id": release_id, "deleted": True}


def environment_row(node: Mapping[str, Any]) -> dict[str, Any]:
    """The row of `environments`; GraphQL has no time of creation for them."""
    rules = node["protectionRules"]["nodes"]
    waits = [whole(rule["timeout"]) or 0 for rule in rules if rule["type"] == "WAIT_TIMER"]
    return {
        "environment": text(node["name"]),
        "gates": "\n".join(sorted(rule["type"].lower() for rule in rules)),
        "wait_minutes": max(waits, default=None),
    }
