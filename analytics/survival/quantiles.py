"""When a curve that climbs from 0 reaches a share, and between which hours that lies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analytics.survival.arrays import FloatArray, IntArray
from headway.errors import AnalysisError

__all__ = ["Quantile", "as_shares", "crossing_hours", "read_quantiles", "refined"]

_TIE = float(np.sqrt(np.finfo(np.float64).eps))
_FIRST_LOOK, _CLOSER_LOOK = 256, 16


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
        found = (crossing_hours(hours, curve, share) for curve in (reached, upper, lower))
        quantiles.append(Quantile(share, *found))
    return tuple(quantiles)


def crossing_hours(hours: FloatArray, reached: FloatArray, share: float) -> float | None:
    """The first of `hours` (ascending) at which the step curve `reached` is at `share` or above; None if it never is.

    Where the curve is level at exactly `share`, the middle of that level, up to the last hour when it stays there: the
    rule of `quantile.survfit` in R's survival. nan in `reached` is below every share.
    """
    best = np.maximum.accumulate(np.where(np.isnan(reached), -np.inf, reached))
    first, beyond = np.searchsorted(best, [share - _TIE, share + _TIE]).tolist()
    if first == hours.size:
        return None
    return float(hours[first] + hours[min(beyond, hours.size - 1)]) / 2.0


def refined(evaluate: Callable[[IntArray], FloatArray], size: int, shares: FloatArray) -> tuple[IntArray, FloatArray]:
    """Positions at which to know costly curves so that every crossing of `shares` is found as if all were known.

    `evaluate` gives the curves (positions, curves) at some ascending positions of 0 … size-1. Looks at some positions
    first, then closer where a curve passes a share. Returns the positions, ascending, and the curves there.
    """
    positions = np.unique(np.linspace(0, size - 1, min(size, _FIRST_LOOK)).round().astype(np.int64))
    curves = evaluate(positions)
    while True:
        closer = _closer(positions, curves, shares)
        if closer.size == 0:
            return positions, curves
        order = np.argsort(np.concatenate([positions, closer]))
        curves = np.concatenate([curves, evaluate(closer)])[order]
        positions = np.concatenate([positions, closer])[order]


def _closer(positions: IntArray, curves: FloatArray, shares: FloatArray) -> IntArray:
    """Positions not looked at yet, between the two where a curve first passes a share."""
    best = np.maximum.accumulate(np.where(np.isnan(curves), -np.inf, curves), axis=0)
    wanted = [np.zeros(0, dtype=np.int64)]
    for level in np.concatenate([shares - _TIE, shares + _TIE]).tolist():
        for curve in best.T:
            first = int(np.searchsorted(curve, level))
            if 0 < first < positions.size and positions[first] - positions[first - 1] > 1:
                inside = np.linspace(positions[first - 1], positions[first], _CLOSER_LOOK + 2)[1:-1]
                wanted.append(inside.round().astype(np.int64))
    return np.setdiff1d(np.concatenate(wanted), positions)
