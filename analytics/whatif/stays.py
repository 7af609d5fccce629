"""Each stay of a change in a stage, and how such stays end, counted on a grid: whole hours on the wall clock."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from analytics.cohort.cohort import ENDS, LEAD_STAGES
from analytics.cohort.units import Units
from analytics.survival.arrays import BoolArray, FloatArray, IntArray
from analytics.whatif.clock import GRID_STEPS, Clock, lifetimes

__all__ = ["GONE", "GRID", "SHIPPED", "Counts", "Stays", "Strata", "count_stays", "stays_of", "stays_on", "strata_of"]

GRID = GRID_STEPS + 1
"""Whole steps 0 … horizon (`Clock.step_hours`)."""
SHIPPED, GONE = len(LEAD_STAGES), len(LEAD_STAGES) + 1
"""Where a stay leads that leads to no further stage: production, abandoned."""
_MOST_PATTERNS = 6
_MOST_GROUPS = 20


@dataclass(frozen=True, eq=False)
class Strata:
    """Which changes are modelled together, and which are left out together to see how much that matters.

    `pattern` (changes,): code of the set of stages that the change's repository has, 0 … patterns-1: a stage means
    something else beside others. `group` (changes,): 0 … groups-1, of whole units.
    """

    pattern: IntArray
    patterns: int
    group: IntArray
    groups: int


@dataclass(frozen=True, eq=False)
class Stays:
    """One row per change and stage that it entered, (stays,), by stage, then change.

    `change`: its row. `stage`: code in `LEAD_STAGES`. `begun_hours`: since code complete, on the wall clock. `hours`:
    of the stay, so far where it goes on, on the clock on which it is told. `target`: the next stage, `SHIPPED`, `GONE`,
    or -1 where it goes on.
    """

    change: IntArray
    stage: IntArray
    begun_hours: FloatArray
    hours: FloatArray
    target: IntArray

    def of(self, stage: int) -> Stays:
        """Those in one stage."""
        return self.take(slice(*np.searchsorted(self.stage, [stage, stage + 1]).tolist()))

    def take(self, rows: slice | IntArray | BoolArray) -> Stays:
        """Some of them."""
        return Stays(**{name: getattr(self, name)[rows] for name in self.__dataclass_fields__})


@dataclass(frozen=True, eq=False)
class Counts:
    """How stays in one stage ended, by whole step of the stay: (groups, patterns, steps 0 … `GRID`).

    `onward`, `gone`, `open`: ended forwards, by being abandoned, not yet; the last step holds all that was longer.
    `targets` (groups, patterns, `SHIPPED` + 1): of those that ended forwards, where to. A stay of 2.3 steps counts 0.7
    at two and 0.3 at three, so that means are kept.
    """

    onward: FloatArray
    gone: FloatArray
    open: FloatArray
    targets: FloatArray

    @property
    def total(self) -> float:
        """How many stays."""
        return float(self.onward.sum() + self.gone.sum() + self.open.sum())

    def or_where_none(self, other: Counts) -> Counts:
        """These, and `other` for patterns of which there is none here."""
        none = (self.onward.sum((0, 2)) + self.gone.sum((0, 2)) + self.open.sum((0, 2)) == 0.0)[None, :, None]
        parts = (
            np.where(none, getattr(other, name), getattr(self, name)) for name in ("onward", "gone", "open", "targets")
        )
        return Counts(*parts)


def strata_of(changes: pl.DataFrame, units: Units) -> Strata:
    """Patterns of stages by repository (rare ones together), and groups of units."""
    bits = pl.sum_horizontal(
        pl.col(f"{stage}_hours").is_not_null().any().over("repo").cast(pl.Int64) * 2**bit
        for bit, stage in enumerate(LEAD_STAGES)
    )
    pattern = changes.select(bits.alias("bits"))["bits"]
    common = pattern.value_counts().sort(["count", "bits"], descending=[True, False])["bits"].to_list()
    codes = {bits: min(place, _MOST_PATTERNS - 1) for place, bits in enumerate(common)}
    code = pattern.replace_strict(codes, return_dtype=pl.Int64).to_numpy()
    groups = max(1, min(units.size, _MOST_GROUPS))
    return Strata(code, min(max(1, len(common)), _MOST_PATTERNS), units.code % groups, groups)


def stays_of(changes: pl.DataFrame) -> Stays:
    """The stays of a cohort's changes."""
    hours = [changes[f"{stage}_hours"].fill_null(np.nan).to_numpy() for stage in LEAD_STAGES]
    ends = {ENDS[0]: SHIPPED, ENDS[1]: GONE, "waiting": -1}
    after = changes["outcome"].replace_strict(ends, return_dtype=pl.Int64).to_numpy()
    begun = np.zeros(len(changes))
    parts: list[tuple[IntArray, IntArray, FloatArray, FloatArray]] = []
    for stage, spent in enumerate(hours):
        rows = np.flatnonzero(~np.isnan(spent))
        parts.append((rows, np.full(rows.size, stage), begun[rows], spent[rows]))
        begun = begun + np.nan_to_num(spent)
    targets: list[IntArray] = []
    for stage in range(len(LEAD_STAGES) - 1, -1, -1):
        rows = parts[stage][0]
        targets.append(after[rows])
        after = after.copy()
        after[rows] = stage
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return Stays(columns[0], columns[1], columns[2], columns[3], np.concatenate(targets[::-1]))


def stays_on(clock: Clock, stays: Stays, changes: pl.DataFrame) -> Stays:
    """The stays of a cohort's changes on the wall clock, told on `clock`."""
    if clock.opening is None:
        return stays
    complete_at, _ = lifetimes(changes)
    begun_at = complete_at[stays.change] + _microseconds(stays.begun_hours)
    return replace(stays, hours=clock.hours(begun_at, begun_at + _microseconds(stays.hours)))


def count_stays(stays: Stays, strata: Strata, weight: FloatArray | None = None, *, step_hours: float = 1.0) -> Counts:
    """Count stays of one stage, each as `weight` (stays,) or once, on a grid of such steps."""
    shape = (strata.groups, strata.patterns, GRID + 1)
    cell = strata.group[stays.change] * strata.patterns + strata.pattern[stays.change]
    mass = np.ones(stays.hours.size) if weight is None else weight
    capped = np.minimum(stays.hours / step_hours, float(GRID))
    low = np.floor(capped).astype(np.int64)
    part = capped - low
    place = cell * (GRID + 1) + low
    high = np.minimum(low + 1, GRID) - low + place

    def tally(rows: BoolArray) -> FloatArray:
        size = shape[0] * shape[1] * shape[2]
        first = np.bincount(place[rows], weights=(mass * (1.0 - part))[rows], minlength=size)
        second = np.bincount(high[rows], weights=(mass * part)[rows], minlength=size)
        return np.asarray((first + second).reshape(shape), dtype=np.float64)

    forwards = (stays.target >= 0) & (stays.target != GONE)
    width = SHIPPED + 1
    to = np.bincount(
        (cell * width + stays.target)[forwards],
        weights=mass[forwards],
        minlength=strata.groups * strata.patterns * width,
    )
    targets = np.asarray(to.reshape(strata.groups, strata.patterns, width), dtype=np.float64)
    return Counts(tally(forwards), tally(stays.target == GONE), tally(stays.target < 0), targets)


def _microseconds(hours: FloatArray) -> IntArray:
    return np.rint(hours * 3.6e9).astype(np.int64)
