"""The options of a report, beside the part of the warehouse that it is about (`Filters`)."""

from __future__ import annotations

from dataclasses import dataclass, field

from analytics.cohort.cohort import Cohort
from analytics.cohort.horizon import horizon_days
from analytics.cohort.smallest import SmallestDifference
from analytics.cohort.units import THESE
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
    `intervals`: their question, `these` repositories or repositories `like-these`. `horizon_days`: up to which day
    hours of waiting count, one of `HORIZON_DAYS`; None for what suits the company (`horizon`).
    """

    by: str | None = None
    automation: bool = False
    clock: str = "wall"
    calendar: WorkingCalendar = field(default_factory=WorkingCalendar)
    window: str | None = None
    definition: str | None = None
    most: int | None = None
    smallest: SmallestDifference = field(default_factory=SmallestDifference)
    intervals: str = THESE
    horizon_days: int | None = None

    @property
    def working(self) -> WorkingCalendar | None:
        """The calendar of the working clock; None for the wall clock."""
        return self.calendar if self.clock == "working" else None

    def hours_in(self, days: int) -> float:
        """So many days in hours of the clock."""
        return self.calendar.hours_in(days) if self.clock == "working" else 24.0 * days

    def horizon_hours(self, company: Cohort) -> float:
        """Up to which hours time in state is counted: `horizon_days`, or what suits the changes of the company."""
        return self.hours_in(self.horizon_days or horizon_days(company, self.hours_in))

    @property
    def arrived_after_hours(self) -> tuple[float, float, float]:
        """A day, a week and 30 days, or the working hours in them: at which the share in production is reported."""
        return self.calendar.arrived_after_hours if self.clock == "working" else _WALL_AFTER_HOURS
