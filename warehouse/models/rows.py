"""Rows of the tables that a Python model reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["groups", "having", "records", "rows", "values"]

_TIME = pa.timestamp("us")


def values(column: pa.ChunkedArray) -> list[Any]:
    """The values of a column; times are made by numpy, at a fortieth of the cost."""
    made: list[Any] = column.to_numpy().tolist() if column.type == _TIME else column.to_pylist()
    return made


def rows(table: pa.Table, *names: str) -> zip[tuple[Any, ...]]:
    """Some columns of a table, row by row."""
    return zip(*(values(table[name]) for name in names), strict=True)


def records(table: pa.Table) -> list[dict[str, Any]]:
    """Each row of a table by the names of its columns."""
    names = table.schema.names
    return [dict(zip(names, row, strict=True)) for row in rows(table, *names)]


def having(table: pa.Table, name: str, wanted: pa.ChunkedArray) -> pa.Table:
    """The rows of a table of which a column has one of some values, in their order.

    Heads of requests that did not land are changes of Git alone, and may have many times the commits of all others.
    """
    return table.filter(pc.is_in(table[name], wanted.combine_chunks()))


def groups(table: pa.Table, by: str, *names: str) -> Iterator[tuple[Any, ...]]:
    """Each run of equal values of the column `by`, with the values that each of `names` has there.

    In a table that is ordered by it each value comes once, and is looked up once for all of its rows.
    """
    runs = pc.run_end_encode(table[by].combine_chunks())
    columns = [values(table[name]) for name in names]
    begin = 0
    for value, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
        yield value, *(column[begin:end] for column in columns)
        begin = end
