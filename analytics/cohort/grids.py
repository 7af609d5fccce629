"""Grids of hours on which the changes of a large cohort are counted."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
from numpy.typing import NDArray

from analytics.survival.arrays import FloatArray

__all__ = ["COARSE_CHANGES", "Grid"]

COARSE_CHANGES = 200_000
"""Up to so many changes are counted by the minute; more on a grid that widens with the hours."""

_MINUTES_PER_HOUR = 60
_WIDENING = ((4, 1), (24, 5), (168, 15), (720, 30))
"""Up to so many hours a cell holds so many minutes, then an hour's. Each cell ends on the grid and stands for the
middle of its minutes: a milestone moves by half a cell at most, 1 % of its hours, as often one way as the other, and
what has happened by a whole hour has happened by it on the grid too."""


@dataclass(frozen=True, eq=False)
class Grid:
    """Whole minutes, told as numbered cells.

    `cell` (minutes,): the number of the cell that holds each whole minute from 0 on. `hours` (cells,): the hour that
    each cell stands for, ascending; the first is 0.
    """

    cell: NDArray[np.int32]
    hours: FloatArray

    @classmethod
    def of(cls, longest_hours: float, *, coarse: bool) -> Grid:
        """For hours up to the longest, by the minute or `coarse`."""
        minutes = np.arange(round(longest_hours * _MINUTES_PER_HOUR) + 2)
        if not coarse:
            return cls(minutes.astype(np.int32), minutes / np.float64(_MINUTES_PER_HOUR))
        parts, begin = [np.zeros(1, dtype=np.int64)], 0
        for until, width in (*_WIDENING, (max(_WIDENING[-1][0], ceil(longest_hours)) + 1, _MINUTES_PER_HOUR)):
            parts.append(np.arange(begin + width, until * _MINUTES_PER_HOUR + 1, width))
            begin = until * _MINUTES_PER_HOUR
        ends = np.concatenate(parts)
        middles = (np.append(-1, ends[:-1]) + 1 + ends) / 2.0
        cell = np.searchsorted(ends, minutes).astype(np.int32)
        # Divided rather than multiplied, so that whole hours are whole: 1,440 · (1/60) is not 24.
        return cls(cell, middles / np.float64(_MINUTES_PER_HOUR))

    def minutes(self, hours: NDArray[np.floating]) -> NDArray[np.int32]:
        """Hours as whole minutes, nan as none."""
        whole = np.fmax(hours, 0.0)
        whole *= _MINUTES_PER_HOUR
        minutes: NDArray[np.int32] = np.rint(whole, out=whole).astype(np.int32)
        return minutes

    def last(self, until_hours: float | None) -> int:
        """The last cell not after so many hours."""
        return self.hours.size if until_hours is None else int(np.searchsorted(self.hours, until_hours, "right")) - 1
