"""What became of each change within a horizon: the outcomes that groups are compared on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from analytics.cohort.cohort import ENDS, LEAD_STAGES, STATES, Cohort
from analytics.comparison.plain.sides import in_units
from analytics.comparison.within.effect import Outcome
from analytics.comparison.within.first_ends import FirstEnds
from analytics.comparison.within.watched import Ends, Watched
from analytics.survival import Timeline, restricted_mean_hours
from analytics.survival.arrays import FloatArray

__all__ = ["QUICKEST_HOURS", "Outcomes"]

QUICKEST_HOURS = 0.25
"""On the scale of logarithms nothing is quicker than a quarter of an hour. Below it, what differs is how exactly a
source records, not how long anybody waits; without a floor a change that arrives at once would weigh more than all."""
_PRODUCTION = ENDS.index("production")


@dataclass(frozen=True, eq=False)
class Outcomes:
    """The outcomes of changes up to `horizon` hours; `cohort`: these changes, `watched`: the same, as arrays."""

    cohort: Cohort
    watched: Watched
    horizon: float

    def log_hours(self) -> Outcome:
        """The logarithm of the hours not in production: its difference is that of geometric means, a ratio of times.

        What is abandoned never arrives, and counts as the horizon.
        """
        last = _log(np.array([self.horizon]))[0]
        hours = np.where(
            self.watched.ended_as == _PRODUCTION, np.minimum(self.watched.hours, self.horizon), self.horizon
        )

        def saved(at: FloatArray) -> FloatArray:
            return np.asarray(np.minimum(_log(at) - last, 0.0), dtype=np.float64)

        return self._ends.outcome(_log(hours), self.horizon, saved, _PRODUCTION, whole=float(last))

    def hours_in_production(self) -> Outcome:
        """Hours of the horizon that a change was in production."""

        def left(at: FloatArray) -> FloatArray:
            return np.maximum(self.horizon - at, 0.0)

        values = np.where(self.watched.ended_as == _PRODUCTION, left(self.watched.hours), 0.0)
        return self._ends.outcome(values, self.horizon, left, _PRODUCTION)

    def ended(self, end: str, hours: float) -> Outcome:
        """1 for a change that has ended as `end` by then, 0 for any other."""
        way = ENDS.index(end)
        values = ((self.watched.ended_as == way) & (self.watched.hours <= hours)).astype(np.float64)
        return self._ends.outcome(values, hours, lambda at: (at <= hours).astype(np.float64), way)

    def stages(self) -> Iterator[tuple[str, Outcome]]:
        """Hours in each stage that any change has, by name.

        Pseudo-values are from the moves of each group between all stages. Of a cohort so large that changes are counted
        instead of stored, only those followed to the horizon take part: there are enough of them.
        """
        unseen = self.watched.followed < self.horizon
        estimated = None if self.cohort.grid_hours or not bool(unseen.any()) else self._time_in_stages()
        past = np.zeros(unseen.size)
        for stage in self.cohort.present:
            hours = self.cohort.changes[f"{stage}_hours"].fill_null(0.0).to_numpy()
            values = np.minimum(past + hours, self.horizon) - np.minimum(past, self.horizon)
            past = past + hours
            if estimated is None:
                yield stage, Outcome.known(np.where(unseen, np.nan, values))
                continue
            pseudo, influence = (column[:, LEAD_STAGES.index(stage)] for column in estimated)
            fit = self.watched.first.astype(np.int64)
            yield stage, Outcome(np.where(unseen, pseudo, values), unseen, fit, influence)

    def _time_in_stages(self) -> tuple[FloatArray, FloatArray] | None:
        """The pseudo-values of hours in states and the influences on their means, (changes, states) each.

        None where a group was nowhere followed to the horizon.
        """
        watched = self.watched
        group = watched.first.astype(np.int64)
        ends = FirstEnds(watched.hours, watched.ended_as, group, watched.weight, 2)
        if not bool(ends.seen_at(self.horizon).all()):
            return None
        pseudo, influence = np.empty((2, group.size, len(STATES)))
        for code in range(2):
            rows = np.flatnonzero(group == code)
            part = replace(self.cohort, changes=self.cohort.changes[rows])
            moves = in_units(part.moves(), np.arange(rows.size), watched.weight[rows], rows.size)
            times = restricted_mean_hours(Timeline(moves), self.horizon, keep_influence=True)
            assert times.influence is not None  # noqa: S101  (asked for)
            influence[rows] = times.influence
            count = float(watched.weight[rows].sum()) / watched.weight[rows]
            pseudo[rows] = times.mean_hours + count[:, None] * times.influence
        return pseudo, influence

    @cached_property
    def _ends(self) -> Ends:
        return Ends(self.watched, self.watched.hours, self.watched.ended_as)


def _log(hours: FloatArray) -> FloatArray:
    logs: FloatArray = np.log(np.maximum(hours, QUICKEST_HOURS))
    return logs
