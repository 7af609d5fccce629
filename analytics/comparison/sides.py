"""Two groups over one numbering of independent units, and what units can be taken as independent."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from analytics.comparison.small_samples import Reach, reach_of_two
from analytics.observations import ENDS, FEWEST_CLUSTERS, Cohort
from analytics.survival import Incidence, Moves, incidence
from analytics.survival.arrays import BoolArray, FloatArray, IntArray

__all__ = ["Sides", "sides_of"]

FEWEST_OF_A_GROUP = 3
"""A group in fewer units has no spread between units that could be told from nothing."""


@dataclass(frozen=True, eq=False)
class Sides:
    """Two groups of changes.

    `cohorts`: first and second. `codes`: for each, the unit of each change, codes 0 … units-1, the same numbering.
    `weights`: for each, what each change counts. `unit`: what a unit is. `reach`: of standard errors by unit.
    """

    cohorts: tuple[Cohort, Cohort]
    codes: tuple[IntArray, IntArray]
    weights: tuple[FloatArray, FloatArray]
    units: int
    unit: str
    reach: Reach

    @property
    def changes(self) -> tuple[int, int]:
        """How many changes each group has."""
        return len(self.cohorts[0].changes), len(self.cohorts[1].changes)

    def incidences(self) -> tuple[Incidence, Incidence]:
        """The cumulative incidence of both ends in each group, influences by unit."""
        first, second = (
            incidence(cohort.hours, cohort.ended_as, ENDS, cluster=code, clusters=self.units, count=weight)
            for cohort, code, weight in zip(self.cohorts, self.codes, self.weights, strict=True)
        )
        return first, second

    def moves(self) -> tuple[Moves, Moves]:
        """Both groups as moves between states, units numbered alike."""
        first, second = (
            _in_units(cohort.moves(), code, weight, self.units)
            for cohort, code, weight in zip(self.cohorts, self.codes, self.weights, strict=True)
        )
        return first, second


def sides_of(cohort: Cohort, first: BoolArray, weights: FloatArray) -> Sides:
    """Both groups of a cohort: `first` (changes,) tells them apart, `weights` (changes,) what each change counts."""
    unit, code = _independent(cohort.changes, first)
    units = int(code.max(initial=-1)) + 1
    masks = (first, ~first)
    cohorts = tuple(replace(cohort, changes=cohort.changes.filter(pl.Series(mask))) for mask in masks)
    codes = tuple(code[mask] for mask in masks)
    weight = tuple(weights[mask] for mask in masks)
    return Sides(
        (cohorts[0], cohorts[1]),
        (codes[0], codes[1]),
        (weight[0], weight[1]),
        units,
        unit,
        _reach(codes, weight, units),
    )


def _independent(changes: pl.DataFrame, first: BoolArray) -> tuple[str, IntArray]:
    """The largest units of which there are enough: repositories, their months, single changes.

    What ships with one release arrives together, so that even the changes of one repository are not independent.
    """
    repository = changes["repo"].rank("dense").cast(pl.Int64).to_numpy() - 1
    if _enough(repository, first):
        return "repository", repository
    month = pl.concat_str("repo", pl.col("code_complete_at").dt.strftime(" %Y-%m"))
    code = changes.select(month.rank("dense").cast(pl.Int64)).to_series().to_numpy() - 1
    if _enough(code, first):
        return "repository and month", code
    return "change", np.arange(len(changes))


def _enough(code: IntArray, first: BoolArray) -> bool:
    return np.unique(code).size >= FEWEST_CLUSTERS and all(
        np.unique(code[mask]).size >= FEWEST_OF_A_GROUP for mask in (first, ~first)
    )


def _reach(codes: tuple[IntArray, ...], weights: tuple[FloatArray, ...], units: int) -> Reach:
    shares, variances = [], []
    for code, weight in zip(codes, weights, strict=True):
        total = np.bincount(code, weights=weight, minlength=units)
        square = np.bincount(code, weights=weight**2, minlength=units)
        shares.append(total / max(total.sum(), 1e-300))
        variances.append(np.where(total > 0.0, square / np.where(total > 0.0, total, 1.0) ** 2, 0.0))
    return reach_of_two(shares[0], shares[1], np.stack(variances))


def _in_units(moves: Moves, code: IntArray, weight: FloatArray, units: int) -> Moves:
    """Moves whose units are changes, given to the units of those."""
    return replace(
        moves,
        units=units,
        unit=code[moves.unit],
        start_unit=code[moves.start_unit],
        start_count=moves.start_count * weight[moves.start_unit],
        count=moves.count * weight[moves.unit],
        clustered=True,
    )
