"""Small made-up changes, and the estimators written out the slow way."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from analytics.survival import CENSORED, Spells
from analytics.survival.arrays import FloatArray, IntArray

STATES = ("review", "merge", "release", "production", "abandoned")
LAST_STAGE, PRODUCTION, ABANDONED = 2, 3, 4


@dataclass(frozen=True)
class Stay:
    """One stay of one change."""

    change: int
    start: float
    end: float
    state: int
    to: int


def spells(stays: list[Stay]) -> Spells:
    """The stays as columns."""
    return Spells.of(
        *(np.array(column) for column in zip(*((s.change, s.start, s.end, s.state, s.to) for s in stays), strict=True))
    )


@st.composite
def portfolios(draw: st.DrawFn, *, censored: bool = True) -> list[Stay]:
    """Up to a dozen changes in whole hours, so that ties are common; a first stay may be of no length."""
    stays: list[Stay] = []
    for change in range(draw(st.integers(2, 12))):
        state, hour = draw(st.integers(0, LAST_STAGE)), 0
        while state <= LAST_STAGE:
            end = hour + draw(st.integers(0 if not stays or stays[-1].change != change else 1, 5))
            ways = [*range(state + 1, ABANDONED + 1), *([CENSORED] if censored else [])]
            to = draw(st.sampled_from(ways))
            stays.append(Stay(change, float(hour), float(end), state, to))
            if to == CENSORED:
                break
            state, hour = to, end
    return stays


def changes(stays: list[Stay]) -> int:
    """How many changes there are."""
    return max(stay.change for stay in stays) + 1


def slow_occupancy(stays: list[Stay], weight: FloatArray, hour: float) -> FloatArray:
    """The product of transition matrices, each change counted by its weight."""
    first = {stay.change: stay.state for stay in reversed(stays)}
    probability = np.zeros(len(STATES))
    for change, state in first.items():
        probability[state] += weight[change] / weight.sum()
    for time in sorted({stay.end for stay in stays if stay.to != CENSORED and stay.end <= hour}):
        step = np.eye(len(STATES))
        for state in range(len(STATES)):
            at_risk = sum(weight[s.change] for s in stays if s.state == state and _at_risk(s, time, stays))
            for stay in stays:
                if stay.state == state and stay.end == time and stay.to != CENSORED:
                    step[state, stay.to] += weight[stay.change] / at_risk
                    step[state, state] -= weight[stay.change] / at_risk
        probability = probability @ step
    return np.asarray(probability, dtype=np.float64)


def _at_risk(stay: Stay, time: float, stays: list[Stay]) -> bool:
    """Seen in its state just before; all first stays are, at hour 0."""
    first = time == 0.0 and stay is next(other for other in stays if other.change == stay.change)
    return (first or stay.start < time) and time <= stay.end


def slow_mean_hours(stays: list[Stay], weight: FloatArray, horizon: float) -> FloatArray:
    """The area under the occupancy, hour by hour: all moves are at whole hours."""
    hourly = np.array([slow_occupancy(stays, weight, float(hour)) for hour in range(int(horizon))])
    return np.asarray(hourly.sum(axis=0), dtype=np.float64)


def slow_influence(stays: list[Stay], estimate: str, hour: float) -> FloatArray:
    """The derivative of an estimate by the weight of each change, numerically: (changes, states)."""
    function = {"occupancy": slow_occupancy, "mean_hours": slow_mean_hours}[estimate]
    rows = []
    for change in range(changes(stays)):
        up, down = np.ones(changes(stays)), np.ones(changes(stays))
        up[change] += 1e-4
        down[change] -= 1e-4
        rows.append((function(stays, up, hour) - function(stays, down, hour)) / 2e-4)
    return np.array(rows)


def halves(stays: list[Stay]) -> IntArray:
    """A cluster for each stay: even changes are 0, odd ones 1."""
    return np.array([stay.change % 2 for stay in stays])
