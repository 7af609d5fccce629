"""How much more often a change of AI work makes its deployment fail than another change does.

The failure rate of deployments with AI work is diluted: most of what such a deployment carries is other work. If each
change fails on its own, a deployment of n other changes and k of AI work has a chance of failing P with
-log(1 - P) = a (n + r k): a differs by repository, r is the ratio (pooled tests: Dorfman 1943, Annals of Math. Stat.
14, 436; Farrington 1992, Am. J. Epidemiol. 136, 1391). Its interval is that of the profile likelihood (Wald's
covers too little where most deployments are large), scaled to errors by cluster (Chandler & Bate 2007, Biometrika 94,
167).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analytics.cohort.units import FEWEST_CLUSTERS
from analytics.survival.arrays import BoolArray, FloatArray, IntArray, totals
from analytics.survival.errors.small_samples import Reach, reach_of
from analytics.survival.proportions import LEVEL, Estimate

__all__ = ["FEWEST_FAILED", "ratio_per_change"]

FEWEST_FAILED = 10
_FARTHEST = 7.0
"""Logarithms of ratios beyond a thousand are open bounds."""
_STEPS, _HALVINGS = 60, 50
_SMALLEST, _LARGEST = 1e-12, 500.0


@dataclass(frozen=True, eq=False)
class _Loads:
    """Deployments (rows,) of repositories where some failed and some did not."""

    failed: BoolArray
    other: FloatArray
    ai: FloatArray
    repository: IntArray

    @property
    def repositories(self) -> int:
        """How many."""
        return int(self.repository.max(initial=-1)) + 1

    def fit(self, log_ratio: float) -> tuple[float, FloatArray]:
        """The log likelihood at a ratio, of each repository the a that makes it largest, and the hazards (rows,)."""
        load = self.other + np.exp(log_ratio) * self.ai
        size = self.repositories
        rate = np.log(totals(self.repository, self.failed, size) / totals(self.repository, load, size))
        for _ in range(_STEPS):
            hazard = np.clip(np.exp(rate)[self.repository] * load, _SMALLEST, _LARGEST)
            score, information = self._of(hazard)
            total = totals(self.repository, information, size)
            step = np.clip(totals(self.repository, score, size) / np.maximum(total, 1e-12), -1.0, 1.0)
            rate = rate + step
            if float(np.abs(step).max(initial=0.0)) < 1e-10:
                break
        hazard = np.clip(np.exp(rate)[self.repository] * load, _SMALLEST, _LARGEST)
        likelihood = np.where(self.failed, np.log(-np.expm1(-hazard)), -hazard)
        return float(likelihood.sum()), hazard

    def _of(self, hazard: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Score and information of each deployment on the logarithm of its hazard."""
        chance = -np.expm1(-hazard)
        return (self.failed - chance) * hazard / chance, hazard**2 * np.exp(-hazard) / chance

    def parts(self, log_ratio: float, cluster: IntArray) -> tuple[FloatArray, FloatArray]:
        """What each cluster adds to the score and to the information on the ratio, the a being free, (clusters,)."""
        _, hazard = self.fit(log_ratio)
        share = np.exp(log_ratio) * self.ai / (self.other + np.exp(log_ratio) * self.ai)
        score, information = self._of(hazard)
        size = self.repositories
        mean = totals(self.repository, share * information, size) / totals(self.repository, information, size)
        apart = share - mean[self.repository]
        clusters = int(cluster.max(initial=-1)) + 1
        return totals(cluster, apart * score, clusters), totals(cluster, apart**2 * information, clusters)


def ratio_per_change(
    failed: FloatArray, other: FloatArray, ai: FloatArray, repository: IntArray, cluster: IntArray
) -> tuple[Estimate, float | None]:
    """The ratio of the failures of a change of AI work to those of another, within repositories; and the p-value.

    `failed` (deployments,) 0 or 1; `other`, `ai`: changes that each carried, one at least; `repository`, `cluster`:
    codes 0, 1, …. Nothing with fewer than ten failed deployments, or where AI work is spread over deployments as other
    work is. A bound is None where the data leave it open, both are with fewer than five clusters.
    """
    size = int(repository.max(initial=-1)) + 1
    count, bad = np.bincount(repository, minlength=size), totals(repository, failed, size)
    inside = ((bad > 0.0) & (bad < count))[repository]
    taken = np.unique(repository[inside], return_inverse=True)[1].astype(np.int64)
    loads = _Loads(failed[inside] > 0.0, other[inside], ai[inside], taken)
    units = np.unique(cluster[inside], return_inverse=True)[1].astype(np.int64)
    if int(loads.failed.sum()) < FEWEST_FAILED:
        return Estimate(), None
    best = _maximum(loads, units)
    if best is None:
        return Estimate(), None
    score, information = loads.parts(best, units)
    share = information / information.sum()
    if int((share > 0.0).sum()) < FEWEST_CLUSTERS:
        return Estimate(float(np.exp(best))), None
    reach = reach_of([(share, share * float(loads.failed.sum()))])
    # How much more the clusters' scores vary than the likelihood says.
    scale = float(information.sum() / (score**2).sum())
    return _bounds(loads, best, scale, reach)


def _maximum(loads: _Loads, units: IntArray) -> float | None:
    """The logarithm of the ratio of highest likelihood; None where the likelihood has no maximum within reach."""
    at = 0.0
    if float(loads.parts(at, units)[1].sum()) < 1e-9 * float(loads.failed.sum()):
        return None
    highest = loads.fit(at)[0]
    for _ in range(_STEPS):
        score, information = (float(part.sum()) for part in loads.parts(at, units))
        step = float(np.clip(score / max(information, 1e-12), -1.0, 1.0))
        while loads.fit(at + step)[0] < highest - 1e-9 and abs(step) > 1e-9:
            step = step / 2.0
        at, highest = at + step, loads.fit(at + step)[0]
        if abs(at) > _FARTHEST:
            return None
        if abs(step) < 1e-8:
            break
    return at


def _bounds(loads: _Loads, best: float, scale: float, reach: Reach) -> tuple[Estimate, float | None]:
    highest = loads.fit(best)[0]

    def far(at: float) -> float:
        """The signed root of the likelihood ratio, scaled."""
        return float(np.sqrt(max(2.0 * scale * (highest - loads.fit(at)[0]), 0.0)))

    critical = reach.critical(LEVEL)
    lower, upper = (_crossing(far, best, side * _FARTHEST, critical) for side in (-1.0, 1.0))
    return Estimate(float(np.exp(best)), lower, upper), reach.p_value(far(0.0), 1.0)


def _crossing(far: Callable[[float], float], inside: float, outside: float, critical: float) -> float | None:
    """The ratio at which `far` is `critical`, between a place inside the interval and one outside; None: it is open."""
    if far(outside) < critical:
        return None
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2.0
        inside, outside = (middle, outside) if far(middle) < critical else (inside, middle)
    return float(np.exp((inside + outside) / 2.0))
