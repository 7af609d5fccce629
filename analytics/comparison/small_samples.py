"""Tests and intervals where few independent units carry everything.

The variance of a difference is estimated by the sum over units of squared influences, which has two faults with few or
unequal units: it is too small, and it is itself uncertain. Both are known if the differences between units are as a
working model says, so that the variance is enlarged by the first and Student's t gets the degrees of freedom of the
second (Bell & McCaffrey 2002, Survey Methodology 28, 169; Satterthwaite 1946; Pustejovsky & Tipton 2018, JBES 36, 672,
who find that the choice of the working model matters little).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from analytics.survival.arrays import FloatArray

__all__ = ["Reach", "reach_of_one", "reach_of_two"]


@dataclass(frozen=True)
class Reach:
    """How far a standard error by units reaches: `inflation` of it, and the `degrees` of freedom of Student's t."""

    inflation: float
    degrees: float

    def critical(self, level: float) -> float:
        """How many (uninflated) standard errors an interval of `level` reaches to each side."""
        return self.inflation * float(special.stdtrit(self.degrees, (1.0 + level) / 2.0))

    def p_value(self, estimate: float, standard_error: float) -> float:
        """The chance of an estimate as far from zero, if there is no difference."""
        return float(2.0 * special.stdtr(self.degrees, -abs(estimate) / (self.inflation * standard_error)))


def reach_of_two(first: FloatArray, second: FloatArray, shared: FloatArray) -> Reach:
    """For the difference of two means over the same units.

    `first`, `second` (units,): the share of each group's weight in each unit. `shared` (2, units): the variance of a
    unit's mean in each group, up to one factor, as the working model has it.

    With a and o the shares and A, O their diagonal matrices, unit influences are (A - a1'A) x - (O - o1'O) y of the
    units' means x and y, so their covariance is V = D + LK' with D diagonal and L, K a few columns. The sum of squares
    has the mean tr V and the variance 2 tr V².
    """
    diagonal = np.zeros(first.size)
    left: list[FloatArray] = []
    right: list[FloatArray] = []
    true = 0.0
    for share, variance in zip((first, second), shared, strict=True):
        spread = share * variance * share
        diagonal += spread
        true += float(spread.sum())
        left += [-spread, -share, share * spread.sum()]
        right += [share, spread, share]
    return _reach(true, diagonal, np.stack(left, axis=1), np.stack(right, axis=1))


def reach_of_one(information: FloatArray) -> Reach:
    """For an estimate whose score is a sum over units, from the share of the information in each, (units,)."""
    share = information / information.sum()
    return _reach(1.0, share, -share[:, None], share[:, None])


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
