"""Chances corrected by what came true of earlier ones: as far apart as held-out time supports, down to the base rate.

The past as it looked at earlier times gives the chances that were to be told then, and what came of them is known. By
these, chances are recalibrated (Cox 1958, Biometrika 45, 562; Steyerberg 2019, Clinical Prediction Models, ch. 15),
apart for open and for merged changes: an intercept and a slope on their log odds. The slope is shrunk towards 0 by its
own uncertainty (van Houwelingen & le Cessie 1990, Stat. Med. 9, 1303: one minus the parameters over the model's chi
square). Where earlier chances did not predict clearly it is 0, and every change has the base rate: the share that came
of all that waited. Merged changes wait for releases: how long is left follows from how long they waited, and what came
of a few releases says little of the next. So their correction is shrunk towards none, intercept 0 and slope 1, by the
chi square of its distance from there (James & Stein 1961), unless earlier chances did not predict. After a turn
(`turns.py`) only what came since then counts, and until that is enough to correct by, every change has the base rate of
since then. After a turn of the pace (`pace.py`), which is seen before it is known what came, there is no chance until
that is known of enough changes: chances of before would be wrong, and how wrong is not known.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy import special

from analytics.survival.arrays import BoolArray, FloatArray, IntArray
from analytics.worklist.landmarks import CHANCE_HOURS, FEWEST, HALF_LIFE_HOURS, Past, borrowing
from analytics.worklist.turns import since_the_turn

__all__ = ["AS_THEY_ARE", "IN_DOUBT", "Choice", "HeldOut", "held_out"]

_STEP_HOURS, _TIMES = 14.0 * 24.0, 16
_WEEK_HOURS = 7.0 * 24.0
_MOST_STAYS = 8_000
_FEWEST_TIMES = 3
_FEWEST_OF_A_KIND = 20
"""That came, and that did not: of fewer no slope is estimated, ten each for it and the intercept (Peduzzi et al. 1996,
J. Clin. Epidemiol. 49, 1373)."""
_PRIOR_PRECISION = np.array([1.0, 2.0])
"""Of normal priors of the intercept about 0 and of the slope about 1: they keep what separates perfectly finite."""
_PARAMETERS = 2.0
"""Intercept and slope: a model's chi square that is no larger says nothing."""
_CLEAR = 5.99
"""The 5 % point of a chi square of two: open changes have a chance of their own where that of the slope is above it."""
_ROUNDS, _STEPS = 3, 30
_TINY = 1e-12


@dataclass(frozen=True)
class Choice:
    """How chances of one horizon are told: `intercept` and `slope` on their log odds.

    `base`: the base rate and its 95 % bounds. It is what is told where the slope is 0, and its uncertainty adds to that
    of each change. None: chances stay as they are. `in_doubt`: there is no chance.
    """

    intercept: float = 0.0
    slope: float = 1.0
    base: tuple[float, float, float] | None = None
    in_doubt: bool = False

    @property
    def is_base(self) -> bool:
        """Whether every change has the base rate."""
        return self.base is not None and self.slope == 0.0

    def told(self, chance: FloatArray) -> FloatArray:
        """Chances and bounds (changes, 3) as they are told; nan stays nan."""
        if self.in_doubt:
            return np.full_like(chance, np.nan)
        if self.base is None:
            return chance
        if self.is_base:
            return np.where(np.isnan(chance[:, :1]), np.nan, np.array(self.base))
        own_odds, of_base = _odds(chance), _odds(np.array(self.base))
        middle = self.intercept + self.slope * own_odds[:, 0]
        # Two sources of error that have little to do with each other: of the change's own chance, and of the level.
        reach = np.hypot(self.slope * (own_odds - own_odds[:, :1]), of_base - of_base[0])
        told: FloatArray = special.expit(middle[:, None] + reach * np.array([0.0, -1.0, 1.0]))
        return told


AS_THEY_ARE = Choice()
IN_DOUBT = Choice(in_doubt=True)


@dataclass(frozen=True)
class _Fit:
    """What came on the log odds of chances: `level` at their `middle`, `slope`, and the information on both."""

    middle: float
    level: float
    slope: float
    on_level: float
    on_slope: float

    def shrunk_slope(self, clear: float = _PARAMETERS) -> float:
        """The slope times one minus `_PARAMETERS` over its chi square; 0 where that is not above `clear`."""
        chi_square = self.slope**2 * self.on_slope
        if self.slope <= 0.0 or chi_square <= clear:
            return 0.0
        return self.slope * (1.0 - _PARAMETERS / chi_square)

    def towards_none(self) -> tuple[float, float]:
        """Intercept and slope: the distance from 0 and 1 times one minus `_PARAMETERS` over its chi square."""
        off, steeper = self.level - self.middle, self.slope - 1.0
        chi_square = off**2 * self.on_level + steeper**2 * self.on_slope
        trust = 1.0 - _PARAMETERS / chi_square if chi_square > _PARAMETERS else 0.0
        slope = 1.0 + trust * steeper
        return self.middle + trust * off - slope * self.middle, slope


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Chances of earlier times with their bounds (rows, 3), whether they `came` true, and the number of the `time`.

    The latest time is 0.
    """

    chance: FloatArray
    came: BoolArray
    time: IntArray

    def choice(self, *, merged: bool = False, turn: int | None = None) -> Choice:
        """The correction that these support since the last turn; chances stay as they are where these are too few.

        `merged`: they are chances of merged changes, which wait for releases. `turn`: so many weeks ago the pace of
        work turned (`pace.py`): chances are in doubt until it is known what came of `FEWEST` changes since then.
        """
        recent = self
        if turn is not None:
            recent = self.of(CHANCE_HOURS[0] + self.time * _STEP_HOURS <= turn * _WEEK_HOURS)
            if recent.came.size < FEWEST:
                return IN_DOUBT
        since = since_the_turn(recent.chance[:, 0], recent.came, recent.time)
        recent = recent.of(since)
        if recent.enough:
            return recent.correction(merged=merged)
        return AS_THEY_ARE if turn is None and since.all() else Choice(slope=0.0, base=recent.base())

    def of(self, rows: BoolArray) -> HeldOut:
        """Those of some `rows`."""
        return HeldOut(self.chance[rows], self.came[rows], self.time[rows])

    @property
    def enough(self) -> bool:
        """Whether a correction can be estimated."""
        return np.unique(self.time).size >= _FEWEST_TIMES and self.came.size >= FEWEST

    def correction(self, *, merged: bool = False) -> Choice:
        """The intercept and the shrunk slope; the base rate where too few came, or too few did not."""
        came = int(self.came.sum())
        if min(came, self.came.size - came) < _FEWEST_OF_A_KIND:
            return Choice(slope=0.0, base=self.base())
        fit = self._fit()
        slope = fit.shrunk_slope(_PARAMETERS if merged else _CLEAR)
        if merged and slope > 0.0:
            return Choice(*fit.towards_none(), self.base())
        return Choice(self._intercept(slope), slope, self.base())

    @property
    def _weight(self) -> FloatArray:
        """What each row counts: the older, the less. They add up to as many rows of one weight as they amount to."""
        weight: FloatArray = 0.5 ** ((self.time - self.time.min()) * _STEP_HOURS / HALF_LIFE_HOURS)
        return weight * float(weight.sum() / (weight**2).sum())

    def base(self) -> tuple[float, float, float]:
        """The base rate and its 95 % bounds, half a change each way added."""
        weight = self._weight
        share = float((weight * self.came).sum() / weight.sum())
        watched = float(weight.sum()) / self._design_effect(np.full(self.came.size, share), np.ones(self.came.size))
        yes, no = watched * share + 0.5, watched * (1.0 - share) + 0.5
        return yes / (yes + no), float(special.betaincinv(yes, no, 0.025)), float(special.betaincinv(yes, no, 0.975))

    def _design_effect(self, expected: FloatArray, column: FloatArray) -> float:
        """How much more the scores of times vary than if changes were independent, at least 1.

        A row's score is what came less what was `expected`, times its `column` of the design.
        """
        score = self._weight * column
        apart = np.bincount(self.time, weights=score * (self.came - expected))
        by_chance = float((score**2 * expected * (1.0 - expected)).sum())
        return max(1.0, float((apart**2).sum()) / max(by_chance, _TINY))

    def shrunk_slope(self) -> float:
        """The slope on the log odds, shrunk (`_Fit.shrunk_slope`)."""
        return self._fit().shrunk_slope()

    def _fit(self) -> _Fit:
        """Largest posterior: likelihood over the design effect of times, which is that of residuals; and priors."""
        odds, weight = _odds(self.chance[:, 0]), self._weight
        middle = float((weight * odds).sum() / weight.sum())
        design = np.stack([np.ones_like(odds), odds - middle], axis=1)
        prior = np.array([middle, 1.0])
        beta, effect = prior, 1.0
        for _ in range(_ROUNDS):
            beta = _mode(design, self.came, weight / effect, beta, prior)
            effect = self._design_effect(special.expit(design @ beta), design[:, 0])
        fitted = special.expit(design @ beta)
        spread = weight * fitted * (1.0 - fitted)
        # The information on the slope that is left when the intercept is estimated too.
        shared = float(spread @ design[:, 1]) ** 2 / max(float(spread.sum()), _TINY)
        of_slope = (float(spread @ design[:, 1] ** 2) - shared) / self._design_effect(fitted, design[:, 1])
        return _Fit(middle, float(beta[0]), float(beta[1]), float(spread.sum()) / effect, of_slope)

    def _intercept(self, slope: float) -> float:
        """With it and the `slope` chances are right on average; one change that came at the base rate is added."""
        odds, weight = _odds(self.chance[:, 0]), self._weight
        middle = float((weight * odds).sum() / weight.sum())
        offset = slope * (odds - middle)
        base = self.base()[0]
        level = float(special.logit(base))
        for _ in range(_STEPS):
            fitted, added = special.expit(level + offset), float(special.expit(level))
            missing = float((weight * (self.came - fitted)).sum()) + base - added
            information = float((weight * fitted * (1.0 - fitted)).sum()) + added * (1.0 - added)
            level += float(np.clip(missing / max(information, _TINY), -1.0, 1.0))
        return level - slope * middle


def _mode(design: FloatArray, came: BoolArray, weight: FloatArray, beta: FloatArray, prior: FloatArray) -> FloatArray:
    """Coefficients of largest posterior density, by Newton's method with steps of at most 1."""
    precision = np.diag(_PRIOR_PRECISION)
    for _ in range(_STEPS):
        fitted = special.expit(design @ beta)
        information = (design * (weight * fitted * (1.0 - fitted))[:, None]).T @ design + precision
        gradient = design.T @ (weight * (came - fitted)) - precision @ (beta - prior)
        step = np.linalg.solve(information, gradient)
        beta = beta + step * min(1.0, 1.0 / max(float(np.abs(step).max()), _TINY))
        if float(np.abs(step).max()) < 1e-9:
            break
    return beta


def held_out(past: Past, stage: IntArray) -> tuple[HeldOut, ...]:
    """For each of `CHANCE_HOURS`, the chances of earlier times of all that waited then, and what came true.

    `stage`: of each stay of the past. Times are two weeks apart, the latest so long ago that it is known what came.
    """
    parts: list[list[tuple[FloatArray, BoolArray, IntArray]]] = [[] for _ in CHANCE_HOURS]
    every = _some(past)
    stages = [_some(past.take(stage == code)) for code in np.unique(stage).tolist()]
    for time, some in product(range(_TIMES), stages):
        ago = CHANCE_HOURS[0] + time * _STEP_HOURS
        spent = some.seen_hours - ago
        here = np.flatnonzero((spent >= 0.0) & (spent < some.hours))
        then, _ = borrowing(some.as_of(ago), every.as_of(ago), some.repository[here], spent[here])
        chance = np.stack([then.chance, then.lower, then.upper], axis=2)
        for column, ahead in enumerate(CHANCE_HOURS):
            has_chance = ~np.isnan(chance[:, column, 0])
            if ago < ahead or not has_chance.any():
                continue
            came = some.arrived[here] & (some.end_hours[here] <= spent[here] + ahead)
            parts[column].append((chance[has_chance, column], came[has_chance], np.full(int(has_chance.sum()), time)))
    return tuple(
        HeldOut(
            np.concatenate([np.zeros((0, 3)), *(chance for chance, _, _ in part)]),
            np.concatenate([np.zeros(0, np.bool_), *(came for _, came, _ in part)]),
            np.concatenate([np.zeros(0, np.int64), *(time for _, _, time in part)]),
        )
        for part in parts
    )


def _some(past: Past) -> Past:
    """An even sample of the stays where these are very many."""
    return past.take(np.arange(0, past.hours.size, max(1, -(-past.hours.size // _MOST_STAYS))))


def _odds(chance: FloatArray) -> FloatArray:
    odds: FloatArray = special.logit(np.clip(chance, 1e-4, 1.0 - 1e-4))
    return odds
