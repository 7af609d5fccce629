"""How long is too long on a rung: longer than 85 % of those that left it, counting those that are still there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import duckdb

from analytics.initiatives.rungs import RUNGS, Stay
from analytics.survival import kaplan_meier

__all__ = ["FEWEST_LEFT", "SHARE", "Limit", "limits"]

SHARE = 0.85
FEWEST_LEFT = 20
"""With fewer initiatives than this that left a rung, 85 % of them says nothing: changes are looked at instead."""

# What a change goes through that is most like the rung: from its first commit to its end, from landing to production.
_CHANGES: Mapping[str, str] = {
    "pilot": """
        select coalesce(first_commit_at, opened_at, code_complete_at) as since,
            coalesce(merged_at, abandoned_at) as until, as_of
        from lead_times where kind = 'work'""",
    "merged": """
        select merged_at as since, production_at as until, as_of
        from lead_times
        where kind = 'work' and merged_at is not null and outcome in ('production', 'waiting')""",
}


@dataclass(frozen=True)
class Limit:
    """The hours after which an initiative on `rung` is stalled; None where too few have left it to say.

    `against`: `initiatives`, `changes` (few initiatives have left the rung: those of the whole portfolio) or `window`
    (nothing is like being in production without a sign of use: the window of such signs). `stays`, `left`: how many
    were looked at, and how many of them left.
    """

    rung: str
    hours: float | None
    against: str
    stays: int
    left: int


def limits(
    connection: duckdb.DuckDBPyConnection,
    stays: Iterable[Stay],
    window: timedelta,
    *,
    rungs: Iterable[str] = RUNGS[:-1],
) -> Mapping[str, Limit]:
    """The limit of each of `rungs` that can be left upwards, from the stays of all initiatives."""
    listed, selected = list(stays), set(rungs)
    return {
        rung: _limit(connection, rung, [stay for stay in listed if stay.rung == rung], window)
        for rung in RUNGS[:-1]
        if rung in selected
    }


def _limit(connection: duckdb.DuckDBPyConnection, rung: str, stays: list[Stay], window: timedelta) -> Limit:
    left = sum(stay.ended for stay in stays)
    if left >= FEWEST_LEFT:
        curve = kaplan_meier([stay.hours for stay in stays], [stay.ended for stay in stays])
        return Limit(rung, curve.quantiles([SHARE])[0].hours, "initiatives", len(stays), left)
    if rung not in _CHANGES:
        return Limit(rung, window / timedelta(hours=1), "window", len(stays), left)
    return _of_changes(connection, rung)


def _of_changes(connection: duckdb.DuckDBPyConnection, rung: str) -> Limit:
    table = (
        connection.cursor()
        .sql(
            f"""
            select greatest(epoch_us(coalesce(until, as_of)) - epoch_us(since), 0) / 3600e6 as hours,
                until is not null as ended, count(*) as changes
            from ({_CHANGES[rung]}) where since is not null group by all order by all
            """  # noqa: S608  (queries of ours)
        )
        .pl()
    )
    counts, ended = table["changes"], table["ended"]
    total, left = int(counts.sum()), int(counts.filter(ended).sum())
    if left < FEWEST_LEFT:
        return Limit(rung, None, "changes", total, left)
    curve = kaplan_meier(table["hours"].to_numpy(), ended.to_numpy(), count=counts.to_numpy())
    return Limit(rung, curve.quantiles([SHARE])[0].hours, "changes", total, left)
