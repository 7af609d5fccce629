"""From an estimate and its standard error to an interval."""

from __future__ import annotations

import numpy as np
import scipy

from analytics.survival.arrays import FloatArray
from analytics.survival.errors.small_samples import moments_of

__all__ = ["ALIKE", "chi_squared_tail", "critical_value", "log_log_interval", "logit_interval", "normal_tails"]

ALIKE = 0.02
"""How alike the changes of a cluster are taken to be, as a correlation, where clusters are unlike in size: as in
companies whose repositories differ by half in the pace of each stage."""

_ROUNDING = 1e-12


def critical_value(level: float, clusters: int | FloatArray | None = None) -> float:
    """How many standard errors an interval of `level` reaches to each side.

    The normal quantile where changes are independent. With `clusters` (few repositories carry all the information):
    Student's t, times a factor, because residuals within few clusters are too small. `clusters` is the number of
    changes of each, (clusters,), or how many clusters there are where all count alike: then it is t with clusters - 1
    degrees of freedom, times √(clusters / (clusters - 1)).

    Of unlike clusters the large ones count. With w their shares of all changes and p what is estimated in each, of
    variance v = r + (1 - r) / changes, the sum of squares of w (p - p̂) over clusters is on average less than the
    variance of p̂: the factor takes that back, and the spread of that sum gives the degrees of freedom (Satterthwaite's,
    as Bell & McCaffrey 2002, Survey Methodology 28, 169, and Imbens & Kolesár 2016, Review of Economics and Statistics
    98, 701). r, how alike changes of a cluster are, is taken as `ALIKE`; like clusters need none. How often such
    intervals hold the truth: `benchmarks/coverage.py`. nan for a single cluster: nothing can be said.
    """
    tail = (1.0 + level) / 2.0
    if clusters is None:
        return float(scipy.special.ndtri(tail))
    size = np.ones(clusters) if isinstance(clusters, int) else clusters[clusters > 0.0]
    if size.size < 2:
        return float("nan")
    whole, estimated, spread = (
        float(part[0])
        for part in moments_of(size / size.sum(), ALIKE + (1.0 - ALIKE) / size, np.zeros(1, dtype=np.int64))
    )
    return float(scipy.special.stdtrit(estimated**2 / spread, tail) * np.sqrt(whole / estimated))


def log_log_interval(
    probability: FloatArray, standard_error: FloatArray, critical: float | FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Bounds of a probability on the scale log(-log(1 - probability)), which stay inside 0 … 1; same shape.

    For a survival curve S, give 1 - S: the bounds of S are one minus these, exchanged (Kalbfleisch & Prentice 1980,
    The Statistical Analysis of Failure Time Data, p. 15; "log-log" in R's survival). nan where the probability is 0
    or 1 but for rounding: there the standard error says nothing.
    """
    inside = (probability > _ROUNDING) & (probability < 1.0 - _ROUNDING)
    rest = np.where(inside, 1.0 - probability, 0.5)
    # Beyond e⁷⁰⁰ no number goes; the bound is at 0 or 1 long before.
    reach = np.minimum(critical * standard_error / (rest * -np.log(rest)), 700.0)
    lower = np.where(inside, 1.0 - rest ** np.exp(-reach), np.nan)
    upper = np.where(inside, 1.0 - rest ** np.exp(reach), np.nan)
    return lower, upper


def logit_interval(
    estimate: FloatArray, standard_error: FloatArray, critical: float | FloatArray, *, highest: float
) -> tuple[FloatArray, FloatArray]:
    """Bounds of a mean between 0 and `highest` on the scale of log odds, which stay inside; same shape.

    Mean hours of few units are skewed to the right, as the hours themselves are, so that an interval of so many errors
    to both sides misses too often above: `benchmarks/coverage.py`. At an end the bounds are the estimate.
    """
    inside = (estimate > _ROUNDING * highest) & (estimate < (1.0 - _ROUNDING) * highest)
    part = np.where(inside, estimate / highest, 0.5)
    odds = np.log(part / (1.0 - part))
    reach = critical * standard_error / (highest * part * (1.0 - part))
    lower, upper = (highest * scipy.special.expit(odds + side * reach) for side in (-1.0, 1.0))
    # Where no error is known, nor is any bound.
    end = estimate + 0.0 * standard_error
    return np.where(inside, lower, end), np.where(inside, upper, end)


def chi_squared_tail(statistic: float, degrees: int) -> float:
    """The chance of a larger χ² with so many degrees of freedom."""
    return float(scipy.special.chdtrc(degrees, statistic))


def normal_tails(z: FloatArray) -> FloatArray:
    """The chance of a standard normal value farther from zero than z, both sides."""
    return np.asarray(2.0 * scipy.special.ndtr(-np.abs(z)), dtype=np.float64)
