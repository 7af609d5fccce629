"""Two groups over one numbering of independent units, and what units can be taken as independent."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from analytics.cohort.cohort import ENDS, LEAD_STAGES, STATES, Cohort
from analytics.cohort.grids import Grid
from analytics.cohort.histories import Histories, counted_ends, counted_moves
from analytics.cohort.units import FEWEST_CLUSTERS
from analytics.comparison.cells import MONTH, REPOSITORY, numbered, together
from analytics.survival import Incidence, Moves, incidence
from analytics.survival.arrays import BoolArray, FloatArray, IntArray, as_counts
from analytics.survival.errors.small_samples import Reach, reach_of

__all__ = ["NEEDED", "Sides", "in_units", "independent_units", "sides_of"]

NEEDED = ("repo", "outcome", "code_complete_at", "as_of", "hours", *(f"{stage}_hours" for stage in LEAD_STAGES))
"""Columns that a comparison needs; every other one would cost a tenth of a gigabyte for ten million changes."""
FEWEST_OF_A_GROUP = 3
"""A group in fewer units has no spread between units that could be estimated."""


@dataclass(frozen=True, eq=False)
class Sides:
    """Two groups of changes.

    `cohorts`: first and second. `codes`: for each, the unit of each change, codes 0 … units-1, the same numbering.
    `unit`: what a unit is. `reach`: of standard errors by unit.
    """

    cohorts: tuple[Cohort, Cohort]
    codes: tuple[IntArray, IntArray]
    units: int
    unit: str
    reach: Reach

    @property
    def changes(self) -> tuple[int, int]:
        """How many changes each group has."""
        return len(self.cohorts[0].changes), len(self.cohorts[1].changes)

    def incidences(self) -> tuple[Incidence, Incidence]:
        """The cumulative incidence of both ends in each group, influences by unit."""
        return self._incidence(0), self._incidence(1)

    def moves(self, until_hours: float) -> tuple[Moves, Moves]:
        """Both groups as moves between states, units numbered alike; later than `until_hours` may be left out."""
        return self._moves(0, until_hours), self._moves(1, until_hours)

    def _incidence(self, side: int) -> Incidence:
        cohort, code = self.cohorts[side], self.codes[side]
        hours, ended, count = cohort.hours, cohort.ended_as, None
        if cohort.grid_hours:
            code, hours, ended, count = counted_ends(hours, ended, len(ENDS), code, self.units, _grid(cohort))
        return incidence(hours, ended, ENDS, cluster=code, clusters=self.units, count=count)

    def _moves(self, side: int, until_hours: float) -> Moves:
        cohort, code = self.cohorts[side], self.codes[side]
        if not cohort.grid_hours:
            return in_units(cohort.moves(), code, as_counts(None, code.size, "count"), self.units)
        histories = Histories([cohort.changes[f"{stage}_hours"].to_numpy() for stage in LEAD_STAGES], cohort.ended_as)
        return counted_moves(histories, STATES, code, self.units, _grid(cohort), until_hours=until_hours)


def sides_of(cohort: Cohort, first: BoolArray) -> Sides:
    """Split a cohort into both groups: `first` (changes,) is true for the first."""
    unit, code = independent_units(cohort, first)
    units = int(code.max(initial=-1)) + 1
    masks = (first, ~first)
    needed = cohort.changes.select(name for name in NEEDED if not name.endswith("_at") and name != "as_of")
    cohorts = tuple(replace(cohort, changes=needed.filter(pl.Series(mask))) for mask in masks)
    codes = tuple(code[mask] for mask in masks)
    return Sides((cohorts[0], cohorts[1]), (codes[0], codes[1]), units, unit, _reach(codes, units))


def independent_units(cohort: Cohort, first: BoolArray) -> tuple[str, IntArray]:
    """The largest units of which there are enough: repositories, their months, single changes.

    What ships with one release arrives together, so that even the changes of one repository are not independent.
    """
    repository = numbered(cohort, REPOSITORY)
    if _enough(repository, first):
        return "repository", repository
    code = together(repository, numbered(cohort, MONTH))
    if _enough(code, first):
        return "repository and month", code
    return "change", np.arange(len(cohort.changes))


def _enough(code: IntArray, first: BoolArray) -> bool:
    units = int(code.max(initial=-1)) + 1
    return units >= FEWEST_CLUSTERS and all(
        np.count_nonzero(np.bincount(code[mask], minlength=units)) >= FEWEST_OF_A_GROUP for mask in (first, ~first)
    )


def _reach(codes: tuple[IntArray, ...], units: int) -> Reach:
    sizes = (np.bincount(code, minlength=units).astype(np.float64) for code in codes)
    return reach_of((size / size.sum(), size) for size in sizes)


def _grid(cohort: Cohort) -> Grid:
    """Coarse for each part of a large cohort, so that parts are estimated alike."""
    return Grid.of(cohort.seen_hours, coarse=True)


def in_units(moves: Moves, code: IntArray, weight: FloatArray, units: int) -> Moves:
    """Moves of single changes, each given to its unit and counted by its weight."""
    return replace(
        moves,
        units=units,
        unit=code[moves.unit],
        start_unit=code[moves.start_unit],
        start_count=moves.start_count * weight[moves.start_unit],
        count=moves.count * weight[moves.unit],
        clustered=True,
    )
