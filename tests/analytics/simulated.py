"""Companies whose truth is known, made without anything of Headway: to see how often an interval holds it.

A change passes `review`, `merge`, `release` and `deploy`, each for an exponential time; in the first two it can be
abandoned instead. Repositories differ: each has its own pace in each stage. Work starts all the time, and is watched up
to one day for all. Truth is what happens to a change of a company of endless repositories, all watched to their ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["AT_HOURS", "ENDS", "HORIZON_HOURS", "STAGES", "Company", "Seen", "Truth"]

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]

STAGES = ("review", "merge", "release", "deploy")
ENDS = ("production", "abandoned")
MEAN_HOURS = np.array([40.0, 12.0, 60.0, 4.0])
GIVEN_UP_PER_HOUR = np.array([1 / 400, 1 / 300, 0.0, 0.0])
AT_HOURS = (24.0, 72.0, 168.0, 336.0)
HORIZON_HOURS = 336.0
WATCHED_HOURS = 1_500.0
_ENDLESS = 400_000


@dataclass(frozen=True, eq=False)
class Truth:
    """`occupancy` (hours, states) at `AT_HOURS`, `mean_hours` (states,) to `HORIZON_HOURS`; stages, then ends."""

    occupancy: FloatArray
    mean_hours: FloatArray


@dataclass(frozen=True, eq=False)
class Seen:
    """What was seen of a company: `repository` (changes,), `hours` (changes, stages; nan: not entered), `outcome`."""

    repository: IntArray
    hours: FloatArray
    outcome: list[str]


@dataclass(frozen=True)
class Company:
    """`repositories` that share `changes`, as unevenly as `uneven` says, and differ in pace by `differ` (log scale)."""

    repositories: int
    changes: int
    differ: float = 0.0
    uneven: float = 0.0

    def truth(self, seed: int = 1) -> Truth:
        """From endless changes, each of a repository of its own, all seen to their ends: errors of some 0.0008."""
        rng = np.random.default_rng(seed)
        pace = np.exp(rng.normal(0.0, self.differ, (_ENDLESS, len(STAGES))))
        ends, abandoned_in = _lives(rng, pace)
        return Truth(
            np.array([_states(ends, abandoned_in, hour).mean(axis=0) for hour in AT_HOURS]),
            _hours_in_state(ends, abandoned_in, HORIZON_HOURS).mean(axis=0),
        )

    def seen(self, seed: int) -> Seen:
        """One company, up to the day on which it is looked at."""
        rng = np.random.default_rng(seed)
        weight = np.exp(rng.normal(0.0, self.uneven, self.repositories))
        # Every repository has a change, as every one that is listed does.
        others = rng.choice(self.repositories, self.changes - self.repositories, p=weight / weight.sum())
        repository = np.concatenate([np.arange(self.repositories), others])
        pace = np.exp(rng.normal(0.0, self.differ, (self.repositories, len(STAGES))))[repository]
        ends, abandoned_in = _lives(rng, pace)
        watched = rng.uniform(0.0, WATCHED_HOURS, self.changes)
        hours = np.full(ends.shape, np.nan)
        over = np.zeros(self.changes, dtype=bool)
        begin = np.zeros(self.changes)
        outcome = np.full(self.changes, "production", dtype=object)
        for stage in range(len(STAGES)):
            entered = ~over & (begin < watched)
            end = np.minimum(ends[:, stage], watched)
            hours[entered, stage] = (end - begin)[entered]
            waits = entered & (ends[:, stage] > watched)
            gone = entered & ~waits & (abandoned_in == stage)
            outcome[waits], outcome[gone] = "waiting", "abandoned"
            over |= waits | gone
            begin = ends[:, stage]
        return Seen(repository, hours, outcome.tolist())


def covered(lower: FloatArray, upper: FloatArray, truth: FloatArray) -> NDArray[np.bool_]:
    """Whether each interval holds the truth."""
    return (lower <= truth) & (truth <= upper)


def _lives(rng: np.random.Generator, pace: FloatArray) -> tuple[FloatArray, IntArray]:
    """When each change leaves each stage, (changes, stages), and in which it is abandoned (none: their number)."""
    moving = rng.exponential(MEAN_HOURS, pace.shape) * pace
    with np.errstate(divide="ignore"):
        giving_up = rng.exponential(1.0, pace.shape) / GIVEN_UP_PER_HOUR
    abandoned = giving_up < moving
    abandoned_in = np.where(abandoned.any(axis=1), abandoned.argmax(axis=1), len(STAGES))
    return np.cumsum(np.minimum(moving, giving_up), axis=1), abandoned_in


def _states(ends: FloatArray, abandoned_in: IntArray, hour: float) -> FloatArray:
    """1 for the state in which each change is, (changes, states)."""
    passed = (ends <= hour).sum(axis=1)
    states = np.zeros((passed.size, len(STAGES) + len(ENDS)))
    abandoned = passed > abandoned_in
    place = np.where(abandoned, len(STAGES) + 1, np.minimum(passed, len(STAGES)))
    states[np.arange(passed.size), place] = 1.0
    return states


def _hours_in_state(ends: FloatArray, abandoned_in: IntArray, horizon: float) -> FloatArray:
    """Hours of each change in each state, (changes, states)."""
    last = np.minimum(abandoned_in, len(STAGES) - 1)
    over = np.minimum(ends[np.arange(last.size), last], horizon)
    bounds = np.minimum(np.column_stack([np.zeros(over.size), ends]), over[:, None])
    rest = horizon - over
    abandoned = abandoned_in < len(STAGES)
    return np.column_stack([np.diff(bounds, axis=1), np.where(abandoned, 0.0, rest), np.where(abandoned, rest, 0.0)])
