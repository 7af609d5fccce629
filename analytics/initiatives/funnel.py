"""The funnel over all initiatives: how many reach each rung, and how soon; who has not arrived has not arrived."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from analytics.initiatives.initiative import Initiative
from analytics.initiatives.rungs import MERGED, REMOVED, RUNGS
from analytics.survival import CENSORED, Quantile, incidence

__all__ = ["DAYS", "FEWEST_INITIATIVES", "FunnelStep", "ReachedBy", "funnel"]

DAYS = (30, 90, 180, 365)
FEWEST_INITIATIVES = 10
"""Fewer initiatives than this are counted and nothing is estimated from them."""


@dataclass(frozen=True)
class ReachedBy:
    """The share of initiatives that reached a rung so many days after their first change, with its 95 % interval."""

    days: int
    share: float
    lower: float | None
    upper: float | None
    at_risk: int


@dataclass(frozen=True)
class FunnelStep:
    """One rung of the funnel.

    `initiatives`: those whose arrival there could be observed; `reached`: how many of them have arrived; `left_out`:
    those in repositories without deployments, or that landed before the first recorded one. `by`: cumulative incidence,
    empty with fewer than `FEWEST_INITIATIVES`; `median`: when half of *all* have arrived, its hours None where not
    reached.
    """

    rung: str
    initiatives: int
    reached: int
    left_out: int
    by: tuple[ReachedBy, ...]
    median: Quantile | None


def funnel(initiatives: Iterable[Initiative]) -> tuple[FunnelStep, ...]:
    """From the first change of each initiative to `merged`, `production` and `in use`.

    Times are right-censored at the report; to be removed before is a competing end. Intervals by initiative
    (`analytics.survival.incidence`).
    """
    listed = list(initiatives)
    return tuple(_step(rung, listed) for rung in RUNGS[1:])


def _step(rung: str, initiatives: list[Initiative]) -> FunnelStep:
    observed = [
        initiative for initiative in initiatives if rung == MERGED or (initiative.deployments and initiative.observed)
    ]
    reached = [initiative.reached_at(rung) for initiative in observed]
    removed = [initiative.reached_at(REMOVED) for initiative in observed]
    ends = [at or gone or initiative.as_of for at, gone, initiative in zip(reached, removed, observed, strict=True)]
    hours = [
        (end - initiative.first_change_at) / timedelta(hours=1) for end, initiative in zip(ends, observed, strict=True)
    ]
    arrived = sum(at is not None for at in reached)
    left_out = len(initiatives) - len(observed)
    if len(observed) < FEWEST_INITIATIVES:
        return FunnelStep(rung, len(observed), arrived, left_out, (), None)
    ended_as = [0 if at else 1 if gone else CENSORED for at, gone in zip(reached, removed, strict=True)]
    curve = incidence(hours, ended_as, ("reached", "removed"))
    at = curve.at([24.0 * days for days in DAYS])
    by = tuple(
        ReachedBy(
            days,
            float(at.probability[row, 0]),
            _bound(float(at.lower[row, 0])),
            _bound(float(at.upper[row, 0])),
            int(at.at_risk[row]),
        )
        for row, days in enumerate(DAYS)
    )
    return FunnelStep(rung, len(observed), arrived, left_out, by, curve.quantiles("reached", [0.5])[0])


def _bound(value: float) -> float | None:
    return None if value != value else value  # noqa: PLR0124  (nan)
