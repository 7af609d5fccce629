from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.records_file.values import BadValue, moment
from tests.collectors.records_file.reading import deployment, lines, read

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(st.datetimes(datetime(1970, 1, 2), datetime(9999, 12, 30), timezones=ZONES))
def test_any_time_with_a_zone_is_the_same_instant_in_utc(instant: datetime) -> None:
    """A time is read as the instant it is, whatever its zone, to the microsecond."""
    assert moment(instant.isoformat()).replace(tzinfo=UTC) == instant


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5)),
        ("2026-01-02 03:04:05z", datetime(2026, 1, 2, 3, 4, 5)),
        ("2026-01-02t03:04Z", datetime(2026, 1, 2, 3, 4)),
        ("2026-01-02T03:04:05.5+0530", datetime(2026, 1, 1, 21, 34, 5, 500000)),
        ("2024-12-18T17:58:39.674637507+00:00", datetime(2024, 12, 18, 17, 58, 39, 674637)),
    ],
)
def test_ways_to_write_a_time(written: str, instant: datetime) -> None:
    """RFC 3339 and its neighbours; what is finer than microseconds is cut."""
    assert moment(written) == instant


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("2026-01-02T03:04:05", "has no time zone"),
        ("2026-01-02", "must be a time such as"),
        (1767323045, "must be a text"),
        ("1767323045", "must be a time such as"),
        ("02/01/2026 03:04:05Z", "must be a time such as"),
        ("12026-01-02T03:04:05Z", "must be a time such as"),
        ("2026-02-30T00:00:00Z", "in no calendar"),
        ("2026-01-02T03:04:60Z", "in no calendar"),
        ("2026-01-02T24:00:00Z", "must be a time such as"),
        ("2026-01-02T03:04:05+99:00", "in no calendar"),
        ("9999-12-31T23:59:59-14:00", "in no calendar"),
        ("0001-01-01T00:00:00Z", "before 1970"),
        ("٢٠٢٦-01-02T03:04:05Z", "must be a time such as"),
        ("2026-01-02T03:04:05Z\n", "must be a time such as"),
    ],
)
def test_what_is_no_time_is_refused(written: object, reason: str) -> None:
    """No zone, no day of the calendar, year 1 for "not yet", seconds since 1970: each has its own word."""
    with pytest.raises(BadValue, match=reason):
        moment(written)


@pytest.mark.parametrize(("hours", "count"), [(-1, 0), (0.1, 0), (3, 1), (14, 1), (16, 0), (100_000, 0)])
def test_times_after_the_file_was_written_are_reported(tmp_path: Path, hours: float, count: int) -> None:
    """By less than the width of the zones: then local times may be written as UTC; else it means nothing."""
    path = tmp_path / "a.ndjson"
    path.write_text(lines(deployment(finished_at="2026-01-02T12:00:00Z")))
    written = datetime(2026, 1, 2, 12, tzinfo=UTC).timestamp() - hours * 3600
    os.utime(path, (written, written))
    outcome = read(path)
    assert outcome.notices == ({"times_after_file": count} if count else {})
    if count:
        assert outcome.row("notices")["detail"].endswith("line 1 '2026-01-02T12:00:00Z'")
