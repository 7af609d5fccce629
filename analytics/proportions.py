"""Shares and rates of small and clustered numbers, with intervals that stay inside what is possible."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analytics.survival.arrays import FloatArray, IntArray
from analytics.survival.intervals import critical_value
from headway.errors import AnalysisError

__all__ = ["Estimate", "Share", "clustered_share", "difference_of_shares", "rate", "wilson"]

LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A value with an interval; all None where there is nothing to estimate from."""

    value: float | None = None
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True)
class Share(Estimate):
    """A share of `of` units. `hits`: how many, which may be fractions. `design_effect`: how much clusters widen it."""

    hits: float = 0.0
    of: int = 0
    design_effect: float = 1.0


def wilson(hits: float, of: float, *, level: float = LEVEL, critical: float | None = None) -> Estimate:
    """The share hits / of, by Wilson's score interval (1927, JASA 22, 209); nothing where `of` is 0.

    `of` may be an effective number; `critical` takes the place of the normal quantile of `level`.
    """
    if of <= 0:
        return Estimate()
    if hits < 0 or hits > of:
        raise AnalysisError(f"{hits} of {of} is no share", hint="count each unit once")
    z = critical_value(level) if critical is None else critical
    share = hits / of
    if not np.isfinite(z):
        return Estimate(share)
    middle = (share + z * z / (2.0 * of)) / (1.0 + z * z / of)
    reach = z / (1.0 + z * z / of) * float(np.sqrt(share * (1.0 - share) / of + z * z / (4.0 * of * of)))
    # At the ends the formula gives 0 and 1 but for rounding.
    lower = 0.0 if hits == 0 else max(middle - reach, 0.0)
    upper = 1.0 if hits == of else min(middle + reach, 1.0)
    return Estimate(share, lower, upper)


def clustered_share(hit: ArrayLike, cluster: ArrayLike, *, few: bool = True, level: float = LEVEL) -> Share:
    """The mean of `hit` (units,), each between 0 and 1, with units alike within `cluster` (units,), codes.

    Wilson's interval with the effective number of units: the number divided by the design effect, which is the variance
    by clusters over that of independent units and at least 1 (Korn & Graubard 1998, Survey Methodology 24, 193;
    Dean & Pagano 2015, Journal of Survey Statistics and Methodology 3, 484). Where all units are alike (no hit, or
    all) no variance tells the design effect: it is 1. `few`: clusters are few, and Student's t is taken; leave it
    off for clusters in hundreds. A single cluster gives no interval.
    """
    hits = np.asarray(hit, dtype=np.float64)
    if hits.size == 0:
        return Share()
    codes = np.unique(np.asarray(cluster), return_inverse=True)[1]
    clusters = int(codes.max()) + 1
    share = float(hits.mean())
    simple = share * (1.0 - share) / hits.size
    by_cluster = np.bincount(codes, weights=hits - share, minlength=clusters) / hits.size
    inflate = clusters / (clusters - 1) if clusters > 1 else 1.0
    effect = max(float(np.sum(by_cluster**2)) * inflate / simple, 1.0) if simple > 0.0 else 1.0
    critical = float("nan") if clusters < 2 else _critical(level, clusters, few=few)
    found = wilson(share * hits.size / effect, hits.size / effect, critical=critical)
    return Share(share, found.lower, found.upper, float(hits.sum()), hits.size, effect)


def difference_of_shares(
    hit: ArrayLike, of_first: ArrayLike, stratum: ArrayLike, cluster: ArrayLike, *, by_stratum: bool
) -> tuple[Estimate, float | None]:
    """By how much the mean of `hit` (units,) is larger where `of_first` (units,) is true, within each `stratum`.

    Differences within strata, weighted by n₁n₀/n as Mantel & Haenszel do (Greenland & Robins 1985, Biometrics 41, 55),
    so that a repository is compared with itself alone. The interval rests on strata where `by_stratum` (they vary; t),
    else on `cluster` within them. Also the p-value against no difference. Nothing where no stratum has both sides.
    """
    hits, first = np.asarray(hit, dtype=np.float64), np.asarray(of_first, dtype=np.bool_)
    strata = np.unique(np.asarray(stratum), return_inverse=True)[1].astype(np.int64) if hits.size else np.zeros(0, int)
    size = int(strata.max(initial=-1)) + 1
    ones, zeros = (np.bincount(strata, weights=side, minlength=size) for side in (first, ~first))
    weight = np.divide(ones * zeros, ones + zeros, out=np.zeros(size), where=ones + zeros > 0)
    if weight.sum() == 0.0:
        return Estimate(), None
    means = [
        np.divide(np.bincount(strata, weights=hits * side, minlength=size), n, out=np.zeros(size), where=n > 0)
        for side, n in ((first, ones), (~first, zeros))
    ]
    weight = weight / weight.sum()
    apart = means[0] - means[1]
    value = float(np.sum(weight * apart))
    if by_stratum:
        used = weight > 0
        parts = (weight * (apart - value))[used]
    else:
        count = np.where(first, ones[strata], -zeros[strata])
        residual = hits - np.where(first, means[0][strata], means[1][strata])
        each = np.divide(weight[strata] * residual, count, out=np.zeros(hits.size), where=count != 0)
        codes: IntArray = np.unique(np.asarray(cluster), return_inverse=True)[1]
        parts = np.bincount(codes, weights=each)
    return _with_interval(value, parts, few=by_stratum)


def _with_interval(value: float, parts: FloatArray, *, few: bool) -> tuple[Estimate, float | None]:
    error = float(np.sqrt(np.sum(parts**2)))
    if parts.size < 2 or error == 0.0:
        return Estimate(value), None
    reach = _critical(LEVEL, parts.size, few=few) * error
    z = abs(value) / error
    if few:
        z *= float(np.sqrt((parts.size - 1) / parts.size))
        p_value = float(2.0 * special.stdtr(parts.size - 1, -z))
    else:
        p_value = float(2.0 * special.ndtr(-z))
    return Estimate(value, max(value - reach, -1.0), min(value + reach, 1.0)), p_value


def _critical(level: float, clusters: int, *, few: bool) -> float:
    return critical_value(level, clusters if few else None)


def rate(count: int, exposure: float, *, level: float = LEVEL) -> Estimate:
    """`count` events in `exposure`, with the exact interval of a Poisson number (Garwood 1936, Biometrika 28, 437)."""
    if exposure <= 0.0:
        return Estimate()
    tail = (1.0 - level) / 2.0
    lower = float(special.chdtri(2 * count, 1.0 - tail)) / 2.0 if count else 0.0
    upper = float(special.chdtri(2 * count + 2, tail)) / 2.0
    return Estimate(count / exposure, lower / exposure, upper / exposure)
