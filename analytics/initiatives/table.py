"""The report `initiatives`: one row per initiative."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import polars as pl

from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.initiatives.initiative import Initiative, read_portfolio
from analytics.initiatives.rungs import IN_USE, MERGED, PRODUCTION, REMOVED, RUNGS

__all__ = ["COLUMNS", "evidence", "initiatives"]

_TIME = pl.Datetime("us")
# Fixed: users' scripts hold on to it. New columns go to the end.
COLUMNS: dict[str, Any] = {
    "initiative_id": pl.String,
    "name": pl.String,
    "origin": pl.String,
    "repos": pl.String,
    "rung": pl.String,
    "rung_since": _TIME,
    "stalled": pl.Boolean,
    "stalled_against": pl.String,
    "stalled_after_hours": pl.Float64,
    "first_change_at": _TIME,
    "merged_at": _TIME,
    "production_at": _TIME,
    "production_observed": pl.Boolean,
    "in_use_at": _TIME,
    "pilot_hours": pl.Float64,
    "pilot_ended": pl.Boolean,
    "merged_hours": pl.Float64,
    "merged_ended": pl.Boolean,
    "production_hours": pl.Float64,
    "production_ended": pl.Boolean,
    "in_use_hours": pl.Float64,
    "in_use_ended": pl.Boolean,
    "changes": pl.Int64,
    "waiting": pl.Int64,
    "abandoned": pl.Int64,
    "people": pl.Int64,
    "evidence": pl.String,
    "as_of": _TIME,
    "removed_at": _TIME,
}
_USES_SHOWN = 5
_PLAIN = Options()


def initiatives(connection: duckdb.DuckDBPyConnection, filters: Filters, _: Options = _PLAIN) -> pl.DataFrame:
    """One row per initiative, by name; the period is that of its first change."""
    rows = [_row(initiative) for initiative in read_portfolio(connection, filters).initiatives]
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


def _row(initiative: Initiative) -> dict[str, Any]:
    hours: dict[str, Any] = {}
    for rung in RUNGS:
        name, spent = rung.replace(" ", "_"), initiative.hours_on(rung)
        hours[f"{name}_hours"] = spent
        hours[f"{name}_ended"] = None if spent is None else initiative.rung != rung
    return {
        "initiative_id": initiative.id,
        "name": initiative.name,
        "origin": "found" if initiative.detected else "named",
        "repos": " ".join(initiative.repos),
        "rung": initiative.rung,
        "rung_since": initiative.stays[-1].since,
        "stalled": initiative.stalled,
        "stalled_against": initiative.limit.against if initiative.limit is not None else "",
        "stalled_after_hours": initiative.limit.hours if initiative.limit is not None else None,
        "first_change_at": initiative.first_change_at,
        "merged_at": initiative.reached_at(MERGED),
        "production_at": initiative.reached_at(PRODUCTION),
        "production_observed": initiative.observed if initiative.deployments else None,
        "in_use_at": initiative.reached_at(IN_USE),
        **hours,
        "changes": initiative.changes,
        "waiting": initiative.waiting,
        "abandoned": initiative.abandoned,
        "people": initiative.people,
        "evidence": "; ".join(evidence(initiative)),
        "as_of": initiative.as_of,
        "removed_at": initiative.reached_at(REMOVED),
    }


def evidence(initiative: Initiative) -> Iterator[str]:
    """Yield what identifies its changes, and the signs that it is or is not in use."""
    yield from (reason for reason in initiative.reasons if reason != "named")
    yield from _ended(initiative)
    if not initiative.deployments:
        yield "its repositories report no deployments: production cannot be observed"
    elif initiative.last_shipped_at is not None:
        yield f"{initiative.shipped} changes in production, the last on {initiative.last_shipped_at:%Y-%m-%d}"
    if not initiative.observed:
        yield "it landed before the first recorded production deployment: it may have arrived earlier"
    standing = [use for use in initiative.uses if use.until is None or use.until > initiative.as_of]
    for use in standing[:_USES_SHOWN]:
        yield f"{use.path} imports {use.module} (since {use.since:%Y-%m-%d}, {use.change_id})"
    if len(standing) > _USES_SHOWN:
        yield f"{len(standing) - _USES_SHOWN} more imports"
    if not initiative.imports:
        yield "its imports cannot be observed: the clone has no file contents, or its code is in other languages"
    for usage in initiative.usage[-1:]:
        often = "" if usage.uses is None else f" {usage.uses:,} times"
        many = "" if usage.users is None else f" by {usage.users:,}"
        yield f"recorded as used{often}{many} on {usage.used_at:%Y-%m-%d}"


def _ended(initiative: Initiative) -> Iterator[str]:
    """That there is nothing of it any more, or nothing yet."""
    if initiative.removed_by:
        changes, gone_at = " and ".join(initiative.removed_by), initiative.reached_at(REMOVED)
        yield f"the last of its code was taken out by {changes} (gone since {gone_at:%Y-%m-%d})"
    elif initiative.abandoned == initiative.changes:
        yield "all of its changes were closed unmerged"
    elif not initiative.landed and initiative.reached_at(MERGED) is None:
        yield "none of its changes has landed"
