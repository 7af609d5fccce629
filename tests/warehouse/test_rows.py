"""Rows of the tables that a model reads."""

from __future__ import annotations

import pyarrow as pa

from warehouse.models.rows import groups, having, rows

TABLE = pa.table({"sha": ["a", "a", "b"], "path": ["x", "y", "z"], "status": ["A", None, "D"]})


def test_rows_have_the_columns_in_order() -> None:
    """Columns come in the order asked for, row by row."""
    assert list(rows(TABLE, "path", "sha")) == [("x", "a"), ("y", "a"), ("z", "b")]


def test_rows_of_one_commit_are_one_group() -> None:
    """Each run of equal values comes once, with its values of the other columns, across the pieces of a table."""
    pieces = pa.concat_tables([TABLE.slice(0, 1), TABLE.slice(1)])
    assert list(groups(pieces, "sha", "path", "status")) == [("a", ["x", "y"], ["A", None]), ("b", ["z"], ["D"])]


def test_rows_that_have_one_of_some_values_stay_in_their_order() -> None:
    """Rows whose column has one of the wanted values are left, in order, across the pieces of a table."""
    pieces = pa.concat_tables([TABLE.slice(0, 1), TABLE.slice(1)])
    wanted = pa.chunked_array([["b"], ["a", "c"]])
    assert having(pieces, "sha", wanted).to_pylist() == TABLE.to_pylist()
    assert having(pieces, "sha", wanted.slice(1, 1))["path"].to_pylist() == ["x", "y"]
    assert having(pieces, "sha", wanted.slice(0, 0)).num_rows == 0


def test_no_rows_make_no_group() -> None:
    """An empty table has no groups."""
    assert list(groups(TABLE.slice(0, 0), "sha", "path")) == []
