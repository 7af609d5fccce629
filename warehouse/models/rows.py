"""Rows of the tables that a Python model reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["groups", "rows"]


def rows(table: pa.Table, *names: str) -> zip[tuple[Any, ...]]:
    """Some columns of a table, row by row."""
    return zip(*(table[name].to_pylist() for name in names), strict=True)


def groups(table: pa.Table, by: str, *names: str) -> Iterator[tuple[Any, ...]]:
    """Each run of equal values of the column `by`, with the values that each of `names` has there.

    In a table that is ordered by it each value comes once, and is looked up once for all of its rows.
    """
    runs = pc.run_end_encode(table[by].combine_chunks())
    columns = [table[name].to_pylist() for name in names]
    begin = 0
    for value, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
        yield value, *(column[begin:end] for column in columns)
        begin = end
