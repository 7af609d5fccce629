"""Chances of an oracle: it knows the law by which a simulated company works, and what each change has done so far.

No method that learns from the past can know more. It does not know the days on which trains leave, nor a turn before
it came; from the hour of the turn on it knows the new law. Its chances are shares of `DRAWS` continued lives.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from analytics.survival.arrays import BoolArray, FloatArray
from tests.analytics.pushes import Request, World

__all__ = ["DRAWS", "oracle"]

DRAWS = 1_000
_PICKUP, _APPROVAL, _ANSWER, _MERGE = (14.0, 1.2), (8.0, 1.2), (20.0, 1.3), (4.0, 1.0)
"""Median hours and log spread, as in `tests/analytics/pushes.py`: to a review, its approval, a push, a merge."""
_APPROVES_LATER, _GIVES_UP = 0.7, 0.03


@dataclass(frozen=True)
class _Law:
    """How one change goes on: `pace`, hours between `gap` trains, and hours between those of after a turn, or None."""

    dice: np.random.Generator
    approved: float
    pace: float
    gap: float
    then: float | None

    def wait(self, of: tuple[float, float], size: int, already: float = 0.0) -> FloatArray:
        """Hours of waits that last longer than `already`."""
        median, spread = np.log(of[0] * self.pace), of[1]
        passed = float(special.ndtr((np.log(already) - median) / spread)) if already > 0.0 else 0.0
        share = passed + self.dice.random(size) * (1.0 - passed)
        return np.asarray(np.exp(median + spread * special.ndtri(np.clip(share, 1e-15, 1.0 - 1e-13))))

    def merged_after(self, reviewed: FloatArray, approves: BoolArray) -> FloatArray:
        """When changes merge that get a review at such hours; infinite: never."""
        merged = np.full(reviewed.size, np.inf)
        later = self.dice.random(reviewed.size) < _APPROVES_LATER
        done = reviewed + np.where(later, self.wait(_APPROVAL, reviewed.size), 0.0) + self.wait(_MERGE, reviewed.size)
        merged[approves] = done[approves]
        again = np.flatnonzero(~approves)
        if again.size:
            merged[again] = self.merged_from_push(reviewed[again] + self.wait(_ANSWER, again.size))
        return merged

    def merged_from_push(self, pushed: FloatArray) -> FloatArray:
        """The same of changes that their authors push at such hours, or give up then."""
        merged = np.full(pushed.size, np.inf)
        stays = np.flatnonzero(self.dice.random(pushed.size) >= _GIVES_UP)
        if stays.size:
            reviewed = pushed[stays] + self.wait(_PICKUP, stays.size)
            merged[stays] = self.merged_after(reviewed, self.dice.random(stays.size) < self.approved)
        return merged

    def in_review(self, reviewed: float, now: float) -> FloatArray:
        """When changes merge whose review has not led to an approval or a push since; the verdict is not known."""
        hours = max(now - reviewed, 1e-9)
        still = [
            share * float(special.ndtr(-np.log(hours / (median * self.pace)) / spread))
            for share, (median, spread) in (
                (self.approved * _APPROVES_LATER, _APPROVAL),
                (1.0 - self.approved, _ANSWER),
            )
        ]
        approves = self.dice.random(DRAWS) < still[0] / sum(still)
        approved = reviewed + self.wait(_APPROVAL, DRAWS, hours) + self.wait(_MERGE, DRAWS)
        pushed = self.merged_from_push(reviewed + self.wait(_ANSWER, DRAWS, hours))
        return np.where(approves, approved, pushed)

    def shipped(self, merged: FloatArray, now: float) -> FloatArray:
        """When they are in production: trains leave at unknown hours, but none has since a change merged."""
        waited = np.clip(now - merged, 0.0, self.gap)
        left = merged.copy()
        if self.gap >= 3.0:
            left = np.maximum(merged, now) + self.dice.random(merged.size) * np.maximum(self.gap - waited, 1e-9)
        if self.then is not None:
            left = np.minimum(left, np.ceil(np.maximum(merged, now) / self.then) * self.then)
        return left + 0.5


def oracle(
    request: Request, world: World, now: float, hours: tuple[float, ...], dice: np.random.Generator
) -> FloatArray:
    """The chance that a request that waits at `now` is in production within so many `hours`, (hours,)."""
    turned = now >= world.turn * 24.0
    law = _Law(
        dice,
        world.approved,
        world.pace(request.rounds[0][0]),
        24.0 * world.gaps[request.repository % len(world.gaps)],
        24.0 * world.then if turned and world.then is not None else None,
    )
    pushed, reviewed, approved = [one for one in request.rounds if one[0] <= now][-1]
    if reviewed > now:
        merged = law.merged_after(pushed + law.wait(_PICKUP, DRAWS, now - pushed), dice.random(DRAWS) < world.approved)
    elif approved > now:
        merged = law.in_review(reviewed, now)
    elif request.merged > now:
        merged = approved + law.wait(_MERGE, DRAWS, now - approved)
    else:
        merged = np.full(DRAWS, request.merged)
    shipped = law.shipped(merged, now)
    # Half a life each way keeps a chance off 0 and 1.
    return np.array([(np.count_nonzero(shipped <= now + ahead) + 0.5) / (DRAWS + 1.0) for ahead in hours])
