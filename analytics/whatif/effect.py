"""What a what-if is worth: two ways that the same changes could have gone, laid beside each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from analytics.cohort.units import THESE, Units, units_of
from analytics.survival import CENSORED, Moves, Timeline, occupancy, restricted_mean_hours
from analytics.survival.arrays import FloatArray, IntArray, as_counts
from analytics.survival.errors.spread import Spread
from analytics.whatif.clock import WALL, Clock

__all__ = ["Bounds", "Effect", "Outlook", "Watched", "bounded", "effect", "outlook", "units_in"]

_STATES = ("waiting", "production", "abandoned")
_LEVEL = 0.95
_AN_INSTANT = 1e-9
"""Hours that stand for none: a change that starts must be seen to wait before it arrives."""


@dataclass(frozen=True)
class Bounds:
    """A number with its 95 % interval; nan bounds where nothing can be said of it."""

    value: float
    lower: float
    upper: float


@dataclass(frozen=True)
class Effect:
    """What a what-if changes, against the same machine with nothing replaced.

    `hours_saved`: mean hours less of waiting, within the horizon, of a change. `gained`: for each of
    `arrived_after_hours`, the share of all changes that is in production by then and would not have been. `before`: the
    share that is. `waiting_hours`: mean hours of waiting before. `changes`: behind it. `units`, `unit`: how many of
    what the intervals take as independent.
    """

    hours_saved: Bounds
    gained: tuple[Bounds, ...]
    before: tuple[float, ...]
    waiting_hours: float
    arrived_after_hours: tuple[float, ...]
    changes: int
    units: int
    unit: str


@dataclass(frozen=True, eq=False)
class Watched:
    """Between which instants each change was watched and how it ended, (changes,) each.

    `complete_at`, `end_at`: microseconds since 1970 UTC. `ended_as`: as in `Cohort`.
    """

    complete_at: IntArray
    end_at: IntArray
    ended_as: IntArray

    @property
    def hours(self) -> FloatArray:
        """From the one to the other, on the wall clock."""
        return WALL.hours(self.complete_at, self.end_at)


@dataclass(frozen=True, eq=False)
class Outlook:
    """Where changes are to be expected: mean waiting hours within the horizon, and shares arrived after some hours.

    `waiting_hours`, `arrived` (times,) and the influence of each unit on them, (units,) and (units, times).
    """

    waiting_hours: float
    arrived: FloatArray
    on_waiting: FloatArray
    on_arrived: FloatArray


def outlook(watched: Watched, units: Units, clock: Clock = WALL) -> Outlook:
    """Mean hours of waiting and shares arrived (Aalen–Johansen), with the influence of each unit."""
    size = watched.ended_as.size
    nothing = np.zeros(size, dtype=np.int64)
    ones = as_counts(None, size, "count")
    target = np.where(watched.ended_as == CENSORED, CENSORED, watched.ended_as + 1)
    hours = np.maximum(clock.hours(watched.complete_at, watched.end_at), _AN_INSTANT)
    moves = Moves(
        _STATES, units.size, units.code, nothing, ones, units.code, hours, nothing, target, ones, clustered=True
    )
    timeline = Timeline(moves)
    time = restricted_mean_hours(timeline, clock.horizon_hours, keep_influence=True)
    at = occupancy(timeline, clock.arrived_after_hours, keep_influence=True)
    assert time.influence is not None  # noqa: S101  (asked for)
    assert at.influence is not None  # noqa: S101
    return Outlook(float(time.mean_hours[0]), at.probability[:, 1], time.influence[:, 0], at.influence[:, :, 1])


def effect(before: Outlook, after: Outlook, units: Units, changes: int, clock: Clock = WALL) -> Effect:
    """The difference of two outlooks of the same changes, both on `clock`.

    The intervals rest on the differences within each unit.
    """
    gained = tuple(
        bounded(float(after.arrived[k] - before.arrived[k]), after.on_arrived[:, k] - before.on_arrived[:, k], units)
        for k in range(len(clock.arrived_after_hours))
    )
    return Effect(
        hours_saved=bounded(before.waiting_hours - after.waiting_hours, before.on_waiting - after.on_waiting, units),
        gained=gained,
        before=tuple(before.arrived.tolist()),
        waiting_hours=before.waiting_hours,
        arrived_after_hours=clock.arrived_after_hours,
        changes=changes,
        units=units.size,
        unit=units.name,
    )


def bounded(value: float, influence: FloatArray, units: Units) -> Bounds:
    """A value with the interval that the `influence` of each unit on it, (units,), gives."""
    standard_error, critical = Spread.by(units.sizes, units.stratum).errors(influence, _LEVEL)
    reach = float(critical * standard_error)
    return Bounds(value, value - reach, value + reach)


def units_in(changes: pl.DataFrame, intervals: str = THESE) -> Units:
    """What intervals of this question take as independent: each change where no more of it can be said."""
    repository = changes["repo"].rank("dense").cast(pl.Int64).to_numpy() - 1
    units = units_of(repository, changes["code_complete_at"].to_numpy(), intervals)
    return units or Units(np.arange(len(changes)), len(changes), "change", THESE)
