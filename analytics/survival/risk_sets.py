"""Sums over risk sets for Cox models, with Efron's treatment of ties, each in one pass over sorted rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.survival.arrays import BoolArray, FloatArray, IntArray, totals

__all__ = ["AtCoefficients", "RiskSets"]


@dataclass(frozen=True, eq=False)
class AtCoefficients:
    """What the risk sets say at some coefficients β.

    An end among d at the same hour of a stratum sees its tied ones still at risk to 1, (d-1)/d … 1/d (Efron 1977,
    JASA 72, 557). `log_likelihood`. `risk` (changes,): exp(βx), up to one factor for all. `denominator` (ends,): the
    risk that each end sees. `mean` (ends, covariates): of the covariates over it.
    """

    log_likelihood: float
    risk: FloatArray
    denominator: FloatArray
    mean: FloatArray


class RiskSets:
    """Changes sorted by stratum and hours, and sums over who is at risk at each end.

    `order`: how the given rows were sorted. `covariates` (changes, covariates): sorted, centred. `ended` (changes,).
    `end_rows`: the rows that ended. `end_hours` (ends,).
    """

    def __init__(self, hours: FloatArray, ended: BoolArray, covariates: FloatArray, stratum: IntArray) -> None:
        self.order = np.lexsort((hours, stratum))
        sorted_hours, strata = hours[self.order], stratum[self.order]
        self.ended = ended[self.order]
        self.covariates = covariates[self.order] - covariates.mean(axis=0)
        opens = np.diff(strata, prepend=strata[:1] - 1) != 0
        self.new_time = opens | (np.diff(sorted_hours, prepend=-1.0) != 0.0)
        self.time_of = np.cumsum(self.new_time) - 1
        self.time_starts = np.flatnonzero(self.new_time)
        self.stratum_starts = np.flatnonzero(opens)
        self.stratum_of_time = (np.cumsum(opens) - 1)[self.time_starts]
        self.end_rows = np.flatnonzero(self.ended)
        self.end_hours = sorted_hours[self.end_rows]
        self.end_time = self.time_of[self.end_rows]
        tied = np.bincount(self.end_time, minlength=self.time_starts.size)
        first = np.cumsum(tied) - tied
        self.fraction = (np.arange(self.end_rows.size) - first[self.end_time]) / tied[self.end_time]

    def at(self, coefficients: FloatArray) -> AtCoefficients:
        """The risk sets at `coefficients` (covariates,)."""
        score = self.covariates @ coefficients
        highest = score.max(initial=-np.inf)
        risk = np.exp(score - highest)
        denominator = self._sum_at_risk(risk[:, None])[:, 0]
        # A step too far can leave a risk set without any risk: its likelihood is nan, and the step is taken back.
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = self._sum_at_risk(risk[:, None] * self.covariates) / denominator[:, None]
            log_likelihood = float((score[self.end_rows] - highest - np.log(denominator)).sum())
        return AtCoefficients(log_likelihood, risk, denominator, mean)

    def expected(self, at: AtCoefficients, weight: FloatArray | None = None) -> FloatArray:
        """The ends each change is expected to have had while it was watched, each weighted (ends,), (changes,)."""
        expected: FloatArray = at.risk * self.watched((1.0 if weight is None else weight) / at.denominator)
        return expected

    def information(self, at: AtCoefficients, weight: FloatArray | None = None) -> FloatArray:
        """The variance of the covariates over each risk set, summed over ends, weighted: (covariates, covariates)."""
        weights = np.ones(self.end_rows.size) if weight is None else weight
        square = self.covariates.T @ (self.expected(at, weight)[:, None] * self.covariates)
        information: FloatArray = square - at.mean.T @ (weights[:, None] * at.mean)
        return information

    def spread(self, at: AtCoefficients, axis: FloatArray) -> FloatArray:
        """The variance over each risk set of the covariates along `axis` (covariates,), (ends,)."""
        along = self.covariates @ axis
        square = self._sum_at_risk((at.risk * along**2)[:, None])[:, 0] / at.denominator
        spread: FloatArray = np.maximum(square - (at.mean @ axis) ** 2, 0.0)
        return spread

    def scores(self, at: AtCoefficients) -> FloatArray:
        """The part of each change in the derivative of the log likelihood, (changes, covariates), in given order.

        Lin & Wei (1989), JASA 84, 1074; ties as in Therneau & Grambsch (2000), Modeling Survival Data, section 4.6.
        """
        parts = -self.expected(at)[:, None] * self.covariates
        for column in range(parts.shape[1]):
            parts[:, column] += at.risk * self.watched(at.mean[:, column] / at.denominator)
            total = totals(self.end_time, at.mean[:, column], self.time_starts.size)
            tied = np.maximum(np.bincount(self.end_time, minlength=self.time_starts.size), 1)
            parts[self.end_rows, column] += self.covariates[self.end_rows, column] - (total / tied)[self.end_time]
        in_given_order: FloatArray = np.empty_like(parts)
        in_given_order[self.order] = parts
        return in_given_order

    def watched(self, values: FloatArray) -> FloatArray:
        """The sum of `values` (ends,) over the ends that each change was at risk for, (changes,)."""
        times = self.time_starts.size
        total = np.cumsum(totals(self.end_time, values, times))
        before_stratum = np.concatenate([[0.0], total])[self.time_of[self.stratum_starts]]
        running: FloatArray = (total - before_stratum[self.stratum_of_time])[self.time_of]
        gone = totals(self.end_time, values * self.fraction, times)
        running[self.end_rows] -= gone[self.end_time]
        return running

    def _sum_at_risk(self, values: FloatArray) -> FloatArray:
        """The sum of `values` (changes, columns) over those at risk at each end, its tied ones in part."""
        after = np.cumsum(values[::-1], axis=0)[::-1]
        stratum_end = np.append(self.stratum_starts[1:], values.shape[0])
        beyond = np.vstack([after, np.zeros(values.shape[1])])[stratum_end]
        at_risk = after[self.time_starts] - beyond[self.stratum_of_time]
        tied = np.zeros_like(at_risk)
        np.add.at(tied, self.end_time, values[self.end_rows])
        result: FloatArray = at_risk[self.end_time] - self.fraction[:, None] * tied[self.end_time]
        return result
