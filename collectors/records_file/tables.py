"""Rows gathered into Arrow tables of the raw schemas, a bounded number at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import pyarrow as pa

from headway.raw_tables import Rows, schema_of

__all__ = ["Gatherer"]

CHUNK_ROWS = 50_000
CHUNK_BYTES = 64 << 20


class Gatherer:
    """Collects rows of several tables. `due` yields them when enough came together, `rest` what is left."""

    def __init__(self, collected_at: datetime) -> None:
        self._collected_at = collected_at
        self._rows: dict[str, list[Mapping[str, Any]]] = {}
        self._count = 0
        self._size_bytes = 0

    def add(self, table: str, row: Mapping[str, Any], size_bytes: int = 0) -> None:
        """One row; missing columns are null. `size_bytes` is roughly what it weighs."""
        self._rows.setdefault(table, []).append(row)
        self._count += 1
        self._size_bytes += size_bytes

    def due(self) -> Iterator[Rows]:
        """The rows gathered so far, if they are a chunk."""
        if self._count >= CHUNK_ROWS or self._size_bytes >= CHUNK_BYTES:
            yield from self.rest()

    def rest(self) -> Iterator[Rows]:
        """The rows gathered so far."""
        gathered, self._rows, self._count, self._size_bytes = self._rows, {}, 0, 0
        for table, rows in gathered.items():
            yield Rows(table, self._table(table, rows))

    def _table(self, table: str, rows: list[Mapping[str, Any]]) -> pa.Table:
        schema = schema_of(table)
        columns = [
            pa.repeat(pa.scalar(self._collected_at, column.type), len(rows))
            if column.name == "collected_at"
            else pa.array([row.get(column.name) for row in rows], column.type)
            for column in schema
        ]
        return pa.table(columns, schema=schema)
