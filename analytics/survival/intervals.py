"""From an estimate and its standard error to an interval."""

from __future__ import annotations

import numpy as np
from scipy import special

from analytics.survival.arrays import FloatArray

__all__ = ["ALIKE", "chi_squared_tail", "critical_value", "log_log_interval", "normal_tails", "wald_interval"]

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
        return float(special.ndtri(tail))
    size = np.ones(clusters) if isinstance(clusters, int) else clusters[clusters > 0.0]
    if size.size < 2:
        return float("nan")
    w, v = size / size.sum(), ALIKE + (1.0 - ALIKE) / size
    square, whole, cube = float((w**2).sum()), float((w**2 * v).sum()), float((w**3 * v).sum())
    fourth, fourths, fifths = float((w**4 * v).sum()), float((w**4 * v**2).sum()), float((w**5 * v**2).sum())
    # The quadratic form (p - p̂)ᵀ diag(w²) (p - p̂) has the matrix D - dwᵀ - wdᵀ + S wwᵀ, with D = diag(w²), d = w²,
    # S = Σw²: these are the traces of it times diag(v), and of the square of that.
    estimated = whole - 2.0 * cube + square * whole
    spread = fourths - 4.0 * fifths + 2.0 * square * fourths
    spread += 2.0 * (cube**2 + fourth * whole) - 4.0 * square * cube * whole + (square * whole) ** 2
    return float(special.stdtrit(estimated**2 / spread, tail) * np.sqrt(whole / estimated))


def log_log_interval(
    probability: FloatArray, standard_error: FloatArray, critical: float
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


def wald_interval(
    estimate: FloatArray, standard_error: FloatArray, critical: float, *, highest: float
) -> tuple[FloatArray, FloatArray]:
    """Estimate ± `critical` standard errors, cut to 0 … highest; same shape."""
    reach = critical * standard_error
    return np.maximum(estimate - reach, 0.0), np.minimum(estimate + reach, highest)


def chi_squared_tail(statistic: float, degrees: int) -> float:
    """The chance of a larger χ² with so many degrees of freedom."""
    return float(special.chdtrc(degrees, statistic))


def normal_tails(z: FloatArray) -> FloatArray:
    """The chance of a standard normal value farther from zero than z, both sides."""
    return np.asarray(2.0 * special.ndtr(-np.abs(z)), dtype=np.float64)
