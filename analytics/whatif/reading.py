"""The columns of `lead_times` that what-ifs and bottlenecks need, and no others: there may be millions of rows."""

from __future__ import annotations

import duckdb
import polars as pl

from analytics.filters import Filters
from analytics.observations import ENDS, LEAD_STAGES, Cohort

__all__ = ["read_changes"]

_COLUMNS = (
    "repo",
    "provider",
    "team",
    "builds_ai",
    "built_with_ai",
    "outcome",
    "current_stage",
    "mapped_by",
    "code_complete_at",
    "production_at",
    "abandoned_at",
    "as_of",
    *(f"{stage}_hours" for stage in LEAD_STAGES),
)


def read_changes(connection: duckdb.DuckDBPyConnection, filters: Filters) -> Cohort:
    """The cohort of `filters` with what the replay needs: `mapped_by`, `production_at` and `abandoned_at` too."""
    chosen = ", ".join(_COLUMNS)
    table: pl.DataFrame = connection.cursor().sql(f"select {chosen} from lead_times order by change_id").pl()  # noqa: S608  (names of ours)
    table = filters.apply(table, time="code_complete_at")
    outcome = table["outcome"]
    hours = pl.sum_horizontal(f"{stage}_hours" for stage in LEAD_STAGES)
    seen = table.filter(pl.col("outcome").is_in([*ENDS, "waiting"])).with_columns(hours.alias("hours"))
    return Cohort(seen, int((outcome == "unknown").sum()), int((outcome == "no_deployments").sum()))
