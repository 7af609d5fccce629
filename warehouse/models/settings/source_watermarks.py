"""Table `source_watermarks`: up to when each source is complete, and whether it still feeds its repositories."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa

from headway.raw_tables.table import BOOL, TEXT, TIME
from warehouse.model import PythonModel, Table
from warehouse.sources import SourceRole, Sources
from warehouse.store import Commit

__all__ = ["SOURCE_WATERMARKS", "model", "source_watermarks"]

SOURCE_WATERMARKS = Table(
    "source_watermarks",
    "up to when each source is complete, and whether it still feeds its repositories",
    "one row per source and repository that it feeds",
    ("source", "repo_id"),
    (
        ("source", TEXT, "source, as in `headway.toml`"),
        ("repo_id", TEXT, "repository"),
        ("watermark_at", TIME, "the source is complete through this time, UTC; null if unknown"),
        ("collected_at", TIME, "when the run that read its newest batch began, UTC"),
        (
            "feed",
            TEXT,
            "all files of records are one feed, known to the newest of them; else the source itself",
        ),
        ("feeds", BOOL, "it still feeds the repository: the settings name it, or it was read last of its kind"),
        ("named", BOOL, "the settings name it"),
    ),
)
# Files of records: a system writes one a week or a month, and each is complete.
_FILES = "events"


def model(sources: Sources) -> PythonModel:
    """The model for the newest batch of each source, and what the settings say of it."""
    return PythonModel(
        "source_watermarks",
        (),
        (SOURCE_WATERMARKS,),
        lambda _: source_watermarks(sources.latest, sources.roles),
        per_repository=False,
    )


def source_watermarks(latest: Mapping[str, Commit], roles: Mapping[str, SourceRole]) -> pa.Table:
    """From the newest batch of each source: one row per source and repository that it feeds.

    A source that ended (`until`) feeds nothing any more. Of each kind, those that the settings name feed a repository;
    where they name none, those that were read last. Where every source ended, what they were complete through holds.
    """
    by_repository: dict[str, list[str]] = {}
    for source, commit in sorted(latest.items()):
        for repo_id in commit.repo_ids:
            by_repository.setdefault(repo_id, []).append(source)
    rows: list[dict[str, Any]] = []
    for repo_id, sources in by_repository.items():
        feeding = _feeding(sources, latest, roles)
        rows.extend(
            {
                "source": source,
                "repo_id": repo_id,
                "watermark_at": _complete_through(latest[source], roles.get(source)),
                "collected_at": _naive(latest[source].collected_at),
                "feed": _feed(source, roles),
                "feeds": source in feeding or not feeding,
                "named": source in roles,
            }
            for source in sources
        )
    return SOURCE_WATERMARKS.of(sorted(rows, key=lambda row: (row["source"], row["repo_id"])))


def _feeding(sources: list[str], latest: Mapping[str, Commit], roles: Mapping[str, SourceRole]) -> set[str]:
    going_on = [source for source in sources if source not in roles or roles[source].until is None]
    feeding: set[str] = set()
    for kind in {_kind(source) for source in going_on}:
        alike = [source for source in going_on if _kind(source) == kind]
        named = [source for source in alike if source in roles]
        newest = max(latest[source].collected_at for source in alike)
        # All files of records are one feed, which the newest of them bounds: none can hold it back.
        read_last = alike if kind == _FILES else [one for one in alike if latest[one].collected_at == newest]
        feeding.update(named or read_last)
    return feeding


def _complete_through(commit: Commit, role: SourceRole | None) -> datetime | None:
    at = _naive(commit.watermark_at)
    return at if at is None or role is None or role.until is None else min(at, role.until)


def _kind(source: str) -> str:
    return source.partition(":")[0]


def _feed(source: str, roles: Mapping[str, SourceRole]) -> str:
    named = roles[source].feed if source in roles else ""
    if _kind(source) == _FILES:
        return f"{_FILES}:{named}" if named else _FILES
    return source


def _naive(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=None) if at is not None else None
