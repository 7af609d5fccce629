"""When releases left, and when one was due and none left."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import duckdb
import numpy as np
import polars as pl

from analytics.filters import Filters
from analytics.survival.arrays import IntArray
from headway.errors import AnalysisError

__all__ = ["NEVER", "Departures", "read_departures"]

NEVER = np.iinfo(np.int64).max
_HOUR = 3_600_000_000
_WEEK_HOURS, _MONDAY_HOUR = 168, 96
"""The first Monday after 1970 began is its fourth day."""
_BLOCK_WEEKS, _HABIT_WEEKS = 13, 5
"""A quarter of a year, and in how many of its weeks an hour of the week must have seen a release to be its habit."""

_DEPARTURES = """
select distinct repo, left_at from (
    select repo,
        epoch_us(production_at) - cast(round(coalesce(deploy_hours, 0) * 3600000000) as bigint) as left_at
    from lead_times where outcome = 'production' and mapped_by not in ('cherry_pick_trailer', 'patch_id')
    union all
    select repo, epoch_us(as_of) - cast(round(deploy_hours * 3600000000) as bigint) as left_at
    from lead_times where outcome = 'waiting' and current_stage = 'deploy'
) order by all
"""


@dataclass(frozen=True, eq=False)
class Departures:
    """Instants by repository: `repositories`, names; `repository` (departures,), codes into it; `at` (departures,).

    Microseconds since 1970 UTC, ascending by repository, then time. Cherry-picks onto an older release are no
    departures: the next change could not have gone with them.
    """

    repositories: tuple[str, ...]
    repository: IntArray
    at: IntArray

    @classmethod
    def of(cls, table: pl.DataFrame) -> Departures:
        """From rows `repo`, `left_at` (microseconds), in any order."""
        return cls._sorted(table.select("repo", "left_at").unique().sort("repo", "left_at"))

    @classmethod
    def _sorted(cls, table: pl.DataFrame) -> Departures:
        names = table["repo"].unique(maintain_order=True)
        code = table["repo"].rle_id().cast(pl.Int64).to_numpy()
        return cls(tuple(names.to_list()), code, table["left_at"].cast(pl.Int64).to_numpy())

    def first_from(self, repository: IntArray, at: IntArray) -> IntArray:
        """For each repository and instant: the first departure at or after it, or `NEVER`."""
        place = self._place(repository, at)
        return np.where(np.append(self.repository, -1)[place] == repository, np.append(self.at, NEVER)[place], NEVER)

    def last_before(self, repository: IntArray, at: IntArray) -> IntArray:
        """For each repository and instant: the last departure before it, or -1."""
        place = self._place(repository, at)
        ours = (np.append(-1, self.repository)[place] == repository) & (repository >= 0)
        return np.where(ours, np.append(-1, self.at)[place], -1)

    @cached_property
    def with_missed(self) -> Departures:
        """These, and the ends of the hours in which a release was due by habit and none left.

        An hour of the week (Tuesday 14:00, UTC) is a habit in a quarter of a year if a release left in it in 5 of its
        13 weeks. What was ready then and did not go was held back by something that another cadence would not mend.
        """
        if not self.at.size:
            return self
        left = pl.DataFrame({"repository": self.repository, "hour": self.at // _HOUR, "at": self.at})
        hours = left.select("repository", "hour").unique()
        of_week, week = (pl.col("hour") - _MONDAY_HOUR) % _WEEK_HOURS, (pl.col("hour") - _MONDAY_HOUR) // _WEEK_HOURS
        habits = hours.group_by("repository", of_week.alias("of_week"), (week // _BLOCK_WEEKS).alias("block")).len()
        weeks = pl.DataFrame({"week": np.arange(_BLOCK_WEEKS)})
        began = (pl.col("block") * _BLOCK_WEEKS + pl.col("week")) * _WEEK_HOURS + _MONDAY_HOUR
        due = habits.filter(pl.col("len") >= _HABIT_WEEKS).join(weeks, how="cross")
        span = hours.group_by("repository").agg(pl.col("hour").min().alias("first"), pl.col("hour").max().alias("last"))
        missed = (
            due.select("repository", (began + pl.col("of_week")).alias("hour"))
            .join(hours, on=["repository", "hour"], how="anti")
            .join(span, on="repository")
            .filter(pl.col("hour").is_between("first", "last"))
            .select("repository", (pl.col("hour") * _HOUR + _HOUR - 1).alias("at"))
        )
        every = pl.concat([left.select("repository", "at"), missed]).sort("repository", "at")
        return Departures(self.repositories, every["repository"].to_numpy(), every["at"].to_numpy())

    def typical_gap_days(self, repository: IntArray) -> float:
        """The mean days between two departures of a repository: that of the change in the middle (median)."""
        size = len(self.repositories)
        met = np.bincount(repository[repository >= 0], minlength=size)[:size]
        first = np.searchsorted(self.repository, np.arange(size))
        last = np.searchsorted(self.repository, np.arange(size), "right") - 1
        several = (last > first) & (met > 0)
        if not several.any():
            return float("nan")
        gap = ((self.at[last] - self.at[first]) / np.maximum(last - first, 1) / (24 * _HOUR))[several]
        order = np.argsort(gap, kind="stable")
        total = np.cumsum(met[several][order])
        return float(gap[order][np.searchsorted(total, total[-1] / 2.0)])

    def usual_hour(self) -> float:
        """The hour of the day, UTC, in which most releases leave; 14 where there is none."""
        return float(np.bincount(self.at // _HOUR % 24, minlength=24).argmax()) if self.at.size else 14.0

    def _place(self, repository: IntArray, at: IntArray) -> IntArray:
        """How many departures come before, by repository and then time."""
        if not self.at.size:
            return np.zeros(at.size, dtype=np.int64)
        first, last = int(self.at.min()), int(self.at.max())
        span = last - first + 2
        if span * (len(self.repositories) + 1) >= NEVER:
            raise AnalysisError("too many repositories for one replay", hint="choose some with --repo")
        inside = np.clip(at - first, 0, span - 1)
        return np.searchsorted(self.repository * span + (self.at - first), repository * span + inside)


def read_departures(connection: duckdb.DuckDBPyConnection, filters: Filters) -> Departures:
    """The departures of the repositories asked for, of all time."""
    table: pl.DataFrame = connection.cursor().sql(_DEPARTURES).pl()
    return Departures._sorted(Filters(repo=filters.repo).apply(table, time=None))  # noqa: SLF001  (its own module)
