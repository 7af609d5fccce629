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
    rows = [_row(one) for one in read_portfolio(connection, filters).initiatives]
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")


def _row(one: Initiative) -> dict[str, Any]:
    hours: dict[str, Any] = {}
    for rung in RUNGS:
        name, spent = rung.replace(" ", "_"), one.hours_on(rung)
        hours[f"{name}_hours"] = spent
        hours[f"{name}_ended"] = None if spent is None else one.rung != rung
    return {
        "initiative_id": one.id,
        "name": one.name,
        "origin": "found" if one.found else "named",
        "repos": " ".join(one.repos),
        "rung": one.rung,
        "rung_since": one.stays[-1].since,
        "stalled": one.stalled,
        "stalled_against": one.limit.against if one.limit is not None else "",
        "stalled_after_hours": one.limit.hours if one.limit is not None else None,
        "first_change_at": one.first_change_at,
        "merged_at": one.reached_at(MERGED),
        "production_at": one.reached_at(PRODUCTION),
        "production_observed": one.observed if one.deployments else None,
        "in_use_at": one.reached_at(IN_USE),
        **hours,
        "changes": one.changes,
        "waiting": one.waiting,
        "abandoned": one.abandoned,
        "people": one.people,
        "evidence": "; ".join(evidence(one)),
        "as_of": one.as_of,
        "removed_at": one.reached_at(REMOVED),
    }


def evidence(one: Initiative) -> Iterator[str]:
    """What its changes are told by, and the signs that it is or is not in use."""
    yield from (reason for reason in one.reasons if reason != "named")
    yield from _ended(one)
    if not one.deployments:
        yield "its repositories report no deployments: production cannot be seen"
    elif one.last_shipped_at is not None:
        yield f"{one.shipped} changes in production, the last on {one.last_shipped_at:%Y-%m-%d}"
    if not one.observed:
        yield "it landed before the first recorded production deployment: it may have arrived earlier"
    standing = [use for use in one.uses if use.until is None or use.until > one.as_of]
    for use in standing[:_USES_SHOWN]:
        yield f"{use.path} imports {use.module} (since {use.since:%Y-%m-%d}, {use.change_id})"
    if len(standing) > _USES_SHOWN:
        yield f"{len(standing) - _USES_SHOWN} more imports"
    if not one.imports:
        yield "its imports cannot be seen: the clone has no file contents, or its code is of other languages"
    for usage in one.usage[-1:]:
        often = "" if usage.uses is None else f" {usage.uses:,} times"
        many = "" if usage.users is None else f" by {usage.users:,}"
        yield f"recorded as used{often}{many} on {usage.used_at:%Y-%m-%d}"


def _ended(one: Initiative) -> Iterator[str]:
    """That there is nothing of it any more, or nothing yet."""
    if one.removed_by:
        gone_at = one.reached_at(REMOVED)
        yield f"the last of its code was taken out by {' and '.join(one.removed_by)} (gone since {gone_at:%Y-%m-%d})"
    elif one.abandoned == one.changes:
        yield "all of its changes were closed unmerged"
    elif not one.landed and one.reached_at(MERGED) is None:
        yield "none of its changes has landed"
