"""The demo against its truth: what Headway derived from records alone, beside what the simulation did."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import duckdb

from collectors.simulate.writers.truth import MILESTONES as SIMULATED
from collectors.simulate.writers.truth import STAGES
from warehouse.publish import current

__all__ = ["HOURS", "MILESTONES", "NAMES", "changes", "differences", "repaired", "report", "service_differences"]

MILESTONES = (*SIMULATED, "rolled_back_at", "reverted_at", "first_production_at")
NAMES = ("outcome", "current_stage", "kind", "landed_by", "services")
HOURS = (*STAGES, "lead_time", "dora_lead_time", "age", "rollout")
_SLOWER = ("pickup", "review", "merge")
# An open draft is not code complete, and of a PR ref that may be open or closed no outcome is claimed: both are counted
# in coverage and have no lead time to be true.
_COMPLETE = "code_complete_at is not null and outcome is not null"


_REPAIRED = """
    with truth as (select * from read_csv($file)),
    mended as (
        select repairs as change_id, merged_at from truth where repairs is not null and merged_at is not null
        union all
        select reverts, merged_at from truth where reverts is not null and merged_at is not null
    ),
    firsts as (
        select truth.change_id, truth.builds_ai, truth.production_at,
            min(mended.merged_at) filter (where mended.merged_at >= truth.production_at) as mended_at
        from truth left join mended on truth.change_id = mended.change_id
        where truth.outcome = 'production' and truth.kind = 'work'
        group by all
    )
    select builds_ai, avg(coalesce(mended_at <= production_at + interval 30 day, false)::integer) filter (
            where production_at < $until::timestamptz - interval 30 day),
        count(mended_at) / sum(epoch(coalesce(mended_at, $until::timestamptz)) - epoch(production_at)) * 3600
    from firsts group by builds_ai order by builds_ai
"""


def differences(folder: Path, warehouse: Path, among: str = "true") -> dict[str, int]:
    """For each of `NAMES`, each milestone and each duration: how many changes `among` these have another truth.

    `among` is a condition on columns that `truth.csv` and `lead_times` both have.
    """
    return _differences(folder / "truth.csv", warehouse, "lead_times", among)


def service_differences(folder: Path, warehouse: Path, among: str = "true") -> dict[str, int]:
    """As `differences`, over the changes of each service: `truth_services.csv` beside `service_lead_times`."""
    return _differences(folder / "truth_services.csv", warehouse, "service_lead_times", among, ("service",))


def _differences(file: Path, warehouse: Path, table: str, among: str, more: tuple[str, ...] = ()) -> dict[str, int]:
    key = ", ".join(("change_id", *more))
    different = {
        **{name: f"coalesce(truth.{name}::text, '') <> coalesce(ours.{name}::text, '')" for name in NAMES},
        **{name: f"truth.{name}::timestamptz is distinct from ours.{name}::timestamptz" for name in MILESTONES},
        **{name: f"abs(coalesce(truth.{name}_hours, -1) - coalesce(ours.{name}_hours, -1)) > 1e-6" for name in HOURS},
    }
    different["changes"] = "truth.change_id is null or ours.change_id is null"
    counts = ", ".join(f"count(*) filter (where {condition})" for condition in different.values())
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"attach '{_quoted(current(warehouse))}' as built (read_only)")
        truth = f"read_csv('{_quoted(file)}', types = {_types(file)})"
        connection.execute(f"create view truth as select * from {truth} where {_COMPLETE} and {among}")  # noqa: S608  (ours)
        ours = f"(select {table}.*, landed_by from built.{table} left join built.changes using (change_id))"  # noqa: S608
        connection.execute(f"create view ours as select * from {ours} where {among}")  # noqa: S608
        query = f"select {counts} from truth full join ours using ({key})"  # noqa: S608
        row = connection.execute(query).fetchall()[0]
    return {name: count for name, count in zip(different, row, strict=True) if count}


def _types(file: Path) -> str:
    """The types of columns that a small company may leave empty, where a reader of CSV would guess them."""
    with file.open(encoding="utf-8", newline="") as lines:
        columns = next(csv.reader(lines), [])
    types = {name: "timestamptz" for name in columns if name.endswith("_at")}
    types |= {name: "double" for name in columns if name.endswith("_hours")}
    return "{" + ", ".join(f"'{name}': '{kind}'" for name, kind in types.items()) + "}"


def changes(folder: Path, file: str = "truth.csv") -> int:
    """How many changes of the simulation are code complete, with an outcome; or pairs of a change and a service."""
    with duckdb.connect() as connection:
        query = f"select count(*) from read_csv('{_quoted(folder / file)}') where {_COMPLETE}"  # noqa: S608  (ours)
        ((count,),) = connection.execute(query).fetchall()
    return int(count)


def repaired(folder: Path) -> dict[bool, tuple[float, float]]:
    """By `builds_ai`: the share of changes repaired or taken back within 30 days of production, and how many an hour.

    Of work, and the share of those in production 30 days before the end.
    """
    until = json.loads((folder / "truth.json").read_text(encoding="utf-8"))["until"]
    with duckdb.connect() as connection:
        rows = connection.execute(_REPAIRED, {"file": str(folder / "truth.csv"), "until": until}).fetchall()
    return {ai: (float(share), float(rate)) for ai, share, rate in rows}


def report(folder: Path, warehouse: Path) -> Iterator[str]:
    """Lines that say whether the demo's numbers are the true ones, and what is true of AI work in it."""
    wrong_counts = differences(folder, warehouse)
    by_service = service_differences(folder, warehouse)
    wrong_counts |= {f"{name} by service": count for name, count in by_service.items()}
    checked = f"outcome, kind, services, way of landing, all {len(MILESTONES)} milestones and all durations"
    checked += f" of {changes(folder):,} changes"
    if pairs := changes(folder, "truth_services.csv"):
        checked += f", and of {pairs:,} changes by service,"
    if wrong_counts:
        wrong = ", ".join(f"{name} ({count})" for name, count in sorted(wrong_counts.items()))
        yield f"NOT as simulated: {wrong}; please report it"
    else:
        yield f"checked: {checked} equal those of the simulation"
    pace = json.loads((folder / "truth.json").read_text(encoding="utf-8"))["process"]["pace"]
    slower = ", ".join(
        f"{stage} {pace['ai'][stage]['median']:g} against {pace['other'][stage]['median']:g}" for stage in _SLOWER
    )
    yield f"its truth: AI work takes longer in {slower} (medians, working hours), stalls more and waits for evaluation"
    shares = {ai: share for ai, (share, _) in repaired(folder).items()}
    if len(shares) == len((True, False)):
        yield (
            f"its truth: {shares[True]:.1%} of AI work and {shares[False]:.1%} of other work is repaired or taken back"
            " within 30 days of production"
        )


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
