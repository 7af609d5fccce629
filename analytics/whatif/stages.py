"""Other rates for a stage: those of its own best months, or those of other work."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from analytics.cohort.units import THESE, Units
from analytics.survival.arrays import BoolArray, FloatArray, IntArray
from analytics.whatif.clock import HORIZON_HOURS, WALL, Clock
from analytics.whatif.effect import units_in
from analytics.whatif.stays import Counts, Stays, Strata, count_stays, stays_of, stays_on, strata_of

__all__ = ["FEWEST_DONORS", "Changes", "Donors", "best_quartile", "of_others"]

FEWEST_DONORS = 20
"""From fewer stays than this no rate is borrowed."""
_FEWEST_IN_A_CELL = 4
_FEWEST_CELLS = 4


@dataclass(frozen=True, eq=False)
class Changes:
    """Changes with what the models need of them: `repository` (changes,) codes, their stays, units and strata.

    `frame`: rows of a cohort on the wall clock. `clock`: on which the hours of stays are told.
    """

    frame: pl.DataFrame
    repository: IntArray
    stays: Stays
    units: Units
    strata: Strata
    clock: Clock = WALL

    @classmethod
    def of(cls, frame: pl.DataFrame, clock: Clock = WALL, intervals: str = THESE) -> Changes:
        """From the rows of a cohort on the wall clock, to be told on `clock`; `intervals` are of that question."""
        units, stays = units_in(frame, intervals), stays_on(clock, stays_of(frame), frame)
        repository = frame["repo"].rank("dense").cast(pl.Int64).to_numpy() - 1
        return cls(frame, repository, stays, units, strata_of(frame, units), clock)

    def stays_where(self, rows: BoolArray) -> Stays:
        """The stays of some of the changes."""
        return self.stays.take(rows[self.stays.change])

    def count(self, stays: Stays, weight: FloatArray) -> Counts:
        """Stays of one stage, counted by strata on the grid of the clock, each as its `weight` (stays,)."""
        return count_stays(stays, self.strata, weight, step_hours=self.clock.step_hours)


@dataclass(frozen=True, eq=False)
class Donors:
    """Whose rates a stage gets: their `counts`, how many `stays`, and a description."""

    counts: Counts
    stays: int
    words: str


def best_quartile(changes: Changes, stays: Stays, stage: int) -> Donors | None:
    """Each repository at the rates of its own best months: those in which a quarter of its stays were shortest.

    Which months are best is judged by the stays begun in even weeks, and what they are like is taken from those in odd
    weeks, and the other way round: the best of many months are best by luck too, and luck does not last. Months with
    fewer stays than the repository's median month are none to choose from: that less came is no lever. Repositories
    with too few months keep their own rates. None where that leaves too few stays.
    """
    stays = stays.of(stage)
    frame = changes.frame
    begun = frame["code_complete_at"].dt.epoch("us").to_numpy()[stays.change] / 3.6e9 + stays.begun_hours
    watched = frame["as_of"].dt.epoch("us").to_numpy()[stays.change] / 3.6e9 - begun
    cells = pl.DataFrame(
        {
            "row": np.arange(stays.hours.size),
            "repository": changes.repository[stays.change],
            # A month of 30.4 days, whatever the calendar says; weeks begin on Mondays.
            "month": np.floor(begun / 730.5).astype(np.int64),
            "fold": np.floor((begun - 96.0) / 168.0).astype(np.int64) % 2,
            "hours": np.minimum(stays.hours, changes.clock.horizon_hours),
            # Followed for 30 days, on either clock.
            "judged": watched >= HORIZON_HOURS,
        }
    )
    chosen = cells.join(_best_months(cells), on=["repository", "month", "fold"], how="semi")
    if len(chosen) < FEWEST_DONORS:
        return None
    size = int(changes.repository.max(initial=-1)) + 1
    home = changes.repository[stays.change]
    best = np.zeros(stays.hours.size, dtype=np.bool_)
    best[chosen["row"].to_numpy()] = True
    every, donors = (np.bincount(home[rows], minlength=size) for rows in (best >= 0, best))
    weight = np.where((donors > 0)[home], np.where(best, (every / np.maximum(donors, 1))[home], 0.0), 1.0)
    weighted = weight > 0.0
    months = chosen.select("repository", "month").n_unique()
    words = f"{len(chosen):,} stays in the best {months} months of {_repositories(int((donors > 0).sum()))}"
    return Donors(changes.count(stays.take(weighted), weight[weighted]), len(chosen), words)


def _best_months(cells: pl.DataFrame) -> pl.DataFrame:
    """The repository, month and fold whose other fold is among the shortest quarter of its repository's stays."""
    cell, within = ["repository", "month", "fold"], ["repository", "fold"]
    busy = cells.group_by("repository", "month").agg(pl.len().alias("load"))
    busy = busy.filter(pl.col("load") >= pl.col("load").median().over("repository"))
    cells = cells.join(busy, on=["repository", "month"], how="semi")
    means = cells.filter("judged").group_by(cell).agg(pl.len().alias("stays"), pl.col("hours").mean())
    means = means.filter(pl.col("stays") >= _FEWEST_IN_A_CELL).sort(*within, "hours", "month")
    order = pl.col("stays").cum_sum().over(within) - pl.col("stays") / 2
    quarter = order <= pl.col("stays").sum().over(within) / 4
    enough = pl.len().over(within) >= _FEWEST_CELLS
    return means.filter(quarter & enough).select("repository", "month", (1 - pl.col("fold")).alias("fold"))


def of_others(changes: Changes, ours: BoolArray, stage: int) -> Donors | None:
    """The rates of the changes that are not `ours` (changes,), weighted to the repositories of ours.

    So it is the other way of working within the same repositories; our own stays in repositories with no others keep
    their rates. None where too few others are there.
    """
    stays = changes.stays.of(stage)
    in_group = ours[stays.change]
    home = changes.repository[stays.change]
    size = int(changes.repository.max(initial=-1)) + 1
    counts, other_counts = (
        np.bincount(home[rows], minlength=size).astype(np.float64) for rows in (in_group, ~in_group)
    )
    both = (counts > 0) & (other_counts > 0)
    ratio = np.where(both, counts / np.maximum(other_counts, 1.0), 0.0)
    weight: FloatArray = np.where(in_group, np.where(both, 0.0, 1.0)[home], ratio[home])
    used = (weight > 0) & ~in_group
    if int(used.sum()) < FEWEST_DONORS or not counts.sum():
        return None
    share = float(counts[both].sum() / counts.sum())
    words = f"{_repositories(int(both.sum()))} with {share:.0%} of the stays"
    weighted = weight > 0
    return Donors(changes.count(stays.take(weighted), weight[weighted]), int(used.sum()), words)


def _repositories(number: int) -> str:
    return "1 repository" if number == 1 else f"{number} repositories"
