"""Since when work moves at another pace: seen within two weeks, from how long stays last, before it is known what came.

What came of chances for a fortnight is known a fortnight later. How long stays last shows a turn sooner: each week of
the calendar so many stays ended, where so many were expected by the hazard of stays of that age, in that stage and
repository, over half a year (a log-rank test with time as a covariate: Andersen, Borgan, Gill & Keiding 1993,
Statistical Models Based on Counting Processes, V.3.3). The difference is a week's score, what was expected its
information, and a turn is looked for among weeks as among chances (`turns.py`).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from analytics.cohort.units import together
from analytics.survival.arrays import FloatArray, IntArray
from analytics.worklist.landmarks import Past
from analytics.worklist.turns import latest_turn

__all__ = ["ends_by_week", "weeks_since_turn"]

_WEEK_HOURS, _WEEKS = 168.0, 26
_FEWEST_ENDS = 5
"""Of a stage in a repository with fewer ends in half a year nothing is expected."""
_SMALLEST = 0.2
"""A difference of hazards (log) that is smaller moves hardly a chance by more than four points."""


def weeks_since_turn(past: Past, stage: IntArray) -> int | None:
    """How many whole weeks ago stages began to be left at another pace; None: not within half a year.

    `stage`: of each stay of the past.
    """
    score, information = np.zeros(_WEEKS), np.zeros(_WEEKS)
    stratum = together(past.repository, stage)
    order = np.argsort(stratum, kind="stable")
    firsts = np.append(np.flatnonzero(np.diff(stratum[order], prepend=-1)), order.size).tolist()
    for first, end in pairwise(firsts):
        rows = order[first:end]
        ended, expected = ends_by_week(past.hours[rows], past.seen_hours[rows])
        score, information = score + ended - expected, information + expected
    weeks = np.flatnonzero(information > 0.0)
    turn: int | None = None
    while True:
        split = latest_turn(score[weeks], information[weeks], recent=1, before=5, smallest=_SMALLEST)
        if split is None:
            return turn
        turn, weeks = int(weeks[split]), weeks[:split]


def ends_by_week(hours: FloatArray, seen_hours: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Of stays in one stage of one repository: how many ended in each week, the latest first, and how many should.

    `hours` and `seen_hours` (stays,): of each so far, and since it began.
    """
    entry = np.maximum(seen_hours - _WEEKS * _WEEK_HOURS, 0.0)
    here = hours > entry
    hours, seen_hours, entry = hours[here], seen_hours[here], entry[here]
    ended = hours < seen_hours - 1e-6
    if np.count_nonzero(ended) < _FEWEST_ENDS:
        return np.zeros(_WEEKS), np.zeros(_WEEKS)
    at = np.sort(hours[ended])
    at_risk = np.searchsorted(np.sort(entry), at) - np.searchsorted(np.sort(hours), at)
    hazard = np.append(0.0, np.cumsum(1.0 / at_risk))
    edges = np.clip(seen_hours[:, None] - _WEEK_HOURS * np.arange(_WEEKS + 1), entry[:, None], hours[:, None])
    expected = -np.diff(hazard[np.searchsorted(at, edges, "right")], axis=1).sum(axis=0)
    week = ((seen_hours - hours)[ended] // _WEEK_HOURS).astype(np.int64)
    return np.bincount(np.minimum(week, _WEEKS - 1), minlength=_WEEKS).astype(np.float64), expected
