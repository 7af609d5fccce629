"""Working time. Cases 63 to 66 are of Heartbeat's `WorkDayTest` (Asia/Shanghai), where days of work have 24 hours.

Heartbeat removes days without work from the whole, but not the first and the last of them: 64 there says that on one
Saturday, or from a Saturday to the Sunday, all hours count. Here they count none: a clock that stands still on Saturday
cannot run on it for a change that begins or ends there, or the stages of that change would not add up to its whole.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.cohort import columns as lead_columns
from analytics.cohort.cohort import LEAD_STAGES, read_cohort
from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.cohort.working_time import WorkingCalendar
from analytics.reports.published import lead_time
from headway.errors import UsageError
from headway.settings import CalendarSettings
from tests.analytics.lead_times import histories, lead_times
from tests.builders.rows import Raw, built

DAY = timedelta(days=1)
SHANGHAI = WorkingCalendar(zone=ZoneInfo("Asia/Shanghai"), begin=timedelta(0), end=DAY)
CHINA = replace(SHANGHAI, holidays="CN")
LONDON = WorkingCalendar(zone=ZoneInfo("Europe/London"), holidays="GB", subdivision="ENG")
NEW_YORK = WorkingCalendar(zone=ZoneInfo("America/New_York"), weekdays=frozenset(range(7)), begin=timedelta(0), end=DAY)


def worked(calendar: WorkingCalendar, begin: str, end: str) -> timedelta:
    """Working time between two readings of the clock of the calendar's zone."""
    instants = [datetime.fromisoformat(text).replace(tzinfo=calendar.zone).astimezone(UTC) for text in (begin, end)]
    start, stop = (np.array([at.replace(tzinfo=None)], dtype="datetime64[us]") for at in instants)
    return timedelta(hours=float(calendar.hours(start, stop)[0]))


@pytest.mark.parametrize(
    ("calendar", "begin", "end", "expected"),
    [
        # 63: eighteen days and an hour, two weekends of them.
        (SHANGHAI, "2024-03-11 01:10:11", "2024-03-29 02:11:12", timedelta(14, 3661)),
        # 64, otherwise than there (see above): nothing is worked at a weekend.
        (SHANGHAI, "2024-03-16 01:10:11", "2024-03-16 02:11:12", timedelta(0)),
        (SHANGHAI, "2024-03-16 01:10:11", "2024-03-17 02:11:12", timedelta(0)),
        # 65: 4, 5 and 6 April are holidays, Sunday 7 April is made up for them.
        (CHINA, "2024-04-03 01:10:11", "2024-04-07 02:11:12", timedelta(1, 3661)),
        (SHANGHAI, "2024-04-03 01:10:11", "2024-04-07 02:11:12", timedelta(2, 82189)),
        # 66: 25 weekdays, of which the calendar takes five, and two made-up days.
        (SHANGHAI, "2024-04-01 00:00:00", "2024-05-06 00:00:00", timedelta(25)),
        (CHINA, "2024-04-01 00:00:00", "2024-05-06 00:00:00", timedelta(22)),
    ],
)
def test_peer_cases(calendar: WorkingCalendar, begin: str, end: str, expected: timedelta) -> None:
    """Whole days of work, with weekends, holidays and days that are made up."""
    assert worked(calendar, begin, end) == expected


@pytest.mark.parametrize(
    ("begin", "end", "hours"),
    [
        ("2026-11-23 09:00", "2026-11-23 17:00", 8),  # a Monday
        ("2026-11-23 08:00", "2026-11-23 23:00", 8),
        ("2026-11-20 16:00", "2026-11-23 10:30", 2.5),  # over a weekend
        ("2026-11-21 10:00", "2026-11-22 10:00", 0),
        ("2026-12-24 12:00", "2026-12-29 12:00", 8),  # Christmas, and Boxing Day observed on Monday 28
        ("2026-03-27 12:00", "2026-03-30 12:00", 8),  # the clock is put forward on a Sunday
    ],
)
def test_hours_of_a_day(begin: str, end: str, hours: float) -> None:
    """From nine to five on working days, in the clock of the zone, holidays out."""
    assert worked(LONDON, begin, end) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("begin", "end", "hours"),
    [
        ("2026-03-08 00:00", "2026-03-09 00:00", 23),
        ("2026-11-01 00:00", "2026-11-02 00:00", 25),
        ("2026-11-01 00:30", "2026-11-01 03:30", 4),
    ],
)
def test_days_of_other_lengths(begin: str, end: str, hours: float) -> None:
    """Where work is done at the hour that the clock skips or shows twice, the hours that passed count."""
    assert worked(NEW_YORK, begin, end) == timedelta(hours=hours)


def test_hours_across_the_change_of_the_clock() -> None:
    """Nine to five is nine to five before and after the clock is put back, on either side of it in UTC."""
    summer, winter = np.array(["2026-10-23T08:00", "2026-10-26T09:00"], dtype="datetime64[us]")
    assert LONDON.hours(summer[None], winter[None]).tolist() == [8.0]


# Zones whose clocks are changed at midnight, by half an hour, or have skipped a whole day.
ODD_ZONES = [
    *("Atlantic/Azores", "America/Havana", "Africa/Cairo", "Asia/Beirut", "America/St_Johns"),
    *("Australia/Lord_Howe", "Pacific/Apia", "America/Santiago", "Asia/Kathmandu"),
]


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(ODD_ZONES),
    st.datetimes(datetime(2005, 1, 1), datetime(2026, 1, 1)),
    st.timedeltas(timedelta(0), timedelta(days=800)),
)
def test_all_hours_of_all_days_are_all_hours(zone: str, begin: datetime, lasts: timedelta) -> None:
    """Whatever a zone does to its clock, a calendar of all hours loses none and counts none twice."""
    always = replace(NEW_YORK, zone=ZoneInfo(zone))
    start, stop = (np.array([at], dtype="datetime64[us]") for at in (begin, begin + lasts))
    assert always.hours(start, stop)[0] == (stop - start).astype(np.int64)[0] / 3_600_000_000


@pytest.mark.parametrize(
    ("zone", "begin", "end", "day", "hours"),
    [
        ("Atlantic/Azores", 0, 24, "2025-03-30", 23),  # its first hour is skipped
        ("Atlantic/Azores", 0, 24, "2025-10-26", 25),  # and comes twice
        ("Atlantic/Azores", 0.5, 2, "2025-03-30", 1),  # from 01:00, where the clock goes on
        ("Atlantic/Azores", 0.25, 0.75, "2025-03-30", 0),
        ("Europe/London", 1.5, 9, "2025-03-30", 7),
        ("Europe/London", 0, 1.5, "2025-03-30", 1),
        ("America/St_Johns", 9, 23.75, "2010-11-06", 14.75 + 1),  # at 00:01 the day before begins its last hour again
        ("America/St_Johns", 0, 24, "2010-11-06", 25),  # and its midnight comes twice
        ("Pacific/Apia", 9, 17, "2011-12-30", 0),  # it was none
        ("Australia/Lord_Howe", 0, 24, "2025-10-05", 23.5),
    ],
)
def test_days_on_which_the_clock_is_changed(zone: str, begin: float, end: float, day: str, hours: float) -> None:
    """A day of work is what passes between its beginning and its end, which a skipped reading does not move."""
    weekdays = frozenset([date.fromisoformat(day).weekday()])
    alone = WorkingCalendar(ZoneInfo(zone), weekdays, timedelta(hours=begin), timedelta(hours=end))
    around = [np.array([datetime.fromisoformat(day) + days], dtype="datetime64[us]") for days in (-2 * DAY, 3 * DAY)]
    assert alone.hours(*around)[0] == hours


@settings(max_examples=40, deadline=None)
@given(st.lists(st.datetimes(datetime(2023, 1, 1), datetime(2026, 1, 1)), min_size=3, max_size=8))
def test_pieces_add_up(instants: list[datetime]) -> None:
    """Whatever a time is cut into, the pieces add up to the whole to the microsecond, and none is below zero."""
    at = np.sort(np.array(instants, dtype="datetime64[us]")).astype(np.int64)
    shown = LONDON.opening(min(instants), max(instants)).worked(at)
    pieces = np.diff(shown)
    assert (pieces >= 0).all()
    assert (pieces <= np.diff(at)).all()
    assert pieces.sum() == shown[-1] - shown[0]


@settings(max_examples=25, deadline=None)
@given(st.datetimes(datetime(2024, 1, 1), datetime(2025, 1, 1)), st.integers(0, 60 * 24 * 20))
def test_minute_by_minute(begin: datetime, minutes: int) -> None:
    """Whole minutes are those that one counts, each asked on its own whether it is worked."""
    begin = begin.replace(second=0, microsecond=0)
    local = (begin + timedelta(minutes=n) for n in range(minutes))
    zoned = [at.replace(tzinfo=UTC).astimezone(LONDON.zone) for at in local]
    counted = sum(9 <= at.hour < 17 and LONDON.is_working_day(at.date()) for at in zoned)
    ends = np.array([begin, begin + timedelta(minutes=minutes)], dtype="datetime64[us]")
    assert LONDON.hours(ends[:1], ends[1:])[0] == pytest.approx(counted / 60, abs=1e-9)


def test_absent_times() -> None:
    """Without a begin or an end there are no hours; without any working day all are zero."""
    times = np.array(["2026-11-23T09:00", "NaT"], dtype="datetime64[us]")
    assert np.isnan(LONDON.hours(times, times[::-1])).all()
    never = replace(LONDON, weekdays=frozenset(), holidays="")
    assert never.hours(times[:1], np.array(["2026-12-23T09:00"], dtype="datetime64[us]")).tolist() == [0.0]
    assert (never.horizon_hours, never.week_hours) == (0.0, 0.0)


def test_settings_make_the_calendar() -> None:
    """Every key of [calendar] means something."""
    given_ = CalendarSettings("Europe/London", ("Sunday", "mon"), "8:30", "24:00", "GB", "SCT", ("2026-11-23",))
    calendar = WorkingCalendar.of(given_)
    assert calendar.week_hours == 31.0
    assert [calendar.is_working_day(date(2026, 11, day)) for day in (22, 23, 24, 30)] == [True, False, False, False]
    assert WorkingCalendar.of(CalendarSettings()) == WorkingCalendar()
    assert WorkingCalendar().horizon_hours == 168.0


@pytest.mark.parametrize(
    "wrong",
    [
        {"zone": "Europe/Londres"},
        {"zone": "../etc/passwd"},
        {"days": ("Montag", "day")},
        {"days": ("t",)},
        {"begin": "9am"},
        {"end": "25:00"},
        {"begin": "17:00", "end": "09:00"},
        {"holidays": "XX"},
        {"holidays": "GB", "subdivision": "QQ"},
        {"days_off": ("24.12.2026",)},
        {"days": ()},
    ],
)
def test_no_calendar(wrong: dict[str, Any]) -> None:
    """What cannot be a calendar is an error of the settings, and says where."""
    with pytest.raises(UsageError, match=r"\[calendar\]"):
        WorkingCalendar.of(replace(CalendarSettings(), **wrong))


@pytest.mark.parametrize("large", [False, True])
def test_cohort_in_working_time(monkeypatch: pytest.MonkeyPatch, *, large: bool) -> None:
    """On the working clock the stages of a change still add up to its whole, which is that between its two instants."""
    monkeypatch.setattr(lead_columns, "EXACT_CHANGES", 0 if large else 10**6)
    with duckdb.connect() as connection:
        lead_times(connection, histories(4, 200))
        wall = read_cohort(connection, Filters())
        cohort = read_cohort(connection, Filters(), calendar=LONDON)
        whole = connection.sql("select code_complete_at, as_of from lead_times order by change_id").pl()
    assert (wall.clock, cohort.clock) == ("wall", "working")
    expected = LONDON.hours(whole["code_complete_at"].to_numpy(), whole["as_of"].to_numpy())
    rounding = 1 / 60 + 1e-6 if large else 1e-9
    np.testing.assert_allclose(np.sort(cohort.hours), np.sort(expected), atol=rounding)
    stages = cohort.changes.select(pl.sum_horizontal(f"{stage}_hours" for stage in LEAD_STAGES)).to_series()
    np.testing.assert_allclose(stages, cohort.hours, atol=1e-5 if large else 1e-9)
    for stage in LEAD_STAGES:
        hours, before = cohort.changes[f"{stage}_hours"], wall.changes[f"{stage}_hours"]
        assert hours.null_count() == before.null_count()
        assert hours.min() >= 0.0  # type: ignore[operator]
    told = cohort.changes["age_hours"].drop_nulls().sort()
    np.testing.assert_allclose(told, cohort.changes.filter(outcome="waiting")["hours"].sort(), atol=rounding)


@pytest.mark.slow
def test_working_hours_of_each_change() -> None:
    """The lead-time report has lead time and age in working time; what has neither has neither."""
    raw = Raw().commits("a@1 b@12 c@30").deploy("d0", "a", 1).deploy("d1", "b", 36)
    with built(raw, as_of=60) as tables:  # hour 0 is midnight on a Monday
        table = lead_time(tables.connection, Filters(), Options())
    working = ["lead_time_working_hours", "age_working_hours"]
    shown = dict(zip(table["lead_time_hours"], table["lead_time_working_hours"], strict=True))
    assert shown[24.0] == 5.0 + 3.0
    assert table.filter(pl.col("outcome") == "waiting").select("age_hours", "age_working_hours").rows() == [
        (30.0, 11.0)
    ]
    assert table.select(pl.col(working).null_count()).row(0) == (1, 2)
