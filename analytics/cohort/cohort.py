"""From lead times to the input of the estimators: each change with its hours and how, or whether, it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from analytics.cohort.columns import LEAD_STAGES, RANDOM_GROUPS, read_columns
from analytics.cohort.filters import Filters
from analytics.cohort.grids import COARSE_CHANGES, Grid
from analytics.cohort.histories import Histories, counted_ends, counted_moves
from analytics.cohort.services import changes_of
from analytics.cohort.units import THESE, Units, interval_columns, units_of
from analytics.cohort.working_time import WorkingCalendar, in_working_hours
from analytics.survival import CENSORED, Incidence, Moves, Spells, incidence, moves_from_spells
from analytics.survival.arrays import BoolArray, FloatArray, IntArray

__all__ = ["ENDS", "LEAD_STAGES", "MOVED_ON", "STATES", "Cohort", "Stay", "cohort_of", "read_cohort"]

ENDS = ("production", "abandoned")
STATES = (*LEAD_STAGES, *ENDS)
_BATCHES = tuple(LEAD_STAGES.index(stage) for stage in ("staging", "release", "deploy"))
"""What many changes leave with one release."""
MOVED_ON = "moved_on"

_Coded: TypeAlias = tuple[IntArray, int, IntArray | None]
"""Units: a code for each change, how many they are, and the stratum of each."""

_MICROS = 3_600_000_000.0
_EVERYTHING = Filters()
_COLUMNS = (
    "change_id",
    "repo",
    "provider",
    "team",
    "title",
    "url",
    "author",
    "number",
    "builds_ai",
    "built_with_ai",
    "kind",
    "ai_confidence",
    "outcome",
    "current_stage",
    "last_stage",
    "code_complete_at",
    "merged_at",
    "lead_time_hours",
    "age_hours",
    "as_of",
    "additions",
    "deletions",
)


@dataclass(frozen=True)
class Stay:
    """How long changes stay in one stage: those who entered it, and the incidence of moving on and of being abandoned.

    `entered`: changes. `incidence`: of `MOVED_ON` and abandoned, by hours since the stage was entered.
    """

    entered: int
    incidence: Incidence


@dataclass(frozen=True)
class Cohort:
    """Code-complete changes whose arrival could be observed, one row each, and how many could not.

    `changes`: rows of `lead_times` with outcome production, waiting or abandoned, and `hours`, the time from code
    complete to that outcome (as of the report, for what waits). `unknown`, `no_deployments`, `nothing_to_deploy`:
    changes left out, counted.
    `clock`: of all hours, `wall` or `working`. `grid_hours`: what hours are multiples of, 0 where they
    are exact: those of a large cohort are rounded, so that equal rows can be counted instead of stored. `weak`: changes
    whose arrival was observed, left out because strong evidence was requested. `calendar`: of the working clock.
    """

    changes: pl.DataFrame
    unknown: int
    no_deployments: int
    clock: str = "wall"
    grid_hours: float = 0.0
    weak: int = 0
    nothing_to_deploy: int = 0
    calendar: WorkingCalendar | None = None

    def where(self, condition: pl.Expr) -> Cohort:
        """The part of the cohort for which `condition` holds."""
        return replace(self, changes=self.changes.filter(condition))

    def sure(self, filters: Filters, axis: str | None = None) -> Cohort:
        """The part whose verdict on `axis` `filters` let count, the rest counted as weak (`Filters.sure`)."""
        changes = filters.sure(self.changes, axis)
        return replace(self, changes=changes, weak=self.weak + len(self.changes) - len(changes))

    @property
    def hours(self) -> FloatArray:
        """Hours from code complete to the outcome, (changes,)."""
        return self.changes["hours"].to_numpy().astype(np.float64, copy=False)

    @property
    def followed_hours(self) -> FloatArray:
        """Hours from code complete to the report, whatever became of the change by then, (changes,)."""
        begin, end = (self.changes[name].to_numpy().astype("datetime64[us]") for name in ("code_complete_at", "as_of"))
        if self.calendar is None:
            followed = (end - begin).astype(np.int64) / _MICROS
        else:
            followed = self.calendar.hours(begin, end)
        hours = self.hours
        # What waits was followed for as long as it waited, to the microsecond or on the grid.
        longest: FloatArray = np.where(self.ended_as == CENSORED, hours, np.maximum(followed, hours))
        return longest

    @property
    def seen_hours(self) -> float:
        """The longest that any change was watched."""
        return float(self.changes["hours"].to_numpy().max(initial=0.0))

    @cached_property
    def grid(self) -> Grid:
        """On which the changes of a large cohort are counted."""
        return Grid.of(self.seen_hours, coarse=len(self.changes) > COARSE_CHANGES)

    @cached_property
    def ended_as(self) -> IntArray:
        """Position of the outcome in `ENDS`, or `CENSORED` for what waits, (changes,)."""
        outcome = self.changes["outcome"]
        ended = np.full(len(outcome), CENSORED)
        for code, name in enumerate(ENDS):
            ended[(outcome == name).to_numpy()] = code
        return ended

    @cached_property
    def cluster(self) -> tuple[IntArray, int]:
        """A code for each change's repository, and how many there are."""
        repo = self.changes["repo"]
        if repo.dtype == pl.String:
            codes = repo.rank("dense").cast(pl.Int64).to_numpy() - 1
            return codes, int(codes.max(initial=-1)) + 1
        physical = repo.to_physical().to_numpy()
        occupied = np.bincount(physical) > 0
        return (np.cumsum(occupied) - 1)[physical], int(occupied.sum())

    @property
    def present(self) -> tuple[str, ...]:
        """The stages that any of its repositories has."""
        return tuple(stage for stage in LEAD_STAGES if self.changes[f"{stage}_hours"].is_not_null().any())

    def units(self, intervals: str = THESE) -> Units | None:
        """What intervals of this question (`units.INTERVALS`) take as independent; None: each change."""
        if intervals not in self._numbered:
            self._numbered[intervals] = units_of(self.cluster[0], self._completed(), intervals)
        return self._numbered[intervals]

    def intervals(self, intervals: str = THESE) -> dict[str, str]:
        """Columns `interval_by` and `intervals` of reports: what intervals take as independent, and their question."""
        return interval_columns(self.units(intervals))

    def incidence(self, intervals: str | None = None) -> Incidence:
        """Cumulative incidence of both ends; intervals of that question, by change where there is none."""
        return self._incidence(self.hours, self.ended_as, ENDS, self._units(intervals))

    def stay(self, stage: str, intervals: str | None = None) -> Stay:
        """How long changes stay in `stage`, from when they enter it; AnalysisError where no change entered it."""
        hours = self.changes[f"{stage}_hours"].to_numpy()
        entered = ~np.isnan(hours)
        hours = hours[entered].astype(np.float64, copy=False)
        last = (self.changes["last_stage"] == stage).fill_null(value=False).to_numpy()[entered]
        ended = np.where(last, np.where(self.ended_as[entered] == CENSORED, CENSORED, 1), 0)
        units = self._units(intervals, among=entered)
        return Stay(hours.size, self._incidence(hours, ended, (MOVED_ON, "abandoned"), units))

    def abandoned_in(self, horizon_hours: float) -> dict[str, float]:
        """The share of all changes that is abandoned within so many hours, by the stage in which it was by then.

        Cumulative incidence with an end for each stage: they add up to the share abandoned.
        """
        stages = self.present
        last = self.changes["last_stage"].cast(pl.String)
        code = last.replace_strict({name: place for place, name in enumerate(stages, 1)}, default=1).to_numpy()
        ended = np.where(self.ended_as == ENDS.index("abandoned"), code, self.ended_as).astype(np.int64)
        curve = self._incidence(self.hours, ended, (ENDS[0], *stages), self._units(None))
        shares = curve.at([horizon_hours]).probability[0, 1:]
        return {stage: float(share) for stage, share in zip(stages, shares, strict=True)}

    def moves(self, intervals: str | None = None, *, until_hours: float | None = None) -> Moves:
        """The changes as moves between `STATES`; units are those of the question, changes where there is none.

        `until_hours`: moves after so many hours may be left out, because nothing later will be estimated. In a
        large cohort units that would be changes are `RANDOM_GROUPS` of them.
        """
        units = self._units(intervals)
        if self.grid_hours and units is not None:
            histories = Histories([self.changes[f"{s}_hours"].to_numpy() for s in LEAD_STAGES], self.ended_as)
            code, size, stratum = units
            counted = counted_moves(histories, STATES, code, size, self.grid, until_hours=until_hours, stratum=stratum)
            return replace(counted, batches=_BATCHES)
        change, start, end, source, target = _spells(self.changes, self.ended_as)
        spells = Spells.of(change, start, end, source, target)
        if units is None:
            return moves_from_spells(spells, STATES)
        code, size, stratum = units
        moves = moves_from_spells(spells, STATES, cluster=code[change], clusters=size)
        return replace(moves, stratum=stratum, batches=_BATCHES)

    @cached_property
    def _numbered(self) -> dict[str, Units | None]:
        """Units by question: numbering millions of changes is not done twice."""
        return {}

    def _completed(self) -> NDArray[np.datetime64]:
        completed: NDArray[np.datetime64] = self.changes["code_complete_at"].to_numpy()
        return completed

    def _units(self, intervals: str | None, among: BoolArray | None = None) -> _Coded | None:
        """The units of `intervals`, those `among` the changes; None: each change is one."""
        if intervals is not None:
            units = self.units(intervals)
            if among is not None:
                part = units.of(among) if units else None
                units = part or units_of(self.cluster[0][among], self._completed()[among], intervals)
            if units is not None:
                return units.code, units.size, units.stratum
        if not self.grid_hours:
            return None
        group = self.changes["random_group"].to_numpy().astype(np.int64)
        return group if among is None else group[among], RANDOM_GROUPS, None

    def _incidence(self, hours: FloatArray, ended: IntArray, ends: tuple[str, ...], units: _Coded | None) -> Incidence:
        if units is None:
            return incidence(hours, ended, ends)
        unit, size, stratum = units
        count: FloatArray | None = None
        if self.grid_hours:
            unit, hours, ended, count = counted_ends(hours, ended, len(ends), unit, size, self.grid)
        return incidence(hours, ended, ends, cluster=unit, clusters=size, stratum=stratum, count=count)


def read_cohort(
    connection: duckdb.DuckDBPyConnection,
    filters: Filters,
    *,
    axis: str | None = None,
    columns: Sequence[str] | None = None,
    calendar: WorkingCalendar | None = None,
) -> Cohort:
    """The cohort of changes code complete in the period of `filters`.

    `axis` is that of the comparison, if it has one: where `filters` ask for strong evidence, what is weak on it
    (without one: on either) is left out and counted. `columns`: those of `lead_times` to read beside what the cohort
    itself needs; all that describe a change when not given, which millions of changes make large. `calendar`: gives
    the hours in working time.
    """
    names = [*(_COLUMNS if columns is None else columns), *filters.verdict_columns]
    table, grid = read_columns(connection, names, ended_at=calendar is not None, source=changes_of(filters))
    return cohort_of(filters.apply(table, time="code_complete_at"), grid, calendar, filters=filters, axis=axis)


def cohort_of(
    table: pl.DataFrame,
    grid_hours: float = 0.0,
    calendar: WorkingCalendar | None = None,
    *,
    keep: pl.Expr | None = None,
    filters: Filters = _EVERYTHING,
    axis: str | None = None,
) -> Cohort:
    """The cohort among rows of `lead_times` as `read_columns` has them; of those observed, the ones to `keep`.

    Of these, those that are sure enough on `axis` for `filters`, whose period and repositories have been applied.
    """
    outcome = table["outcome"]
    left_out = {name: int((outcome == name).sum()) for name in ("unknown", "no_deployments", "nothing_to_deploy")}
    observed = pl.col("outcome").is_in([*ENDS, "waiting"])
    rows = table.filter(observed if keep is None else observed & keep)
    if calendar is not None:
        rows = in_working_hours(rows, LEAD_STAGES, calendar, grid_hours=grid_hours)
    whole = pl.sum_horizontal(f"{stage}_hours" for stage in LEAD_STAGES)
    # Sums of the same instants taken in different pieces are the same instant again: ties stay ties.
    hours = whole if grid_hours else (whole * _MICROS).round() / _MICROS
    rows = rows.with_columns(hours.alias("hours"))
    clock = "wall" if calendar is None else "working"
    cohort = Cohort(rows, clock=clock, grid_hours=grid_hours, calendar=calendar, **left_out)
    return cohort.sure(filters, axis)


def _spells(changes: pl.DataFrame, ended_as: IntArray) -> tuple[IntArray, FloatArray, FloatArray, IntArray, IntArray]:
    """One row per change and stage that it entered: change, start, end (hours), state, next state."""
    hours = np.column_stack([changes[f"{stage}_hours"].to_numpy() for stage in LEAD_STAGES])
    if not len(changes):
        hours = hours.reshape(0, len(LEAD_STAGES))
    entered = ~np.isnan(hours)
    ends = np.rint(np.cumsum(np.where(entered, hours, 0.0), axis=1) * _MICROS) / _MICROS
    starts = np.column_stack([np.zeros(len(changes)), ends[:, :-1]])
    final = np.where(ended_as == CENSORED, CENSORED, ended_as + len(LEAD_STAGES))
    following = np.empty(hours.shape, dtype=np.int64)
    after = final.copy()
    for stage in range(len(LEAD_STAGES) - 1, -1, -1):
        following[:, stage] = after
        after = np.where(entered[:, stage], stage, after)
    change, stage_of = np.nonzero(entered)
    return change, starts[entered], ends[entered], stage_of, following[entered]
