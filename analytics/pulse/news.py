"""What changed since last month: the last 30 days beside the 30 before them, and what has not changed is not said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import duckdb

from analytics.cohort.filters import Filters
from analytics.cohort.kinds import WORK
from analytics.cohort.options import Options
from analytics.cohort.services import changes_of
from analytics.comparison.report import read_comparisons
from analytics.initiatives import Initiative, read_portfolio
from analytics.pulse.alarms import LEAD_TIME, team_alarms
from analytics.text import verdicts
from analytics.text.wording import counted, plain

__all__ = ["DAYS", "Delivered", "News", "delivered", "news"]

DAYS = 30
_REACHED = {"merged": "is merged", "production": "reached production", "in use": "is in use", "removed": "was removed"}


@dataclass(frozen=True)
class News:
    """One thing that changed. `kind`: what it is about; `sentence`: text, with names from outside in it."""

    kind: str
    sentence: str


@dataclass(frozen=True)
class Delivered:
    """How many changes reached production in the last `DAYS`, and in as many days before; `ai`: those of AI work."""

    now: int
    before: int
    ai_now: int
    ai_before: int


def news(connection: duckdb.DuckDBPyConnection, filters: Filters, options: Options, as_of: datetime) -> list[News]:
    """List what changed in the `DAYS` up to `as_of`, whatever the period of `filters`.

    Changes that reached production, counted; the lead time where it is significantly longer or shorter, like for like;
    alarms of teams; and initiatives that moved to another rung.
    """
    always = replace(filters, since=None, until=None)
    return [
        *_delivered(delivered(connection, always, as_of)),
        *_lead_time(connection, replace(always, since=as_of - timedelta(days=2 * DAYS)), options, as_of),
        *_alarms(connection, always),
        *_moves(read_portfolio(connection, always).initiatives, as_of),
    ]


def delivered(connection: duckdb.DuckDBPyConnection, filters: Filters, as_of: datetime) -> Delivered:
    """Count the changes by people that reached production in the last `DAYS` up to `as_of`, and in those before."""
    month = timedelta(days=DAYS)
    columns = ", ".join(("repo", "kind", "builds_ai", "production_at", *filters.verdict_columns))
    query = f"select {columns} from {changes_of(filters)} where outcome = 'production' and production_at > $since"  # noqa: S608  (ours)
    table = connection.cursor().sql(query, params={"since": as_of - 2 * month}).pl()
    table = filters.sure(filters.apply(table, time=None), "builds_ai").filter(WORK)
    newest = table.filter(table["production_at"].is_between(as_of - month, as_of, closed="right"))
    older = table.filter(table["production_at"] <= as_of - month)
    return Delivered(len(newest), len(older), int(newest["builds_ai"].sum()), int(older["builds_ai"].sum()))


def _delivered(counts: Delivered) -> Iterator[News]:
    if counts.now or counts.before:
        yield News(
            "delivered",
            f"{counted(counts.now, 'change')} reached production in the last {DAYS} days, {counts.before:,} in the"
            f" {DAYS} before; of AI work {counts.ai_now:,} and {counts.ai_before:,}.",
        )


def _lead_time(
    connection: duckdb.DuckDBPyConnection, filters: Filters, options: Options, as_of: datetime
) -> Iterator[News]:
    split = (as_of - timedelta(days=DAYS)).isoformat()
    for comparison in read_comparisons(connection, filters, replace(options, by=split)):
        verdict = verdicts.trend(comparison, f"{DAYS} days")
        if verdict is not None and verdict.significant:
            yield News("lead time", f"{verdict.sentence} ({verdict.basis}), in the same repositories.")


def _alarms(connection: duckdb.DuckDBPyConnection, filters: Filters) -> Iterator[News]:
    for row in team_alarms(connection, filters).iter_rows(named=True):
        if row["alarm"]:
            what = "from code complete to production" if row["stage"] == LEAD_TIME else f"in {row['stage']}"
            longer = "" if row["times_as_long"] is None else f" {row['times_as_long']:.1f} times as long"
            yield News(
                "alarm",
                f"Team {plain(row['team'])}: work takes{longer or ' longer'} {what} in the last four weeks, compared"
                " with the half year before.",
            )


def _moves(initiatives: tuple[Initiative, ...], as_of: datetime) -> Iterator[News]:
    recent = as_of - timedelta(days=DAYS)
    for initiative in initiatives:
        name, stay = plain(initiative.name), initiative.stays[-1]
        if recent < stay.since <= as_of:
            began = len(initiative.stays) == 1
            what = "began as a pilot" if began else _REACHED.get(stay.rung, f"is a {stay.rung} again")
            if not began and stay.rung == "production" and initiative.stays[-2].rung == "in use":
                what = "is in production and no longer in use"
            yield News("initiative", f"{name} {what} (since {stay.since:%Y-%m-%d}).")
