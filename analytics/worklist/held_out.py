"""Chances judged by what came true of earlier ones, and corrected by it; or the base rate where that is as good.

The past as it looked at earlier times gives the chances that were to be told then, and what came of them is known. By
these, chances are recalibrated (Cox 1958, Biometrika 45, 562; Steyerberg 2019, Clinical Prediction Models, ch. 15),
apart for open and for merged changes. Each of four is judged on times later than those it rests on: the chances as
they are, recalibrated, the base rate (the share that came true of all that waited) for those changes whose interval
holds it, and the base rate for all. The one with the lowest Brier score is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import special

from analytics.survival.arrays import BoolArray, FloatArray, IntArray
from analytics.worklist.landmarks import CHANCE_HOURS, HALF_LIFE_HOURS, Past, chances

__all__ = ["AS_THEY_ARE", "Choice", "HeldOut", "held_out"]

_STEP_HOURS, _TIMES = 14.0 * 24.0, 16
_MOST_STAYS = 8_000
_FEWEST_TIMES, _FEWEST_ROWS, _FIRST_TRAINED = 5, 100, 3
_PRECISION = 4.0
"""The precision of the normal prior of intercept and slope: standard deviations of 0.5 about 0 and 1."""
_STEPS = 25
_LEAST_SLOPE = 0.05


@dataclass(frozen=True)
class Choice:
    """How chances of one horizon are told: `intercept` and `slope` on their log odds, or the `base` rate and bounds.

    `for_all`: the base rate is told also where a change's own interval excludes it.
    """

    intercept: float = 0.0
    slope: float = 1.0
    base: tuple[float, float, float] | None = None
    for_all: bool = False

    def takes_base(self, chance: FloatArray) -> BoolArray:
        """For which changes, by their chances and bounds (changes, 3), the base rate is told."""
        if self.base is None:
            return np.zeros(len(chance), np.bool_)
        inside = (chance[:, 1] <= self.base[0]) & (self.base[0] <= chance[:, 2])
        takes: BoolArray = ~np.isnan(chance[:, 0]) & (inside | self.for_all)
        return takes

    def told(self, chance: FloatArray) -> FloatArray:
        """Chances and bounds (changes, 3) as they are told; nan stays nan."""
        if self.base is not None:
            return np.where(self.takes_base(chance)[:, None], np.array(self.base), chance)
        if (self.intercept, self.slope) == (0.0, 1.0):
            return chance
        corrected: FloatArray = special.expit(self.intercept + self.slope * _odds(chance))
        return corrected


AS_THEY_ARE = Choice()


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Chances of earlier times with their bounds (rows, 3), whether they `came` true, and the number of the `time`.

    The latest time is 0. `gap`: after so many times it is known what came.
    """

    chance: FloatArray
    came: BoolArray
    time: IntArray
    gap: int = 1

    def choice(self) -> Choice:
        """What is told: of the four, the one with the lowest Brier score on times after those that it rests on."""
        times = np.unique(self.time)[::-1]
        if times.size < _FEWEST_TIMES or self.came.size < _FEWEST_ROWS:
            return AS_THEY_ARE
        scores = np.zeros(4)
        for time in times[_FIRST_TRAINED:].tolist():
            before, now = self._take(self.time >= time + self.gap), self.time == time
            if not before.time.size:
                continue
            told = [choice.told(self.chance[now])[:, 0] for choice in before.candidates()]
            scores += [float(((chance - self.came[now]) ** 2).sum()) for chance in told]
        return self.candidates()[int(np.argmin(scores))]

    def candidates(self) -> tuple[Choice, Choice, Choice, Choice]:
        """As they are, recalibrated, and the base rate for those that it fits and for all."""
        base = self.base()
        return AS_THEY_ARE, self.recalibrated(), Choice(base=base), Choice(base=base, for_all=True)

    def _take(self, rows: BoolArray) -> HeldOut:
        return HeldOut(self.chance[rows], self.came[rows], self.time[rows], self.gap)

    @property
    def _weight(self) -> FloatArray:
        """What each row counts: the older, the less."""
        weight: FloatArray = 0.5 ** ((self.time - self.time.min()) * _STEP_HOURS / HALF_LIFE_HOURS)
        return weight

    def base(self) -> tuple[float, float, float]:
        """The base rate and its 95 % bounds, half a change each way added."""
        weight = self._weight
        share = float((weight * self.came).sum() / weight.sum())
        watched = _amount(weight) / self._design_effect(np.full(self.came.size, share))
        yes, no = watched * share + 0.5, watched * (1.0 - share) + 0.5
        return yes / (yes + no), float(special.betaincinv(yes, no, 0.025)), float(special.betaincinv(yes, no, 0.975))

    def _design_effect(self, expected: FloatArray) -> float:
        """How much more times differ from what was `expected` than if changes were independent, at least 1."""
        weight = self._weight
        apart = np.bincount(self.time, weights=weight * (self.came - expected))
        by_chance = float((weight**2 * expected * (1.0 - expected)).sum())
        return max(1.0, float((apart**2).sum()) / max(by_chance, 1e-12))

    def recalibrated(self) -> Choice:
        """Intercept and slope of largest posterior density: likelihood over the design effect, and `_PRECISION`."""
        odds = _odds(self.chance[:, 0])
        weight = self._weight
        weight = weight * _amount(weight) / (weight.sum() * self._design_effect(special.expit(odds)))
        design = np.stack([np.ones_like(odds), odds], axis=1)
        beta, prior, precision = np.array([0.0, 1.0]), np.array([0.0, 1.0]), _PRECISION * np.eye(2)
        for _ in range(_STEPS):
            fitted = special.expit(design @ beta)
            information = (design * (weight * fitted * (1.0 - fitted))[:, None]).T @ design + precision
            gradient = design.T @ (weight * (self.came - fitted)) - precision @ (beta - prior)
            step = np.linalg.solve(information, gradient)
            beta = beta + step * min(1.0, 1.0 / max(float(np.abs(step).max()), 1e-12))
            if float(np.abs(step).max()) < 1e-9:
                break
        return Choice(float(beta[0]), max(float(beta[1]), _LEAST_SLOPE))


def held_out(pasts: Mapping[int, Past]) -> tuple[HeldOut, ...]:
    """For each of `CHANCE_HOURS`, the chances of earlier times of all that waited in these stages, and what came true.

    `pasts`: the past of each stage. Times are two weeks apart, the latest so long ago that it is known what came.
    """
    parts: list[list[tuple[FloatArray, BoolArray, IntArray]]] = [[] for _ in CHANCE_HOURS]
    for past in pasts.values():
        some = past.take(np.arange(0, past.hours.size, max(1, -(-past.hours.size // _MOST_STAYS))))
        for time in range(_TIMES):
            ago = CHANCE_HOURS[0] + time * _STEP_HOURS
            spent = some.seen_hours - ago
            here = np.flatnonzero((spent >= 0.0) & (spent < some.hours))
            if not here.size:
                continue
            then = chances(some.as_of(ago), some.repository[here], spent[here])
            chance = np.stack([then.chance, then.lower, then.upper], axis=2)
            for column, ahead in enumerate(CHANCE_HOURS):
                known = ~np.isnan(chance[:, column, 0])
                if ago < ahead or not known.any():
                    continue
                came = some.arrived[here] & (some.end_hours[here] <= spent[here] + ahead)
                parts[column].append((chance[known, column], came[known], np.full(int(known.sum()), time)))
    return tuple(
        HeldOut(
            np.concatenate([np.zeros((0, 3)), *(chance for chance, _, _ in part)]),
            np.concatenate([np.zeros(0, np.bool_), *(came for _, came, _ in part)]),
            np.concatenate([np.zeros(0, np.int64), *(time for _, _, time in part)]),
            gap=int(np.ceil(ahead / _STEP_HOURS)),
        )
        for part, ahead in zip(parts, CHANCE_HOURS, strict=True)
    )


def _amount(weight: FloatArray) -> float:
    """As how many of one weight they count (Kish)."""
    return float(weight.sum() ** 2 / max(float((weight**2).sum()), 1e-300))


def _odds(chance: FloatArray) -> FloatArray:
    odds: FloatArray = special.logit(np.clip(chance, 1e-4, 1.0 - 1e-4))
    return odds
