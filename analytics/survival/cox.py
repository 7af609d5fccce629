"""Cox regression: the hazard ratio of each covariate, adjusted for the others.

Own code because no library gives all of these: lifelines 0.30 and statsmodels 0.15 agree on the coefficients and
model-based errors to nine digits, but with strata and ties lifelines' robust errors are off in the fourth digit and its
proportional-hazards test is the older approximation; statsmodels gives nan for the former and lacks the latter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analytics.survival.arrays import FloatArray, IntArray, as_codes, as_hours, same_length, totals
from analytics.survival.intervals import chi_squared_tail, critical_value, normal_tails
from analytics.survival.kaplan_meier import SurvivalCurve, kaplan_meier
from analytics.survival.risk_sets import AtCoefficients, RiskSets
from headway.errors import AnalysisError

__all__ = ["Cox", "Proportionality", "cox"]

_STEPS = 40
_VANISHED = 1e-7
"""A coefficient that diverges leaves no information on it: less than this share counts as none."""


@dataclass(frozen=True, eq=False)
class Proportionality:
    """Test of proportional hazards: a small `p_value` says that the hazard ratio changes over time.

    `chi_squared`, `p_value` (covariates,), one degree of freedom each; `overall_chi_squared`, `overall_p_value`: of all
    covariates together, as many degrees. The score test for covariate × g(hours), g the Kaplan–Meier share ended
    just before (Grambsch & Therneau 1994, Biometrika 81, 515; `cox.zph` in R's survival since 3.0). nan where it does
    not vary, such as where all ended at once.
    """

    chi_squared: FloatArray
    p_value: FloatArray
    overall_chi_squared: float
    overall_p_value: float


@dataclass(frozen=True, eq=False)
class Cox:
    """A Cox model.

    `names`: of the covariates. `coefficient`, `lower`, `upper` (covariates,): the log hazard ratio for one unit
    more; below zero is slower. `standard_error`: by the model; `robust_standard_error`: by cluster, None without
    clusters. `p_value`, `lower`, `upper` rest on the robust one where there is one, and on the normal distribution.
    `cluster_information` (clusters, covariates): the information on each coefficient, given the others, that comes
    from each cluster, in the order of their codes; None without clusters. `changes`, `ended`: how many.
    """

    names: tuple[str, ...]
    coefficient: FloatArray
    standard_error: FloatArray
    robust_standard_error: FloatArray | None
    lower: FloatArray
    upper: FloatArray
    p_value: FloatArray
    proportionality: Proportionality
    log_likelihood: float
    changes: int
    ended: int
    level: float
    cluster_information: FloatArray | None


def cox(
    hours: ArrayLike,
    ended: ArrayLike,
    covariates: ArrayLike,
    names: Sequence[str],
    *,
    stratum: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    level: float = 0.95,
) -> Cox:
    """Fit a stratified Cox proportional hazards model to right-censored changes.

    Parameters
    ----------
    hours:
        (changes,) hours until the change ended, or was last seen.
    ended:
        (changes,) whether it ended; False is censored.
    covariates:
        (changes, covariates) values, named by `names`.
    stratum:
        (changes,) codes; each stratum has its own baseline hazard.
    cluster:
        (changes,) codes 0, 1, …; standard errors are then robust by cluster.
    level:
        Confidence level of the intervals.

    Returns
    -------
    Log hazard ratios with intervals, and the test of proportional hazards.

    Raises
    ------
    AnalysisError
        A covariate does not vary among changes at risk together, or separates those that ended from the others.

    References
    ----------
    Cox (1972), JRSS B 34, 187; ties by Efron (1977), JASA 72, 557; robust errors by Lin & Wei (1989), JASA 84, 1074.
    """
    at, over = as_hours(hours, "hours"), np.asarray(ended, dtype=np.bool_)
    design = np.asarray(covariates, dtype=np.float64).reshape(at.size, len(names))
    strata, group = (_codes(values, name, at.size) for values, name in ((stratum, "stratum"), (cluster, "cluster")))
    same_length(hours=at, ended=over, stratum=strata, cluster=group)
    if not bool(over.any()):
        raise AnalysisError("no change has ended", hint="wait, or widen the time range")
    sets = RiskSets(at, over, design, strata)
    just_before = _just_before(kaplan_meier(at, over), sets.end_hours)
    return _estimates(sets, tuple(names), just_before, None if cluster is None else group, int(over.sum()), level)


def _estimates(
    sets: RiskSets, names: tuple[str, ...], just_before: FloatArray, group: IntArray | None, ended: int, level: float
) -> Cox:
    """The fit with its intervals; `just_before`: survival before each end, the clock of the proportionality test."""
    coefficient, fit = _maximum(sets, names)
    covariance = np.asarray(np.linalg.inv(sets.information(fit)), dtype=np.float64)
    standard_error = np.sqrt(np.diag(covariance))
    robust = None if group is None else _robust(sets.scores(fit) @ covariance, group)
    error = standard_error if robust is None else robust
    reach = critical_value(level) * error
    return Cox(
        names,
        coefficient,
        standard_error,
        robust,
        coefficient - reach,
        coefficient + reach,
        normal_tails(coefficient / error),
        _proportionality(sets, fit, just_before),
        fit.log_likelihood,
        sets.order.size,
        ended,
        level,
        None if group is None else _information_by(sets, fit, covariance, group),
    )


def _codes(values: ArrayLike | None, name: str, size: int) -> IntArray:
    whole = np.iinfo(np.int64)
    return np.zeros(size, np.int64) if values is None else as_codes(values, name, lowest=whole.min, highest=whole.max)


def _maximum(sets: RiskSets, names: tuple[str, ...]) -> tuple[FloatArray, AtCoefficients]:
    """The coefficients of highest likelihood, by Newton's method with halved steps."""
    coefficient = np.zeros(len(names))
    fit = sets.at(coefficient)
    information = sets.information(fit)
    _check_varies(information, sets.covariates, names)
    least = np.diag(information) * _VANISHED
    for _ in range(_STEPS):
        gradient = sets.covariates[sets.end_rows].sum(axis=0) - fit.mean.sum(axis=0)
        step = np.linalg.solve(information, gradient)
        trial = sets.at(coefficient + step)
        for _ in range(_STEPS):
            # Infinite where a risk set lost all its risk: that step was too far, whatever it promises.
            within = np.isfinite(trial.log_likelihood)
            if within and trial.log_likelihood >= fit.log_likelihood - 1e-9 * abs(fit.log_likelihood):
                break
            step = step / 2.0
            trial = sets.at(coefficient + step)
        coefficient, fit = coefficient + step, trial
        if bool(np.all(np.abs(step) <= 1e-9 * (1.0 + np.abs(coefficient)))):
            return coefficient, fit
        information = sets.information(fit)
        if bool(np.any(np.diag(information) < least)):
            break
    raise AnalysisError(
        "the Cox model does not converge: a covariate separates the changes that ended from the others",
        hint="leave out that covariate",
    )


def _check_varies(information: FloatArray, covariates: FloatArray, names: tuple[str, ...]) -> None:
    """AnalysisError where a covariate says nothing that the strata and the other covariates do not."""
    scale = np.sqrt(np.maximum(np.diag(information), 0.0))
    spread = np.abs(covariates).max(axis=0, initial=0.0)
    for name, deviation, widest in zip(names, scale.tolist(), spread.tolist(), strict=True):
        if deviation <= 1e-7 * widest or widest == 0.0:
            raise AnalysisError(f"{name} does not vary among changes at risk together", hint="leave it out")
    if np.linalg.cond(information / np.outer(scale, scale)) > 1e12:
        raise AnalysisError("two covariates are collinear", hint="leave one out")


def _robust(parts: FloatArray, group: IntArray) -> FloatArray:
    """The root of the sum over clusters of the square of their changes' influences; nan for a single cluster."""
    clusters, code = np.unique(group, return_inverse=True)
    if clusters.size == 1:
        return np.full(parts.shape[1], np.nan)
    by_cluster = np.stack([totals(code, column, clusters.size) for column in parts.T], axis=1)
    robust: FloatArray = np.sqrt((by_cluster**2).sum(axis=0))
    return robust


def _information_by(sets: RiskSets, fit: AtCoefficients, covariance: FloatArray, group: IntArray) -> FloatArray:
    """The information on each coefficient, given the others, by the cluster of the change that ended."""
    _, code = np.unique(group, return_inverse=True)
    ended = np.asarray(code, dtype=np.int64)[sets.order][sets.end_rows]
    size = int(code.max(initial=-1)) + 1
    return np.stack([totals(ended, sets.spread(fit, axis), size) for axis in covariance.T], axis=1)


def _just_before(curve: SurvivalCurve, hours: FloatArray) -> FloatArray:
    """The share not ended just before some hours: all of them before hour 0."""
    before: FloatArray = np.where(hours > 0.0, curve.at(np.nextafter(hours, -np.inf).clip(0.0)).survival, 1.0)
    return before


def _proportionality(sets: RiskSets, fit: AtCoefficients, survival: FloatArray) -> Proportionality:
    """From the Kaplan–Meier share not ended just before each end, (ends,); nan where it does not vary."""
    weight = (1.0 - survival) - (1.0 - survival).mean()
    gradient = weight @ (sets.covariates[sets.end_rows] - fit.mean)
    plain, mixed, square = (sets.information(fit, w) for w in (weight**0, weight, weight**2))
    # What is left of the information on covariate × g when the coefficients may follow.
    left = square - mixed @ np.linalg.solve(plain, mixed)
    if np.any(np.diag(left) <= 1e-12 * np.diag(square)):
        unknown = np.full(gradient.size, np.nan)
        return Proportionality(unknown, unknown, np.nan, np.nan)
    statistic = gradient**2 / np.diag(left)
    overall = float(gradient @ np.linalg.solve(left, gradient))
    return Proportionality(
        statistic,
        np.array([chi_squared_tail(value, 1) for value in statistic.tolist()]),
        overall,
        chi_squared_tail(overall, gradient.size),
    )
