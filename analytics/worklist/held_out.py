"""Chances judged by what came true of earlier ones, and corrected by it; or the base rate where that is as good.

The past as it looked at earlier times gives the chances that were to be told then, and what came of them is known. By
these, chances are recalibrated (Cox 1958, Biometrika 45, 562; Steyerberg 2019, Clinical Prediction Models, ch. 15),
apart for open and for merged changes, and for each half-life with which the past may count. Beside them stands the base
rate: the share that came true of all that waited, for those changes whose interval holds it, or for all. Each is judged
on times later than those it rests on, late times more; the lowest Brier score is told (forecasts judged by a discounted
score: Raftery, Kárný & Ettler 2010, Technometrics 52, 52). Chances whose slope on what came is known to be another than
about 1 give way to the base rate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import special

from analytics.survival.arrays import BoolArray, FloatArray, IntArray
from analytics.worklist.landmarks import CHANCE_HOURS, HALF_LIVES, Asked, Past, chances
from analytics.worklist.recalibration import STEP_HOURS, Rows, log_odds

__all__ = ["AS_THEY_ARE", "Choice", "HeldOut", "held_out"]

_TIMES, _JUDGED_EACH = 26, 2
_MOST_STAYS, _MOST_ROWS = 8_000, 6_000
_FEWEST_TIMES, _FEWEST_ROWS, _FIRST_TRAINED = 5, 100, 3
_SLOPES = (0.9, 1.1)
"""What the interval of a slope must not miss."""
_JUDGED_HALF_LIFE_HOURS = 50.0 * 24.0
"""By which the score of an earlier time counts half."""


@dataclass(frozen=True)
class Choice:
    """How chances of one horizon are told.

    `half_life`: place in `HALF_LIVES`, by which the past counts; `intercept` and `slope` on the log odds. Or the `base`
    rate and its bounds; `for_all`: also where a change's own interval excludes it.
    """

    half_life: int = 1
    intercept: float = 0.0
    slope: float = 1.0
    base: tuple[float, float, float] | None = None
    for_all: bool = False

    def takes_base(self, chance: FloatArray) -> BoolArray:
        """For which changes, by their chances and bounds (half-lives, changes, 3), the base rate is told."""
        own = chance[self.half_life]
        if self.base is None:
            return np.zeros(len(own), np.bool_)
        inside = (own[:, 1] <= self.base[0]) & (self.base[0] <= own[:, 2])
        takes: BoolArray = ~np.isnan(own[:, 0]) & (inside | self.for_all)
        return takes

    def told(self, chance: FloatArray) -> FloatArray:
        """Chances and bounds (changes, 3) as they are told of those by half-life; nan stays nan."""
        own: FloatArray = chance[self.half_life]
        if self.base is not None:
            based: FloatArray = np.where(self.takes_base(chance)[:, None], np.array(self.base), own)
            return based
        if (self.intercept, self.slope) == (0.0, 1.0):
            return own
        corrected: FloatArray = special.expit(self.intercept + self.slope * log_odds(own))
        return corrected


AS_THEY_ARE = Choice()


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Chances of earlier times with their bounds (half-lives, rows, 3), whether they `came` true, and of which `time`.

    The latest time is 0. `gap`: after so many times it is known what came.
    """

    chance: FloatArray
    came: BoolArray
    time: IntArray
    gap: int = 1

    def choice(self) -> Choice:
        """What is told: of the candidates, the one with the lowest score on times after those that it rests on."""
        times = np.unique(self.time)[::-1]
        if times.size < _FEWEST_TIMES or self.came.size < _FEWEST_ROWS:
            return AS_THEY_ARE
        judged = self._judged(times[_FIRST_TRAINED:][::-1][::_JUDGED_EACH].tolist())
        candidates = list(self.candidates())
        if judged is None:
            return AS_THEY_ARE
        rows, told = judged
        scores = rows.weight @ (told - rows.came[:, None]) ** 2
        best = int(np.argmin(scores))
        lower, upper = rows.slope_interval(told[:, best])
        if candidates[best].base is None and (lower > _SLOPES[1] or upper < _SLOPES[0]):
            scores[[place for place, one in enumerate(candidates) if one.base is None]] = np.inf
        return candidates[int(np.argmin(scores))]

    def _judged(self, times: list[int]) -> tuple[Rows, FloatArray] | None:
        """What came as of these times, and what each candidate would have told then, (rows, candidates)."""
        parts: list[tuple[BoolArray, IntArray, FloatArray]] = []
        for time in times:
            before, now = self._take(self.time >= time + self.gap), self.time == time
            if before.time.size:
                told = [choice.told(self.chance[:, now])[:, 0] for choice in before.candidates()]
                parts.append((self.came[now], self.time[now], np.stack(told, axis=1)))
        if not parts:
            return None
        came, time_of, told_of = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        return Rows(came, time_of, _JUDGED_HALF_LIFE_HOURS), told_of

    def candidates(self) -> Iterator[Choice]:
        """For each half-life chances recalibrated, and the base rate for those that it fits and for all."""
        for place, half_life in enumerate(HALF_LIVES):
            rows = Rows(self.came, self.time, half_life)
            base = rows.base_rate()
            yield Choice(place, *rows.recalibrated(self.chance[place, :, 0]))
            yield Choice(place, base=base)
            yield Choice(place, base=base, for_all=True)

    def _take(self, rows: BoolArray) -> HeldOut:
        return HeldOut(self.chance[:, rows], self.came[rows], self.time[rows], self.gap)


def held_out(pasts: Mapping[int, Past]) -> tuple[HeldOut, ...]:
    """For each of `CHANCE_HOURS`, the chances of earlier times of all that waited in these stages, and what came true.

    `pasts`: the past of each stage. Times are a week apart, the latest so long ago that it is known what came.
    """
    ago = np.asarray(CHANCE_HOURS[0] + STEP_HOURS * np.arange(_TIMES), dtype=np.float64)
    parts: list[list[tuple[FloatArray, BoolArray, IntArray]]] = [[] for _ in CHANCE_HOURS]
    for past in pasts.values():
        some = past.take(np.arange(0, past.hours.size, max(1, -(-past.hours.size // _MOST_STAYS))))
        stay, time = _there(some, ago)
        spent = some.seen_hours[stay] - ago[time]
        chance = chances(some, Asked(some.repository[stay], spent, time, ago)).chance
        for column, ahead in enumerate(CHANCE_HOURS):
            known = np.flatnonzero((ago[time] >= ahead) & ~np.isnan(chance[:, :, column, 0]).any(axis=0))
            came = some.arrived[stay[known]] & (some.end_hours[stay[known]] <= spent[known] + ahead)
            parts[column].append((chance[:, known, column], came, time[known]))
    return tuple(_together(part, ahead) for part, ahead in zip(parts, CHANCE_HOURS, strict=True))


def _there(past: Past, ago: FloatArray) -> tuple[IntArray, IntArray]:
    """Which stays went on at which time, (rows,) each."""
    parts = []
    for time, hours in enumerate(ago.tolist()):
        spent = past.seen_hours - hours
        here = np.flatnonzero((spent >= 0.0) & (spent < past.hours))
        parts.append((here, np.full(here.size, time)))
    stay, time_of = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return stay, time_of


def _together(parts: list[tuple[FloatArray, BoolArray, IntArray]], ahead: float) -> HeldOut:
    """Those of all stages; of very many an even part."""
    chance = np.concatenate([np.zeros((len(HALF_LIVES), 0, 3)), *(part[0] for part in parts)], axis=1)
    came = np.concatenate([np.zeros(0, np.bool_), *(part[1] for part in parts)])
    time = np.concatenate([np.zeros(0, np.int64), *(part[2] for part in parts)])
    some = slice(None, None, max(1, -(-came.size // _MOST_ROWS)))
    return HeldOut(chance[:, some], came[some], time[some], gap=int(np.ceil(ahead / STEP_HOURS)))
