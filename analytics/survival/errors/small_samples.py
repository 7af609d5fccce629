"""Tests and intervals where few independent units carry everything.

The variance of a difference is estimated by the sum over units of squared influences, which has two faults with few or
unequal units: it is too small, and it is itself uncertain. Both are known if the differences between units are as a
working model says, so that the variance is enlarged by the first and Student's t gets the degrees of freedom of the
second (Bell & McCaffrey 2002, Survey Methodology 28, 169; Satterthwaite 1946; Pustejovsky & Tipton 2018, JBES 36, 672,
who find that the choice of the working model matters little).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import scipy

from analytics.survival.arrays import FloatArray, IntArray

__all__ = ["BETWEEN_UNITS", "Reach", "moments_of", "reach_of", "variance_of_means"]

BETWEEN_UNITS = 0.05
"""The working model: so much of the variance of a change lies between units, the rest within."""


@dataclass(frozen=True)
class Reach:
    """How far a standard error by units reaches: `inflation` of it, and the `degrees` of freedom of Student's t."""

    inflation: float
    degrees: float

    def critical(self, level: float) -> float:
        """How many (uninflated) standard errors an interval of `level` reaches to each side."""
        return self.inflation * float(scipy.special.stdtrit(self.degrees, (1.0 + level) / 2.0))

    def p_value(self, estimate: float, standard_error: float) -> float:
        """The chance of an estimate as far from zero, if there is no difference."""
        return float(2.0 * scipy.special.stdtr(self.degrees, -abs(estimate) / (self.inflation * standard_error)))


def variance_of_means(changes: FloatArray) -> FloatArray:
    """The variance of units' means over so many changes (units,) by the working model, up to one factor; 0 for none."""
    present = changes > 0.0
    return np.where(present, (1.0 - BETWEEN_UNITS) / np.where(present, changes, 1.0) + BETWEEN_UNITS, 0.0)


def reach_of(groups: Iterable[tuple[FloatArray, FloatArray]]) -> Reach:
    """For a sum or difference of weighted means, one for each of `groups`, over the same units.

    Each group gives the share of its weight in each unit, (units,), and the changes that each unit's mean rests on.

    With a the shares of a group and A their diagonal matrix, what units add to its mean is (A - a1'A) x of the units'
    means x, so their covariance is V = D + LK' with D diagonal and L, K three columns for each group. The sum of
    squares has the mean tr V, where the true variance is 1'AWA1, and the variance 2 tr V².
    """
    true, diagonal = 0.0, np.zeros(1)
    left: list[FloatArray] = []
    right: list[FloatArray] = []
    for share, changes in groups:
        spread = share**2 * variance_of_means(changes)
        diagonal = diagonal + spread
        true += float(spread.sum())
        left += [-spread, -share, share * spread.sum()]
        right += [share, spread, share]
    return _reach(true, diagonal, np.stack(left, axis=1), np.stack(right, axis=1))


def _reach(true: float, diagonal: FloatArray, left: FloatArray, right: FloatArray) -> Reach:
    trace = float(diagonal.sum() + np.einsum("uk,uk->", left, right))
    square = float(
        (diagonal**2).sum()
        + 2.0 * (diagonal @ np.einsum("uk,uk->u", left, right))
        + np.einsum("ij,ji->", left.T @ left, right.T @ right)
    )
    if trace <= 1e-12 * true or square <= 0.0:
        return Reach(float("nan"), float("nan"))
    return Reach(float(np.sqrt(true / trace)), trace**2 / square)


def moments_of(share: FloatArray, variance: FloatArray, first: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """For the mean of each stratum, by the working model: its variance, the expected sum of squares, and tr V².

    `share` (units,): of the stratum's changes. `variance` (units,): of a unit's mean. `first` (strata,): where each
    stratum begins. As in `reach_of` for a single group, written out: the sum of squares is that of shares times the
    distances of units' means from the mean of the stratum.
    """

    def sums(values: FloatArray) -> FloatArray:
        return np.asarray(np.add.reduceat(values, first) if first.size else np.zeros(0), dtype=np.float64)

    square, true, cube = sums(share**2), sums(share**2 * variance), sums(share**3 * variance)
    fourth, fourths, fifths = (
        sums(share**4 * variance),
        sums(share**4 * variance**2),
        sums(share**5 * variance**2),
    )
    estimated = true - 2.0 * cube + square * true
    # The quadratic form has the matrix D - dwᵀ - wdᵀ + S wwᵀ, with D = diag(w²), d = w², S = Σw²: these are the traces
    # of it times diag(v), and of the square of that.
    spread = fourths - 4.0 * fifths + 2.0 * square * fourths
    spread += 2.0 * (cube**2 + fourth * true) - 4.0 * square * cube * true + (square * true) ** 2
    return true, estimated, spread
