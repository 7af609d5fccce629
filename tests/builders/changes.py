"""Changes as rows of `lead_times`, without a warehouse: of a simulated company, or made up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from analytics.cohort.cohort import ENDS, LEAD_STAGES, Cohort
from analytics.whatif.departures import Departures
from collectors.simulate import run as company
from collectors.simulate.company.plan import PLANS, PRESETS, Plan
from collectors.simulate.events.clock import DAY, seconds_of
from collectors.simulate.writers.truth import rows_of

__all__ = ["START", "UNTIL", "change", "cohort", "departures_of", "simulated"]

UNTIL = datetime(2026, 7, 1)
START = datetime(2026, 1, 5)
_TIMES = ("code_complete_at", "production_at", "abandoned_at", "as_of")
_SCHEMA: dict[str, Any] = {
    "change_id": pl.String(),
    "repo": pl.String(),
    "builds_ai": pl.Boolean(),
    "built_with_ai": pl.String(),
    "kind": pl.String(),
    "outcome": pl.String(),
    "current_stage": pl.String(),
    "last_stage": pl.String(),
    "mapped_by": pl.String(),
    **{name: pl.Datetime("us") for name in _TIMES},
    **{f"{stage}_hours": pl.Float64() for stage in LEAD_STAGES},
}


def change(
    repo: str, outcome: str, at: float, hours: Sequence[float | None], *, until: datetime = UNTIL, **more: Any
) -> dict[str, Any]:
    """A row: code complete `at` hours after `START`, then `hours` in each of the seven stages."""
    complete = START + timedelta(hours=at)
    end = complete + timedelta(hours=sum(spent or 0.0 for spent in hours))
    last = [stage for stage, spent in zip(LEAD_STAGES, hours, strict=True) if spent is not None][-1]
    return {
        "change_id": f"git:{repo}@{at}",
        "repo": repo,
        "builds_ai": False,
        "built_with_ai": "none",
        "kind": "work",
        "outcome": outcome,
        "current_stage": last if outcome == "waiting" else None,
        "last_stage": None if outcome == "production" else last,
        "mapped_by": "ancestor" if outcome == "production" else "",
        "code_complete_at": complete,
        "production_at": end if outcome == "production" else None,
        "abandoned_at": end if outcome == "abandoned" else None,
        "as_of": end if outcome == "waiting" else until,
        **{f"{stage}_hours": spent for stage, spent in zip(LEAD_STAGES, hours, strict=True)},
        **more,
    }


def cohort(rows: Sequence[dict[str, Any]]) -> Cohort:
    """Rows as a cohort."""
    table = pl.DataFrame(rows, schema=_SCHEMA)
    return Cohort(table.with_columns(pl.sum_horizontal(f"{s}_hours" for s in LEAD_STAGES).alias("hours")), 0, 0)


def departures_of(changes: Cohort) -> Departures:
    """When the releases left that took these changes."""
    left = (pl.col("deploy_hours").fill_null(0.0) * 3.6e9).round().cast(pl.Int64)
    shipped = changes.changes.filter((pl.col("outcome") == "production") & (pl.col("mapped_by") == "ancestor"))
    on_their_way = changes.changes.filter((pl.col("outcome") == "waiting") & (pl.col("current_stage") == "deploy"))
    parts = [
        rows.select("repo", (pl.col(end).dt.epoch("us") - left).alias("left_at"))
        for rows, end in ((shipped, "production_at"), (on_their_way, "as_of"))
    ]
    return Departures.of(pl.concat(parts))


def simulated(seed: int, change_plan: Callable[[Plan], Plan] = lambda plan: plan, size: str = "full") -> Cohort:
    """What people did in the simulated company, by other plans if wanted: its truth, which a warehouse finds again."""
    preset, end = PRESETS[size], seconds_of(UNTIL)
    rows: list[dict[str, Any]] = []
    for name, count in preset.changes.items():
        plan = change_plan(replace(PLANS[name], freeze_days=0))
        if plan.deploys != "none":
            rows += rows_of(company.simulate_repository(plan, seed, end - preset.days * DAY, end, count), end)
    told = [name for name in _TIMES if name != "as_of"]
    table = pl.DataFrame(rows, infer_schema_length=None).with_columns(
        pl.col(told).str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us"),
        pl.lit(UNTIL).cast(pl.Datetime("us")).alias("as_of"),
        pl.when(pl.col("outcome") == "production").then(pl.lit("ancestor")).otherwise(pl.lit("")).alias("mapped_by"),
        pl.col("current_stage").alias("last_stage"),
    )
    table = table.filter(
        pl.col("outcome").is_in([*ENDS, "waiting"])
        & pl.col("code_complete_at").is_not_null()
        & (pl.col("kind") == "work")
    )
    return cohort(table.select(*_SCHEMA).to_dicts())
