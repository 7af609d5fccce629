"""Kaplan–Meier: the probability of not having ended."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analytics.survival.arrays import FloatArray, as_counts, as_hours, same_length, totals
from analytics.survival.intervals import critical_value, log_log_interval
from analytics.survival.quantiles import Quantile, read_quantiles
from headway.errors import AnalysisError

__all__ = ["SurvivalAt", "SurvivalCurve", "kaplan_meier"]


@dataclass(frozen=True, eq=False)
class SurvivalAt:
    """A survival curve read at `hours`; the other arrays have their shape and the meaning they have in the curve."""

    hours: FloatArray
    survival: FloatArray
    standard_error: FloatArray
    lower: FloatArray
    upper: FloatArray
    at_risk: FloatArray


@dataclass(frozen=True, eq=False)
class SurvivalCurve:
    """A Kaplan–Meier curve.

    `hours` (rows,): each distinct hour at which a change ended or was last seen, ascending. `survival`: the share not
    ended just after it; `standard_error`, `lower`, `upper` of it; `at_risk`: changes neither ended nor censored
    just before it; `ended`: how many ended at it; all (rows,). `changes`: how many. `level`: of the intervals.
    """

    hours: FloatArray
    survival: FloatArray
    standard_error: FloatArray
    lower: FloatArray
    upper: FloatArray
    at_risk: FloatArray
    ended: FloatArray
    changes: float
    level: float

    def at(self, hours: ArrayLike) -> SurvivalAt:
        """The curve at any hours; before the first row nothing has ended, after the last one its value stands."""
        at = as_hours(hours, "hours")
        past = np.searchsorted(self.hours, at, "right")

        def read(values: FloatArray, first: float) -> FloatArray:
            return np.concatenate([[first], values])[past]

        still = np.append(self.at_risk, 0.0)[np.searchsorted(self.hours, at, "left")]
        bounds = read(self.lower, np.nan), read(self.upper, np.nan)
        return SurvivalAt(at, read(self.survival, 1.0), read(self.standard_error, 0.0), *bounds, still)

    def quantiles(self, shares: ArrayLike) -> tuple[Quantile, ...]:
        """The hour by which each of `shares` has ended."""
        hours = np.concatenate([[0.0], self.hours])
        reached, lower, upper = (np.concatenate([[0.0], 1.0 - c]) for c in (self.survival, self.upper, self.lower))
        return read_quantiles(hours, reached, (lower, upper), shares)

    def median(self) -> float | None:
        """The hour by which half have ended, or None when half have not."""
        return self.quantiles([0.5])[0].hours


def kaplan_meier(
    hours: ArrayLike, ended: ArrayLike, *, count: ArrayLike | None = None, level: float = 0.95
) -> SurvivalCurve:
    """Estimate the Kaplan–Meier curve of right-censored changes.

    What ends in two ways that exclude each other (arrives, is abandoned) belongs to `incidence`: here the other end
    would be a censoring.

    Parameters
    ----------
    hours:
        (changes,) hours until the change ended, or was last seen.
    ended:
        (changes,) whether it ended; False is censored.
    count:
        (changes,) how many changes a row stands for; 1 when not given.
    level:
        Confidence level of the intervals.

    Returns
    -------
    The curve with Greenwood's standard errors and log-log intervals (`log_log_interval`).

    Raises
    ------
    AnalysisError
        There is no change.

    References
    ----------
    Kaplan & Meier (1958), JASA 53, 457; Greenwood (1926).
    """
    at, over = as_hours(hours, "hours"), np.asarray(ended, dtype=np.bool_)
    counts = as_counts(count, at.size, "count")
    same_length(hours=at, ended=over, count=counts)
    if at.size == 0:
        raise AnalysisError("there is no change to estimate from", hint="widen the time range or the filter")
    times, place = np.unique(at, return_inverse=True)
    leaving = totals(place, counts, times.size)
    events = totals(place, counts * over, times.size)
    at_risk: FloatArray = np.cumsum(leaving[::-1])[::-1]
    survival = np.cumprod((at_risk - events) / at_risk, dtype=np.float64)
    surviving = np.where(at_risk > events, at_risk - events, 1.0)
    standard_error = survival * np.sqrt(np.cumsum(np.where(survival > 0.0, events / (at_risk * surviving), 0.0)))
    low, high = log_log_interval(1.0 - survival, standard_error, critical_value(level))
    return SurvivalCurve(
        times, survival, standard_error, 1.0 - high, 1.0 - low, at_risk, events, float(counts.sum()), level
    )
