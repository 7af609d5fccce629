"""Sentences about rows of a query: what `status`, `summary` and the pages say before any number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import duckdb

from analytics.text.wording import plain

if TYPE_CHECKING:
    from analytics.cohort.filters import Filters

__all__ = ["lines_of"]


def lines_of(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    line: Callable[[Mapping[str, Any]], str],
    filters: Filters | None,
) -> list[str]:
    """A plain line for each row that the filters leave; the query has their columns, at least `repo`."""
    rows = connection.cursor().sql(query).to_arrow_table()
    if filters is not None:
        import polars as pl  # not with the module: a build has no filters, and Polars takes a tenth of a second

        rows = filters.apply(pl.DataFrame(rows), time=None).to_arrow()
    return [plain(line(row)) for row in rows.to_pylist()]
