"""Rows on their way out: gathered by table until a page is whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from headway.raw_tables import Rows, schema_of

__all__ = ["Gather"]


class Gather:
    """The rows of one repository since the last checkpoint."""

    def __init__(self, repo_id: str, collected_at: datetime) -> None:
        self._repo_id, self._collected_at = repo_id, collected_at
        self._rows: dict[str, list[dict[str, Any]]] = {}

    def call(self, repo_id: str) -> None:
        """From now on rows are of this repository."""
        self._repo_id = repo_id

    def add(self, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add rows; what all have in common is added to them."""
        common = {"repo_id": self._repo_id, "collected_at": self._collected_at}
        self._rows.setdefault(table, []).extend(common | dict(row) for row in rows)

    def add_all(self, tables: Mapping[str, Iterable[Mapping[str, Any]]]) -> None:
        """Add rows of several tables."""
        for table, rows in tables.items():
            self.add(table, rows)

    def next_pass(self) -> None:
        """What comes now may have been read in this run before: a microsecond lets it count as the newer reading."""
        self._collected_at += timedelta(microseconds=1)

    def __bool__(self) -> bool:
        """Whether any row waits."""
        return any(self._rows.values())

    def discard(self) -> None:
        """Rows of a page that did not become whole do not count."""
        self._rows = {}

    def drain(self) -> Iterator[Rows]:
        """All rows since the last time."""
        waiting, self._rows = self._rows, {}
        for table, rows in sorted(waiting.items()):
            if rows:
                yield Rows(table, pa.Table.from_pylist(rows, schema=schema_of(table)))
