"""Changes on a grid of hours, counted: how often each move was made at each hour, by each unit.

A million changes hold far fewer distinct moves than moves once hours are rounded, and the estimators take counts. The
arrays stay as long as the changes only one stage at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.cohort.grids import Grid
from analytics.survival import CENSORED, Moves
from analytics.survival.arrays import BoolArray, FloatArray, IntArray

__all__ = ["Histories", "counted_ends", "counted_moves"]

_DENSE = 64_000_000
_DENSELY = 8
"""Up to so many cells, and so many for each row, are counted in an array of all cells; of more, the rows are sorted."""


@dataclass(frozen=True, eq=False)
class Histories:
    """Changes and the stages that each passed, in order.

    `stage_hours`: for each stage (changes,), hours in it, nan where it was not entered. `ended_as` (changes,):
    position of the end among the states after the stages, or `CENSORED`.
    """

    stage_hours: Sequence[NDArray[np.floating]]
    ended_as: IntArray


def counted_moves(
    histories: Histories,
    states: tuple[str, ...],
    unit: IntArray,
    units: int,
    grid: Grid,
    *,
    until_hours: float | None = None,
    stratum: IntArray | None = None,
) -> Moves:
    """The moves of `histories` between `states` (stages, then ends), counted by unit and hour on the grid.

    As `moves_from_spells` has them, equal ones as one row: stays of no length are skipped. Moves after `until_hours`
    are left out: nothing that is asked up to then depends on them. `stratum` (units,): as in `Moves`.
    """
    stages = len(histories.stage_hours)
    last_cell = grid.last(until_hours)
    minutes = np.zeros(unit.size, dtype=np.int32)
    cell = np.zeros(unit.size, dtype=np.int32)
    state = np.full(unit.size, -1, dtype=np.int8)
    goes_on_in = _stage_of_what_goes_on(histories)
    tally = _Tally(unit, units)
    place = tally.place(cell)
    starts = []
    for stage, hours in enumerate(histories.stage_hours):
        entered = ~np.isnan(hours)
        minutes += grid.minutes(hours)
        after = grid.cell[minutes]
        begun = state >= 0
        first = entered & ~begun
        starts.append(tally.by_unit(first))
        moved = entered & begun & ((after > cell) | (goes_on_in == stage))
        tally.add(moved & (cell <= last_cell), place, state, stage)
        np.copyto(state, np.int8(stage), where=first | moved)
        cell, place = after, tally.place(after)
    in_time = cell <= last_cell
    for end in (CENSORED, *range(len(states) - stages)):
        target = CENSORED if end == CENSORED else end + stages
        tally.add((histories.ended_as == end) & in_time, place, state, target)
    unit_of, cells, source_of, target_of, count_of = tally.rows()
    return Moves(
        states=states,
        units=units,
        start_unit=np.concatenate([np.flatnonzero(count) for count in starts]),
        start_state=np.repeat(np.arange(stages), [np.count_nonzero(count) for count in starts]),
        start_count=np.concatenate([count[count > 0.0] for count in starts]),
        unit=unit_of,
        hours=grid.hours[cells],
        from_state=source_of,
        to_state=target_of,
        count=count_of,
        clustered=True,
        stratum=stratum,
    )


def counted_ends(
    hours: NDArray[np.floating],
    ended_as: IntArray,
    ends: int,
    unit: IntArray,
    units: int,
    grid: Grid,
) -> tuple[IntArray, FloatArray, IntArray, FloatArray]:
    """Ends counted by unit and hour on the grid: (unit, hours, ended_as, count), (rows,) each."""
    tally = _Tally(unit, units)
    place = tally.place(grid.cell[grid.minutes(hours)])
    for end in range(CENSORED, ends):
        tally.count(place[ended_as == end], 0, end)
    unit_of, cells, _, end_of, count = tally.rows()
    return unit_of, grid.hours[cells], end_of, count


class _Tally:
    """Counts of moves, one target at a time."""

    def __init__(self, unit: IntArray, units: int) -> None:
        self.unit, self.units = unit, units
        self.parts: list[tuple[IntArray, IntArray, int, int, FloatArray]] = []

    def by_unit(self, chosen: BoolArray) -> FloatArray:
        """What the `chosen` changes (changes,) count in each unit."""
        return np.bincount(self.unit[chosen], minlength=self.units).astype(np.float64)

    def place(self, cell: NDArray[np.int32]) -> IntArray:
        """Cell and unit of each change as one number, by hour, then by unit: so the estimators want their rows."""
        return cell * np.int64(self.units) + self.unit

    def add(self, chosen: BoolArray, place: IntArray, state: NDArray[np.int8], target: int) -> None:
        """Count the `chosen` changes as moving from their `state`, if they have one, to `target` at their `place`."""
        rows = np.flatnonzero(chosen)
        source_of = state[rows]
        sources = np.flatnonzero(np.bincount(source_of + np.int8(1))) - 1
        for source in sources[sources >= 0].tolist():
            here = rows if sources.size == 1 else rows[source_of == source]
            self.count(place[here], source, target)

    def count(self, place: IntArray, source: int, target: int) -> None:
        """Count changes at such places as moving from `source` to `target`."""
        if int(place.max(initial=-1)) < min(_DENSE, _DENSELY * place.size):
            every = np.bincount(place)
            places = np.flatnonzero(every)
            count = every[places]
        else:
            ordered = np.sort(place)
            first = np.flatnonzero(np.diff(ordered, prepend=-1))
            places, count = ordered[first], np.diff(first, append=ordered.size)
        cells, units = np.divmod(places, self.units)
        self.parts.append((units, cells, source, target, count.astype(np.float64)))

    def rows(self) -> tuple[IntArray, IntArray, IntArray, IntArray, FloatArray]:
        """All counted moves: unit, cell, source, target, count."""
        sizes = [part[0].size for part in self.parts]
        none = np.zeros(0, dtype=np.int64)
        return (
            np.concatenate([none, *(part[0] for part in self.parts)]),
            np.concatenate([none, *(part[1] for part in self.parts)]),
            np.repeat(np.array([part[2] for part in self.parts], dtype=np.int64), sizes),
            np.repeat(np.array([part[3] for part in self.parts], dtype=np.int64), sizes),
            np.concatenate([np.zeros(0), *(part[4] for part in self.parts)]),
        )


def _stage_of_what_goes_on(histories: Histories) -> NDArray[np.int8]:
    """The last stage that each change entered which has not ended, -1 for what has."""
    rows = np.flatnonzero(histories.ended_as == CENSORED)
    stage_of = np.full(histories.ended_as.size, -1, dtype=np.int8)
    for stage, hours in enumerate(histories.stage_hours):
        stage_of[rows[~np.isnan(hours[rows])]] = stage
    return stage_of
