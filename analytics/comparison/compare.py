"""Compare two groups of changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import polars as pl

from analytics.cohort.cohort import Cohort
from analytics.cohort.kinds import WORK, Excluded
from analytics.cohort.smallest import SmallestDifference
from analytics.comparison.contrasts import Contrast
from analytics.comparison.discoveries import controlled
from analytics.comparison.friction import friction_measure, friction_of, plain_share_measures
from analytics.comparison.measured import SMALLEST_SHARE
from analytics.comparison.needed import changes_needed_for_shares
from analytics.comparison.plain.differences import (
    ARRIVED_AFTER,
    hours_in_states,
    hours_measures,
    longest_horizon,
    median,
    shares,
)
from analytics.comparison.plain.overlap import support_of
from analytics.comparison.plain.sides import NEEDED, sides_of
from analytics.comparison.rates import rate_measures
from analytics.comparison.results import ALL, Comparison, Friction, Measure, Side, Support, Within
from analytics.comparison.within import within_cells
from analytics.comparison.within.held_equal import COVARIATES
from analytics.survival.arrays import BoolArray

__all__ = ["AFTER_HOURS", "FEWEST", "compare"]

AFTER_HOURS = (24.0, 168.0, 720.0)
SMALLEST = SmallestDifference()
FEWEST = 20
"""Nothing is claimed of a group with fewer changes: their intervals would say nothing."""


def compare(
    cohort: Cohort,
    contrast: Contrast,
    *,
    after_hours: tuple[float, float, float] = AFTER_HOURS,
    horizon_hours: float | None = None,
    automation: bool = False,
    smallest: SmallestDifference = SMALLEST,
) -> Comparison:
    """Compare the two groups of a contrast within cells, such as a repository in a month, and describe all changes.

    Parameters
    ----------
    cohort:
        The changes of both groups, one row each.
    contrast:
        Which changes are in the first group, and what two changes share that are compared.
    after_hours:
        A day, a week and 30 days in hours, or the working hours in them.
    horizon_hours:
        Up to which hours time in stages counts; the last of `after_hours` when not given.
    automation:
        Whether changes made by bots, and releases, take part; otherwise they are left out and counted.
    smallest:
        The smallest difference worth reporting.

    Returns
    -------
    Measures (ratio of times, shares, hours, hazard ratio, tests) with 95 % intervals; without estimates where a group
    has fewer than `FEWEST` changes. q-values are those of this comparison alone: `controlled` gives those of several.
    """
    people = cohort if automation else _people(cohort, contrast)
    first = people.changes.select(contrast.first.fill_null(value=False)).to_series().to_numpy().astype(np.bool_)
    ai, other = (
        _side(name, people.changes.select("repo", "outcome").filter(pl.Series(mask, dtype=pl.Boolean)))
        for name, mask in ((contrast.group, first), (contrast.beside, ~first))
    )
    enough = min(ai.changes, other.changes) >= FEWEST
    horizon = horizon_hours or after_hours[-1]
    estimated = _estimated(people, first, contrast, after_hours, horizon) if enough else _Estimated(_too_few(ai, other))
    as_of: datetime | None = cohort.changes["as_of"].max()  # type: ignore[assignment]
    result = Comparison(
        contrast=contrast,
        ai=ai,
        other=other,
        enough=enough,
        measures=estimated.measures,
        support=estimated.support,
        within=estimated.within,
        friction=estimated.friction,
        units=estimated.units,
        excluded=Excluded() if automation else Excluded.of(cohort.changes, WORK),
        unknown=cohort.unknown,
        no_deployments=cohort.no_deployments,
        horizon_hours=estimated.horizon_hours or horizon,
        clock=cohort.clock,
        as_of=as_of,
    )
    weighed = tuple(replace(one, worth_reporting=is_worth_reporting(one, result, smallest)) for one in result.measures)
    return controlled([replace(result, measures=weighed)])[0]


def is_worth_reporting(measure: Measure, comparison: Comparison, smallest: SmallestDifference) -> bool | None:
    """Whether the difference is not below the smallest that matters; None where there is none to weigh.

    A ratio of times counts as the hours that it makes of the other group's typical hours; the part of the waiting that
    differs as a share.
    """
    if measure.difference is None or measure.unit == "test" or measure.lower is None:
        return None
    if measure.unit == "share":
        return smallest.allows_share(measure.difference)
    if measure.unit == "hours":
        # Each stage beside the whole waiting: seconds in a stage of seconds matter to nobody.
        return smallest.allows_hours(measure.difference, _whole_waiting(comparison, measure))
    ratio = 1.0 + measure.difference
    if measure.basis == ALL or comparison.within is None:
        return smallest.allows_ratio(ratio)
    typical = comparison.within.typical_hours
    return smallest.allows_ratio(ratio) and abs(ratio - 1.0) * typical >= smallest.hours


def _whole_waiting(comparison: Comparison, measure: Measure) -> float:
    """The hours that the second group waits in all stages, on the basis of a measure."""
    whole = comparison.measure("mean_hours_waiting", measure.basis)
    return whole.other if whole and whole.other is not None else 0.0


def _people(cohort: Cohort, contrast: Contrast) -> Cohort:
    """What people or agents made, with no more columns than a comparison takes: millions of rows are copied."""
    columns = {*NEEDED, *COVARIATES, *contrast.first.meta.root_names()}
    changes = cohort.changes.select("kind", *sorted(columns - {"kind"}))
    return replace(cohort, changes=changes.filter(WORK))


@dataclass(frozen=True)
class _Estimated:
    measures: Sequence[Measure]
    support: Support | None = None
    within: Within | None = None
    friction: Friction | None = None
    units: str = "change"
    horizon_hours: float | None = None


def _estimated(
    people: Cohort, first: BoolArray, contrast: Contrast, after_hours: tuple[float, float, float], highest: float
) -> _Estimated:
    plain = _plain(people, first, after_hours, highest)
    rates = rate_measures(people, first, contrast)
    horizon = plain.horizon_hours or highest
    like = within_cells(people, first, contrast, after_hours, horizon, FEWEST)
    return _Estimated(
        (*plain.measures, *rates, *like.measures),
        support_of(people, first, contrast.cells),
        like.within,
        like.friction,
        plain.units,
        plain.horizon_hours,
    )


def _plain(people: Cohort, first: BoolArray, after_hours: tuple[float, float, float], highest: float) -> _Estimated:
    """Both groups described, with no more than an interval for how they differ."""
    sides = sides_of(people, first)
    curves = sides.incidences()
    horizon = longest_horizon(curves, highest)
    measures = [*shares(sides, curves, after_hours, highest), median(sides, curves)]
    if horizon is None:
        return _Estimated(measures, units=sides.unit)
    hours = hours_in_states(sides, horizon)
    measures += [*hours_measures(sides, hours), *plain_share_measures(sides, hours)]
    friction = friction_of(sides.reach, hours)
    measures += [friction_measure(friction, ALL, sides.changes)] if friction else []
    return _Estimated(measures, units=sides.unit, horizon_hours=horizon)


def _side(name: str, changes: pl.DataFrame) -> Side:
    outcome = changes["outcome"]
    production, waiting, abandoned = (int((outcome == end).sum()) for end in ("production", "waiting", "abandoned"))
    return Side(name, len(changes), production, waiting, abandoned, changes["repo"].n_unique())


def _too_few(ai: Side, other: Side) -> tuple[Measure, ...]:
    """No figure, and how many changes would show one."""

    def rows() -> Iterator[Measure]:
        ratio = max(other.changes, 1) / max(ai.changes, 1)
        needed = max(changes_needed_for_shares(SMALLEST_SHARE, ratio=ratio), FEWEST)
        for name in (*(f"share_arrived_{name}" for name in ARRIVED_AFTER), "share_abandoned"):
            nothing = Measure(name, ALL, "share", None, None, None, None, None, None, ai.changes, other.changes)
            yield replace(nothing, n_needed=needed, smallest_difference=SMALLEST_SHARE)
        for name in ("median_hours", "mean_hours_waiting"):
            yield Measure(name, ALL, "hours", None, None, None, None, None, None, ai.changes, other.changes)

    return tuple(rows())
