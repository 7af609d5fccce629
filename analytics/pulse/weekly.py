"""Ends observed and expected in each week: a survival control chart for the stays of one team.

A change that waits says something every week: that it did not move on. The reference weeks give the hazard of moving on
by hours of waiting (Nelson-Aalen, left-truncated at the begin of the reference). With it, the expected ends of a week
are the sum of the cumulative hazard over all time that changes were waiting in that week. Fewer ends than expected are
a slowdown, seen as soon as work waits longer and not only when it arrives.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.survival.arrays import BoolArray, FloatArray, IntArray

__all__ = ["FEWEST_ENDS", "RECENT_WEEKS", "REFERENCE_WEEKS", "WEEK_HOURS", "Stays", "WeeklyTest", "weekly_test"]

WEEK_HOURS = 168.0
RECENT_WEEKS = 4
REFERENCE_WEEKS = 26
FEWEST_ENDS = 100
"""Ends of a stratum in the reference weeks, below which it is pooled with the other small ones."""


@dataclass(frozen=True, eq=False)
class Stays:
    """Stays in one state. Times are hours since some Monday.

    `begin`, `end` (stays,): when it was entered, and left or last seen. `ended` (stays,): whether it moved on at `end`;
    else it was abandoned, or still waits. `stratum` (stays,): a code; stays of one stratum share a hazard.
    """

    begin: FloatArray
    end: FloatArray
    ended: BoolArray
    stratum: IntArray

    def where(self, chosen: BoolArray) -> Stays:
        """The chosen stays."""
        return Stays(self.begin[chosen], self.end[chosen], self.ended[chosen], self.stratum[chosen])


@dataclass(frozen=True)
class WeeklyTest:
    """The recent weeks against the reference.

    `observed`, `expected`: ends in the recent weeks. `z`: how many standard errors fewer were observed than expected,
    0 where the reference says nothing. `weekly_ends`: in a week of the reference, on average. `dispersion`: variance of
    a week's ends over that of a Poisson variable.
    """

    observed: float
    expected: float
    z: float
    weekly_ends: float
    dispersion: float

    @property
    def slower(self) -> float:
        """How many times as long stays take: expected over observed ends."""
        return self.expected / self.observed if self.observed else float("inf")


def weekly_test(stays: Stays, week_end: float) -> WeeklyTest:
    """Compare the recent weeks before `week_end` with the reference weeks before them.

    Standard errors allow for weeks that vary more than counts do, and for the reference being an estimate.

    References
    ----------
    Biswas and Kalbfleisch (2008), A risk-adjusted CUSUM in continuous time based on the Cox model, Statistics in
    Medicine 27, 3382-3406: observed less expected ends. McCullagh and Nelder (1989), Generalized Linear Models, 2nd
    edition, 4.5: the dispersion.
    """
    weeks = RECENT_WEEKS + REFERENCE_WEEKS
    first = week_end - weeks * WEEK_HOURS
    # Stays of no length have no time in which they could have ended.
    stays = stays.where((stays.end > max(0.0, first)) & (stays.begin < week_end) & (stays.end > stays.begin))
    edges: FloatArray = first + np.arange(weeks + 1, dtype=np.float64) * WEEK_HOURS
    observed = np.histogram(stays.end[stays.ended & (stays.end < week_end)], edges)[0].astype(np.float64)
    expected = np.zeros(weeks)
    for code in _pooled(stays, first, edges[REFERENCE_WEEKS]):
        expected += _expected(code, edges)
    before, recent = slice(0, REFERENCE_WEEKS), slice(REFERENCE_WEEKS, weeks)
    reference = expected[before]
    total, ahead = reference.sum(), expected[recent].sum()
    weekly = observed[before].sum() / REFERENCE_WEEKS
    if total <= 0.0 or ahead <= 0.0:
        return WeeklyTest(observed[recent].sum(), ahead, 0.0, weekly, 1.0)
    # Pearson's estimate; weeks cannot vary less than counts do for long.
    dispersion = max(1.0, float(((observed[before] - reference) ** 2).sum() / total))
    error = np.sqrt(dispersion * ahead * (1.0 + ahead / total))
    fewer = ahead - observed[recent].sum()
    return WeeklyTest(float(observed[recent].sum()), float(ahead), float(fewer / error), float(weekly), dispersion)


def _pooled(stays: Stays, first: float, until: float) -> list[Stays]:
    """The stays of each stratum with enough ends in the reference, and those of all others."""
    counted = stays.ended & (stays.end >= first) & (stays.end < until)
    ends = np.bincount(stays.stratum[counted], minlength=int(stays.stratum.max(initial=0)) + 1)
    large = np.flatnonzero(ends >= FEWEST_ENDS)
    parts = [stays.where(stays.stratum == code) for code in large]
    rest = stays.where(~np.isin(stays.stratum, large))
    return [*parts, rest] if rest.begin.size else parts


def _expected(stays: Stays, edges: FloatArray) -> FloatArray:
    """Expected ends of each week between `edges` (weeks + 1,), by the hazard in the reference weeks."""
    ages, cumulative = _hazard(stays, float(edges[0]), float(edges[REFERENCE_WEEKS]))
    weeks = len(edges) - 1

    def reached(hours: FloatArray) -> FloatArray:
        """The cumulative hazard after so many hours of waiting."""
        return cumulative[np.searchsorted(ages, hours, side="right")]

    end = np.minimum(stays.end, edges[-1])
    last = np.clip(np.searchsorted(edges, end, side="left") - 1, 0, weeks - 1)
    expected = np.bincount(last, reached(end - stays.begin), minlength=weeks).astype(np.float64)
    # What a stay reaches by the end of a week belongs to that week, and not to the next.
    first = np.searchsorted(edges[:-1], stays.begin, side="right")
    crossings = np.maximum(np.searchsorted(edges[:-1], end, side="left") - first, 0)
    stay = np.repeat(np.arange(end.size), crossings)
    week = first[stay] + np.arange(stay.size) - np.repeat(np.cumsum(crossings) - crossings, crossings)
    so_far = np.bincount(week, reached(edges[week] - stays.begin[stay]), minlength=weeks)
    expected -= so_far
    expected[:-1] += so_far[1:]
    return expected


def _hazard(stays: Stays, first: float, until: float) -> tuple[FloatArray, FloatArray]:
    """The ages (n,) at which stays end in the reference, and the cumulative hazard (n + 1,) before and after each."""
    inside = (stays.end > first) & (stays.begin < until)
    begin, end = stays.begin[inside], stays.end[inside]
    entry = np.maximum(first - begin, 0.0)
    leave = np.minimum(end, until) - begin
    ended = stays.ended[inside] & (end < until)
    ages, deaths = np.unique(leave[ended], return_counts=True)
    at_risk = np.searchsorted(np.sort(entry), ages, side="left") - np.searchsorted(np.sort(leave), ages, side="left")
    return ages, np.concatenate([[0.0], np.cumsum(deaths / np.maximum(at_risk, 1))])
