"""Means over how changes end first, and what each change adds to them, for many groups in one pass.

Of a change that can end in several ways, F_k(t) is the share that has ended as k by t (Aalen–Johansen with one state to
leave). For a function g of the hour the mean of g over ends of one way is ∫ g dF_k: with g = 1 up to t the share ended
by t, with g(s) = τ - s the mean hours of the horizon τ since the end, and so on for hours on any other clock. With N_k
ends of the way and N of any at hour s, Y at risk, h_k = N_k / Y and S the share still waiting just before, that is
Σ g S h_k. Its derivative with respect to the weight of a change that ended (if it did) at x as k is

    g S / Y [ended as k]  -  R / (Y (1 - h)) [ended]  -  Σ_(u ≤ x) (g S h_k / Y  -  h R / (Y (1 - h)))

with R(u) = Σ_(s > u) g S h_k: running sums over hours, of which each change looks up one. It is what the infinitesimal
jackknife of `incidence` gives (there of any number of states), some hundred times faster for changes as units.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from analytics.survival.arrays import BoolArray, FloatArray, IntArray, totals
from analytics.survival.incidence import HARDLY_ANY

__all__ = ["FirstEnds", "MeanOfEnds"]

_GONE = 1e-12


@dataclass(frozen=True, eq=False)
class MeanOfEnds:
    """`mean` (groups,): of each group; `influence` (changes,): of each change on that of its group."""

    mean: FloatArray
    influence: FloatArray


class FirstEnds:
    """Changes of several groups in the order of hours."""

    def __init__(self, hours: FloatArray, ended_as: IntArray, group: IntArray, weight: FloatArray, groups: int) -> None:
        """Sort the changes.

        Parameters
        ----------
        hours:
            (changes,) until the change ended, or was last seen.
        ended_as:
            (changes,) codes of how, below zero where it has not ended.
        group:
            (changes,) codes 0 … groups-1; each is estimated by itself.
        weight:
            (changes,) what each counts, above zero.
        groups:
            How many groups there are; each has a change.
        """
        self._order = np.lexsort((hours, group))
        at, of = hours[self._order], group[self._order]
        new = (np.diff(at, prepend=-1.0) != 0.0) | (np.diff(of, prepend=-1) != 0)
        self._place = np.cumsum(new) - 1
        self._hours, self._group, self._groups = at[new], of[new], groups
        self._ended_as, self._weight = ended_as[self._order], weight[self._order]
        self._changes = totals(of, self._weight, groups)
        self._begin = np.searchsorted(self._group, np.arange(groups))
        self.at_risk = self._beyond(self._at(self._weight))
        self._ended = self._at(self._weight * (self._ended_as >= 0))
        stay = 1.0 - self._ended / self.at_risk
        self._stay = np.where(stay > _GONE, stay, 0.0)
        self.waiting = self._product_before(self._stay)

    def seen_at(self, hours: float) -> BoolArray:
        """Whether changes of each group were still at risk then, or hardly any were left, (groups,)."""
        last = np.zeros(self._groups)
        np.maximum.at(last, self._group, self._hours)
        end = np.append(self._begin[1:], self._hours.size) - 1
        left = self.waiting[end] * self._stay[end]
        seen: BoolArray = (last >= hours) | (left <= HARDLY_ANY)
        return seen

    def mean(self, gain: Callable[[FloatArray], FloatArray], way: int | None = None) -> MeanOfEnds:
        """The mean of `gain` (a function of hours) over ends of one `way`, of any where it is None."""
        of_way = self._ended_as >= 0 if way is None else self._ended_as == way
        gained, risk = gain(self._hours), self.at_risk
        hazard = self._ended if way is None else self._at(self._weight * of_way)
        hazard = hazard / risk
        parts = gained * self.waiting * hazard
        left = np.maximum(self._stay, _GONE)
        later = self._beyond(parts) - parts
        # Where nobody stays, nothing comes later.
        lost = np.where(self._stay > 0.0, later / (risk * left), 0.0)
        direct = gained * self.waiting / risk
        drift = self._running(direct * hazard - self._ended / risk * lost)
        of_change = self._weight * (direct[self._place] * of_way - lost[self._place] * (self._ended_as >= 0))
        of_change -= self._weight * drift[self._place]
        influence = np.empty(of_change.size)
        influence[self._order] = of_change
        return MeanOfEnds(totals(self._group, parts, self._groups), influence)

    def _at(self, values: FloatArray) -> FloatArray:
        """The sum of `values` (changes,) at each hour of a group."""
        return totals(self._place, values, self._hours.size)

    def _running(self, values: FloatArray) -> FloatArray:
        """The sum of `values` up to each hour of its group."""
        running = np.cumsum(values)
        before = (running - values)[self._begin]
        return np.asarray(running - before[self._group], dtype=np.float64)

    def _beyond(self, values: FloatArray) -> FloatArray:
        """The sum of `values` from each hour of its group on."""
        running = self._running(values)
        last = running[np.append(self._begin[1:], values.size) - 1]
        return np.asarray(last[self._group] - running + values, dtype=np.float64)

    def _product_before(self, stay: FloatArray) -> FloatArray:
        """The product of `stay` before each hour of its group."""
        product = np.empty(stay.size)
        bounds = np.append(self._begin, stay.size)
        for begin, end in pairwise(bounds.tolist()):
            product[begin] = 1.0
            np.cumprod(stay[begin : end - 1], out=product[begin + 1 : end])
        return product
