"""Changes on a grid of hours, counted: how often each move was made at each hour, by each unit.

A million changes hold far fewer distinct moves than moves once hours are rounded, and the estimators take counts. The
arrays stay as long as the changes only one stage at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.survival import CENSORED, Moves
from analytics.survival.arrays import BoolArray, FloatArray, IntArray

__all__ = ["Histories", "counted_ends", "counted_moves"]

_DENSE = 64_000_000
"""Up to so many cells are counted in an array of all cells; of more, the rows are sorted."""


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
    *,
    grid_hours: float,
    until_hours: float | None = None,
) -> Moves:
    """The moves of `histories` between `states` (stages, then ends), counted by unit and hour on the grid.

    As `moves_from_spells` has them, equal ones as one row: stays of no length are skipped. Moves after `until_hours`
    are left out: nothing that is asked up to then depends on them.
    """
    stages = len(histories.stage_hours)
    last_step = np.iinfo(np.int32).max if until_hours is None else round(until_hours / grid_hours)
    now = np.zeros(unit.size, dtype=np.int32)
    state = np.full(unit.size, -1, dtype=np.int8)
    waits = histories.ended_as == CENSORED
    last = _last_stage(histories)
    starts: list[tuple[IntArray, int]] = []
    tally = _Tally(unit, units, last_step)
    for stage, hours in enumerate(histories.stage_hours):
        entered = ~np.isnan(hours)
        steps = np.rint(np.where(entered, hours, 0.0) / grid_hours).astype(np.int32)
        first = entered & (state < 0)
        starts.append((np.bincount(unit[first], minlength=units), stage))
        moved = entered & ~first & ((steps > 0) | (waits & (last == stage)))
        for source in range(stage):
            tally.add(moved & (state == source), now, source, stage)
        state[first | moved] = stage
        now += steps
    for end in (CENSORED, *range(len(states) - stages)):
        ending = histories.ended_as == end
        for source in range(stages):
            tally.add(ending & (state == source), now, source, CENSORED if end == CENSORED else end + stages)
    start_unit = np.concatenate([np.flatnonzero(count) for count, _ in starts])
    start_state = np.concatenate([np.full(int((count > 0).sum()), stage) for count, stage in starts])
    start_count = np.concatenate([count[count > 0] for count, _ in starts]).astype(np.float64)
    unit_of, step, source_of, target_of, count_of = tally.rows()
    return Moves(
        states=states,
        units=units,
        start_unit=start_unit,
        start_state=start_state,
        start_count=start_count,
        unit=unit_of,
        hours=_hours(step, grid_hours),
        from_state=source_of,
        to_state=target_of,
        count=count_of,
        clustered=True,
    )


def counted_ends(
    hours: FloatArray, ended_as: IntArray, ends: int, unit: IntArray, units: int, *, grid_hours: float
) -> tuple[IntArray, FloatArray, IntArray, FloatArray]:
    """Ends counted by unit and hour on the grid: (unit, hours, ended_as, count), (rows,) each."""
    tally = _Tally(unit, units, np.iinfo(np.int32).max)
    step = np.rint(hours / grid_hours).astype(np.int32)
    for end in range(CENSORED, ends):
        tally.add(ended_as == end, step, 0, end)
    unit_of, steps, _, end_of, count = tally.rows()
    return unit_of, _hours(steps, grid_hours), end_of, count


def _hours(step: IntArray, grid_hours: float) -> FloatArray:
    """Divided rather than multiplied, so that whole hours are whole: 1,440 · (1/60) is not 24."""
    return step / np.float64(round(1.0 / grid_hours))


class _Tally:
    """Counts of moves, one kind of move at a time."""

    def __init__(self, unit: IntArray, units: int, last_step: int) -> None:
        self.unit, self.units, self.last_step = unit, units, last_step
        self.parts: list[tuple[IntArray, IntArray, int, int, FloatArray]] = []

    def add(self, chosen: BoolArray, step: NDArray[np.int32], source: int, target: int) -> None:
        """Count the `chosen` changes as moving from `source` to `target` at `step` (changes,)."""
        rows = np.flatnonzero(chosen)
        rows = rows[step[rows] <= self.last_step]
        if not rows.size:
            return
        # By hour, then by unit: in the order in which the estimators want them.
        cell = step[rows] * np.int64(self.units) + self.unit[rows]
        if int(cell.max()) < min(_DENSE, 64 * rows.size):
            count = np.bincount(cell, minlength=1)
            cells = np.flatnonzero(count)
            count = count[cells]
        else:
            cells, count = np.unique(cell, return_counts=True)
        steps, units = np.divmod(cells, self.units)
        self.parts.append((units, steps, source, target, count.astype(np.float64)))

    def rows(self) -> tuple[IntArray, IntArray, IntArray, IntArray, FloatArray]:
        """All counted moves: unit, step, source, target, count."""
        sizes = [part[0].size for part in self.parts]
        none = np.zeros(0, dtype=np.int64)
        return (
            np.concatenate([none, *(part[0] for part in self.parts)]),
            np.concatenate([none, *(part[1] for part in self.parts)]),
            np.repeat(np.array([part[2] for part in self.parts], dtype=np.int64), sizes),
            np.repeat(np.array([part[3] for part in self.parts], dtype=np.int64), sizes),
            np.concatenate([np.zeros(0), *(part[4] for part in self.parts)]),
        )


def _last_stage(histories: Histories) -> NDArray[np.int8]:
    """The last stage that each change entered, -1 for none."""
    last = np.full(histories.ended_as.size, -1, dtype=np.int8)
    for stage, hours in enumerate(histories.stage_hours):
        last[~np.isnan(hours)] = stage
    return last
