"""Working time: how much of the time between two instants lies in working hours.

Time is measured by a clock that runs in working hours and stands still outside them: the hours between two instants are
the difference of what it shows. So durations that follow each other always add up, whatever they are cut into, and a
stay that lies wholly outside working hours is one of no hours.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from headway.errors import UsageError
from headway.settings import CalendarSettings

if TYPE_CHECKING:
    import polars as pl
    from holidays import HolidayBase

__all__ = ["Opening", "WorkingCalendar", "in_working_hours"]

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAYS_PER_WEEK = 7
_HORIZON_DAYS = 30
_HOUR = 3_600_000_000
_DAY = 24 * _HOUR
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)|24:00")
_UNIX = datetime(1970, 1, 1, tzinfo=UTC)
_UNIX_DAY = _UNIX.toordinal()
_MICROSECOND = timedelta(microseconds=1)
_MARGIN = timedelta(days=2)
_NEVER = np.iinfo(np.int64).max
_CELL_BITS = 35
"""Cells of 2³⁵ microseconds, 9.5 hours: in none of them more than one day begins."""
Micros = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Opening:
    """Working hours as intervals of time: `begin`, `end` (days,), microseconds since 1970 UTC, ascending, apart.

    No two begin within ten hours.
    """

    begin: Micros
    end: Micros

    @cached_property
    def _worked_before(self) -> Micros:
        return np.concatenate([[0], np.cumsum(self.end - self.begin)]).astype(np.int64)

    @cached_property
    def _day_of_cell(self) -> Micros:
        """The last day begun when each cell of time begins, from the first day to after the last."""
        cells = np.arange(((self.begin[-1] - self.begin[0]) >> _CELL_BITS) + 2)
        days: Micros = np.searchsorted(self.begin, self.begin[0] + (cells << _CELL_BITS), "right") - 1
        return days

    def worked(self, at: Micros) -> Micros:
        """What the working clock shows `at` (instants,), microseconds since 1970 UTC: microseconds, 0 at the first."""
        if not self.begin.size:
            return np.zeros_like(at)
        # Looked up: millions of instants are not searched for among days one by one.
        cell = np.clip((at - self.begin[0]) >> _CELL_BITS, 0, self._day_of_cell.size - 1)
        day = self._day_of_cell[cell]
        day += at >= np.append(self.begin, _NEVER)[day + 1]
        shown: Micros = self._worked_before[day] + np.clip(at - self.begin[day], 0, (self.end - self.begin)[day])
        return shown


@dataclass(frozen=True)
class WorkingCalendar:
    """The days and hours of work in one zone.

    `weekdays`: 0 is Monday. `begin`, `end`: since midnight on the clock of the zone. `holidays`, `subdivision`: codes
    of the library `holidays` (ISO 3166), empty for none. `days_off`: more days without work.
    """

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    weekdays: frozenset[int] = frozenset(range(5))
    begin: timedelta = timedelta(hours=9)
    end: timedelta = timedelta(hours=17)
    holidays: str = ""
    subdivision: str = ""
    days_off: frozenset[date] = frozenset()

    @classmethod
    def of(cls, settings: CalendarSettings) -> WorkingCalendar:
        """The calendar of the settings; raises `UsageError` for what no calendar can be."""
        begin, end = _since_midnight(settings.begin, "begin"), _since_midnight(settings.end, "end")
        if begin >= end:
            raise UsageError(
                f"[calendar] the working day begins at {settings.begin} and ends at {settings.end}",
                hint="set an end after the begin, on the same day; 24:00 is midnight",
            )
        if not settings.days:
            raise UsageError("[calendar] days is empty: no day is a working day", hint='write days as "Mon", "Tue"')
        calendar = cls(
            zone=_zone(settings.zone),
            weekdays=frozenset(_weekday(name) for name in settings.days),
            begin=begin,
            end=end,
            holidays=settings.holidays,
            subdivision=settings.subdivision,
            days_off=frozenset(_date(text) for text in settings.days_off),
        )
        calendar.is_working_day(date(2000, 1, 1))  # an unknown country is an error of the settings, not of a report
        return calendar

    @property
    def horizon_hours(self) -> float:
        """The working hours of 30 days without holidays: to the working clock what 720 hours are to the wall clock."""
        return self.hours_in(_HORIZON_DAYS)

    def hours_in(self, days: int) -> float:
        """The working hours of so many days without holidays."""
        worked = max(1, round(days * len(self.weekdays) / _DAYS_PER_WEEK))
        return worked * self.week_hours / max(1, len(self.weekdays))

    @property
    def week_hours(self) -> float:
        """The working hours of a week without holidays."""
        return len(self.weekdays) * (self.end - self.begin) / timedelta(hours=1)

    @property
    def arrived_after_hours(self) -> tuple[float, float, float]:
        """The working hours of a day, of a week and of 30 days: at which the share in production is reported."""
        return ((self.end - self.begin) / timedelta(hours=1), self.week_hours, self.horizon_hours)

    def is_working_day(self, day: date) -> bool:
        """Whether work is done on `day`; a weekend day that its country makes up for a holiday is a working day."""
        made_up = False
        if self._public is not None:
            if day in self._public:
                return False
            made_up = day in getattr(self._public, "weekend_workdays", set())
        return (made_up or day.weekday() in self.weekdays) and day not in self.days_off

    def opening(self, first: datetime, last: datetime) -> Opening:
        """The working hours around `first` … `last` (naive UTC).

        Each day's are from `begin` to `end` on the zone's clock, so that a day on which it is put forward or back in
        between has an hour less or more. An hour that the clock shows twice counts whole; one that it skips is none.
        A day ends where the next one begins, though the clock be put back over midnight.
        """
        day, stop = (first - _MARGIN).date(), (last + _MARGIN).date()
        begins, ends = [], []
        while day <= stop:
            if self.is_working_day(day):
                begins.append(self._instant(day, self.begin, fold=0))
                ends.append(self._instant(day, self.end, fold=1))
            day += timedelta(days=1)
        begin, end = np.array(begins, dtype=np.int64), np.array(ends, dtype=np.int64)
        end[:-1] = np.minimum(end[:-1], begin[1:])
        some = end > begin
        return Opening(begin[some], end[some])

    def hours(self, begin: NDArray[np.datetime64], end: NDArray[np.datetime64]) -> NDArray[np.float64]:
        """Working hours between instants (any shape, naive UTC); nan where either is NaT."""
        start, stop = (np.asarray(value, dtype="datetime64[us]") for value in (begin, end))
        valid = ~(np.isnat(start) | np.isnat(stop))
        hours = np.full(valid.shape, np.nan)
        if valid.any():
            opening = self.opening_around(start[valid], stop[valid])
            worked = opening.worked(stop[valid].astype(np.int64)) - opening.worked(start[valid].astype(np.int64))
            hours[valid] = worked / _HOUR
        return hours

    def hours_until(self, end: NDArray[np.datetime64], hours: NDArray[np.float64]) -> NDArray[np.float64]:
        """Hours by the wall clock that end at instants (any shape, naive UTC), in working hours; nan where one is none.

        They are exact to the microsecond.
        """
        stop = np.asarray(end, dtype="datetime64[us]")
        valid = ~(np.isnat(stop) | np.isnan(hours))
        begin = np.full(stop.shape, np.datetime64("NaT", "us"))
        begin[valid] = stop[valid] - np.rint(hours[valid] * _HOUR).astype("timedelta64[us]")
        return self.hours(begin, stop)

    def opening_around(self, *instants: NDArray[np.datetime64]) -> Opening:
        """The working hours around all of some instants, none of them NaT."""
        first, last = min(values.min() for values in instants), max(values.max() for values in instants)
        return self.opening(first.astype("datetime64[us]").item(), last.astype("datetime64[us]").item())

    def _instant(self, day: date, since_midnight: timedelta, *, fold: int) -> int:
        """When the clock of the zone shows a time; when it is put forward, for a time that it skips."""
        if self.zone.key == "UTC":  # the zone unless the settings have another
            return (day.toordinal() - _UNIX_DAY) * _DAY + since_midnight // _MICROSECOND
        local = datetime.combine(day, time()) + since_midnight
        first, second = ((local.replace(tzinfo=self.zone, fold=side) - _UNIX) // _MICROSECOND for side in (0, 1))
        if first > second:
            return self._put_forward(second, first)
        return second if fold else first

    def _put_forward(self, before: int, after: int) -> int:
        """The instant between two at which the clock of the zone is put forward."""
        while after - before > 1:
            middle = (before + after) // 2
            offset = (_UNIX + timedelta(microseconds=middle)).astimezone(self.zone).utcoffset()
            if offset == (_UNIX + timedelta(microseconds=before)).astimezone(self.zone).utcoffset():
                before = middle
            else:
                after = middle
        return after

    @cached_property
    def _public(self) -> HolidayBase | None:
        """The public holidays, of any year."""
        if not self.holidays:
            return None
        import holidays

        try:
            return holidays.country_holidays(self.holidays, subdiv=self.subdivision or None)
        except NotImplementedError as error:
            where = "-".join(filter(None, (self.holidays, self.subdivision)))
            raise UsageError(
                f"[calendar] the holidays of {where} are not available",
                hint='use the ISO 3166 codes of the country, "GB", and of its subdivision, "SCT"',
            ) from error


def in_working_hours(
    changes: pl.DataFrame, stages: tuple[str, ...], calendar: WorkingCalendar, *, grid_hours: float
) -> pl.DataFrame:
    """`changes` with the hours of `stages`, and of the whole where there are such columns, in working time.

    When each stage began follows from `ended_at`, when the last one ended or was last seen, and the hours of the stages
    after it, which are exact to the microsecond. `grid_hours`: rounds what the clock shows, 0 for not at all.
    """
    import polars as pl  # a build needs the calendar, and no Polars

    if not len(changes):
        return changes
    after = changes["ended_at"].to_numpy().astype("datetime64[us]").astype(np.int64)
    whole = sum((changes[f"{stage}_hours"].fill_null(0.0).to_numpy() for stage in stages), np.zeros(len(changes)))
    first = after - np.rint(whole * _HOUR).astype(np.int64)
    opening = calendar.opening_around(first.view("datetime64[us]"), after.view("datetime64[us]"))
    at_code_complete = opening.worked(first)
    shown_after = _rounded(opening.worked(after) - at_code_complete, grid_hours)
    total = shown_after / _HOUR
    columns = []
    remaining = np.zeros(len(changes))
    for stage in reversed(stages):
        hours = changes[f"{stage}_hours"]
        remaining += hours.fill_null(0.0).to_numpy()
        began = after - np.rint(remaining * _HOUR).astype(np.int64)
        shown = _rounded(opening.worked(began) - at_code_complete, grid_hours)
        worked = pl.Series(hours.name, (shown_after - shown) / _HOUR, dtype=hours.dtype)
        columns.append(pl.select(pl.when(hours.is_not_null()).then(worked).alias(hours.name)).to_series())
        shown_after = shown
    changes = changes.with_columns(columns)
    totals = [name for name in ("lead_time_hours", "age_hours") if name in changes.columns]
    return changes.with_columns(
        pl.when(pl.col(name).is_not_null()).then(pl.Series(total)).alias(name) for name in totals
    )


def _rounded(micros: Micros, grid_hours: float) -> Micros:
    if not grid_hours:
        return micros
    step = round(grid_hours * _HOUR)
    return (micros + step // 2) // step * step


def _since_midnight(text: str, key: str) -> timedelta:
    if not _TIME.fullmatch(text):
        raise UsageError(f"[calendar] {key} is not a time of day: {text!r}", hint='write it as "09:00"')
    hours, _, minutes = text.partition(":")
    return timedelta(hours=int(hours), minutes=int(minutes))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        raise UsageError(f"[calendar] {name!r} is not a time zone", hint='write one as "Europe/London"') from error


def _weekday(text: str) -> int:
    matches = [day for day, name in enumerate(_WEEKDAYS) if len(text) > 1 and name.startswith(text.strip().lower())]
    if len(matches) != 1:
        raise UsageError(f"[calendar] {text!r} is not a day of the week", hint='write days as "Mon", "Tue"')
    return matches[0]


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"[calendar] days_off: {text!r} is not a date", hint='write dates as "2026-12-24"') from error
