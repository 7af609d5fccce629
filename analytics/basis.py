"""What the numbers rest on: which sources see closed work, and what collectors noticed."""

from __future__ import annotations

import duckdb
import polars as pl

from analytics.filters import Filters

__all__ = ["closed_work_is_seen", "coverage_shares", "notices"]

_REPOSITORIES = "select repo_id, provider, repo from coverage"


def closed_work_is_seen(connection: duckdb.DuckDBPyConnection, filters: Filters) -> bool:
    """Whether any repository asked for has a source that reports changes: Git alone shows no closed pull request."""
    seen = "select distinct repo_id from change_reports"
    table: pl.DataFrame = connection.cursor().sql(f"{_REPOSITORIES} where repo_id in ({seen})").pl()
    return len(filters.apply(table, time=None)) > 0


def notices(connection: duckdb.DuckDBPyConnection, filters: Filters) -> pl.DataFrame:
    """One row per repository and kind of thing that collectors noticed: provider, repo, kind, detail, count."""
    query = (
        f"select c.provider, c.repo, n.kind, n.detail, n.count from notices n join ({_REPOSITORIES}) c using (repo_id)"  # noqa: S608  (ours)
    )
    table: pl.DataFrame = connection.cursor().sql(query).pl()
    return filters.apply(table, time=None).sort("provider", "repo", "kind")


def coverage_shares(coverage: pl.DataFrame) -> pl.DataFrame:
    """The report `coverage` with shares from 0 to 1, null where there is nothing to cover.

    `observed_share`: of what is code complete, that whose arrival could be observed. `joined_share`: of the landed pull
    requests, those whose own commits are known. `exact_share`: of what is code complete, that whose time of code
    complete is not approximate.
    """
    observed = pl.sum_horizontal("production", "waiting", "abandoned")
    complete, pulls = pl.col("code_complete"), pl.col("pull_requests")
    return coverage.with_columns(
        pl.when(complete > 0).then(observed / complete).alias("observed_share"),
        pl.when(pulls > 0).then(pl.col("pull_requests_joined") / pulls).alias("joined_share"),
        pl.when(complete > 0).then(1.0 - pl.col("approximate") / complete).alias("exact_share"),
    )
