"""Tags with the time since which each led to a commit: where a tag was moved, once for each place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from warehouse.models.deployments.tag_families.families import Reading

__all__ = ["Placed", "placed_tags"]

# What one run reads is no more than this apart.
_ONE_RUN = timedelta(seconds=1)


@dataclass(frozen=True)
class Placed:
    """A tag at a commit; `reading.at` is None where nothing dates it."""

    reading: Reading
    deployment_id: str
    dated_by: str
    """tagger, commit, reading or empty."""
    in_clone: bool
    moved_from: str
    """The commit that it led to before, empty for none."""
    written_at: datetime | None
    """What the tagger wrote."""


def placed_tags(
    rows: Iterable[Mapping[str, Any]], committed_at: Mapping[str, datetime], read_at: Mapping[str, datetime]
) -> list[Placed]:
    """From `tag_readings`, ordered by name and time of reading: one for each tag and commit.

    `read_at`: when each commit was first read. A tag that had been read elsewhere while its present commit was known
    moved after that; without a date of its own it has that of the reading that found it, so that past answers stay.
    """
    placed = []
    for name, group in groupby(rows, key=lambda row: row["name"]):
        places: list[Placed] = []
        for row in _in_order(list(group)):
            before = places[-1] if places else None
            at, dated_by = _date(row, committed_at)
            if before and at and before.reading.at == at:
                # The same moment at another commit: history was rewritten, and the tag with it.
                places.pop()
                before = places[-1] if places else None
            elif before and at and before.reading.at:
                known = dated_by == "commit" and _known_before(row, read_at)
                if known or at < before.reading.at:
                    at, dated_by = max(at, row["first_read_at"]), "reading"
            places.append(_placed(name, row, before, at, dated_by, in_clone=row["sha"] in committed_at))
        placed += places
    return placed


def _in_order(places: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """By what the tagger wrote, if all were annotated: a clone that is behind is read late; else as they were read."""
    if len(places) > 1 and all(row["tagged_at"] for row in places):
        return sorted(places, key=lambda row: row["tagged_at"])
    return places


def _placed(
    name: str, row: Mapping[str, Any], before: Placed | None, at: datetime | None, dated_by: str, *, in_clone: bool
) -> Placed:
    sha = row["sha"] or None
    return Placed(
        Reading(name, sha, at),
        f"tag:{name}@{row['sha'][:12]}" if before else f"tag:{name}",
        dated_by,
        in_clone,
        (before.reading.sha or "") if before else "",
        row["tagged_at"],
    )


def _known_before(row: Mapping[str, Any], read_at: Mapping[str, datetime]) -> bool:
    """Whether its commit had been read by a run before the one that found the tag there."""
    commit_read_at = read_at.get(row["sha"])
    return commit_read_at is not None and row["first_read_at"] - commit_read_at > _ONE_RUN


def _date(row: Mapping[str, Any], committed_at: Mapping[str, datetime]) -> tuple[datetime | None, str]:
    """When a tag was set, and what says so.

    A tag cannot be older than what it names; a release rebuilt from another history may claim so. A lightweight tag has
    no date: that of its commit is the earliest it can have been set.
    """
    committed = committed_at.get(row["sha"])
    if row["tagged_at"] is None:
        return committed, "commit" if committed else ""
    return max(row["tagged_at"], committed or row["tagged_at"]), "tagger"
