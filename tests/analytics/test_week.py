from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import polars as pl
import pytest

from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.cohort.working_time import WorkingCalendar
from analytics.reports.week import MOVES, WAITING, week
from tests.analytics.lead_times import lead_times

MONDAY = datetime(2025, 6, 2)


def rows_of(*changes: tuple[float, float, str], zone: str = "UTC") -> pl.DataFrame:
    """The report for changes code complete and ended so many hours after a Monday's midnight."""
    table = pl.DataFrame(
        {
            "outcome": [outcome for _, _, outcome in changes],
            "release_hours": [end - begin for begin, end, _ in changes],
            "as_of": [MONDAY + timedelta(hours=end) for _, end, _ in changes],
            "reviewed_at": [None] * len(changes),
        },
        schema_overrides={"reviewed_at": pl.Datetime("us"), "as_of": pl.Datetime("us")},
    )
    with duckdb.connect() as made:
        lead_times(made, table)
        return week(made, Filters(), Options(calendar=WorkingCalendar(zone=ZoneInfo(zone))))


def at(rows: pl.DataFrame, what: str, weekday: int, hour: int) -> float:
    """What a cell says."""
    cell = rows.filter((pl.col("what") == what) & (pl.col("weekday") == weekday) & (pl.col("hour") == hour))
    return float(cell["changes"].item())


def test_moves_are_counted_in_their_hour() -> None:
    """A change counts in the hour of the week in which it does something, and waits in those between."""
    rows = rows_of((9.5, 62.5, "production"))
    assert len(rows) == 168 * (len(MOVES) + 1)
    assert at(rows, "code complete", 1, 9) == at(rows, "in production", 3, 14) == 1.0
    assert rows.filter(pl.col("what") == "code complete")["changes"].sum() == 1.0
    assert at(rows, WAITING, 1, 9) == at(rows, WAITING, 3, 13) == 1.0
    assert at(rows, WAITING, 3, 14) == at(rows, WAITING, 1, 8) == 0.0


def test_waiting_is_the_average_over_weeks() -> None:
    """What waits in one of two weeks waits half on average, what never left waits until as of."""
    rows = rows_of((0.0, 336.0, "waiting"), (10.0, 20.0, "abandoned"))
    assert at(rows, WAITING, 1, 12) == 1.5
    assert at(rows, WAITING, 4, 0) == 1.0


@pytest.mark.parametrize(
    ("zone", "weekday", "hour"), [("UTC", 1, 23), ("Asia/Tokyo", 2, 8), ("America/New_York", 1, 19)]
)
def test_hours_are_those_of_the_calendar(zone: str, weekday: int, hour: int) -> None:
    """The clock on the wall of the calendar's zone says which hour it was."""
    assert at(rows_of((23.0, 24.0, "production"), zone=zone), "code complete", weekday, hour) == 1.0


def test_nothing_is_no_row() -> None:
    """Without a change there is no row."""
    assert rows_of().is_empty()
