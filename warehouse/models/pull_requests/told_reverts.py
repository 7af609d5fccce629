"""Table `told_reverts`: which pull request took back which, by the words of the one that did."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from warehouse.models.initiatives.subjects import reverted

__all__ = ["TOLD_REVERTS", "told_reverts"]

TOLD_REVERTS = pa.schema([("repo_id", pa.string()), ("number", pa.int64()), ("reverted_by", pa.string())])


def told_reverts(tables: Mapping[str, pa.Table]) -> pa.Table:
    """From `revert_requests`, in the order of their merging: one row per pull request that one of them took back."""
    found: dict[int, str] = {}
    rows = tables["revert_requests"].to_pylist()
    for row in rows:
        _, numbers = reverted(f"{row['title'] or ''}\n\n{row['body'] or ''}")
        for number in numbers:
            if number != row["number"]:
                found.setdefault(number, f"#{row['number']}")
    return pa.Table.from_pylist(
        [{"repo_id": rows[0]["repo_id"], "number": number, "reverted_by": by} for number, by in sorted(found.items())],
        TOLD_REVERTS,
    )
