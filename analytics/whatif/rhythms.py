"""Release cadences beside each other, each instead of the real releases: what daily instead of weekly would bring."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analytics.cohort.cohort import ENDS, Cohort
from analytics.cohort.units import THESE, Units
from analytics.survival import incidence
from analytics.whatif.cadence import CADENCES, Cadence
from analytics.whatif.clock import WALL, Clock
from analytics.whatif.compute import Cadences, cadences_of, spanned
from analytics.whatif.departures import Departures
from analytics.whatif.effect import Bounds, Effect, Outlook, Watched, bounded, effect, outlook
from analytics.whatif.replay import HELD, replay

__all__ = ["AS_NOW", "NAMES", "Rhythm", "rhythms_of"]

AS_NOW = "as now"
NAMES = (AS_NOW, *(cadence.name for cadence in reversed(CADENCES)))
"""The cadences that are laid beside each other: the real releases, then the rarest first."""


@dataclass(frozen=True, eq=False)
class Rhythm:
    """Some changes as they would have gone by one cadence, alone and for every repository.

    `name`, `when`: of the cadence. `changes`: how many. `ways`: how they went if a change that missed a release was
    ready for the next one early, in the middle of the time between both, or late: that is not known (`replay`).
    """

    name: str
    when: str
    changes: int
    units: Units
    ways: Sequence[Watched]
    clock: Clock = WALL

    @cached_property
    def outlooks(self) -> Sequence[Outlook]:
        """What is to be expected, for each of the `ways`."""
        distinct = {id(way): way for way in self.ways}
        by_way = {key: outlook(way, self.units, self.clock) for key, way in distinct.items()}
        return [by_way[id(way)] for way in self.ways]

    @property
    def waiting_hours(self) -> Bounds:
        """Mean hours that a change waits within the horizon."""
        bounds = [bounded(way.waiting_hours, way.on_waiting, self.units) for way in self.outlooks]
        return _widest(bounds, self.clock.horizon_hours)

    @property
    def arrived_7d(self) -> Bounds:
        """The share in production within 7 days."""
        bounds = [bounded(float(way.arrived[0]), way.on_arrived[:, 0], self.units) for way in self.outlooks]
        return _widest(bounds, 1.0)

    @cached_property
    def half_hours(self) -> Bounds:
        """The hours by which half is in production; nan where that, or a bound of it, is not reached."""
        by_way = {key: self._half(way) for key, way in {id(way): way for way in self.ways}.items()}
        lower, upper = (np.array([getattr(half, side) for half in by_way.values()]) for side in ("lower", "upper"))
        # A bound that one of the ways does not reach is not reached.
        return Bounds(by_way[id(self.ways[len(self.ways) // 2])].value, float(lower.min()), float(upper.max()))

    def instead_of(self, other: Rhythm) -> Effect:
        """What this one brings the same changes, instead of the other."""
        pairs = zip(other.outlooks, self.outlooks, strict=True)
        early, middle, late = (effect(before, after, self.units, self.changes, self.clock) for before, after in pairs)
        return spanned(early, middle, late)

    def _half(self, way: Watched) -> Bounds:
        spent = self.clock.hours(way.complete_at, way.end_at)
        units = self.units
        curve = incidence(spent, way.ended_as, ENDS, cluster=units.code, clusters=units.size, stratum=units.stratum)
        (half,) = curve.quantiles(ENDS[0], [0.5])
        hours = (half.hours, half.lower_hours, half.upper_hours)
        return Bounds(*(float("nan") if value is None else value for value in hours))


def rhythms_of(cohort: Cohort, departures: Departures, clock: Clock = WALL, intervals: str = THESE) -> Sequence[Rhythm]:
    """The changes of `NAMES`, in that order, at the hour at which most releases leave; `cohort` as `read_changes`."""
    real = Cadences(cohort, departures, clock, intervals)
    every = departures.typical_gap_days(real.releases.repository)
    watched = real.releases.watched()
    now = Rhythm(AS_NOW, f"every {every:.1f} days", real.changes, real.units, [watched] * len(HELD), clock)
    others = (
        Rhythm(cadence.name, cadence.when, real.changes, real.units, _alone(real, cadence), clock)
        for cadence in reversed(cadences_of(departures))
    )
    return [now, *others]


def _alone(real: Cadences, cadence: Cadence) -> Sequence[Watched]:
    return [replay(real.releases, real.departures, cadence, held=held, besides=False) for held in real.eligible]


def _widest(ways: Sequence[Bounds], most: float) -> Bounds:
    """The middle one, with bounds that hold those of all and stay inside what is possible."""
    lower, upper = (np.array([getattr(way, side) for way in ways]) for side in ("lower", "upper"))
    bounds = np.clip([lower.min(), upper.max()], 0.0, most)  # nan stays nan
    return Bounds(ways[len(ways) // 2].value, *bounds.tolist())
