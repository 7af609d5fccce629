"""Alarms by team: whether work takes longer in the last four weeks than in the half year before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import duckdb
import numpy as np
import polars as pl

from analytics.cohort.columns import LEAD_STAGES, read_columns
from analytics.cohort.filters import Filters
from analytics.cohort.kinds import WORK
from analytics.pulse.weekly import Stays, WeeklyTest, weekly_test
from analytics.survival.arrays import BoolArray, FloatArray, IntArray

__all__ = ["LEAD_TIME", "LIMIT_LEAD_TIME", "LIMIT_STAGE", "NO_TEAM", "team_alarms"]

LEAD_TIME = "lead time"
NO_TEAM = "no team"
LIMIT_LEAD_TIME = 1.4
LIMIT_STAGE = 2.75
"""Standard errors. Together they give a team without any change less than one alarm in 20 weeks; docs/operations.md has
the simulated figures (`benchmarks/alarms.py`)."""
FEWEST_WEEKLY = 5.0
FEWEST_WEEKS = 12
"""With fewer ends a week, or a shorter history before the recent weeks, nothing is said."""
_MONDAY = datetime(1970, 1, 5)
_HOUR = timedelta(hours=1)
_WEEK = timedelta(weeks=1)
_SCHEMA = {
    "team": pl.String(),
    "stage": pl.String(),
    "week_end": pl.Datetime("us"),
    "observed": pl.Float64(),
    "expected": pl.Float64(),
    "times_as_long": pl.Float64(),
    "z": pl.Float64(),
    "limit": pl.Float64(),
    "weekly_ends": pl.Float64(),
    "alarm": pl.Boolean(),
    "note": pl.String(),
}


def team_alarms(connection: duckdb.DuckDBPyConnection, filters: Filters) -> pl.DataFrame:
    """One row per team and stage, `lead time` first, as of the last full week (Monday to Sunday, UTC) of the team.

    `observed`, `expected`: changes that moved on in the last four weeks, and how many would have at the pace of the 26
    weeks before. `times_as_long`: expected over observed. `z`: standard errors by which fewer moved on; an `alarm`
    where it exceeds `limit`. `weekly_ends`: changes that moved on in a week of the reference. `note`: why a row has no
    test. Bots and releases are left out.
    """
    names = ("team", "production_at", "abandoned_at")
    table, _ = read_columns(connection, names)
    table = filters.apply(table, time="code_complete_at")
    table = table.filter(WORK & pl.col("outcome").cast(pl.String).is_in(["production", "abandoned", "waiting"]))
    team = pl.col("team").cast(pl.String).fill_null("")
    table = table.with_columns(pl.when(team == "").then(pl.lit(NO_TEAM)).otherwise(team).alias("team"))
    rows = [row for (name,), changes in sorted(table.group_by("team")) for row in _rows(str(name), changes)]
    return pl.DataFrame(rows, schema=_SCHEMA)


def _rows(team: str, changes: pl.DataFrame) -> Iterator[dict[str, Any]]:
    newest: Any = changes["as_of"].max()
    week_end = newest - (newest - _MONDAY) % _WEEK
    for stage, stays in _stays(changes):
        limit = LIMIT_LEAD_TIME if stage == LEAD_TIME else LIMIT_STAGE
        end = (week_end - _MONDAY) / _HOUR
        test = weekly_test(stays, end)
        note = _note(test, (end - stays.begin.min(initial=end)) / 168.0)
        yield {
            "team": team,
            "stage": stage,
            "week_end": week_end,
            "observed": test.observed,
            "expected": round(test.expected, 6),
            "times_as_long": round(test.slower, 6) if test.observed else None,
            "z": None if note else round(test.z, 6),
            "limit": limit,
            "weekly_ends": round(test.weekly_ends, 6),
            "alarm": not note and test.z > limit,
            "note": note,
        }


def _note(test: WeeklyTest, weeks: float) -> str:
    """Why the test says nothing; empty where it says something."""
    if weeks < FEWEST_WEEKS + 4:
        return f"fewer than {FEWEST_WEEKS + 4} weeks are known"
    if test.weekly_ends < FEWEST_WEEKLY:
        return f"fewer than {FEWEST_WEEKLY:.0f} changes a week moved on"
    return ""


def _stays(changes: pl.DataFrame) -> Iterator[tuple[str, Stays]]:
    """The stays of the changes from code complete to production, and in each stage that any of them entered."""
    begin = _hours(changes["code_complete_at"])
    outcome = changes["outcome"].cast(pl.String)
    stratum = changes["repo"].cast(pl.String).rank("dense").cast(pl.Int64).to_numpy() - 1
    last_stage = changes["last_stage"].cast(pl.String)
    moved = (outcome == "production").to_numpy()
    ended_at = pl.coalesce(
        pl.when(pl.col("outcome").cast(pl.String) == "production").then("production_at"),
        pl.when(pl.col("outcome").cast(pl.String) == "abandoned").then("abandoned_at"),
        "as_of",
    )
    end = _hours(changes.select(ended_at).to_series())
    yield LEAD_TIME, Stays(begin, end, moved, stratum)
    for stage in LEAD_STAGES:
        hours = changes[f"{stage}_hours"].cast(pl.Float64).to_numpy()
        entered = ~np.isnan(hours)
        until = begin + np.where(entered, hours, 0.0)
        if entered.any():
            left = ~(last_stage == stage).fill_null(value=False).to_numpy()
            yield stage, _chosen(begin, until, left, stratum, entered)
        begin = until


def _chosen(begin: FloatArray, end: FloatArray, ended: BoolArray, stratum: IntArray, chosen: BoolArray) -> Stays:
    return Stays(begin, end, ended, stratum).where(chosen)


def _hours(times: pl.Series) -> FloatArray:
    """Hours since some Monday."""
    hours: FloatArray = times.dt.epoch("us").to_numpy() / 3_600_000_000.0 - 96.0
    return hours
