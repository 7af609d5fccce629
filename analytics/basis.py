"""What the numbers rest on: which sources see closed work, and what collectors noticed."""

from __future__ import annotations

import duckdb
import polars as pl

from analytics.filters import Filters

__all__ = ["closed_work_is_seen", "notices"]

_REPOSITORIES = "select repo_id, provider, repo from coverage"


def closed_work_is_seen(connection: duckdb.DuckDBPyConnection, filters: Filters) -> bool:
    """Whether any repository asked for has a source that reports its changes: Git alone shows no closed pull request."""
    seen = "select distinct repo_id from change_reports"
    table: pl.DataFrame = connection.cursor().sql(f"{_REPOSITORIES} where repo_id in ({seen})").pl()  # noqa: S608  (ours)
    return len(filters.apply(table, time=None)) > 0


def notices(connection: duckdb.DuckDBPyConnection, filters: Filters) -> pl.DataFrame:
    """One row per repository and kind of thing that collectors noticed: provider, repo, kind, detail, count."""
    query = f"select c.provider, c.repo, n.kind, n.detail, n.count from notices n join ({_REPOSITORIES}) c using (repo_id)"  # noqa: S608  (ours)
    table: pl.DataFrame = connection.cursor().sql(query).pl()
    return filters.apply(table, time=None).sort("provider", "repo", "kind")
