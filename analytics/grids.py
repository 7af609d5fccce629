"""Grids of hours on which the changes of a large cohort are counted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.survival.arrays import FloatArray

__all__ = ["COARSE_CHANGES", "Grid"]

COARSE_CHANGES = 200_000
"""Up to so many changes are counted by the minute; more on a grid that widens with the hours."""

_MINUTES_PER_HOUR = 60
_WIDENING = ((8, 1), (48, 5), (720, 15))
"""Up to so many hours the grid is so many minutes wide, then an hour: all whole hours are on it. A milestone moves by
half of that at most: half a minute in the first 8 hours, then 0.6 % of its hours, after two days 0.3 %."""


@dataclass(frozen=True, eq=False)
class Grid:
    """Whole minutes, told as numbered cells.

    `cell` (minutes,): the number of the cell nearest to each whole minute from 0 on. `hours` (cells,): the hour that
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
        parts, begin = [], 0
        for until, width in _WIDENING:
            parts.append(np.arange(begin, until * _MINUTES_PER_HOUR, width))
            begin = until * _MINUTES_PER_HOUR
        parts.append(np.arange(begin, max(begin, minutes.size) + 2 * _MINUTES_PER_HOUR, _MINUTES_PER_HOUR))
        places = np.concatenate(parts)
        middles = (places[1:] + places[:-1]) / 2.0
        # Divided rather than multiplied, so that whole hours are whole: 1,440 · (1/60) is not 24.
        return cls(np.searchsorted(middles, minutes, "right").astype(np.int32), places / np.float64(_MINUTES_PER_HOUR))

    def minutes(self, hours: NDArray[np.floating]) -> NDArray[np.int32]:
        """Hours as whole minutes, nan as none."""
        minutes: NDArray[np.int32] = np.rint(np.where(np.isnan(hours), 0.0, hours) * _MINUTES_PER_HOUR).astype(np.int32)
        return minutes

    def last(self, until_hours: float | None) -> int:
        """The last cell not after so many hours."""
        return self.hours.size if until_hours is None else int(np.searchsorted(self.hours, until_hours, "right")) - 1
