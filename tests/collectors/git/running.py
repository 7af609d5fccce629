"""Run the collector in a test, and look at what it handed over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from collectors.git import GitSource, collect
from headway.progress import SilentProgress
from headway.raw_tables import TABLES, Checkpoint, Rows, schema_of

AT = datetime(2026, 1, 1)
Row = dict[str, Any]


@dataclass
class Run:
    """What one run gave."""

    checkpoint: Checkpoint
    tables: dict[str, list[Row]] = field(default_factory=dict)

    def __getitem__(self, table: str) -> list[Row]:
        return self.tables.get(table, [])

    def column(self, table: str, name: str) -> list[Any]:
        """One column, in the order of the rows."""
        return [row[name] for row in self[table]]

    def one(self, table: str, **values: Any) -> Row:
        """The only row with these values."""
        (row,) = [row for row in self[table] if values.items() <= row.items()]
        return row

    def keys(self, *without: str) -> set[tuple[Any, ...]]:
        """Every row's table and key."""
        return {
            (name, *(row[column] for column in TABLES[name].key))
            for name, rows in self.tables.items()
            if name not in without
            for row in rows
        }

    @property
    def notices(self) -> dict[str, int]:
        """Each notice and its count."""
        return {row["kind"]: row["count"] for row in self["notices"]}


def run(
    target: Path | str,
    *,
    cache: Path | None = None,
    resume: Run | None = None,
    full: bool = False,
    at: datetime = AT,
    **options: Any,
) -> Run:
    """One run to its end: rows in their schema, one checkpoint, and that last; its resume point goes through JSON."""
    kept: Mapping[str, Any] | None = json.loads(json.dumps(resume.checkpoint.resume)) if resume else None
    tables: dict[str, list[Row]] = {}
    checkpoint = None
    for item in collect(
        GitSource(str(target), **options),
        cache=cache or Path("no-cache-is-needed"),
        collected_at=at,
        resume=kept,
        full=full,
        progress=SilentProgress(),
    ):
        assert checkpoint is None
        if isinstance(item, Rows):
            assert item.data.schema.equals(schema_of(item.table))
            assert item.data.num_rows > 0
            item.data.validate(full=True)
            tables.setdefault(item.table, []).extend(item.data.to_pylist())
        else:
            checkpoint = item
    assert checkpoint is not None
    return Run(checkpoint, tables)
