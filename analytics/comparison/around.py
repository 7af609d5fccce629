"""The time before an event compared with the same time after it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import duckdb

from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.comparison.report import read_comparisons
from analytics.comparison.results import Comparison

__all__ = ["FEWEST_DAYS", "MOST_DAYS", "Around", "around"]

FEWEST_DAYS, MOST_DAYS = 14, 365
"""Fewer days on a side say nothing of a change in the way of working; more would hold other changes too."""


@dataclass(frozen=True)
class Around:
    """What was code complete in the `days` after an event at `at`, beside the same time before it.

    `since`, `until`: of both together, until before `until`. `comparison`: the first group is after the event; None
    where either side has fewer than `FEWEST_DAYS` days.
    """

    at: datetime
    days: int
    comparison: Comparison | None

    @property
    def since(self) -> datetime:
        """When the time before begins."""
        return self.at - timedelta(days=self.days)

    @property
    def until(self) -> datetime:
        """When the time after ends."""
        return self.at + timedelta(days=self.days)


def around(
    connection: duckdb.DuckDBPyConnection, filters: Filters, options: Options, at: datetime, as_of: datetime
) -> Around:
    """Compare as much time before and after `at` as both sides have, in whole days, at most `MOST_DAYS`.

    The time before begins no earlier than the first change whose arrival can be seen; the period of `filters` is
    ignored.
    """
    where = filters.condition(connection, "lead_times", time=None)
    first_seen = f"""
    select min(code_complete_at) from lead_times
    where {where} and outcome in ('production', 'waiting', 'abandoned')
    """  # noqa: S608  (names are escaped by `condition`)
    ((first,),) = connection.cursor().execute(first_seen).fetchall()
    days = 0 if first is None else min((as_of - at).days, (at - first).days, MOST_DAYS)
    if days < FEWEST_DAYS:
        return Around(at, max(days, 0), None)
    span = timedelta(days=days)
    both = replace(filters, since=at - span, until=at + span)
    comparisons = read_comparisons(connection, both, replace(options, by=at.isoformat()))
    return Around(at, days, next(iter(comparisons), None))
