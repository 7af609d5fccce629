"""Facts in a few words: deployments, signs and changes of made-up repositories; times are days after `START`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import polars as pl

from analytics.dora.facts import Facts

__all__ = ["END", "START", "day", "facts"]

START, END = datetime(2025, 1, 1), 100.0
_TIME = pl.Datetime("us")
_DEPLOYMENT = {
    "repo_id": pl.String,
    "deployment_id": pl.String,
    "sha": pl.String,
    "rollout_id": pl.String,
    "opens_rollout": pl.Boolean,
    "deployed_at": _TIME,
    "created_at": _TIME,
    "succeeded": pl.Boolean,
    "kind": pl.String,
    "changes": pl.Int64,
    "urgent": pl.Int64,
    "failed_attempts": pl.Int64,
    "as_of": _TIME,
    "repo": pl.String,
    "tells_failed": pl.Boolean,
    "tells_incidents": pl.Boolean,
}
_SIGN = {
    "repo_id": pl.String,
    "deployment_id": pl.String,
    "sign": pl.String,
    "began_at": _TIME,
    "recovered_at": _TIME,
}
_CHANGE = {
    "change_id": pl.String,
    "repo_id": pl.String,
    "builds_ai": pl.Boolean,
    "built_with_ai": pl.String,
    "kind": pl.String,
    "outcome": pl.String,
    "code_complete_at": _TIME,
    "first_commit_at": _TIME,
    "production_at": _TIME,
    "abandoned_at": _TIME,
    "lead_time_hours": pl.Float64,
    "dora_lead_time_hours": pl.Float64,
    "as_of": _TIME,
}
_ARRIVAL = {
    "change_id": pl.String,
    "repo_id": pl.String,
    "first_production_at": _TIME,
    "deployment_id": pl.String,
    "attempt_deployment_id": pl.String,
}


def day(number: float | None) -> datetime | None:
    """The time so many days after `START`; None stays None."""
    return None if number is None else START + timedelta(days=number)


def facts(
    deployments: list[dict[str, Any]],
    signs: list[dict[str, Any]] | None = None,
    changes: list[dict[str, Any]] | None = None,
) -> Facts:
    """The facts of these rows; what they do not say is as of a deployment that went well."""
    usual = {"repo_id": "r", "succeeded": True, "kind": "release", "changes": 1, "urgent": 0, "failed_attempts": 0}
    told = {"tells_failed": True, "tells_incidents": True, "as_of": END}
    named = {"repo_id": "r"}
    made = {"repo_id": "r", "builds_ai": False, "built_with_ai": "none", "kind": "work", "outcome": "production"}
    made |= {"as_of": END}
    return Facts(
        _table([{**usual, **told, **_own(row), **row} for row in deployments], _DEPLOYMENT),
        _table([{**named, **row} for row in signs or []], _SIGN),
        _table([{**made, **row} for row in changes or []], _CHANGE),
        pl.DataFrame(schema={"repo_id": pl.String, "opened_at": _TIME, "linked": pl.Boolean}),
        _table([{**named, "first_production_at": row.get("production_at"), **row} for row in changes or []], _ARRIVAL),
    )


def _own(row: dict[str, Any]) -> dict[str, Any]:
    """What a deployment has if it does not say otherwise: begun when done, with a commit and a roll-out of its own."""
    opens = row.get("succeeded", True) and row.get("kind") not in {"rollback", "redeploy"}
    name = row["deployment_id"]
    return {"created_at": row["deployed_at"], "sha": name, "rollout_id": name, "opens_rollout": opens}


def _table(rows: list[dict[str, Any]], schema: dict[str, Any]) -> pl.DataFrame:
    times = {name for name, kind in schema.items() if kind == _TIME}
    return pl.DataFrame(
        [{name: day(row.get(name)) if name in times else row.get(name) for name in schema} for row in rows],
        schema=schema,
    )
