"""Sentences about rows of a query: what `status`, `summary` and the pages say before any number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import duckdb
import polars as pl

from analytics.cohort.filters import Filters
from analytics.text.wording import plain

__all__ = ["lines_of"]


def lines_of(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    line: Callable[[Mapping[str, Any]], str],
    filters: Filters | None,
) -> list[str]:
    """A plain line for each row that the filters leave; the query has their columns, at least `repo`."""
    table = pl.DataFrame(connection.cursor().sql(query).to_arrow_table())
    chosen = (filters or Filters()).apply(table, time=None)
    return [plain(line(row)) for row in chosen.iter_rows(named=True)]
