"""A cache of what was read from a published file, which never changes.

A caller that asks many questions of one file, as the dashboard does, wraps them in `with using_cache(cache)`. A filter
is then a mask over columns in memory instead of another read; the answers are the same. Without it nothing is cached.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

import duckdb
import polars as pl

__all__ = ["Cache", "read", "read_by_column", "using_cache"]

MOST_BYTES = 112_000_000
"""About a million changes. Columns beyond this size are read again for each question."""

_ONE_ANSWER = 12_000_000
"""A larger answer to a query is not cached."""


class Cache:
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
            table = self._answers.get(query)
            if table is None:
                table = _ask(connection, query)
                if table.estimated_size() <= _ONE_ANSWER and self._fits(table):
                    self._answers[query] = table
            return table

    def columns(self, names: Mapping[str, str], load: Callable[[list[str]], pl.DataFrame]) -> pl.DataFrame:
        """The columns that have these `names`: the key under which each is cached, and its name.

        `load` reads those of some keys, in order, the rows always in the same order.
        """
        with self._lock:
            cached = {key: self._columns[key] for key in names if key in self._columns}
            missing = [key for key in names if key not in cached]
            if missing:
                fresh = load(missing)
                cached |= dict(zip(missing, fresh.get_columns(), strict=True))
                if self._fits(fresh):
                    self._columns |= {key: cached[key] for key in missing}
            return pl.DataFrame([cached[key].alias(name) for key, name in names.items()])

    def _fits(self, fresh: pl.DataFrame) -> bool:
        size = int(fresh.estimated_size())
        if self.bytes + size > self.most_bytes:
            return False
        self.bytes += size
        return True


_CACHE: ContextVar[Cache | None] = ContextVar("cache", default=None)


@contextmanager
def using_cache(cache: Cache) -> Iterator[None]:
    """Read the file of `cache` through the cache, in this thread, until the block ends."""
    token = _CACHE.set(cache)
    try:
        yield
    finally:
        _CACHE.reset(token)


def read(connection: duckdb.DuckDBPyConnection, query: str) -> pl.DataFrame:
    """The answer to a query of published tables."""
    cache = _CACHE.get()
    return _ask(connection, query) if cache is None else cache.answer(connection, query)


def read_by_column(names: Mapping[str, str], load: Callable[[list[str]], pl.DataFrame]) -> pl.DataFrame:
    """Read columns as `Cache.columns` does; those in the cache are not read again."""
    cache = _CACHE.get()
    if cache is None:
        return load(list(names)).rename(dict(names))
    return cache.columns(names, load)


def _ask(connection: duckdb.DuckDBPyConnection, query: str) -> pl.DataFrame:
    table: pl.DataFrame = connection.cursor().sql(query).pl()
    return table
