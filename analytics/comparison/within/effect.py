"""The difference within cells for one outcome, and its error in these repositories.

The error is by cluster: the squares of the clusters' scores, each divided by one minus the cluster's share of the
information, which is what leaving it out would show (the jackknife; Bell & McCaffrey 2002, Survey Methodology 28, 169;
MacKinnon, Nielsen & Webb 2023, J. Econometrics 232, 272). Student's t has as many degrees of freedom as clusters that
share the information equally would, less one: 1 / Σ share² - 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.comparison.within.design import Design
from analytics.survival.arrays import BoolArray, FloatArray, IntArray, totals
from analytics.survival.errors.small_samples import Reach

__all__ = ["FEWEST_CELLS", "Effect", "Outcome", "effect_of", "reach_in_these"]

FEWEST_CELLS = 5
"""With fewer clusters that have information there is no error that means anything."""
FEWEST_DEGREES = 3.0
"""With fewer degrees of freedom there is no interval: one or two clusters carry everything."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """An outcome of each change, (changes,) each.

    `values`: what is known of it, or a pseudo-value where `unseen` is true. `fit`: the number of the estimate that the
    pseudo-values of a change's part come from, -1 for none. `influence`: of the change on that estimate.
    """

    values: FloatArray
    unseen: BoolArray
    fit: IntArray
    influence: FloatArray

    @classmethod
    def known(cls, values: FloatArray) -> Outcome:
        """An outcome that is known of every change."""
        nothing = np.zeros(values.size)
        return cls(values, np.zeros(values.size, dtype=np.bool_), np.full(values.size, -1), nothing)

    def of(self, rows: BoolArray) -> Outcome:
        """That of some changes."""
        if bool(rows.all()):
            return self
        return Outcome(self.values[rows], self.unseen[rows], self.fit[rows], self.influence[rows])


@dataclass(frozen=True, eq=False)
class Effect:
    """A difference, first group minus second.

    `difference`: within cells. `mean`: of both groups, their cells weighted as in the difference. `moved` (clusters,):
    by how much each cluster moves the difference, as leaving it out shows. `moved_mean` (clusters,): likewise `mean`.
    `score` (clusters,), `repository_score` (repositories,): sums of the scores of changes at no difference.
    `repository_held` (repositories, k): of the covariates times what is left of the outcome.
    """

    difference: float
    mean: float
    moved: FloatArray
    moved_mean: FloatArray
    score: FloatArray
    repository_score: FloatArray
    repository_held: FloatArray

    @property
    def pair(self) -> tuple[float, float]:
        """Both groups' means, as far apart as the difference: those that they would have with the same covariates."""
        return self.mean + self.difference / 2.0, self.mean - self.difference / 2.0


def effect_of(design: Design, outcome: Outcome) -> Effect:
    """The difference within cells, the covariates held equal.

    A pseudo-value is as uncertain as the estimate that it comes from: what each change adds to that estimate is added
    to its score, as often as pseudo-values use it.
    """
    left = design.residual(outcome.values)
    scores = design.group * left
    if bool(outcome.unseen.any()):
        scores = scores + _ripple(design.group, outcome)
    share = design.share
    score = totals(design.codes.cluster, scores, share.size)
    part = score / design.information
    difference = float(part.sum())
    moved = (part - difference * share) / np.maximum(1.0 - share, 1e-9)
    mean, moved_mean = _mean(design, outcome.values, share.size)
    held = [design.by_repository(column * left) for column in design.covariates.T]
    of_repository = design.by_repository(scores)
    columns = np.column_stack(held) if held else np.zeros((of_repository.size, 0))
    return Effect(difference, mean, moved, moved_mean, score, of_repository, columns)


def _ripple(weight: FloatArray, outcome: Outcome) -> FloatArray:
    """What each change adds to the estimates behind pseudo-values, times the weight that these have, (changes,)."""
    fits = int(outcome.fit.max(initial=-1)) + 1
    used = np.append(totals(outcome.fit[outcome.unseen], weight[outcome.unseen], fits), 0.0)
    ripple: FloatArray = used[outcome.fit] * outcome.influence
    return ripple


def _mean(design: Design, values: FloatArray, clusters: int) -> tuple[float, FloatArray]:
    """The mean of both groups over cells, and what each cluster adds to it, given the cells."""
    whole = float(design.overlap.sum())
    side = 2 * design.codes.cell + design.first
    count = np.maximum(np.bincount(side, minlength=2 * design.size.size), 1)
    apart = values - (totals(side, values, count.size) / count)[side]
    mean = float(design.overlap @ values) / whole
    return mean, totals(design.codes.cluster, design.overlap * apart, clusters) / whole


def reach_in_these(design: Design) -> Reach:
    """How far an error by cluster reaches; nan where too few clusters have information."""
    share = design.share
    degrees = 1.0 / float((share**2).sum()) - 1.0
    enough = int((share > 1e-9).sum()) >= FEWEST_CELLS and degrees >= FEWEST_DEGREES
    return Reach(1.0, degrees) if enough else Reach(float("nan"), float("nan"))
