"""State occupation probabilities and mean hours in each state (multi-state models)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analytics.survival.arrays import FloatArray, as_hours
from analytics.survival.errors.influence import influence_on_hours, influence_on_probability
from analytics.survival.errors.spread import Spread, kurtosis_of_hours
from analytics.survival.intervals import log_log_interval, logit_interval
from analytics.survival.moves import Moves
from analytics.survival.tables import Timeline
from headway.errors import AnalysisError

__all__ = ["Occupancy", "TimeInState", "occupancy", "restricted_mean_hours"]

_UNSPLIT = 10_000
"""Longer sums of products OpenBLAS splits among cores, so that their last digits would depend on how many there are."""


@dataclass(frozen=True, eq=False)
class Occupancy:
    """State occupation probabilities.

    `states`: names. `at_hours` (hours,): hours since the start, ascending. `probability`, `standard_error`, `lower`,
    `upper` (hours, states): of being in the state at that hour; each row of `probability` adds up to 1. `at_risk`
    (hours, states): changes seen in the state just before. `changes`: how many. `clusters`: how many independent
    clusters the standard errors rest on, None where each change is independent. `level`: of the intervals.
    `influence` (units, hours, states): of each unit on `probability`, where it was requested: two groups that share
    clusters are compared by the sum of squares of the difference of their influences.
    """

    states: tuple[str, ...]
    at_hours: FloatArray
    probability: FloatArray
    standard_error: FloatArray
    lower: FloatArray
    upper: FloatArray
    at_risk: FloatArray
    changes: float
    clusters: int | None
    level: float
    influence: FloatArray | None


@dataclass(frozen=True, eq=False)
class TimeInState:
    """Restricted mean hours in each state.

    `states`: names. `horizon_hours`: up to which hours count. `mean_hours`, `standard_error`, `lower`, `upper`
    (states,), hours: `mean_hours` adds up to the horizon. `changes`, `clusters`, `level`: as in `Occupancy`.
    `influence` (units, states): of each unit on `mean_hours`, where it was requested.
    """

    states: tuple[str, ...]
    horizon_hours: float
    mean_hours: FloatArray
    standard_error: FloatArray
    lower: FloatArray
    upper: FloatArray
    changes: float
    clusters: int | None
    level: float
    influence: FloatArray | None


def occupancy(
    moves: Moves | Timeline, at_hours: ArrayLike, *, level: float = 0.95, keep_influence: bool = False
) -> Occupancy:
    """Estimate state occupation probabilities at some hours, by Aalen–Johansen over right-censored moves.

    Parameters
    ----------
    moves:
        The moves, or their `Timeline`, which saves sorting them again for several estimates.
    at_hours:
        (hours,) hours since the start, ascending. After the last hour with data the last value is used.
    level:
        Confidence level of the intervals.
    keep_influence:
        Whether to return the influence of each unit.

    Returns
    -------
    Probabilities with infinitesimal-jackknife standard errors by unit and log-log intervals (`log_log_interval`;
    Student's t where units are clusters).

    Raises
    ------
    AnalysisError
        There is no change, or hours do not ascend.
    """
    at = _ascending(at_hours)
    timeline = _timeline(moves)
    moves = timeline.moves
    probability = np.stack([timeline.probability(state, at) for state in range(len(moves.states))], axis=1)
    at_risk = np.stack([timeline.at_risk(state, at) for state in range(len(moves.states))], axis=1)
    standard_error, critical = np.zeros_like(probability), np.zeros_like(probability)
    influence = np.zeros((moves.units, *probability.shape)) if keep_influence else None
    spread = Spread.of(moves)
    for row, on_probability in enumerate(influence_on_probability(timeline, at)):
        standard_error[row], critical[row] = spread.errors(on_probability, level)
        if influence is not None:
            influence[:, row] = on_probability.T
    clusters = moves.clusters
    lower, upper = log_log_interval(probability, standard_error, critical)
    return Occupancy(
        moves.states,
        at,
        probability,
        standard_error,
        lower,
        upper,
        at_risk,
        moves.changes,
        clusters,
        level,
        influence,
    )


def restricted_mean_hours(
    moves: Moves | Timeline, horizon_hours: float, *, level: float = 0.95, keep_influence: bool = False
) -> TimeInState:
    """Estimate the mean hours in each state within a horizon.

    It is the area under each state's occupation probability. Beyond `Moves.seen_hours` the last probabilities are used.

    Parameters
    ----------
    moves:
        The moves, or their `Timeline`.
    horizon_hours:
        Hours since the start up to which time counts.
    level:
        Confidence level of the intervals.
    keep_influence:
        Whether to return the influence of each unit.

    Returns
    -------
    Hours by state, with infinitesimal-jackknife standard errors by unit and intervals on the scale of log odds of the
    horizon (`logit_interval`; Student's t where units are clusters, and what `Spread` adds for hours).

    Raises
    ------
    AnalysisError
        There is no change, or the horizon is not above zero.

    References
    ----------
    Andersen et al. (1993), Statistical Models Based on Counting Processes, section IV.4; `rmean` in R's survival.
    """
    horizon = float(as_hours([horizon_hours], "horizon_hours")[0])
    if horizon == 0.0:
        raise AnalysisError("the horizon is not above zero", hint="give a horizon above zero")
    timeline = _timeline(moves)
    moves = timeline.moves
    # What no change is ever in takes no time: rounding must not take away any.
    mean_hours = np.array([max(0.0, _area(timeline, state, horizon)) for state in range(len(moves.states))])
    influence = influence_on_hours(timeline, horizon)
    standard_error, critical = Spread.of(moves).errors(influence, level, kurtosis=kurtosis_of_hours(moves))
    clusters = moves.clusters
    lower, upper = logit_interval(mean_hours, standard_error, critical, highest=horizon)
    return TimeInState(
        moves.states,
        horizon,
        mean_hours,
        standard_error,
        lower,
        upper,
        moves.changes,
        clusters,
        level,
        influence.T if keep_influence else None,
    )


def _timeline(moves: Moves | Timeline) -> Timeline:
    timeline = moves if isinstance(moves, Timeline) else Timeline(moves)
    moves = timeline.moves
    if not moves.clustered and bool(np.any(moves.start_count != 1.0)):
        raise AnalysisError("one unit stands for several changes", hint="say that units are clusters")
    return timeline


def _ascending(at_hours: ArrayLike) -> FloatArray:
    at = as_hours(at_hours, "at_hours")
    if bool(np.any(np.diff(at) < 0)):
        raise AnalysisError("at_hours does not ascend", hint="sort the hours")
    return at


def _area(timeline: Timeline, state: int, horizon: float) -> float:
    """Probability over time: what starts or arrives counts for the rest of the horizon, what leaves no longer."""
    table = timeline.tables[state]
    area = table.start * horizon
    for source, flux in table.arrived.items():
        area += _rest(timeline.tables[source].hours, np.diff(flux), horizon)
    for hazard in table.hazard.values():
        area -= _rest(table.hours, table.before * hazard, horizon)
    return float(area)


def _rest(hours: FloatArray, probability: FloatArray, horizon: float) -> float:
    left = np.maximum(horizon - hours, 0.0)
    parts = (slice(begin, begin + _UNSPLIT) for begin in range(0, hours.size, _UNSPLIT))
    return float(sum(np.dot(probability[part], left[part]) for part in parts))
