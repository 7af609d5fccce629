"""Whether two groups wait in the same stages, and how large the difference is."""

from __future__ import annotations

from itertools import product

import numpy as np
from scipy import special

from analytics.cohort.cohort import LEAD_STAGES
from analytics.comparison.measured import SMALLEST_SHARE, Behind, Hours, measured
from analytics.comparison.plain.differences import described
from analytics.comparison.plain.sides import Sides
from analytics.comparison.results import ALL, Friction, Measure
from analytics.survival.arrays import FloatArray
from analytics.survival.errors.small_samples import Reach

__all__ = ["friction_measure", "friction_of", "plain_share_measures", "share_measures"]


def share_measures(behind: Behind, hours: Hours, basis: str) -> list[Measure]:
    """The share of its waiting that each group spends in each stage, compared within cells."""
    stages, share, moved = _shares(hours)
    return [
        measured(
            behind, f"share_of_wait_{stage}", basis, "share", _pair(share, column), moved[:, column], SMALLEST_SHARE
        )
        for column, stage in enumerate(stages)
    ]


def plain_share_measures(sides: Sides, hours: Hours) -> list[Measure]:
    """Likewise of all changes, as a description."""
    stages, share, moved = _shares(hours)
    return [
        described(sides, f"share_of_wait_{stage}", "share", _pair(share, column), moved[:, column])
        for column, stage in enumerate(stages)
    ]


def friction_measure(friction: Friction, basis: str, changes: tuple[int, int]) -> Measure:
    """The part of the waiting that differs; that of all changes without its test."""
    note = "half the sum of the absolute differences of the shares of waiting"
    note += "" if basis == ALL else "; tests whether all shares are equal"
    p_value = None if basis == ALL else friction.p_value
    estimate = friction.distance, friction.lower, friction.upper, p_value
    return Measure("same_friction", basis, "share", None, None, *estimate, *changes, note)


def _pair(share: FloatArray, column: int) -> tuple[float, float]:
    return float(share[0, column]), float(share[1, column])


def friction_of(reach: Reach, hours: Hours) -> Friction | None:
    """The test and the distance; None where there are not two stages, or nothing varies.

    The test is the ANOVA-type statistic d'd / tr V of the differences d of the shares, whose covariance V, by unit, has
    no inverse (shares add up to one, and units are few): Brunner, Dette & Munk (1997), JASA 92, 1494. It is taken as
    F with f = (tr V)² / tr V² and f·t degrees, t those of Student's t for one difference; f is that of the estimate
    (Geisser & Greenhouse 1958, Annals of Mathematical Statistics 29, 885), which errs to the side of too few.

    The distance ½ Σ|d| is the largest of the sums of d over sets of stages. Its upper bound is the largest of the upper
    bounds of those sums, each at 97.5 %, which contains the true one because the true set is among them; its lower
    bound takes as many tests into account as there are sets (Bonferroni), and is 0 where the test sees no difference.
    """
    stages, share, moved = _shares(hours)
    degrees_of_t = reach.degrees
    if len(stages) < 2 or not np.isfinite(degrees_of_t):
        return None
    covariance = reach.inflation**2 * moved.T @ moved
    trace = float(np.trace(covariance))
    if trace <= 1e-24:
        return None
    difference = share[0] - share[1]
    degrees = _degrees(covariance)
    p_value = float(special.fdtrc(degrees, degrees * degrees_of_t, float(difference @ difference) / trace))
    lower, upper = _bounds(difference, covariance, degrees_of_t)
    return Friction(
        stages,
        tuple(share[0].tolist()),
        tuple(share[1].tolist()),
        float(np.abs(difference).sum()) / 2.0,
        lower if p_value <= 0.05 else 0.0,
        upper,
        p_value,
    )


def _shares(hours: Hours) -> tuple[tuple[str, ...], FloatArray, FloatArray]:
    """Stages that either group spends time in, their shares (2, stages), the influence on the difference."""
    stages = len(LEAD_STAGES)
    whole = hours.mean[:, :stages].sum(axis=1, keepdims=True)
    if bool(np.any(whole <= 0.0)):
        return (), np.zeros((2, 0)), np.zeros((hours.influence.shape[1], 0))
    present = np.flatnonzero(hours.mean[:, :stages].max(axis=0) > 0.0)
    share = hours.mean[:, present] / whole
    on_whole = hours.influence[:, :, :stages].sum(axis=2, keepdims=True)
    on_share = (hours.influence[:, :, present] - share[:, None, :] * on_whole) / whole[:, None, :]
    return tuple(LEAD_STAGES[stage] for stage in present), share, on_share[0] - on_share[1]


def _degrees(covariance: FloatArray) -> float:
    """(tr V)² / tr V², one or more: that of the estimate, which is below the true one where units are few."""
    return float(np.trace(covariance)) ** 2 / float((covariance**2).sum())


def _bounds(difference: FloatArray, covariance: FloatArray, degrees_of_t: float) -> tuple[float, float]:
    sets = np.array(list(product((0.0, 1.0), repeat=difference.size)))[1:-1]
    moved = sets @ difference
    error = np.sqrt(np.maximum(np.einsum("sk,kl,sl->s", sets, covariance, sets), 0.0))
    single, simultaneous = (float(special.stdtrit(degrees_of_t, 1.0 - 0.025 / tests)) for tests in (1, len(sets)))
    return max(float((moved - simultaneous * error).max()), 0.0), min(float((moved + single * error).max()), 1.0)
