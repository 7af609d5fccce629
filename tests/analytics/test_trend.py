from __future__ import annotations

from datetime import datetime

import duckdb
import polars as pl
import pytest

from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.reports.arrivals import arrivals
from analytics.reports.stages import stages
from analytics.reports.trend import trend
from tests.analytics.lead_times import AS_OF, histories, lead_times


def cohort(changes: int = 600) -> pl.DataFrame:
    """Changes at random, spread over the months of a year."""
    table = histories(3, changes)
    ends = pl.datetime_range(datetime(2025, 2, 1), AS_OF, interval=f"{300 * 24 // changes}h", eager=True)[:changes]
    return table.with_columns(ends.alias("as_of"))


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    """A table of lead times."""
    made = duckdb.connect()
    lead_times(made, cohort())
    return made


def test_month_is_what_the_other_reports_say_of_it(connection: duckdb.DuckDBPyConnection) -> None:
    """A month's median and share after a week are those of `stages` and `arrivals` for that period."""
    since, until = datetime(2025, 6, 1), datetime(2025, 7, 1)
    row = trend(connection, Filters()).filter(pl.col("month") == since).row(0, named=True)
    month = Filters(since=since, until=until)
    arrived = stages(connection, month).filter(pl.col("stage") == "production").row(0, named=True)
    week = arrivals(connection, month).filter((pl.col("end") == "production") & (pl.col("hours") == 168.0))
    assert row["changes"] == arrived["changes"] >= 20
    assert row["median_hours"] == arrived["median_hours"]
    assert row["median_lower"] == arrived["median_lower"]
    assert row["arrived_7d"] == pytest.approx(week["probability"][0], rel=1e-12)
    assert row["arrived_7d_upper"] == pytest.approx(week["upper"][0], rel=1e-9)


def test_every_change_is_in_one_month_of_its_group(connection: duckdb.DuckDBPyConnection) -> None:
    """The counts of the months add up to those of the report `stages`, group by group."""
    rows = trend(connection, Filters(), Options(by="builds_ai"))
    whole = stages(connection, Filters(), Options(by="builds_ai")).unique("group").sort("group")
    counted = rows.group_by("group").agg(pl.col("changes").sum()).sort("group")
    assert counted["changes"].to_list() == whole["changes"].to_list()
    assert (rows["production"] + rows["waiting"] + rows["abandoned"] == rows["changes"]).all()


def test_small_month_is_counted_and_not_estimated() -> None:
    """A month with fewer than twenty changes has counts and no estimate."""
    with duckdb.connect() as made:
        lead_times(made, cohort().head(19))
        rows = trend(made, Filters())
    assert rows["changes"].sum() == 19
    assert rows["median_hours"].null_count() == rows["arrived_7d"].null_count() == len(rows)


def test_share_after_a_week_is_absent_where_nothing_was_watched_for_a_week() -> None:
    """A month whose changes were code complete yesterday has no share after a week."""
    waiting = pl.DataFrame({"outcome": ["waiting"] * 30, "review_hours": [24.0 + n / 10 for n in range(30)]})
    with duckdb.connect() as made:
        lead_times(made, waiting)
        assert trend(made, Filters())["arrived_7d"].to_list() == [None]
