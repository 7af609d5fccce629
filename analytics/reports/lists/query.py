"""A filter on changes as a condition in SQL: a list of few changes reads no table of all."""

from __future__ import annotations

from typing import Any

import duckdb
import polars as pl

from analytics.cohort.filters import TIERS, Filters

__all__ = ["EVERY", "PLACES", "condition", "run"]

EVERY = 2**62
"""A limit that cuts no row, for a query with a limit."""

PLACES = ("services", "first_production_at", "rollout_hours", "service")
"""Columns of where a change is deployed; `service` is empty unless rows are of a change in one service."""


def condition(
    connection: duckdb.DuckDBPyConnection,
    filters: Filters,
    *,
    time: str | None = "code_complete_at",
    axis: str | None = None,
    table: str = "lead_times",
) -> tuple[str, dict[str, Any]]:
    """The condition of `filters` on rows of `lead_times` (under the name `table`), and its parameters."""
    query = "select repo from coverage union select repo from lead_times order by repo"
    repositories: pl.DataFrame = connection.cursor().sql(query).pl()
    parts = [f"{table}.repo in (select unnest($repos))"]
    parameters: dict[str, Any] = {"repos": filters.apply(repositories, time=None)["repo"].to_list()}
    if time is not None and filters.since is not None:
        parts.append(f"{table}.{time} >= $since")
        parameters["since"] = filters.since
    if time is not None and filters.until is not None:
        parts.append(f"{table}.{time} < $until")
        parameters["until"] = filters.until
    parts += [f"{table}.{column} <> 'weak'" for column in filters.judged_by(axis)]
    if filters.tier != "any" and axis != "builds_ai":
        parts.append(f"{table}.ai_tier in (select unnest($tiers))")
        parameters["tiers"] = ["", *TIERS[filters.tier]]
    return " and ".join(parts), parameters


def run(connection: duckdb.DuckDBPyConnection, query: str, parameters: dict[str, Any]) -> pl.DataFrame:
    """The rows of a query with named parameters."""
    table: pl.DataFrame = connection.cursor().sql(query, params=parameters).pl()
    return table
