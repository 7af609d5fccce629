"""How often the intervals of reports hold the truth of companies that release by trains, for the question they name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from analytics.cohort.cohort import MOVED_ON, STATES, Cohort
from analytics.cohort.units import LIKE_THESE, THESE
from analytics.survival import Quantile, Timeline, occupancy, restricted_mean_hours
from tests.builders.trains import STAGES, Lives, TrainCompany

__all__ = ["Covered", "covered", "estimates", "truths"]

HORIZON_HOURS = 720.0
_AT = {"24 h": 24.0, "7 d": 168.0, "30 d": 720.0}
_OCCUPANCY = (("review", 24.0), ("release", 24.0), ("release", 168.0))
_MONTH = 6
Bounds = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Covered:
    """Of one kind of company and one question: for each estimate the share of intervals that hold the truth.

    `width`: of the interval of the median, relative to it, at the median. `units`: how often intervals had which.
    """

    held: Mapping[str, float]
    width: float
    units: Counter[str]

    @property
    def mean(self) -> float:
        """Over estimates."""
        return float(np.mean(list(self.held.values())))


def covered(company: TrainCompany, companies: int, seed: int) -> dict[str, Covered]:
    """Over so many companies, for both questions (with fewer than five repositories for the one that is told)."""
    questions = (THESE, LIKE_THESE) if company.repositories >= 5 else (THESE,)
    of_kind = truths(company.superpopulation(np.random.default_rng([seed, 1])))
    held: dict[str, dict[str, list[float]]] = {question: {} for question in questions}
    widths: dict[str, list[float]] = {question: [] for question in questions}
    units: dict[str, Counter[str]] = {question: Counter() for question in questions}
    for number in range(companies):
        rng = np.random.default_rng([seed, 2, number])
        drawn = company.draw(rng)
        cohort, of_these = company.seen(drawn, rng), truths(company.truth(drawn, rng))
        for question in questions:
            truth = of_these if question == THESE else of_kind
            units[question][cohort.intervals(question)["interval_by"]] += 1
            for name, (lower, upper) in estimates(cohort, question).items():
                held[question].setdefault(name, []).append(float(lower <= truth[name] <= upper))
                if name == "median":
                    widths[question].append((upper - lower) / truth[name])
    return {
        question: Covered(
            {name: float(np.mean(values)) for name, values in held[question].items()},
            float(np.median(widths[question])),
            units[question],
        )
        for question in questions
    }


def estimates(cohort: Cohort, question: str) -> dict[str, Bounds]:
    """The intervals of `stages`, `arrivals`, `occupancy` and `trend`; those that are not told are left out."""
    told: dict[str, Bounds] = {}
    curve = cohort.incidence(question)
    told["median"], told["p85"] = (_bounds(quantile) for quantile in curve.quantiles("production", [0.5, 0.85]))
    at = curve.at(list(_AT.values()))
    told |= {name: (at.lower[row, 0], at.upper[row, 0]) for row, name in enumerate(_AT)}
    told["abandoned"] = (at.lower[2, 1], at.upper[2, 1])
    timeline = Timeline(cohort.moves(question, until_hours=HORIZON_HOURS))
    time = restricted_mean_hours(timeline, HORIZON_HOURS)
    for stage in STAGES[:-1]:
        state = STATES.index(stage)
        told[f"hours in {stage}"] = (time.lower[state], time.upper[state])
    there = occupancy(timeline, [24.0, 168.0])
    for stage, hours in _OCCUPANCY:
        row, state = int(hours > 24.0), STATES.index(stage)
        told[f"in {stage} at {hours:.0f} h"] = (there.lower[row, state], there.upper[row, state])
    for stage in ("review", "release"):
        (stay,) = cohort.stay(stage, question).incidence.quantiles(MOVED_ON, [0.5])
        told[f"median of {stage}"] = _bounds(stay)
    month = cohort.where(pl.col("code_complete_at").dt.month() == _MONTH).incidence(question)
    (median,), week = month.quantiles("production", [0.5]), month.at([168.0])
    told |= {"month: median": _bounds(median), "month: 7 d": (week.lower[0, 0], week.upper[0, 0])}
    return {name: bounds for name, bounds in told.items() if not np.isnan(bounds).any()}


def truths(lives: Lives) -> dict[str, float]:
    """The same of endless changes."""
    arrived = lives.arrived
    told = {"median": float(np.quantile(arrived, 0.5)), "p85": float(np.quantile(arrived, 0.85))}
    told |= {name: float(np.mean(arrived <= hours)) for name, hours in _AT.items()}
    told["abandoned"] = float(np.mean(lives.gone <= HORIZON_HOURS))
    told |= {f"hours in {stage}": float(lives.hours_in(stage, HORIZON_HOURS).mean()) for stage in STAGES[:-1]}
    told |= {f"in {stage} at {hours:.0f} h": float(lives.inside(stage, hours).mean()) for stage, hours in _OCCUPANCY}
    told |= {f"median of {stage}": float(np.quantile(lives.stays(stage), 0.5)) for stage in ("review", "release")}
    return told | {"month: median": told["median"], "month: 7 d": told["7 d"]}


def _bounds(quantile: Quantile) -> Bounds:
    """A bound that is not reached is open."""
    lower, upper = quantile.lower_hours, quantile.upper_hours
    return (0.0 if lower is None else lower, float("inf") if upper is None else upper)
