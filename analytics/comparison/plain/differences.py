"""Plain differences of two groups, each with an interval by units.

Every estimate comes with the influence of each unit on it. The influence on a difference is the difference of the
influences, so that what a repository does to both groups alike takes itself away before it is squared.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from analytics.cohort.cohort import ENDS, LEAD_STAGES, STATES
from analytics.comparison.measured import LEVEL, Hours, bounds_of
from analytics.comparison.plain.sides import Sides
from analytics.comparison.results import ALL, Measure
from analytics.survival import Incidence, restricted_mean_hours
from analytics.survival.arrays import FloatArray
from analytics.survival.quantiles import crossing_hours
from analytics.survival.tables import Timeline

__all__ = [
    "ARRIVED_AFTER",
    "hours_in_states",
    "hours_measures",
    "longest_horizon",
    "median",
    "shares",
]

ARRIVED_AFTER = ("24h", "7d", "30d")
"""Times at which the share in production is compared; in working time, the working hours of these."""
_HORIZONS = (1.0, 14.0 / 30.0, 7.0 / 30.0, 0.1, 1.0 / 30.0)


def longest_horizon(curves: tuple[Incidence, Incidence], highest: float) -> float | None:
    """The longest horizon up to which both groups were watched, None where there is none."""
    within = (part * highest for part in _HORIZONS)
    return next((hours for hours in within if all(curve.seen_at(hours) for curve in curves)), None)


def shares(
    sides: Sides, curves: tuple[Incidence, Incidence], after_hours: tuple[float, float, float], highest: float
) -> Iterator[Measure]:
    """The share arrived by each of `ARRIVED_AFTER`, and the share abandoned by the horizon that was watched.

    `after_hours`: the hours of each. `highest`: the highest horizon.
    """
    targets = [(f"share_arrived_{name}", hours, 0) for name, hours in zip(ARRIVED_AFTER, after_hours, strict=True)]
    targets += [("share_abandoned", longest_horizon(curves, highest) or highest, ENDS.index("abandoned"))]
    grid = sorted({hours for _, hours, _ in targets})
    first, second = (curve.at(grid) for curve in curves)
    for name, hours, end in targets:
        row = grid.index(hours)
        if not all(curve.seen_at(hours) for curve in curves):
            yield _unknown(sides, name, "share", f"a group was not followed for {hours:.0f} hours")
            continue
        assert first.influence is not None and second.influence is not None  # noqa: S101, PT018  (units are clusters)
        pair = float(first.probability[row, end]), float(second.probability[row, end])
        moved = first.influence[:, row, end] - second.influence[:, row, end]
        yield described(sides, name, "share", pair, moved)


def hours_in_states(sides: Sides, horizon: float) -> Hours:
    """Restricted mean hours of both groups in each state within the horizon."""
    times = [restricted_mean_hours(Timeline(moves), horizon, keep_influence=True) for moves in sides.moves(horizon)]
    influence = [time.influence for time in times if time.influence is not None]
    return Hours(horizon, np.stack([time.mean_hours for time in times]), np.stack(influence))


def hours_measures(sides: Sides, hours: Hours) -> Iterator[Measure]:
    """Hours in each stage that either group has, in all of them, and in production."""
    stages = len(LEAD_STAGES)
    present = np.flatnonzero(hours.mean[:, :stages].max(axis=0) > 0.0)
    targets = {f"mean_hours_{LEAD_STAGES[stage]}": np.array([stage]) for stage in present}
    targets["mean_hours_waiting"] = np.arange(stages)
    targets["mean_hours_in_production"] = np.array([STATES.index("production")])
    for name, states in targets.items():
        mean = hours.mean[:, states].sum(axis=1)
        moved = hours.influence[:, :, states].sum(axis=2)
        yield described(sides, name, "hours", (float(mean[0]), float(mean[1])), moved[0] - moved[1])


def median(sides: Sides, curves: tuple[Incidence, Incidence]) -> Measure:
    """When half of each group is in production, and by how much later that is.

    Bounds of each median are where its curve passes one half more or less the reach of its error at the median
    (Woodruff 1952, JASA 47, 635); those of the difference put them together as Zou & Donner (2008, Statistics in
    Medicine 27, 1693), with the correlation that the units give.
    """
    hours = [crossing_hours(*_curve(curve), 0.5) for curve in curves]
    if hours[0] is None or hours[1] is None:
        return _not_reached(sides, (hours[0], hours[1]))
    both = _Medians(curves, (hours[0], hours[1]))
    lower, upper = both.bounds(sides.reach.critical(LEVEL))
    bounds = hours[0] - hours[1], _finite(lower), _finite(upper), None
    return Measure("median_hours", ALL, "hours", hours[0], hours[1], *bounds, *sides.changes)


class _Medians:
    """Two medians, and how far their difference reaches at so many errors."""

    def __init__(self, curves: tuple[Incidence, Incidence], hours: tuple[float, float]) -> None:
        self.curves = [_curve(curve) for curve in curves]
        self.hours = hours
        influence = [_on_arrived(curve, at) for curve, at in zip(curves, hours, strict=True)]
        self.error = [float(np.sqrt((values**2).sum())) for values in influence]
        self.together = float(influence[0] @ influence[1]) / (self.error[0] * self.error[1]) if min(self.error) else 0.0

    def bounds(self, critical: float) -> tuple[float, float]:
        """The interval of the difference at so many errors; infinite where a curve never goes so far."""
        (low, high), (other_low, other_high) = (
            _around(*curve, critical * error) for curve, error in zip(self.curves, self.error, strict=True)
        )
        first, second = self.hours
        below = _put_together(first - low, other_high - second, self.together)
        above = _put_together(high - first, second - other_low, self.together)
        return first - second - below, first - second + above


def described(sides: Sides, name: str, unit: str, pair: tuple[float, float], moved: FloatArray) -> Measure:
    """A plain difference from both figures and the influence of each unit on it, (units,).

    It has an interval but no test: where and when a group works is part of it.
    """
    difference, bounds = pair[0] - pair[1], bounds_of(sides.reach, pair, moved)
    if isinstance(bounds, str):
        return Measure(name, ALL, unit, *pair, difference, None, None, None, *sides.changes, bounds)
    return Measure(name, ALL, unit, *pair, difference, *bounds, None, *sides.changes)


def _unknown(sides: Sides, name: str, unit: str, note: str) -> Measure:
    return Measure(name, ALL, unit, None, None, None, None, None, None, *sides.changes, note)


def _curve(curve: Incidence) -> tuple[FloatArray, FloatArray]:
    return np.concatenate([[0.0], curve.event_hours]), np.concatenate([[0.0], curve.probability[:, 0]])


def _on_arrived(curve: Incidence, hours: float) -> FloatArray:
    influence = curve.at([hours]).influence
    assert influence is not None  # noqa: S101  (units are clusters)
    return influence[:, 0, 0]


def _around(hours: FloatArray, arrived: FloatArray, reach: float) -> tuple[float, float]:
    """The hours at which the curve passes one half less `reach`, and one half more; infinite where it never does."""
    if not reach < 0.5:
        return 0.0, float("inf")
    low, high = (crossing_hours(hours, arrived, 0.5 + side * reach) for side in (-1.0, 1.0))
    return (low if low is not None else 0.0), (high if high is not None else float("inf"))


def _put_together(first: float, second: float, correlation: float) -> float:
    if not np.isfinite(first + second):
        return float("inf")
    return float(np.sqrt(max(first**2 + second**2 - 2.0 * correlation * first * second, 0.0)))


def _not_reached(sides: Sides, hours: tuple[float | None, float | None]) -> Measure:
    where = "either group" if hours == (None, None) else "the first group" if hours[0] is None else "the second group"
    return Measure(
        "median_hours", ALL, "hours", *hours, None, None, None, None, *sides.changes, f"not reached in {where}"
    )


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
