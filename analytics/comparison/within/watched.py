"""Changes of both groups as they were watched, and estimates of what became of those not watched long enough.

A change that was followed to a horizon needs no estimate. What is followed for less has a pseudo-value: the estimate
for its group plus what the change itself adds to it, times as many as there are (Andersen, Klein & Rosthøj 2003,
Biometrika 90, 15). What a change adds is its influence (the infinitesimal jackknife), so that nothing is estimated
twice. Within each estimate changes have the overlap weights of the design: both groups then have the same mix of cells,
so that a time of which there is more AI work is not mistaken for AI work.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analytics.comparison.within.effect import Outcome
from analytics.comparison.within.first_ends import FirstEnds
from analytics.survival.arrays import BoolArray, FloatArray, IntArray

__all__ = ["FEWEST_OF_A_FIT", "Ends", "Watched"]

FEWEST_OF_A_FIT = 50
"""A repository is estimated by itself where each of its groups has so many changes; the others are one part."""


@dataclass(frozen=True, eq=False)
class Watched:
    """Changes in cells with both groups, (changes,) each.

    `hours` from code complete to how it `ended_as` (place in `ENDS`, or `CENSORED`); `followed`: from code complete to
    the report. `first`: the group. `repository`: codes. `weight`: the overlap weights.
    """

    hours: FloatArray
    ended_as: IntArray
    followed: FloatArray
    first: BoolArray
    repository: IntArray
    weight: FloatArray

    @cached_property
    def fit(self) -> IntArray:
        """Which changes are estimated together, (changes,): codes 0, 1, …, each of one group."""
        size = int(self.repository.max(initial=-1)) + 1
        counts = [np.bincount(self.repository[side], minlength=size) for side in (self.first, ~self.first)]
        alone = np.minimum(*counts) >= FEWEST_OF_A_FIT
        part = 2 * np.where(alone, np.arange(size), size)[self.repository] + self.first
        occupied = np.bincount(part) > 0
        codes: IntArray = (np.cumsum(occupied) - 1)[part]
        return codes


class Ends:
    """How and when changes come to an end of some kind, each `fit` estimated by itself; sorted when first needed."""

    def __init__(self, watched: Watched, hours: FloatArray, ended_as: IntArray) -> None:
        self._watched, self._hours, self._ended_as = watched, hours, ended_as

    def outcome(
        self,
        values: FloatArray,
        horizon: float,
        gain: Callable[[FloatArray], FloatArray],
        way: int | None = None,
        *,
        whole: float = 0.0,
    ) -> Outcome:
        """An outcome by `horizon` hours: `values` (changes,) where followed so long, else pseudo-values.

        The mean of the outcome is `whole` plus that of `gain` over ends of one `way` (None: of any). Where a fit was
        nowhere followed so long its pseudo-values are nan.
        """
        watched = self._watched
        unseen = watched.followed < horizon
        if not bool(unseen.any()):
            return Outcome.known(values)
        estimated = self._sorted.mean(gain, way)
        count = np.bincount(watched.fit, weights=watched.weight)
        mean = np.where(self._sorted.seen_at(horizon), whole + estimated.mean, np.nan)
        adds = count[watched.fit] / watched.weight * estimated.influence
        return Outcome(np.where(unseen, mean[watched.fit] + adds, values), unseen, watched.fit, estimated.influence)

    @cached_property
    def _sorted(self) -> FirstEnds:
        watched = self._watched
        fits = int(watched.fit.max()) + 1
        return FirstEnds(self._hours, self._ended_as, watched.fit, watched.weight, fits)
