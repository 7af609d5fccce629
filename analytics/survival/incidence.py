"""Cumulative incidence: the share that has ended in each of several ways that exclude each other."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from analytics.survival.arrays import FloatArray, IntArray, as_codes, as_counts, as_hours, same_length
from analytics.survival.errors.influence import influence_on_probability
from analytics.survival.errors.spread import Spread
from analytics.survival.intervals import critical_value, log_log_interval
from analytics.survival.moves import CENSORED, Moves
from analytics.survival.quantiles import Quantile, as_shares, crossing_hours
from analytics.survival.tables import Timeline
from headway.errors import AnalysisError

__all__ = ["HARDLY_ANY", "Incidence", "IncidenceAt", "incidence"]

HARDLY_ANY = 0.02
"""If no more than this share is lost to follow-up, no incidence can change by more than it."""


@dataclass(frozen=True, eq=False)
class IncidenceAt:
    """Cumulative incidence at some hours.

    `ends`: names. `hours` (hours,). `probability`, `standard_error`, `lower`, `upper` (hours, ends): the share that
    has ended so by then. `waiting` (hours,): the share that has not ended, one minus all ends. `at_risk` (hours,):
    changes neither ended nor censored just before. `influence` (units, hours, ends): of each unit on
    `probability`; None where changes are independent.
    """

    ends: tuple[str, ...]
    hours: FloatArray
    probability: FloatArray
    standard_error: FloatArray
    lower: FloatArray
    upper: FloatArray
    waiting: FloatArray
    at_risk: FloatArray
    influence: FloatArray | None


@dataclass(frozen=True, eq=False)
class Incidence:
    """Cumulative incidence curves of one group of changes.

    `ends`: names of the ways to end. `event_hours` (rows,): each distinct hour at which a change ended, ascending.
    `probability` (rows, ends): the share that has ended so by then. `changes`: how many. `clusters`: how many
    clusters the standard errors rest on, None where each change is independent. `level`: of the intervals.
    `at` and `quantiles` give standard errors and intervals.
    """

    ends: tuple[str, ...]
    event_hours: FloatArray
    probability: FloatArray
    changes: float
    clusters: int | None
    level: float
    _timeline: Timeline = field(repr=False)

    def at(self, hours: ArrayLike) -> IncidenceAt:
        """The curves at any hours, ascending; after the last row its values stand."""
        at = as_hours(hours, "hours")
        if bool(np.any(np.diff(at) < 0)):
            raise AnalysisError("the hours do not ascend", hint="sort the hours")
        probability = self._at(self.probability, at)
        standard_error, critical, influence = self._errors(at)
        lower, upper = log_log_interval(probability, standard_error, critical)
        waiting, at_risk = self._timeline.probability(0, at), self._timeline.at_risk(0, at)
        return IncidenceAt(self.ends, at, probability, standard_error, lower, upper, waiting, at_risk, influence)

    def seen_at(self, hours: float) -> bool:
        """Whether changes were still at risk then, or hardly any were left; else the value is extrapolated."""
        at = as_hours([hours], "hours")
        return bool(self._timeline.at_risk(0, at)[0] > 0.0 or self._timeline.probability(0, at)[0] <= HARDLY_ANY)

    def quantiles(self, end: str, shares: ArrayLike) -> tuple[Quantile, ...]:
        """The hour by which each of `shares` of *all* changes has ended as `end`; None where they never do.

        The interval is that of the share at the quantile, carried over to hours by the curve (Woodruff 1952, JASA 47,
        635). Where the share is not reached, the error at the last end stands for it.
        """
        column = self.ends.index(end)
        hours = np.concatenate([[0.0], self.event_hours])
        reached = np.concatenate([[0.0], self.probability[:, column]])
        levels = as_shares(shares)
        crossings = [crossing_hours(hours, reached, share) for share in levels.tolist()]
        places = np.array([hours[-1] if hour is None else hour for hour in crossings])
        order = np.argsort(places)
        reach = np.empty((2, levels.size))
        reach[:, order] = [part[:, column] for part in self._errors(places[order])[:2]]
        lower, upper = log_log_interval(levels, *reach)
        return tuple(
            Quantile(share, hour, *(crossing_hours(hours, reached, bound) for bound in bounds))
            for share, hour, *bounds in zip(levels.tolist(), crossings, lower.tolist(), upper.tolist(), strict=True)
        )

    def _at(self, values: FloatArray, at: FloatArray) -> FloatArray:
        return np.vstack([np.zeros(len(self.ends)), values])[np.searchsorted(self.event_hours, at, "right")]

    def _errors(self, at: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray | None]:
        """Standard errors and their reach, (hours, ends), and the influences (units, hours, ends) of clusters."""
        if self.clusters is None:
            standard_error = np.sqrt(self._at(_variance(self._timeline, self.event_hours, self.probability), at))
            return standard_error, np.full_like(standard_error, critical_value(self.level)), None
        moves = self._timeline.moves
        influence = np.empty((moves.units, at.size, len(self.ends)))
        for row, on_probability in enumerate(influence_on_probability(self._timeline, at)):
            influence[:, row] = on_probability[1:].T
        return *Spread.of(moves).errors(np.moveaxis(influence, 0, -1), self.level), influence


def incidence(  # noqa: PLR0913  (the columns of changes)
    hours: ArrayLike,
    ended_as: ArrayLike,
    ends: tuple[str, ...],
    *,
    cluster: ArrayLike | None = None,
    clusters: int | None = None,
    stratum: IntArray | None = None,
    count: ArrayLike | None = None,
    level: float = 0.95,
) -> Incidence:
    """Estimate the cumulative incidence of each of `ends` as competing events, with right-censoring.

    Parameters
    ----------
    hours:
        (changes,) hours until the change ended, or was last seen waiting.
    ended_as:
        (changes,) the position of its end in `ends`, or `CENSORED`.
    ends:
        Names of the competing events.
    cluster:
        (changes,) codes 0 … clusters-1; without it each change is independent.
    clusters:
        How many clusters there are; the highest code plus one when not given.
    stratum:
        (clusters,) codes of the strata that clusters lie in, where these strata are all there are; None where clusters
        are drawn from more of their kind.
    count:
        (changes,) how many changes a row stands for; 1 when not given.
    level:
        Confidence level of the intervals.

    Returns
    -------
    The curves, with standard errors by the infinitesimal jackknife, as `survfit` of R's survival has them.

    Raises
    ------
    AnalysisError
        There is no change.

    References
    ----------
    Aalen & Johansen (1978), Scandinavian Journal of Statistics 5, 141, for one state with several ways out.
    """
    at = as_hours(hours, "hours")
    end = as_codes(ended_as, "ended_as", lowest=CENSORED, highest=len(ends) - 1)
    counts = as_counts(count, at.size, "count")
    unit, units = _units(cluster, clusters, at.size)
    same_length(hours=at, ended_as=end, count=counts, cluster=unit)
    moves = _moves(at, end, ends, counts, unit, units, clustered=cluster is not None, stratum=stratum)
    timeline = Timeline(moves)
    event_hours = timeline.tables[0].hours
    probability = np.stack([timeline.probability(state, event_hours) for state in range(1, len(ends) + 1)], axis=1)
    return Incidence(ends, event_hours, probability, moves.changes, moves.clusters, level, timeline)


def _moves(  # noqa: PLR0913  (the columns of changes)
    at: FloatArray,
    end: IntArray,
    ends: tuple[str, ...],
    counts: FloatArray,
    unit: IntArray,
    units: int,
    *,
    clustered: bool,
    stratum: IntArray | None,
) -> Moves:
    """Every change begins as waiting, and moves at most once."""
    return Moves(
        states=("waiting", *ends),
        units=units,
        start_unit=unit,
        start_state=np.zeros_like(unit),
        start_count=counts,
        unit=unit,
        hours=at,
        from_state=np.zeros_like(unit),
        to_state=np.where(end == CENSORED, CENSORED, end + 1),
        count=counts,
        clustered=clustered,
        stratum=stratum,
    )


def _units(cluster: ArrayLike | None, clusters: int | None, size: int) -> tuple[IntArray, int]:
    if cluster is None:
        return np.arange(size), size
    unit = as_codes(cluster, "cluster", lowest=0, highest=np.iinfo(np.int64).max)
    return unit, clusters if clusters is not None else int(unit.max(initial=-1)) + 1


def _variance(timeline: Timeline, hours: FloatArray, probability: FloatArray) -> FloatArray:
    """The infinitesimal-jackknife variance of `probability` at each of `hours`, by change, (rows, ends).

    With one state to leave, what a change contributes at one hour is uncorrelated with what it contributes at another
    (all at risk share their past), so the squares add up over hours instead of changes: with Y at risk, d ends of this
    kind and D of any, S the share still waiting just before s and F the incidence,

        V(t) = Σ_s≤t  S²/Y² d (1 - d/Y)  -  2 S/Y² d (F(t) - F(s))  +  D / (Y (Y - D)) (F(t) - F(s))²

    For a single end this is Greenwood's formula.
    """
    table = timeline.tables[0]
    at_risk, waiting = table.at_risk[:, None], table.before[:, None]
    kind = np.stack([table.hazard.get(to, np.zeros(hours.size)) for to in range(1, probability.shape[1] + 1)], axis=1)
    stay = table.stay[:, None]
    direct = np.cumsum(waiting**2 * kind * (1.0 - kind) / at_risk, axis=0)
    cross = waiting * kind / at_risk
    square = np.where(stay > 0.0, (1.0 - stay) / (at_risk * np.where(stay > 0.0, stay, 1.0)), 0.0)
    cross_sum = probability * np.cumsum(cross, axis=0) - np.cumsum(cross * probability, axis=0)
    largest = probability**2 * np.cumsum(square, axis=0)
    square_sum = (
        largest
        - 2.0 * probability * np.cumsum(square * probability, axis=0)
        + np.cumsum(square * probability**2, axis=0)
    )
    variance: FloatArray = direct - 2.0 * cross_sum + square_sum
    # What cancels but for rounding is nothing.
    return np.where(variance > 1e-14 * (direct + largest), variance, 0.0)
