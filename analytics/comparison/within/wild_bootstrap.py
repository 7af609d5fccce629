"""The interval of a difference in repositories like these: the wild cluster bootstrap by repository.

The score of each repository under a supposed difference is multiplied by a random weight (Webb's six points), which
gives as many differences as one likes of companies in which the supposition holds. A difference belongs to the interval
if the t statistic of the company is not among the 5 % most extreme of those drawn under it (the null imposed, the test
inverted: Cameron, Gelbach & Miller 2008, REStat 90, 414; Webb 2023, Canadian J. Economics 56, 839; MacKinnon, Nielsen &
Webb 2023, J. Econometrics 232, 272). Cells lie within repositories, so that only sums by repository are drawn, and the
square of the error of a draw is a parabola in the supposed difference: three numbers for each draw give all tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

import numpy as np

from analytics.comparison.within.design import Design
from analytics.comparison.within.effect import Effect
from analytics.survival.arrays import FloatArray

__all__ = ["FEWEST_REPOSITORIES", "Draws", "LikeThese"]

FEWEST_REPOSITORIES = 5
"""With fewer that have both groups, nothing can be said of others like them."""
_SEED = 16_150
_MANY, _DRAWS, _DRAWS_OF_MANY = 20, 4_999, 999
_LEVEL = 0.95
_WIDEST, _HALVINGS = 256.0, 18
_EQUAL = 1e-9
_WEBB = np.sqrt(np.array([1.5, 1.0, 0.5, 0.5, 1.0, 1.5])) * np.array([-1.0, -1.0, -1.0, 1.0, 1.0, 1.0])


@dataclass(frozen=True)
class LikeThese:
    """The 95 % interval of a difference in repositories like these; a bound that is None is open.

    `p_value`: of the test that it is zero. `repositories`: how many it rests on.
    """

    lower: float | None
    upper: float | None
    p_value: float
    repositories: int


class Draws:
    """What is drawn of a design, the same for any outcome; and for as many repositories the same weights."""

    def __init__(self, design: Design) -> None:
        self._both = design.with_both
        self.enough = int(self._both.sum()) >= FEWEST_REPOSITORIES
        if self.enough:
            group = design.repository_information[self._both], design.repository_mixed[self._both]
            self._supposed = Supposed(group, _weights(group[0].size))

    def interval(self, effect: Effect) -> LikeThese | None:
        """The interval of an effect; None with too few repositories, or where all show the very same."""
        if not self.enough:
            return None
        test = WildTest(self._supposed, (effect.repository_score[self._both], effect.repository_held[self._both]))
        if test.error <= _EQUAL * abs(test.estimate) or test.error == 0.0:
            return None  # copies of one repository show nothing of how others vary
        lower, upper = (_farthest(test, side) for side in (-1.0, 1.0))
        return LikeThese(lower, upper, test.p_value(0.0), int(self._both.sum()))


_Sums: TypeAlias = tuple[FloatArray, FloatArray]
"""Of each repository: the group times the outcome or itself, and the covariates times it."""


class Supposed:
    """The part of all draws that a supposed difference of 1 has in them: its score, and what it leaves."""

    def __init__(self, group: _Sums, weight: FloatArray) -> None:
        self.group, self.weight = group, weight
        self.score, self.left = self.drawn(group)
        self.square = (self.left**2).sum(axis=1)

    def drawn(self, sums: _Sums) -> tuple[FloatArray, FloatArray]:
        """The score of each draw (draws,), and what its own estimate leaves of each repository's."""
        (score, held), (information, mixed) = sums, self.group
        whole: FloatArray = self.weight @ score
        left = self.weight * score - np.outer(whole / information.sum(), information) - (self.weight @ held) @ mixed.T
        return whole, left


class WildTest:
    """The test of any supposed difference of one outcome."""

    def __init__(self, supposed: Supposed, outcome: _Sums) -> None:
        score, information = outcome[0], supposed.group[0]
        whole = float(information.sum())
        self.estimate = float(score.sum()) / whole
        self.error = float(np.linalg.norm(score - self.estimate * information)) / whole
        # At a supposed difference d a draw has the score a - d b; what it leaves of each repository likewise.
        drawn, left = supposed.drawn(outcome)
        self._score = drawn, supposed.score
        self._parabola = (left**2).sum(axis=1), (left * supposed.left).sum(axis=1), supposed.square

    def p_value(self, difference: float) -> float:
        """How often a draw under the supposition is as extreme as the company."""
        score = self._score[0] - difference * self._score[1]
        square = self._parabola[0] - 2.0 * difference * self._parabola[1] + difference**2 * self._parabola[2]
        seen = ((self.estimate - difference) / self.error) ** 2
        return float((score**2 >= seen * square * (1.0 - _EQUAL)).mean())


@lru_cache(maxsize=4)
def _weights(repositories: int) -> FloatArray:
    """Random weights of repositories, the same for as many, (draws, repositories)."""
    draws = _DRAWS if repositories <= _MANY else _DRAWS_OF_MANY
    weights: FloatArray = np.random.default_rng([_SEED, repositories]).choice(_WEBB, (draws, repositories))
    return weights


def _farthest(test: WildTest, side: float) -> float | None:
    """The last difference on a side that the test does not reject; None where there is none."""
    if not test.error > 0.0:
        return None
    near, far = 0.0, 1.0
    while test.p_value(test.estimate + side * far * test.error) > 1.0 - _LEVEL:
        near, far = far, 2.0 * far
        if far > _WIDEST:
            return None
    for _ in range(_HALVINGS):
        middle = (near + far) / 2.0
        rejected = test.p_value(test.estimate + side * middle * test.error) <= 1.0 - _LEVEL
        near, far = (near, middle) if rejected else (middle, far)
    return test.estimate + side * far * test.error
