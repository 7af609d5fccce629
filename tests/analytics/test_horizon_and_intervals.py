from __future__ import annotations

from dataclasses import replace

import duckdb
import numpy as np
import polars as pl
import pytest

from analytics.cohort.cohort import Cohort
from analytics.cohort.filters import Filters
from analytics.cohort.horizon import horizon_days
from analytics.cohort.options import Options
from analytics.cohort.working_time import WorkingCalendar
from analytics.pulse.pulse import pulse
from analytics.reports.catalog import REPORTS
from tests.analytics.lead_times import histories, lead_times
from tests.builders.changes import change, cohort
from tests.builders.trains import MIXED, TrainCompany

DAY = 24.0


def arrived_after(*days: float, waiting: int = 0, abandoned: int = 0) -> Cohort:
    """Changes that waited so many days for their merge and arrived; some wait for 400 days, some were given up."""
    ends = [("production", at * DAY) for at in days]
    ends += [("waiting", 400 * DAY)] * waiting + [("abandoned", 5.0)] * abandoned
    return cohort([change("acme/a", how, 1.0, [None, None, hours, *[None] * 4]) for how, hours in ends])


def days_of(company: Cohort) -> int:
    """On the wall clock."""
    return horizon_days(company, Options().hours_in)


@pytest.mark.parametrize(("slow", "horizon"), [(20, 30), (31, 90), (89, 90), (120, 180), (300, 180)])
def test_horizon_is_the_next_over_the_85th_percentile(slow: float, horizon: int) -> None:
    """Eighty of a hundred changes arrive in a day, the others slowly: the 85th decides."""
    assert days_of(arrived_after(*[1.0] * 80, *[slow] * 20)) == horizon


def test_horizon_counts_what_waits_and_not_what_was_abandoned() -> None:
    """What waits for longer than all the others is slow; what was given up is no time to production."""
    assert days_of(arrived_after(*[1.0] * 80, waiting=20)) == 180
    assert days_of(arrived_after(*[1.0] * 80, abandoned=40)) == 30
    assert days_of(arrived_after(*[200.0] * 19)) == 30


def test_where_nothing_ended_the_longest_horizon_shows_the_waiting() -> None:
    """Twenty changes that wait and never moved: within no horizon is most of it in production."""
    assert days_of(arrived_after(waiting=20)) == 180
    assert days_of(arrived_after(waiting=19)) == 30


def test_horizon_of_the_working_clock_is_its_hours_in_so_many_days() -> None:
    """Nine to five, Monday to Friday: 21, 64 and 129 days of 8 hours; p85 counts in the same hours."""
    nine_to_five = WorkingCalendar()
    assert [nine_to_five.hours_in(days) for days in (30, 90, 180)] == [168.0, 512.0, 1032.0]
    options = Options(clock="working")
    company = arrived_after(*[1.0] * 80, *[8.0] * 20)
    assert options.horizon_hours(company) == 512.0
    assert replace(options, horizon_days=180).horizon_hours(company) == 1032.0


@pytest.mark.slow
def test_every_report_has_the_horizon_of_the_company() -> None:
    """Groups, the pulse, the comparison and what-ifs count to the same hour, and to the one that is asked for."""
    table = histories(3, 800)
    slow = table.with_columns(release_hours=pl.col("release_hours") * 60.0)
    with duckdb.connect() as connection:
        lead_times(connection, slow)
        for days in (None, 30, 180):
            options = Options(horizon_days=days)
            expected = pulse(connection, Filters(), options=options).horizon_hours
            if days is not None:
                assert expected == days * DAY
            for by in (None, "builds_ai"):
                rows = REPORTS["stages"](connection, Filters(), replace(options, by=by))
                assert rows["horizon_hours"].unique().to_list() == [expected]
                totals = rows.group_by("group").agg(pl.col("mean_hours_in_state").sum())
                np.testing.assert_allclose(totals["mean_hours_in_state"], expected, rtol=1e-9)


@pytest.mark.slow
def test_an_interval_names_its_question() -> None:
    """For repositories like these it is that by repository, and wider where repositories differ."""
    company = TrainCompany(8, 800, gaps=MIXED)
    rng = np.random.default_rng(7)
    seen = company.seen(company.draw(rng), rng)
    these, like_these = (seen.incidence(question).at([168.0]) for question in ("these", "like-these"))
    assert these.upper[0, 0] - these.lower[0, 0] < like_these.upper[0, 0] - like_these.lower[0, 0]
    assert seen.intervals() == {"interval_by": "repository and month", "intervals": "these repositories"}
    assert seen.intervals("like-these") == {"interval_by": "repository", "intervals": "repositories like these"}
    with duckdb.connect() as connection:
        lead_times(connection, histories(5, 900))
        for name in ("stages", "occupancy", "arrivals", "trend"):
            told = [
                REPORTS[name](connection, Filters(), Options(intervals=question))
                for question in ("these", "like-these")
            ]
            many = [table.filter(pl.col("changes") >= 100) for table in told]
            assert set(many[0]["interval_by"]) <= {"repository and month", "repository and fortnight"}
            assert set(many[1]["interval_by"]) == {"repository"}
            assert [set(table["intervals"]) for table in many] == [
                {"these repositories"},
                {"repositories like these"},
            ]
            column = "median_lower" if "median_lower" in told[0].columns else "lower"
            assert not told[0][column].equals(told[1][column])


@pytest.mark.slow
@pytest.mark.parametrize("company", [TrainCompany(3, 600), TrainCompany(8, 600, "uneven")], ids=["3", "8 uneven"])
def test_intervals_for_these_repositories_hold_the_truth(company: TrainCompany) -> None:
    """Of 100 companies that release by trains they hold it in 92 to 98 %, whatever the estimate; by change in fewer."""
    from tests.analytics.train_coverage import covered

    told = covered(company, 100, 5)["these"]
    assert 0.92 <= told.mean <= 0.98
    assert min(told.held.values()) >= 0.85
    # Hours are the most skewed: of three repositories 93.8 % without what `Spread` adds for them.
    assert np.mean([share for name, share in told.held.items() if name.startswith("hours in")]) >= 0.94
