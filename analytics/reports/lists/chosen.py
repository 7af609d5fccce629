"""A filter on changes, told to the database: a list of few needs no table of all."""

from __future__ import annotations

from typing import Any

import duckdb
import polars as pl

from analytics.cohort.filters import Filters

__all__ = ["EVERY", "ask", "chosen"]

EVERY = 2**62
"""As many rows as there are, for a query that can be told to give fewer."""


def chosen(
    connection: duckdb.DuckDBPyConnection,
    filters: Filters,
    *,
    time: str | None = "code_complete_at",
    axis: str | None = None,
    table: str = "lead_times",
) -> tuple[str, dict[str, Any]]:
    """A condition on the rows of `lead_times` (under the name `table`) that `filters` choose, and its parameters."""
    known = "select repo from coverage union select repo from lead_times order by repo"
    names: pl.DataFrame = connection.cursor().sql(known).pl()
    parts = [f"{table}.repo in (select unnest($repos))"]
    given: dict[str, Any] = {"repos": filters.apply(names, time=None)["repo"].to_list()}
    if time is not None and filters.since is not None:
        parts.append(f"{table}.{time} >= $since")
        given["since"] = filters.since
    if time is not None and filters.until is not None:
        parts.append(f"{table}.{time} < $until")
        given["until"] = filters.until
    parts += [f"{table}.{column} <> 'weak'" for column in filters.judged_by(axis)]
    return " and ".join(parts), given


def ask(connection: duckdb.DuckDBPyConnection, query: str, given: dict[str, Any]) -> pl.DataFrame:
    """The rows of a query with named parameters."""
    table: pl.DataFrame = connection.cursor().sql(query, params=given).pl()
    return table
