"""When a curve that climbs from 0 reaches a share, and between which hours that lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analytics.survival.arrays import FloatArray
from headway.errors import AnalysisError

__all__ = ["SHARES_TIE", "Quantile", "as_shares", "crossing_hours", "read_quantiles"]

SHARES_TIE = float(np.sqrt(np.finfo(np.float64).eps))
"""Shares that differ by less are the same."""


@dataclass(frozen=True)
class Quantile:
    """The hour by which `share` of the changes have ended, and its interval; None where that is not reached.

    A `hours` of None with a `lower_hours` says: not reached, and not before `lower_hours`.
    """

    share: float
    hours: float | None
    lower_hours: float | None
    upper_hours: float | None


def as_shares(shares: ArrayLike) -> FloatArray:
    """Shares above 0 and below 1; AnalysisError otherwise."""
    values = np.atleast_1d(np.asarray(shares, dtype=np.float64))
    if values.ndim != 1 or not bool(np.all((values > 0.0) & (values < 1.0))):
        raise AnalysisError("a share is not between 0 and 1", hint="write a median as 0.5")
    return values


def read_quantiles(
    hours: FloatArray, reached: FloatArray, bounds: tuple[FloatArray, FloatArray], shares: ArrayLike
) -> tuple[Quantile, ...]:
    """A quantile for each of `shares`, from the curve `reached` (hours,) at `hours`, and its (lower, upper) bounds.

    The interval is where the band of the curve holds the share (Brookmeyer & Crowley 1982, Biometrics 38, 29).
    """
    lower, upper = bounds
    quantiles = []
    for share in as_shares(shares).tolist():
        crossings = (crossing_hours(hours, curve, share) for curve in (reached, upper, lower))
        quantiles.append(Quantile(share, *crossings))
    return tuple(quantiles)


def crossing_hours(hours: FloatArray, reached: FloatArray, share: float) -> float | None:
    """The first of `hours` (ascending) at which the step curve `reached` is at `share` or above; None if it never is.

    Where the curve is level at exactly `share`, the middle of that level, up to the last hour when it stays there: the
    rule of `quantile.survfit` in R's survival. nan in `reached` is below every share.
    """
    best = np.maximum.accumulate(np.where(np.isnan(reached), -np.inf, reached))
    first, beyond = np.searchsorted(best, [share - SHARES_TIE, share + SHARES_TIE]).tolist()
    if first == hours.size:
        return None
    return float(hours[first] + hours[min(beyond, hours.size - 1)]) / 2.0
