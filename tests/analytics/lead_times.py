"""A table `lead_times` from few facts, as far as the statistics read it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import duckdb
import numpy as np
import polars as pl

from analytics.cohort.cohort import ENDS, LEAD_STAGES

NOTHING_KNOWN: Mapping[str, str] = {
    "repository_settings": "repo_id text, repo text, provider text",
    "repository_stages": "repo_id text, has_production boolean, has_review boolean, has_approval boolean,"
    " first_production_at timestamp",
}
"""Tables that say since when a repository deploys; empty, nothing is left out for that."""

AS_OF = datetime(2026, 1, 1)
_DEFAULTS: Mapping[str, Any] = {
    "provider": "github",
    "team": "",
    "title": "",
    "url": "",
    "author": "ann",
    "number": 1,
    "builds_ai": False,
    "built_with_ai": "none",
    "kind": "work",
    "ai_confidence": "",
    "ai_evidence": "",
    "repo": "acme/shop",
    "repo_id": "github:acme/shop",
    "code_complete_source": "branch_commits",
    "additions": 5,
    "deletions": 5,
    "as_of": AS_OF,
    "services": "",
}


def lead_times(connection: duckdb.DuckDBPyConnection, table: pl.DataFrame) -> None:
    """Make `lead_times` from columns `outcome`, `<stage>_hours` and any others; each change ends at `AS_OF`.

    A waiting or abandoned change was seen last in the last stage of which it has hours.
    """
    table = table.with_columns(
        *(pl.lit(None, pl.Float64).alias(f"{s}_hours") for s in LEAD_STAGES if f"{s}_hours" not in table.columns),
        *(pl.lit(value).alias(name) for name, value in _DEFAULTS.items() if name not in table.columns),
    )
    if "change_id" not in table.columns:
        numbers = pl.int_range(len(table)).cast(pl.String).str.zfill(8)
        table = table.with_columns(("github:acme/shop#" + numbers).alias("change_id"))
    hours = pl.sum_horizontal(f"{stage}_hours" for stage in LEAD_STAGES)
    last = pl.coalesce(pl.when(pl.col(f"{s}_hours").is_not_null()).then(pl.lit(s)) for s in reversed(LEAD_STAGES))
    ended = {f"{end}_at": pl.when(pl.col("outcome") == end).then(pl.col("as_of")) for end in ENDS}
    waits, arrived = pl.col("outcome") == "waiting", pl.col("outcome") == "production"
    table = table.with_columns(
        **ended,
        merged_at=pl.lit(None, pl.Datetime("us")),
        first_production_at=pl.lit(None, pl.Datetime("us")),
        rollout_hours=pl.lit(None, pl.Float64),
        code_complete_at=pl.col("as_of") - pl.duration(microseconds=(hours * 3_600_000_000).round()),
        last_stage=pl.when(~arrived).then(last),
        current_stage=pl.when(waits).then(last),
        lead_time_hours=pl.when(arrived).then(hours),
        age_hours=pl.when(waits).then(hours),
    )
    connection.register("given", table.to_arrow())
    connection.execute("create or replace table lead_times as from given")
    for name, columns in NOTHING_KNOWN.items():
        connection.execute(f"create or replace table {name} ({columns})")
    connection.unregister("given")


def histories(seed: int, changes: int, *, repositories: int = 8, step_hours: float = 0.0) -> pl.DataFrame:
    """Changes at random: some wait, some are abandoned, some skip stages; hours on a grid if asked for."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(changes):
        row: dict[str, Any] = {
            "repo": f"acme/service-{rng.integers(repositories)}",
            "builds_ai": bool(rng.random() < 0.4),
        }
        row["outcome"] = str(rng.choice(["production", "production", "waiting", "abandoned"]))
        stages = [stage for stage in LEAD_STAGES if rng.random() < 0.8] or ["release"]
        stop = len(stages) if row["outcome"] == "production" else int(rng.integers(1, len(stages) + 1))
        for stage in stages[:stop]:
            hours = rng.exponential(20.0) * (rng.random() < 0.9)
            row[f"{stage}_hours"] = round(hours / step_hours) * step_hours if step_hours else float(hours)
        rows.append(row)
    columns = ["repo", "builds_ai", "outcome", *(f"{stage}_hours" for stage in LEAD_STAGES)]
    return pl.DataFrame([{name: row.get(name) for name in columns} for row in rows], infer_schema_length=None)
