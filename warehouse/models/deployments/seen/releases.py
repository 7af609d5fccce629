"""Deployments that published releases show."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from warehouse.commit_finder import CommitFinder
from warehouse.models.deployments.seen.rule import Rule
from warehouse.models.deployments.tag_families.forms import tag_form
from warehouse.models.deployments.tag_families.siblings import Release, among_parts
from warehouse.models.deployments.tag_families.spans import Span, in_use, within
from warehouse.models.rows import records

__all__ = ["from_releases"]


def from_releases(
    finder: CommitFinder,
    rule: Rule,
    releases: pa.Table,
    release_tags: pa.Table,
    *,
    as_of: datetime | None,
    parts: bool = False,
) -> Iterator[dict[str, Any]]:
    """From `releases`: one row per published tag, of those that match the rule's pattern if it has one.

    The application is the part of the repository that the tag names. `parts`: it is known what belongs to each part.
    Where it is not and the rule has no pattern, releases of a part count only while there are none of the whole, and
    `among_parts` says which ones others in use were not released with.
    """
    components = _Components(release_tags)
    rows = [
        _deployment(finder, rule, row, components)
        for row in _published(releases)
        if not rule.tags or re.search(rule.tags, row["tag"])
    ]
    if parts or rule.tags:
        yield from rows
        return
    before = [row for row in rows if as_of is None or row["succeeded_at"] <= as_of]
    end = as_of or max((row["succeeded_at"] for row in rows), default=datetime.min)  # noqa: DTZ901
    whole = in_use([row["succeeded_at"] for row in before if not row["application"]], end)
    among = _among(before, whole, end)
    for row in rows:
        if not (row["application"] and within(whole, row["succeeded_at"])):
            yield {**row, "among_parts": row["version"] in among}


def _published(releases: pa.Table) -> Iterator[dict[str, Any]]:
    """The first release of each tag that was published, in the order of their times."""
    tags: set[str] = set()
    for row in records(releases):
        if row["published_at"] is not None and not row["prerelease"] and row["tag"] not in tags:
            tags.add(row["tag"])
            yield row


def _deployment(finder: CommitFinder, rule: Rule, row: Mapping[str, Any], components: _Components) -> dict[str, Any]:
    sha, problem = finder.commit((row["sha"] or "").lower()) if row["sha"] else finder.find(row["tag"])
    return {
        "deployment_id": f"release:{row['tag']}",
        "source": "releases",
        "application": components.of(row["tag"]),
        "environment": rule.environment,
        "version": row["tag"],
        "sha": sha,
        "succeeded_at": row["published_at"],
        "problem": problem,
        "evidence": f"release {row['tag']}",
        "url": row["url"] or "",
    }


def _among(rows: Sequence[Mapping[str, Any]], whole: Sequence[Span], as_of: datetime) -> set[str]:
    releases: dict[str, list[Release]] = defaultdict(list)
    for row in rows:
        if row["application"]:
            releases[row["application"]].append((row["succeeded_at"], row["version"], row["sha"]))
    return {tag for _, tag, _ in among_parts(releases, whole, as_of)}


class _Components:
    """The part of the repository that a tag names, also one that is gone by now."""

    def __init__(self, release_tags: pa.Table) -> None:
        columns = (release_tags[name].to_pylist() for name in ("tag", "component"))
        self._tags: dict[str, str] = dict(zip(*columns, strict=True))
        self._prefixes = {form.prefix: part for tag, part in self._tags.items() if (form := tag_form(tag))}

    def of(self, tag: str) -> str:
        """The part, empty for the whole repository."""
        form = None if tag in self._tags else tag_form(tag)
        return self._tags.get(tag, self._prefixes.get(form.prefix, "") if form else "")
