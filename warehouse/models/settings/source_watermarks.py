"""Table `source_watermarks`: up to when each source is complete."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import pyarrow as pa

from headway.raw_tables.table import TEXT, TIME
from warehouse.model import PythonModel, Table
from warehouse.store import Commit

__all__ = ["SOURCE_WATERMARKS", "model"]

SOURCE_WATERMARKS = Table(
    "source_watermarks",
    "up to when each source is complete",
    "one row per source and repository that it feeds",
    ("source", "repo_id"),
    (
        ("source", TEXT, "source, as in `headway.toml`"),
        ("repo_id", TEXT, "repository"),
        ("watermark_at", TIME, "the source is complete through this time, UTC; null if unknown"),
        ("collected_at", TIME, "when the run that read its newest batch began, UTC"),
    ),
)


def model(commits: Mapping[str, Commit]) -> PythonModel:
    """The model for the newest batch of each source."""
    return PythonModel(
        "source_watermarks", (), (SOURCE_WATERMARKS,), lambda _: source_watermarks(commits), per_repository=False
    )


def source_watermarks(commits: Mapping[str, Commit]) -> pa.Table:
    """From the newest batch of each source: one row per source and repository that it feeds."""
    return SOURCE_WATERMARKS.of(
        [
            {
                "source": source,
                "repo_id": repo_id,
                "watermark_at": _naive(commit.watermark_at),
                "collected_at": _naive(commit.collected_at),
            }
            for source, commit in sorted(commits.items())
            for repo_id in commit.repo_ids
        ]
    )


def _naive(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=None) if at is not None else None
