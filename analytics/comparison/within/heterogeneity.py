"""How much a difference differs between repositories."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from analytics.comparison.within.design import Design
from analytics.comparison.within.effect import Effect
from analytics.survival.arrays import FloatArray, IntArray, totals

__all__ = ["Heterogeneity", "heterogeneity_of"]

_FEWEST_CLUSTERS = 3
"""A repository with fewer months that have both groups has no error of its own."""
_NOTHING = 1e-12


@dataclass(frozen=True)
class Heterogeneity:
    """The `deviation` (standard deviation) of the true differences of `repositories`, and the test that there is none.

    `p_value`: small where the differences of repositories are farther apart than their errors explain.
    """

    deviation: float
    p_value: float
    repositories: int


def heterogeneity_of(design: Design, effect: Effect) -> Heterogeneity | None:
    """How much the effects of repositories differ; None where fewer than two have an error of their own.

    The variance between is that of DerSimonian & Laird (1986, Controlled Clinical Trials 7, 177). The test is Welch's
    (1951, Biometrika 38, 330) rather than Cochran's Q, which takes the repositories' errors as known: of a dozen months
    each they are not, and Q sees differences twice to four times as often as it should.
    """
    value, variance, degrees = _by_repository(design, effect)
    if value.size < 2:
        return None
    weight = 1.0 / variance
    whole = float(weight.sum())
    mean = float(weight @ value) / whole
    square = float(weight @ (value - mean) ** 2)
    count = value.size
    between = (square - (count - 1)) / (whole - float((weight**2).sum()) / whole)
    lost = float(((1.0 - weight / whole) ** 2 / degrees).sum())
    ratio = square / (count - 1) / (1.0 + 2.0 * (count - 2) / (count**2 - 1) * lost)
    p_value = float(special.fdtrc(count - 1, (count**2 - 1) / (3.0 * lost), ratio))
    return Heterogeneity(float(np.sqrt(max(between, 0.0))), p_value, count)


def _by_repository(design: Design, effect: Effect) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The difference in each repository that has enough clusters, its variance, and the degrees of freedom of it."""
    information = design.share * design.information
    repository = _repository_of(design)
    size = design.repository_information.size
    whole = totals(repository, information, size)
    enough = totals(repository, information > _NOTHING * design.information, size) >= _FEWEST_CLUSTERS
    value = np.where(enough, totals(repository, effect.score, size) / np.maximum(whole, _NOTHING), 0.0)
    share = np.where(enough[repository], information / np.maximum(whole, _NOTHING)[repository], 0.0)
    part = (effect.score - value[repository] * information) / np.maximum(1.0 - share, 0.2)
    variance = totals(repository, part**2, size) / np.maximum(whole, _NOTHING) ** 2
    degrees = 1.0 / np.maximum(totals(repository, share**2, size), _NOTHING) - 1.0
    enough &= (variance > 0.0) & (degrees >= 1.0)
    return value[enough], variance[enough], degrees[enough]


def _repository_of(design: Design) -> IntArray:
    """The repository of each cluster, which lies in one."""
    repository = np.zeros(design.share.size, dtype=np.int64)
    repository[design.codes.cluster] = design.codes.repository
    return repository
