"""What was read of a published file, kept for the next question: a published file never changes.

Whoever asks many questions of one file, as the dashboard does, asks them `with keeping(kept)`. Then a filter is a mask
over columns in memory instead of a new reading; the answers are the same. Nothing is kept otherwise.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

import duckdb
import polars as pl

__all__ = ["Kept", "keeping", "read", "read_apart"]

MOST_BYTES = 112_000_000
"""About a million changes; of what is more, the rest is read anew for each question."""

_ONE_ANSWER = 12_000_000
"""A larger answer to a query is not kept."""


class Kept:
    """Columns and answers to queries of one published file, up to `most_bytes`. May be shared by threads."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.most_bytes = most_bytes
        self.bytes = 0
        self._lock = threading.Lock()
        self._columns: dict[str, pl.Series] = {}
        self._answers: dict[str, pl.DataFrame] = {}

    def answer(self, connection: duckdb.DuckDBPyConnection, query: str) -> pl.DataFrame:
        """The answer to a query."""
        with self._lock:
            found = self._answers.get(query)
            if found is None:
                found = _ask(connection, query)
                if found.estimated_size() <= _ONE_ANSWER and self._fits(found):
                    self._answers[query] = found
            return found

    def columns(self, names: Mapping[str, str], ask: Callable[[list[str]], pl.DataFrame]) -> pl.DataFrame:
        """The columns that have these `names`: under which key each is kept, and how it is called.

        `ask` reads those of some keys, in order, the rows always in the same order.
        """
        with self._lock:
            found = {key: self._columns[key] for key in names if key in self._columns}
            missing = [key for key in names if key not in found]
            if missing:
                fresh = ask(missing)
                found |= dict(zip(missing, fresh.get_columns(), strict=True))
                if self._fits(fresh):
                    self._columns |= {key: found[key] for key in missing}
            return pl.DataFrame([found[key].alias(name) for key, name in names.items()])

    def _fits(self, fresh: pl.DataFrame) -> bool:
        size = int(fresh.estimated_size())
        if self.bytes + size > self.most_bytes:
            return False
        self.bytes += size
        return True


_KEPT: ContextVar[Kept | None] = ContextVar("kept", default=None)


@contextmanager
def keeping(kept: Kept) -> Iterator[None]:
    """Take what is read of the file that `kept` belongs to from there, in this thread, until the block ends."""
    token = _KEPT.set(kept)
    try:
        yield
    finally:
        _KEPT.reset(token)


def read(connection: duckdb.DuckDBPyConnection, query: str) -> pl.DataFrame:
    """The answer to a query of published tables."""
    kept = _KEPT.get()
    return _ask(connection, query) if kept is None else kept.answer(connection, query)


def read_apart(names: Mapping[str, str], ask: Callable[[list[str]], pl.DataFrame]) -> pl.DataFrame:
    """As `Kept.columns`, of which those read once are not read again."""
    kept = _KEPT.get()
    if kept is None:
        return ask(list(names)).rename(dict(names))
    return kept.columns(names, ask)


def _ask(connection: duckdb.DuckDBPyConnection, query: str) -> pl.DataFrame:
    table: pl.DataFrame = connection.cursor().sql(query).pl()
    return table
