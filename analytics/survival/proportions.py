"""Shares and rates of small and clustered numbers, with intervals inside their possible range."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike

from analytics.survival.arrays import IntArray
from analytics.survival.errors.spread import Spread
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
        raise AnalysisError(f"{hits} of {of} is not a share", hint="count each unit once")
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


def clustered_share(
    hit: ArrayLike,
    cluster: ArrayLike,
    *,
    few: bool = True,
    level: float = LEVEL,
    stratum: IntArray | None = None,
) -> Share:
    """The mean of `hit` (units,), each between 0 and 1, with units alike within `cluster` (units,), codes.

    Wilson's interval with the effective number of units: the number divided by the design effect, which is the variance
    by clusters over that of independent units and at least 1 (Korn & Graubard 1998, Survey Methodology 24, 193;
    Dean & Pagano 2015, Journal of Survey Statistics and Methodology 3, 484). Where all units are alike (no hit, or
    all) no variance tells the design effect: it is 1. `few`: clusters are few, and Student's t is taken; leave it
    off for clusters in hundreds. A single cluster gives no interval. `stratum` (clusters,): of each cluster, where the
    strata are all there are (`spread`); codes of clusters are then all of 0 … clusters-1.
    """
    hits = np.asarray(hit, dtype=np.float64)
    if hits.size == 0:
        return Share()
    codes = np.unique(np.asarray(cluster), return_inverse=True)[1]
    clusters = int(codes.max()) + 1
    share = float(hits.mean())
    simple = share * (1.0 - share) / hits.size
    by_cluster = np.bincount(codes, weights=hits - share, minlength=clusters) / hits.size
    if stratum is not None:
        error, reach = Spread.by(np.bincount(codes).astype(np.float64), stratum).errors(by_cluster, level)
        effect = max(float(error) ** 2 / simple, 1.0) if simple > 0.0 else 1.0
        interval = wilson(share * hits.size / effect, hits.size / effect, critical=float(reach))
        return Share(share, interval.lower, interval.upper, float(hits.sum()), hits.size, effect)
    inflate = clusters / (clusters - 1) if clusters > 1 else 1.0
    effect = max(float(np.sum(by_cluster**2)) * inflate / simple, 1.0) if simple > 0.0 else 1.0
    critical = float("nan") if clusters < 2 else _critical(level, clusters, few=few)
    interval = wilson(share * hits.size / effect, hits.size / effect, critical=critical)
    return Share(share, interval.lower, interval.upper, float(hits.sum()), hits.size, effect)


def difference_of_shares(
    hit: ArrayLike, of_first: ArrayLike, stratum: ArrayLike, cluster: ArrayLike | None = None
) -> tuple[Estimate, float | None]:
    """By how much more often units were `hit` (0 or 1) where `of_first` is true, within each `stratum`; all (units,).

    Differences within strata, weighted by n₁n₀/n as Mantel & Haenszel do (Greenland & Robins 1985, Biometrics 41, 55).
    Without `cluster` units are independent, and the interval is Sato's (1989, Biometrics 45, 1323), which holds for
    strata that are many and thin as for few large ones. With it (codes, each of one stratum or several) it is that of
    the jackknife that leaves out a cluster each time, with Student's t for as many clusters as their weights amount to
    (1 / Σw²). Also the p-value against no difference. Nothing where no stratum has both sides.
    """
    hits, first = np.asarray(hit, dtype=np.float64), np.asarray(of_first, dtype=np.bool_)
    strata = np.unique(np.asarray(stratum), return_inverse=True)[1].astype(np.int64) if hits.size else np.zeros(0, int)
    size = int(strata.max(initial=-1)) + 1
    n1, n0 = (np.bincount(strata, weights=side, minlength=size) for side in (first, ~first))
    y1, y0 = (np.bincount(strata, weights=hits * side, minlength=size) for side in (first, ~first))
    both = (n1 > 0) & (n0 > 0)
    if not both.any():
        return Estimate(), None
    n1, n0, y1, y0 = n1[both], n0[both], y1[both], y0[both]
    weight = n1 * n0 / (n1 + n0)
    apart = y1 / n1 - y0 / n0
    value = float(np.sum(weight * apart) / weight.sum())
    if cluster is None:
        p = (n1**2 * y0 - n0**2 * y1 + n1 * n0 * (n0 - n1) / 2.0) / (n1 + n0) ** 2
        q = (y1 * (n0 - y0) + y0 * (n1 - y1)) / (2.0 * (n1 + n0))
        variance = float((value * p.sum() + q.sum()) / weight.sum() ** 2)
        return _with_interval(value, variance, None)
    cluster_of_stratum = np.zeros(size, dtype=np.int64)
    cluster_of_stratum[strata] = np.unique(np.asarray(cluster), return_inverse=True)[1]
    of_cluster = np.unique(cluster_of_stratum[both], return_inverse=True)[1]
    share, moved = (
        np.bincount(of_cluster, weights=values) / weight.sum() for values in (weight, weight * (apart - value))
    )
    if share.size < 2:
        return Estimate(value), None
    return _with_interval(value, float(np.sum((moved / (1.0 - share)) ** 2)), 1.0 / float(np.sum(share**2)))


def _with_interval(value: float, variance: float, clusters: float | None) -> tuple[Estimate, float | None]:
    """With the normal quantile, or Student's for so many clusters."""
    if variance <= 0.0:
        return Estimate(value), None
    error = float(np.sqrt(variance))
    z = abs(value) / error
    if clusters is None:
        reach, p_value = critical_value(LEVEL), float(2.0 * scipy.special.ndtr(-z))
    else:
        freedom = clusters - 1.0
        reach, p_value = (
            float(scipy.special.stdtrit(freedom, (1.0 + LEVEL) / 2.0)),
            float(2.0 * scipy.special.stdtr(freedom, -z)),
        )
    return Estimate(value, max(value - reach * error, -1.0), min(value + reach * error, 1.0)), p_value


def _critical(level: float, clusters: int, *, few: bool) -> float:
    return critical_value(level, clusters if few else None)


def rate(count: int, exposure: float, *, level: float = LEVEL) -> Estimate:
    """`count` events in `exposure`, with the exact interval of a Poisson number (Garwood 1936, Biometrika 28, 437)."""
    if exposure <= 0.0:
        return Estimate()
    tail = (1.0 - level) / 2.0
    lower = float(scipy.special.chdtri(2 * count, 1.0 - tail)) / 2.0 if count else 0.0
    upper = float(scipy.special.chdtri(2 * count + 2, tail)) / 2.0
    return Estimate(count / exposure, lower / exposure, upper / exposure)
