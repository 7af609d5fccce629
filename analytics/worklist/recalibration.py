"""What came of chances of earlier times: the base rate, the correction of their log odds, and how sure that is.

Of rows, the older count the less. What came of one time came together (one release takes them all), so rows count for
as many as the spread between times says (design effect: Kish 1965, Survey Sampling, ch. 5).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import special

from analytics.survival.arrays import BoolArray, FloatArray, IntArray

__all__ = ["STEP_HOURS", "Rows", "log_odds"]

STEP_HOURS = 7.0 * 24.0
"""Between two times."""
_PRIOR = np.array([0.0, 0.8])
"""Where intercept and slope are thought to be before anything is known. Chances are estimates, and their noise makes
them too far apart (Copas 1983, J. Royal Statistical Society B 45, 311)."""
_PRECISION = 4.0
"""Of the normal prior about these: standard deviations of 0.5."""
_NO_PRECISION = 1e-6
_LEAST_SLOPE = 0.05
_NORMAL = 1.96
_STEPS = 30


@dataclass(frozen=True, eq=False)
class Rows:
    """Whether changes `came`, (rows,), at which `time` (0: the latest); the older count less, by `half_life_hours`."""

    came: BoolArray
    time: IntArray
    half_life_hours: float

    @cached_property
    def weight(self) -> FloatArray:
        """What each row counts: the older, the less."""
        weight: FloatArray = 0.5 ** ((self.time - self.time.min()) * STEP_HOURS / self.half_life_hours)
        return weight

    def base_rate(self) -> tuple[float, float, float]:
        """The share that came and its 95 % bounds, half a change each way added."""
        weight = self.weight
        share = float((weight * self.came).sum() / weight.sum())
        watched = self._amount() / self._design_effect(np.full(self.came.size, share))
        yes, no = watched * share + 0.5, watched * (1.0 - share) + 0.5
        return yes / (yes + no), float(special.betaincinv(yes, no, 0.025)), float(special.betaincinv(yes, no, 0.975))

    def recalibrated(self, chance: FloatArray) -> tuple[float, float]:
        """Intercept and slope of the log odds of chances (rows,) with the largest posterior density."""
        odds = log_odds(chance)
        weight = self.weight * self._amount() / (self.weight.sum() * self._design_effect(special.expit(odds)))
        beta, _ = _fit(odds, self.came, weight, _PRECISION)
        return float(beta[0]), max(float(beta[1]), _LEAST_SLOPE)

    def slope_interval(self, chance: FloatArray) -> tuple[float, float]:
        """The 95 % interval of the slope on the log odds of chances (rows,), times being what is independent.

        The error is the larger of that by times and that by rows (sandwich: White 1980, Econometrica 48, 817).
        """
        odds = log_odds(chance)
        beta, information = _fit(odds, self.came, self.weight, _NO_PRECISION)
        design = np.stack([np.ones_like(odds), odds], axis=1)
        left = design * (self.weight * (self.came - special.expit(design @ beta)))[:, None]
        by_time = np.stack([np.bincount(self.time, weights=column) for column in left.T], axis=1)
        inverse = np.linalg.inv(information)
        error = max(float((inverse @ part.T @ part @ inverse)[1, 1]) for part in (left, by_time)) ** 0.5
        return float(beta[1]) - _NORMAL * error, float(beta[1]) + _NORMAL * error

    def _amount(self) -> float:
        """As how many of one weight they count (Kish)."""
        return float(self.weight.sum() ** 2 / max(float((self.weight**2).sum()), 1e-300))

    def _design_effect(self, expected: FloatArray) -> float:
        """How much more times differ from what was `expected` than if rows were independent, at least 1."""
        apart = np.bincount(self.time, weights=self.weight * (self.came - expected))
        by_chance = float((self.weight**2 * expected * (1.0 - expected)).sum())
        return max(1.0, float((apart**2).sum()) / max(by_chance, 1e-12))


def log_odds(chance: FloatArray) -> FloatArray:
    """The log odds of chances, those of 0 and 1 bounded."""
    odds: FloatArray = special.logit(np.clip(chance, 1e-4, 1.0 - 1e-4))
    return odds


def _fit(odds: FloatArray, came: BoolArray, weight: FloatArray, precision: float) -> tuple[FloatArray, FloatArray]:
    """Penalised logistic regression by Newton's method with bounded steps: coefficients and information."""
    design = np.stack([np.ones_like(odds), odds], axis=1)
    beta, penalty = _PRIOR.copy(), precision * np.eye(2)
    for _ in range(_STEPS):
        fitted = special.expit(design @ beta)
        information = (design * (weight * fitted * (1.0 - fitted))[:, None]).T @ design + penalty
        step = np.linalg.solve(information, design.T @ (weight * (came - fitted)) - penalty @ (beta - _PRIOR))
        beta = beta + step * min(1.0, 1.0 / max(float(np.abs(step).max()), 1e-12))
        if float(np.abs(step).max()) < 1e-9:
            break
    return beta, information
