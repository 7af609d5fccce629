"""The distributions that generate the company: the known truth behind its waiting.

Durations are working hours (`clock`), so an analysis on that calendar should find these very numbers. A waiting pull
request runs two clocks at once: the stage's duration and an exponential time to being abandoned; the earlier one wins.
Some stages stall: for months nobody works on the pull request, and nobody closes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from collectors.simulate.events.dice import Dice

__all__ = ["AGENT_FACTORS", "CI", "GATES", "PACES", "STALL", "LogNormal", "Pace", "Weibull", "as_published", "pace_of"]


@dataclass(frozen=True, slots=True)
class LogNormal:
    """Lognormal: the median, and the standard deviation of the logarithm."""

    median: float
    sigma: float

    def draw(self, dice: Dice) -> float:
        """One draw in the unit of the median."""
        return dice.lognormal(self.median, self.sigma)


@dataclass(frozen=True, slots=True)
class Weibull:
    """Weibull: the scale, and the shape (below 1: the longer it has lasted, the longer it will)."""

    scale: float
    shape: float

    def draw(self, dice: Dice) -> float:
        """One draw in the unit of the scale."""
        return dice.weibull(self.scale, self.shape)


@dataclass(frozen=True, slots=True)
class Pace:
    """How one kind of work moves; durations in working hours, hazards per working hour."""

    coding: LogNormal
    rework_chance: float
    rework: LogNormal
    unreviewed_chance: float
    approved_at_once_chance: float
    pickup: LogNormal
    review: LogNormal
    merge: LogNormal
    abandon_in_pickup: float
    abandon_in_review: float
    abandon_in_merge: float
    stall_chance: float
    evaluation: Weibull | None


PACES: Mapping[str, Pace] = {
    "ai": Pace(
        coding=LogNormal(7.0, 1.1),
        rework_chance=0.5,
        rework=LogNormal(6.0, 1.0),
        unreviewed_chance=0.03,
        approved_at_once_chance=0.3,
        pickup=LogNormal(4.5, 1.2),
        review=LogNormal(7.0, 1.2),
        merge=LogNormal(1.2, 1.4),
        abandon_in_pickup=0.007,
        abandon_in_review=0.006,
        abandon_in_merge=0.004,
        stall_chance=0.03,
        evaluation=Weibull(9.0, 0.8),
    ),
    "other": Pace(
        coding=LogNormal(5.0, 1.1),
        rework_chance=0.4,
        rework=LogNormal(4.0, 1.0),
        unreviewed_chance=0.05,
        approved_at_once_chance=0.55,
        pickup=LogNormal(2.5, 1.1),
        review=LogNormal(3.0, 1.1),
        merge=LogNormal(0.6, 1.3),
        abandon_in_pickup=0.006,
        abandon_in_review=0.004,
        abandon_in_merge=0.002,
        stall_chance=0.008,
        evaluation=None,
    ),
    "automation": Pace(
        coding=LogNormal(0.02, 0.1),
        rework_chance=0.0,
        rework=LogNormal(1.0, 0.1),
        unreviewed_chance=0.35,
        approved_at_once_chance=1.0,
        pickup=LogNormal(9.0, 1.3),
        review=LogNormal(1.0, 0.1),
        merge=LogNormal(0.1, 0.5),
        abandon_in_pickup=0.012,
        abandon_in_review=0.0,
        abandon_in_merge=0.001,
        stall_chance=0.02,
        evaluation=None,
    ),
}
"""By kind of work: builds an AI capability, other work of people and agents, dependency and release bots."""

STALL: Mapping[str, Any] = {"hours": LogNormal(600.0, 0.9), "abandon": 0.0006}
"""A stage that stalls: how long it takes instead, and the hazard of being abandoned meanwhile."""

AGENT_FACTORS: Mapping[str, float] = {"coding": 0.12, "review": 1.4, "abandon": 1.8}
"""What changes when an agent wrote it: these factors on the coding and review medians and on every hazard."""

CI: Mapping[str, Mapping[str, Any]] = {
    "ai": {"queue_minutes": LogNormal(4.0, 1.1), "run_minutes": LogNormal(17.0, 0.4), "failure_chance": 0.13},
    "other": {"queue_minutes": LogNormal(1.5, 1.0), "run_minutes": LogNormal(8.0, 0.4), "failure_chance": 0.06},
}
"""CI of the main branch, around the clock: waiting for a runner, running, failing. Two of three failures are rerun."""

GATES: Mapping[str, Mapping[str, Any]] = {
    "ai": {"gate_hours": Weibull(7.0, 0.9), "failure_chance": 0.2, "rollback_chance": 0.05},
    "other": {"gate_hours": Weibull(0.5, 0.9), "failure_chance": 0.05, "rollback_chance": 0.02},
}
"""Production deployments by whether they carry AI work: working hours at the gate, failing attempts, rollbacks."""


def pace_of(kind: str, *, agent: bool) -> Pace:
    """The pace of `ai`, `other` or `automation` work, as an agent or a person does it."""
    pace = PACES[kind]
    if not agent:
        return pace
    values = {name: getattr(pace, name) for name in Pace.__slots__}
    for stage in ("coding", "review"):
        values[stage] = LogNormal(values[stage].median * AGENT_FACTORS[stage], values[stage].sigma)
    for stage in ("pickup", "review", "merge"):
        values[f"abandon_in_{stage}"] *= AGENT_FACTORS["abandon"]
    return Pace(**values)


def as_published() -> dict[str, Any]:
    """All parameters as plain values, for the truth file."""

    def plain(table: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        return {
            kind: {key: value if isinstance(value, float) else asdict(value) for key, value in row.items()}
            for kind, row in table.items()
        }

    return {
        "unit": "working hours (Monday to Friday, 09:00 to 17:00 UTC) unless the name says otherwise; hazards per hour",
        "pace": {kind: asdict(pace) for kind, pace in PACES.items()},
        "agent_factors": dict(AGENT_FACTORS),
        "stall": plain({"any": STALL})["any"],
        "ci": plain(CI),
        "production": plain(GATES),
    }
