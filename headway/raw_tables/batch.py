"""From rows as dictionaries to Arrow tables of the raw schemas, a bounded number at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import pyarrow as pa

from headway.raw_tables.catalog import Rows, schema_of

__all__ = ["RowBuffer", "rows_of", "stream", "stream_tuples"]

STREAM_ROWS = 20_000
CHUNK_ROWS = 50_000
CHUNK_BYTES = 64 << 20


def rows_of(table: str, rows: Sequence[Mapping[str, Any]], common: Mapping[str, Any] | None = None) -> Rows:
    """Rows as one Arrow table; missing columns are null, and `common` values go to every row."""
    complete = [{**common, **row} for row in rows] if common else list(rows)
    return Rows(table, pa.Table.from_pylist(complete, schema=schema_of(table)))


def stream(table: str, rows: Iterable[Mapping[str, Any]], common: Mapping[str, Any]) -> Iterator[Rows]:
    """Rows of one table, however many, a batch at a time."""
    remaining = iter(rows)
    while batch := list(islice(remaining, STREAM_ROWS)):
        yield rows_of(table, batch, common)


def stream_tuples(table: str, rows: Iterable[tuple[Any, ...]], common: Mapping[str, Any]) -> Iterator[Rows]:
    """As `stream`, of named tuples of one type, which takes a third of the time."""
    remaining = iter(rows)
    schema = schema_of(table)
    while batch := list(islice(remaining, STREAM_ROWS)):
        names: tuple[str, ...] = type(batch[0])._fields  # type: ignore[attr-defined]
        columns: dict[str, Sequence[Any]] = dict(zip(names, zip(*batch, strict=True), strict=True))
        arrays = [
            pa.array(columns[field.name], field.type)
            if field.name in columns
            else pa.repeat(pa.scalar(common.get(field.name), field.type), len(batch))
            for field in schema
        ]
        yield Rows(table, pa.table(arrays, schema=schema))


class RowBuffer:
    """Rows of several tables, until they are a chunk (`due`) or a page is complete (`drain`)."""

    def __init__(self, collected_at: datetime, repo_id: str | None = None) -> None:
        self._common: dict[str, Any] = {"collected_at": collected_at}
        if repo_id is not None:
            self.use_repository(repo_id)
        self._clear()

    def use_repository(self, repo_id: str) -> None:
        """Give rows that are added from now on this id of the repository."""
        self._common = self._common | {"repo_id": repo_id}

    def next_pass(self) -> None:
        """What comes now may have been read in this run before: a microsecond lets it count as the newer reading."""
        self._common = self._common | {"collected_at": self._common["collected_at"] + timedelta(microseconds=1)}

    def add(self, table: str, rows: Iterable[Mapping[str, Any]], size_bytes: int = 0) -> None:
        """Add rows of a table; `size_bytes` is roughly what they weigh."""
        waiting = self._rows.setdefault(table, [])
        before = len(waiting)
        waiting.extend(self._common | dict(row) for row in rows)
        self._count += len(waiting) - before
        self._size_bytes += size_bytes

    def add_all(self, tables: Mapping[str, Iterable[Mapping[str, Any]]]) -> None:
        """Add rows of several tables."""
        for table, rows in tables.items():
            self.add(table, rows)

    def __bool__(self) -> bool:
        """Whether any row waits."""
        return self._count > 0

    def discard(self) -> None:
        """Drop the rows of a page that did not become complete."""
        self._clear()

    def due(self) -> Iterator[Rows]:
        """All rows that wait, if they are a chunk."""
        if self._count >= CHUNK_ROWS or self._size_bytes >= CHUNK_BYTES:
            yield from self.drain()

    def drain(self) -> Iterator[Rows]:
        """All rows that wait, by table."""
        waiting = self._rows
        self._clear()
        for table, rows in sorted(waiting.items()):
            if rows:
                yield rows_of(table, rows)

    def _clear(self) -> None:
        self._rows: dict[str, list[dict[str, Any]]] = {}
        self._count, self._size_bytes = 0, 0
