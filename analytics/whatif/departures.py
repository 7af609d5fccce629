"""When releases left, and when one was due and none left."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import duckdb
import numpy as np
import polars as pl

from analytics.cohort.cache import read
from analytics.cohort.columns import as_category
from analytics.cohort.filters import Filters
from analytics.cohort.services import SERVICE, at_home, by_service, changes_of
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
select {repo},
    epoch_us(production_at) - cast(round(coalesce(deploy_hours, 0) * 3600000000) as bigint) as left_at
from {source} where outcome = 'production' and mapped_by not in ('cherry_pick_trailer', 'patch_id')
union all
select {repo}, epoch_us(as_of) - cast(round(deploy_hours * 3600000000) as bigint) as left_at
from {source} where outcome = 'waiting' and current_stage = 'deploy'
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
        names = table["repo"].unique().cast(pl.String).sort()
        words = table["repo"].cast(pl.Enum(names))
        code, at = words.to_physical().cast(pl.Int64).to_numpy(), table["left_at"].cast(pl.Int64).to_numpy()
        if not at.size:
            return cls((), code, at)
        first, span = _span(at, len(names))
        # In a tenth of the time that np.unique takes, which hashes whole numbers.
        every = np.sort(code * span + (at - first))
        repository, after = np.divmod(every[np.diff(every, prepend=-1) != 0], span)
        return cls(tuple(names.to_list()), repository, after + first)

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
        hour = self.at // _HOUR
        opens = np.diff(self.repository, prepend=-1) != 0
        once = opens | (np.diff(hour, prepend=-1) != 0)
        home, hour = self.repository[once], hour[once]
        first = np.flatnonzero(opens[once])
        last = np.append(first[1:], hour.size) - 1
        week, of_week = np.divmod(hour - _MONDAY_HOUR, _WEEK_HOURS)
        # Repository, hour of the week and quarter as one number, and how many weeks of the quarter saw a release then.
        block = week // _BLOCK_WEEKS
        earliest, blocks = int(block.min()), int(np.ptp(block)) + 1
        cells, weeks = np.unique((home * blocks + block - earliest) * _WEEK_HOURS + of_week, return_counts=True)
        habit, of_week = np.divmod(cells[weeks >= _HABIT_WEEKS], _WEEK_HOURS)
        habitual, block = np.divmod(habit, blocks)
        began = ((block + earliest) * _BLOCK_WEEKS)[:, None] + np.arange(_BLOCK_WEEKS)
        due = (began * _WEEK_HOURS + _MONDAY_HOUR + of_week[:, None]).ravel()
        whose = np.repeat(habitual, _BLOCK_WEEKS)
        # A home has one place in `first` and `last`: codes without a departure have none.
        place = np.searchsorted(home[first], whose)
        within = (due >= hour[first][place]) & (due <= hour[last][place])
        end = due * _HOUR + _HOUR - 1
        none_left = self.last_before(whose, end + 1) < due * _HOUR
        missed = np.flatnonzero(within & none_left)
        missed = missed[np.lexsort((end[missed], whose[missed]))]
        place = self._place(whose[missed], end[missed])
        at = np.insert(self.at, place, end[missed])
        return Departures(self.repositories, np.insert(self.repository, place, whose[missed]), at)

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
        first, span = _span(self.at, len(self.repositories))
        inside = np.clip(at - first, 0, span - 1)
        return np.searchsorted(self.repository * span + (self.at - first), repository * span + inside)


def _span(at: IntArray, repositories: int) -> tuple[int, int]:
    """The first instant, and how many numbers hold each repository's instants when all are counted through."""
    first, last = int(at.min()), int(at.max())
    span = last - first + 2
    if span * (repositories + 1) >= NEVER:
        raise AnalysisError("too many repositories for one replay", hint="choose some with --repo")
    return first, span


def read_departures(connection: duckdb.DuckDBPyConnection, filters: Filters, by: str | None = None) -> Departures:
    """The departures of the repositories asked for, of all time; `by` service, and of one service, of each service."""
    home = f"{as_category(connection.cursor(), 'repo')} as repo"
    columns = f"{home}, {SERVICE}" if by_service(filters, by) else home
    table = read(connection, _DEPARTURES.format(repo=columns, source=changes_of(filters, by)))
    return Departures.of(at_home(Filters(repo=filters.repo, names=filters.names).apply(table, time=None)))
