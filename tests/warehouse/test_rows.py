"""Rows of the tables that a model reads."""

from __future__ import annotations

import pyarrow as pa

from warehouse.models.rows import groups, rows

TABLE = pa.table({"sha": ["a", "a", "b"], "path": ["x", "y", "z"], "status": ["A", None, "D"]})


def test_rows_have_the_columns_in_order() -> None:
    """Columns come in the order asked for, row by row."""
    assert list(rows(TABLE, "path", "sha")) == [("x", "a"), ("y", "a"), ("z", "b")]


def test_rows_of_one_commit_are_one_group() -> None:
    """Each run of equal values comes once, with its values of the other columns, across the pieces of a table."""
    pieces = pa.concat_tables([TABLE.slice(0, 1), TABLE.slice(1)])
    assert list(groups(pieces, "sha", "path", "status")) == [("a", ["x", "y"], ["A", None]), ("b", ["z"], ["D"])]


def test_no_rows_make_no_group() -> None:
    """An empty table has no groups."""
    assert list(groups(TABLE.slice(0, 0), "sha", "path")) == []
