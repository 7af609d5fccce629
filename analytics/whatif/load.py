"""Whether pickup takes longer after a busy week: then reviewers are a queue, and gains without queues are too low."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from analytics.cohort.units import FEWEST_CLUSTERS
from analytics.comparison.cells import together
from analytics.survival.arrays import FloatArray, IntArray, totals
from analytics.survival.errors.small_samples import reach_of
from analytics.whatif.clock import HORIZON_HOURS
from analytics.whatif.effect import Bounds

__all__ = ["pickup_by_load"]

_WEEK = 168.0
_FEWEST_CHANGES = 50
_LEVEL = 0.95
_SHORTEST = 0.1
"""Hours added to each pickup: the logarithm of zero does not exist."""


@dataclass(frozen=True, eq=False)
class _Pickups:
    """Followed pickups, (changes,): logarithms of their hours and of the arrivals of the week before, and the cell."""

    hours: FloatArray
    arrivals: FloatArray
    cell: IntArray


def pickup_by_load(changes: pl.DataFrame) -> Bounds | None:
    """How many times as long pickup takes after a week with twice the arrivals, within repository and month.

    Arrivals are changes of the repository that were code complete in the 168 hours before. What makes a month slow
    makes its queue long, so queues would say nothing; arrivals come from elsewhere. Least squares of the logarithms
    with a constant for each repository and month; errors by these, with the reach of as few as there are. None with
    fewer than 50 changes followed for 30 days, or five months of repositories.
    """
    pickups = _pickups(changes)
    if pickups.hours.size < _FEWEST_CHANGES:
        return None
    x, z = (_within(values, pickups.cell) for values in (pickups.arrivals, pickups.hours))
    square = totals(pickups.cell, x**2, int(pickups.cell.max()) + 1)
    whole = float(square.sum())
    share = square / whole if whole > 0.0 else square
    if int((share > 1e-12).sum()) < FEWEST_CLUSTERS:
        return None
    slope = float((x * z).sum()) / whole
    score = totals(pickups.cell, x * (z - slope * x), square.size)
    reach = reach_of([(share, share * pickups.hours.size)])
    far = reach.critical(_LEVEL) * float(np.sqrt((score**2).sum())) / whole
    return Bounds(*(float(2.0**exponent) for exponent in (slope, slope - far, slope + far)))


def _pickups(changes: pl.DataFrame) -> _Pickups:
    repository = changes["repo"].rank("dense").cast(pl.Int64).to_numpy()
    at = changes["code_complete_at"].dt.epoch("us").to_numpy() / 3.6e9
    order = np.lexsort((at, repository))
    repository, at = repository[order], at[order]
    # Each repository after the last, so that a week back never reaches another one.
    placed = at - at.min(initial=np.inf) + repository * (np.ptp(at) + 2.0 * _WEEK if at.size else 0.0)
    arrivals = np.arange(at.size) - np.searchsorted(placed, placed - _WEEK)
    followed = (changes["as_of"].dt.epoch("us").to_numpy() / 3.6e9)[order] - at
    hours = changes["pickup_hours"].fill_null(np.nan).to_numpy()[order]
    month = np.floor(at / 730.5).astype(np.int64)
    # The first week's arrivals are not all known.
    first = at - np.minimum.reduceat(at, np.flatnonzero(np.diff(repository, prepend=-1)))[_dense(repository)]
    taken = ~np.isnan(hours) & (followed >= HORIZON_HOURS) & (first >= _WEEK)
    cell = together(repository[taken], month[taken] - month.min(initial=0)) if taken.any() else np.zeros(0, np.int64)
    spent = np.log(np.minimum(hours[taken], HORIZON_HOURS) + _SHORTEST)
    return _Pickups(spent, np.log1p(arrivals[taken].astype(np.float64)), cell)


def _dense(sorted_codes: IntArray) -> IntArray:
    return np.cumsum(np.diff(sorted_codes, prepend=-1) != 0) - 1


def _within(values: FloatArray, cell: IntArray) -> FloatArray:
    """The values less the mean of their cell."""
    size = int(cell.max()) + 1
    mean = totals(cell, values, size) / np.maximum(np.bincount(cell, minlength=size), 1)
    left: FloatArray = values - mean[cell]
    return left
