"""The demo against its truth: what Headway told from records alone, beside what the simulation really did."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb

from collectors.simulate.truth import MILESTONES as SIMULATED
from collectors.simulate.truth import STAGES
from warehouse.publish import current

__all__ = ["HOURS", "MILESTONES", "changes", "differences", "report"]

MILESTONES = (*SIMULATED, "rolled_back_at", "reverted_at")
HOURS = (*STAGES, "lead_time", "dora_lead_time", "age")
_SLOWER = ("pickup", "review", "merge")
# An open draft is not code complete, and of a PR ref that may be open or closed no outcome is claimed: both are counted
# in coverage and have no lead time to be true.
_TOLD = "code_complete_at is not null and outcome is not null"


def differences(folder: Path, warehouse: Path, among: str = "true") -> dict[str, int]:
    """For outcome, stage, each milestone and each duration: how many changes `among` these have another truth.

    `among` is a condition on columns that `truth.csv` and `lead_times` both have.
    """
    different = {
        **{name: f"truth.{name} is distinct from told.{name}" for name in ("outcome", "current_stage")},
        **{name: f"truth.{name}::timestamptz is distinct from told.{name}::timestamptz" for name in MILESTONES},
        **{name: f"abs(coalesce(truth.{name}_hours, -1) - coalesce(told.{name}_hours, -1)) > 1e-6" for name in HOURS},
    }
    counts = ", ".join(f"count(*) filter (where {condition})" for condition in different.values())
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"attach '{_quoted(current(warehouse))}' as built (read_only)")
        truth = f"read_csv('{_quoted(folder / 'truth.csv')}')"
        connection.execute(f"create view truth as select * from {truth} where {_TOLD} and {among}")  # noqa: S608  (ours)
        connection.execute(f"create view told as select * from built.lead_times where {among}")  # noqa: S608
        query = f"select {counts} from truth full join told on truth.change_id = told.change_id"  # noqa: S608
        found = connection.execute(query).fetchall()[0]
    return {name: count for name, count in zip(different, found, strict=True) if count}


def changes(folder: Path) -> int:
    """How many changes of the simulation are code complete, with an outcome."""
    with duckdb.connect() as connection:
        query = f"select count(*) from read_csv('{_quoted(folder / 'truth.csv')}') where {_TOLD}"  # noqa: S608  (ours)
        ((count,),) = connection.execute(query).fetchall()
    return int(count)


def report(folder: Path, warehouse: Path) -> Iterator[str]:
    """Lines that say whether the demo's numbers are the true ones, and what is true of AI work in it."""
    found = differences(folder, warehouse)
    told = f"outcome, all {len(MILESTONES)} milestones and all durations of {changes(folder):,} changes"
    if found:
        wrong = ", ".join(f"{name} ({count})" for name, count in sorted(found.items()))
        yield f"NOT as simulated: {wrong}; please report it"
    else:
        yield f"checked: {told} are those that the simulation made"
    pace = json.loads((folder / "truth.json").read_text(encoding="utf-8"))["process"]["pace"]
    slower = ", ".join(
        f"{stage} {pace['ai'][stage]['median']:g} against {pace['other'][stage]['median']:g}" for stage in _SLOWER
    )
    yield f"its truth: AI work takes longer in {slower} (medians, working hours), stalls more and waits for evaluation"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
