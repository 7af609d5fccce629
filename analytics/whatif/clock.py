"""On which clock what-ifs are told, and how far they look."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from analytics.cohort.working_time import Opening, WorkingCalendar
from analytics.survival.arrays import FloatArray, IntArray

__all__ = ["GRID_STEPS", "HORIZON_HOURS", "WALL", "Clock", "lifetimes"]

HORIZON_HOURS = 720.0
GRID_STEPS = 720
"""Into so many steps the horizon is cut: hours on the wall clock."""

_HOUR = 3_600_000_000


@dataclass(frozen=True, eq=False)
class Clock:
    """How hours are told, up to which horizon, and after how many of them arrivals are counted.

    `opening`: the working hours; None on the wall clock. A replay or a flow sends changes along by instants and stays
    whatever the clock: it only says how long they took.
    """

    horizon_hours: float = HORIZON_HOURS
    arrived_after_hours: tuple[float, float] = (168.0, HORIZON_HOURS)
    opening: Opening | None = None

    @classmethod
    def of(cls, changes: pl.DataFrame, calendar: WorkingCalendar | None, horizon_hours: float | None = None) -> Clock:
        """The working clock of `calendar`, for what happens to `changes` up to their `as_of`; the wall's without one.

        `horizon_hours`: that of 30 days where it is not given.

        Arrivals are counted after a week's working hours, holidays aside, as they are in `trend`.
        """
        if calendar is None or not len(changes):
            return cls(horizon_hours or HORIZON_HOURS)
        began, _ = lifetimes(changes)
        # By another cadence a change may arrive later than it did, but not later than as of.
        opening = calendar.opening_around(began.view("datetime64[us]"), changes["as_of"].to_numpy())
        return cls(horizon_hours or calendar.horizon_hours, calendar.arrived_after_hours[1:], opening)

    @property
    def name(self) -> str:
        """`wall` or `working`."""
        return "wall" if self.opening is None else "working"

    @property
    def step_hours(self) -> float:
        """The hours of one of `GRID_STEPS`."""
        return self.horizon_hours / GRID_STEPS

    def hours(self, begin: IntArray, end: IntArray) -> FloatArray:
        """Hours between instants, microseconds since 1970 UTC; none where the end comes first."""
        if self.opening is not None:
            begin, end = self.opening.worked(begin), self.opening.worked(end)
        hours: FloatArray = np.maximum(end - begin, 0) / _HOUR
        return hours


WALL = Clock()


def lifetimes(changes: pl.DataFrame) -> tuple[IntArray, IntArray]:
    """When each change of a cohort was code complete and when it ended, or as of: microseconds since 1970 UTC.

    The first follows from the second and the hours of its stages, which are told of milestones in their order.
    """
    ended = pl.coalesce(
        pl.when(pl.col("outcome") == "production").then("production_at"),
        pl.when(pl.col("outcome") == "abandoned").then("abandoned_at"),
        "as_of",
    )
    end = changes.select(ended.dt.epoch("us")).to_series().to_numpy()
    return end - (changes["hours"] * float(_HOUR)).round().cast(pl.Int64).to_numpy(), end
