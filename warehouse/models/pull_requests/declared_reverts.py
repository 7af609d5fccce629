"""Table `declared_reverts`: which pull request took back which, by the words of the one that did."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from headway.raw_tables.table import INT, TEXT
from warehouse.model import Input, PythonModel, Table
from warehouse.models.changes.commit_messages import reverted
from warehouse.models.rows import records

__all__ = ["DECLARED_REVERTS", "MODEL", "declared_reverts"]

DECLARED_REVERTS = Table(
    "declared_reverts",
    "pull requests that another one says it reverts",
    "one row per repository and reverted pull request",
    ("repo_id", "number"),
    (
        ("repo_id", TEXT, "repository"),
        ("number", INT, "pull request that was reverted"),
        ("reverted_by", TEXT, "the first change that says so, `#<number>`"),
    ),
)


def declared_reverts(tables: Mapping[str, pa.Table]) -> pa.Table:
    """From `revert_requests`, in the order of their merging: one row per pull request that one of them took back."""
    reverts: dict[int, str] = {}
    rows = records(tables["revert_requests"])
    for row in rows:
        _, numbers = reverted(f"{row['title'] or ''}\n\n{row['body'] or ''}")
        for number in numbers:
            if number != row["number"]:
                reverts.setdefault(number, f"#{row['number']}")
    return DECLARED_REVERTS.of(
        [{"repo_id": rows[0]["repo_id"], "number": number, "reverted_by": by} for number, by in sorted(reverts.items())]
    )


MODEL = PythonModel(
    "declared_reverts",
    (Input("revert_requests", ("repo_id", "number", "title", "body"), ("merged_at", "number")),),
    (DECLARED_REVERTS,),
    declared_reverts,
)
