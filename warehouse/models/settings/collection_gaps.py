"""Table `collection_gaps`: what is missing of the collected files."""

from __future__ import annotations

import pyarrow as pa

from headway.notices import NOTICES
from headway.raw_tables.table import INT, TEXT
from warehouse.model import PythonModel, Table
from warehouse.sources import Sources

__all__ = ["COLLECTION_GAPS", "KIND", "model"]

KIND = "raw_files_missing"
COLLECTION_GAPS = Table(
    "collection_gaps",
    "files of collected rows that are missing or damaged",
    "one row per source and repository that such a file may hold rows of",
    ("source", "repo_id"),
    (
        ("source", TEXT, "source that brought them, empty if unknown"),
        ("repo_id", TEXT, "repository, empty if unknown"),
        ("files", INT, "files that are missing or damaged"),
        ("detail", TEXT, "one sentence"),
        ("kind", TEXT, f"`{KIND}`"),
    ),
)


def model(sources: Sources) -> PythonModel:
    """The model for what is missing of the files that a build reads."""
    return PythonModel(
        "collection_gaps", (), (COLLECTION_GAPS,), lambda _: _collection_gaps(sources), per_repository=False
    )


def _collection_gaps(sources: Sources) -> pa.Table:
    return COLLECTION_GAPS.of(
        [
            {
                "source": gap.source,
                "repo_id": repo_id,
                "files": gap.files,
                "detail": f"{NOTICES[KIND].meaning}: {gap.files:,} of {gap.source or 'an unknown source'}",
                "kind": KIND,
            }
            for gap in sources.gaps
            for repo_id in gap.repo_ids or ("",)
        ]
    )
