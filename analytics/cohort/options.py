"""The options of a report, beside the part of the warehouse that it is about (`Filters`)."""

from __future__ import annotations

from dataclasses import dataclass, field

from analytics.cohort.smallest import SmallestDifference
from analytics.cohort.working_time import WorkingCalendar

__all__ = ["CLOCKS", "Options"]

CLOCKS = ("wall", "working")
_WALL_AFTER_HOURS = (24.0, 168.0, 720.0)


@dataclass(frozen=True)
class Options:
    """Options of a report.

    `by`: the column whose values are its groups, None for the report's own. `automation`: whether changes made by
    bots take part; otherwise they are left out and counted. `clock`: of all hours, `wall` or `working`. `calendar`:
    when work is done, for the working clock and for columns that have both. `window`: `month`, `quarter` or
    a number of days (report `dora`). `definition`: what counts as a failure (`dora`) or as repaired (`rework`), None
    for the usual one. `most`: of a list that a page cuts, how many rows of each kind it shows; None for all of them.
    `smallest`: the smallest difference worth reporting (`comparison`).
    """

    by: str | None = None
    automation: bool = False
    clock: str = "wall"
    calendar: WorkingCalendar = field(default_factory=WorkingCalendar)
    window: str | None = None
    definition: str | None = None
    most: int | None = None
    smallest: SmallestDifference = field(default_factory=SmallestDifference)

    @property
    def working(self) -> WorkingCalendar | None:
        """The calendar of the working clock; None for the wall clock."""
        return self.calendar if self.clock == "working" else None

    @property
    def horizon_hours(self) -> float:
        """Up to which hours time in state is counted: 30 days, or the working hours in them."""
        return self.arrived_after_hours[-1]

    @property
    def arrived_after_hours(self) -> tuple[float, float, float]:
        """A day, a week and 30 days, or the working hours in them: at which the share in production is reported."""
        return self.calendar.arrived_after_hours if self.clock == "working" else _WALL_AFTER_HOURS
