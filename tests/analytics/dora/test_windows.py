from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.dora.levels import level
from analytics.dora.windows import windows
from headway.errors import UsageError

FIRST, LAST = datetime(2025, 11, 20, 8), datetime(2026, 2, 3)


def test_months_and_quarters_are_those_of_the_calendar() -> None:
    """The first and the last are cut to what was seen and say so; a year's end is no special case."""
    months = windows("month", FIRST, LAST)
    assert [(one.name, one.whole) for one in months] == [
        ("2025-11", False),
        ("2025-12", True),
        ("2026-01", True),
        ("2026-02", False),
    ]
    assert (months[0].begin, months[-1].end) == (FIRST, LAST)
    assert [one.name for one in windows("quarter", FIRST, LAST)] == ["2025-Q4", "2026-Q1"]


def test_days_go_back_from_the_end() -> None:
    """So many days end when things were seen last; the oldest window may be cut."""
    found = windows("30", FIRST, LAST)
    assert [(one.name, round(one.days, 2), one.whole) for one in found] == [
        ("30 days to 2025-12-05", 14.67, False),
        ("30 days to 2026-01-04", 30.0, True),
        ("30 days to 2026-02-03", 30.0, True),
    ]


def test_month_that_ends_with_the_data_is_whole() -> None:
    """Data from the first to the last moment of two months have two whole months; a moment less, and one is cut."""
    first, last = datetime(2026, 1, 1), datetime(2026, 3, 1)
    moment = timedelta(microseconds=1)
    assert [one.whole for one in windows("month", first, last)] == [True, True]
    assert [one.whole for one in windows("month", first, last - moment)] == [True, False]
    assert [one.whole for one in windows("month", first + moment, last)] == [False, True]


@pytest.mark.parametrize("kind", ["week", "0", "-3", "1.5", "99999", "", "٣x"])
def test_other_words_are_no_window(kind: str) -> None:
    """What is neither month nor quarter nor a sensible number of days is told so."""
    with pytest.raises(UsageError):
        windows(kind, FIRST, LAST)


@given(
    st.sampled_from([None, "month", "quarter", "1", "7", "90"]),
    st.datetimes(datetime(2024, 1, 1), datetime(2025, 1, 1)),
    st.timedeltas(timedelta(), timedelta(days=400)),
)
def test_windows_follow_each_other_without_a_gap(kind: str | None, first: datetime, span: timedelta) -> None:
    """Each ends where the next begins; together they are all that was seen, and only the last one closes it."""
    found = windows(kind, first, first + span)
    ends = [one.end for one in found]
    if span:
        assert found[0].begin == first
        assert ends[-1] == first + span
        assert [one.begin for one in found[1:]] == ends[:-1]
        assert [one.last for one in found] == [False] * (len(found) - 1) + [True]
        assert len({one.name for one in found}) == len(found)
    assert windows(kind, first, first - timedelta(days=1)) == []


def test_levels_are_metriks_where_metrik_has_any() -> None:
    """Metrik: 30 days are LOW, 7 days MEDIUM, 1 day HIGH, and nothing INVALID: nothing has no level here either."""
    hours = {24.0 * 30: "low", 24.0 * 7: "medium", 24.0: "high", 23.9: "elite"}
    assert {value: level("lead_time", value) for value in hours} == hours
    assert level("lead_time", None) is level("lead_time", float("nan")) is None
    assert [level("deployment_frequency", value) for value in (7.0, 1.0, 0.99, 0.24, 0.23)] == [
        "elite",
        "high",
        "medium",
        "medium",
        "low",
    ]
    assert level("change_failure_rate", 0.5) is None
