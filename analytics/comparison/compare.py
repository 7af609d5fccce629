"""Compare two groups of changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
import polars as pl

from analytics.cohort.cohort import Cohort
from analytics.cohort.kinds import WORK, Excluded
from analytics.comparison.common_support import support_of
from analytics.comparison.contrasts import Contrast
from analytics.comparison.differences import (
    ARRIVED_AFTER,
    SMALLEST_SHARE,
    hours_in_states,
    hours_measures,
    longest_horizon,
    median,
    shares,
)
from analytics.comparison.friction import friction_of, share_measures
from analytics.comparison.needed import changes_needed_for_shares
from analytics.comparison.notes import annotated
from analytics.comparison.rates import COVARIATES, rate_measures
from analytics.comparison.results import ALL, SUPPORTED, Comparison, Friction, Measure, Side, Support
from analytics.comparison.sides import NEEDED, sides_of
from analytics.survival.arrays import BoolArray, FloatArray, as_counts

__all__ = ["AFTER_HOURS", "FEWEST", "compare"]

AFTER_HOURS = (24.0, 168.0, 720.0)
FEWEST = 20
"""Nothing is claimed of a group with fewer changes: their intervals would say nothing."""


def compare(
    cohort: Cohort,
    contrast: Contrast,
    *,
    after_hours: tuple[float, float, float] = AFTER_HOURS,
    horizon_hours: float | None = None,
    automation: bool = False,
) -> Comparison:
    """Compare the two groups of a contrast on all changes and on common support.

    Parameters
    ----------
    cohort:
        The changes of both groups, one row each.
    contrast:
        Which changes are in the first group, and what both groups must share on common support.
    after_hours:
        A day, a week and 30 days in hours, or the working hours in them.
    horizon_hours:
        Up to which hours time in stages counts; the last of `after_hours` when not given.
    automation:
        Whether changes made by bots, and releases, take part; otherwise they are left out and counted.

    Returns
    -------
    Measures (shares, hours, hazard ratio, tests) with 95 % intervals and notes; without estimates where a group has
    fewer than `FEWEST` changes.
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
        friction=estimated.friction,
        supported_friction=estimated.supported_friction,
        units=estimated.units,
        excluded=Excluded() if automation else Excluded.of(cohort.changes, WORK),
        unknown=cohort.unknown,
        no_deployments=cohort.no_deployments,
        horizon_hours=estimated.horizon_hours or horizon,
        clock=cohort.clock,
        as_of=as_of,
    )
    return replace(result, measures=annotated(result))


def _people(cohort: Cohort, contrast: Contrast) -> Cohort:
    """What people or agents made, with no more columns than a comparison takes: millions of rows are copied."""
    columns = {*NEEDED, *COVARIATES, *contrast.first.meta.root_names()}
    changes = cohort.changes.select("kind", *sorted(columns - {"kind"}))
    return replace(cohort, changes=changes.filter(WORK))


def _part(people: Cohort, inside: BoolArray) -> Cohort:
    return replace(people, changes=people.changes.select(NEEDED).filter(pl.Series(inside)))


@dataclass(frozen=True)
class _Estimated:
    measures: Sequence[Measure]
    support: Support | None = None
    friction: Friction | None = None
    supported_friction: Friction | None = None
    units: str = "change"
    horizon_hours: float | None = None


def _estimated(
    people: Cohort, first: BoolArray, contrast: Contrast, after_hours: tuple[float, float, float], highest: float
) -> _Estimated:
    support, weights = support_of(people, first, contrast.cells)
    everything = _on(ALL, people, first, as_counts(None, first.size, "count"), after_hours, highest)
    rates = list(rate_measures(people, first, contrast))
    inside = weights > 0.0
    supported = _Estimated(())
    if min(int((inside & first).sum()), int((inside & ~first).sum()), support.effective_other) >= FEWEST:
        supported = _on(SUPPORTED, _part(people, inside), first[inside], weights[inside], after_hours, highest)
    return _Estimated(
        (*everything.measures, *rates, *supported.measures),
        support,
        everything.friction,
        supported.friction,
        everything.units,
        everything.horizon_hours,
    )


def _on(
    basis: str,
    cohort: Cohort,
    first: BoolArray,
    weights: FloatArray,
    after_hours: tuple[float, float, float],
    highest: float,
) -> _Estimated:
    """All estimates on one basis."""
    sides = sides_of(cohort, first, weights)
    # The sides hold what is needed of it: half a gigabyte of ten million changes is not kept twice.
    del cohort
    curves = sides.incidences()
    horizon = longest_horizon(curves, highest)
    measures = [*shares(sides, curves, basis, after_hours, highest), median(sides, curves, basis)]
    if horizon is None:
        return _Estimated(measures, units=sides.unit)
    hours = hours_in_states(sides, horizon)
    measures += [*hours_measures(sides, hours, basis), *share_measures(sides, hours, basis)]
    friction = friction_of(sides, hours)
    measures += [_same_friction(friction, basis, sides.changes)] if friction else []
    return _Estimated(measures, friction=friction, units=sides.unit, horizon_hours=horizon)


def _same_friction(friction: Friction, basis: str, counts: tuple[int, int]) -> Measure:
    estimate = friction.distance, friction.lower, friction.upper, friction.p_value
    note = "half the sum of the absolute differences of the shares of waiting; tests whether all shares are equal"
    return Measure("same_friction", basis, "share", None, None, *estimate, *counts, note)


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
