from __future__ import annotations

import duckdb
import polars as pl
import pytest

from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.pulse.pulse import pulse
from analytics.reports.arrivals import arrivals
from analytics.reports.occupancy import occupancy
from tests.analytics.lead_times import histories, lead_times


def test_curve_passes_the_numbers_of_the_pulse_check() -> None:
    """After a day and a week the curve has the shares, and the intervals, that the pulse check tells."""
    with duckdb.connect() as made:
        lead_times(made, histories(5, 400))
        told = dict(pulse(made, Filters()).ai.arrived)
        rows = arrivals(made, Filters(), Options(by="builds_ai")).filter(
            (pl.col("group") == "true") & (pl.col("end") == "production")
        )
    for hours, estimate in ((hours, told[hours]) for hours in (24.0, 168.0)):
        row = rows.filter(pl.col("hours") == hours).row(0, named=True)
        told_of = [estimate.value, estimate.lower, estimate.upper]
        assert [row["probability"], row["lower"], row["upper"]] == pytest.approx(told_of, rel=1e-9)


def test_without_waiting_work_it_is_the_share_that_was_there() -> None:
    """Where nothing waits the curve is the plain share, and where the moves between stages lead."""
    table = histories(6, 300).filter(pl.col("outcome") != "waiting")
    with duckdb.connect() as made:
        lead_times(made, table)
        rows = arrivals(made, Filters()).filter(pl.col("end") == "production")
        places = occupancy(made, Filters()).filter(pl.col("state") == "production")
        hours = made.sql("select lead_time_hours from lead_times").pl()["lead_time_hours"]
    assert rows["probability"].to_list() == pytest.approx(places["probability"].to_list(), abs=1e-12)
    for at, share in rows.select("hours", "probability").iter_rows():
        assert share == pytest.approx((hours <= at).sum() / len(table), abs=1e-12)


def test_too_few_and_not_watched_are_absent() -> None:
    """A small group has no share, and no group has one for hours at which nothing was watched."""
    waiting = pl.DataFrame({"outcome": ["waiting"] * 30, "review_hours": [100.0] * 30})
    for table, known in ((waiting, 8), (waiting.head(19), 0)):
        with duckdb.connect() as made:
            lead_times(made, table)
            rows = arrivals(made, Filters()).filter(pl.col("end") == "production")
        assert rows["probability"].is_not_null().sum() == len(rows.filter(pl.col("hours") <= 100.0)) * (known > 0)
