"""A difference with its interval and test, from the influence of each unit on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.comparison.needed import changes_needed
from analytics.comparison.results import Measure
from analytics.survival.arrays import FloatArray
from analytics.survival.errors.small_samples import Reach

__all__ = ["LEVEL", "SMALLEST_PART", "SMALLEST_SHARE", "Behind", "Hours", "bounds_of", "measured"]

SMALLEST_SHARE = 0.1
"""The difference between shares that a team would act on; the number of changes needed is for it."""
SMALLEST_PART = 0.25
"""Likewise between hours, as a part of the hours of the second group."""
LEVEL = 0.95


@dataclass(frozen=True)
class Behind:
    """What a difference rests on: the reach of its error, and the changes of both groups."""

    reach: Reach
    changes: tuple[int, int]


@dataclass(frozen=True, eq=False)
class Hours:
    """Restricted mean hours of both groups in `STATES`, (2, states), and the influence on each, (2, units, states)."""

    horizon_hours: float
    mean: FloatArray
    influence: FloatArray


def measured(
    behind: Behind,
    name: str,
    basis: str,
    unit: str,
    pair: tuple[float, float],
    moved: FloatArray,
    smallest: float,
) -> Measure:
    """A difference with its test; `smallest`: the difference that the number of changes needed is for."""
    difference, bounds = pair[0] - pair[1], bounds_of(behind.reach, pair, moved)
    if isinstance(bounds, str):
        return Measure(name, basis, unit, *pair, difference, None, None, None, *behind.changes, bounds)
    error = float(np.linalg.norm(moved))
    return Measure(
        name,
        basis,
        unit,
        *pair,
        difference,
        *bounds,
        behind.reach.p_value(difference, error),
        *behind.changes,
        n_needed=changes_needed(behind.changes[0], error * behind.reach.inflation, smallest),
        smallest_difference=smallest if smallest > 0.0 else None,
    )


def bounds_of(reach: Reach, pair: tuple[float, float], moved: FloatArray) -> tuple[float, float] | str:
    """The 95 % interval of a difference, or why there is none."""
    difference, error, critical = pair[0] - pair[1], float(np.linalg.norm(moved)), reach.critical(LEVEL)
    if error <= 1e-12 or not np.isfinite(critical):
        return (
            "no variation: both groups are alike in every change"
            if difference == 0.0
            else "too few changes differ to estimate a standard error"
        )
    return difference - critical * error, difference + critical * error
