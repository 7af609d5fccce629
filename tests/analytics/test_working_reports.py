"""Bottlenecks, what-ifs and the worklist in working time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.cohort.working_time import WorkingCalendar
from analytics.comparison import ALL, comparison
from analytics.pulse.pulse import pulse
from analytics.reports.arrivals import arrivals
from analytics.reports.bottlenecks import bottlenecks, read_bottlenecks
from analytics.reports.cadences import cadences
from analytics.reports.occupancy import occupancy
from analytics.reports.stages import stages
from analytics.reports.trend import trend
from analytics.text.whatif import first_hours, sentences_of
from analytics.whatif.cadence import DAILY, Cadence
from analytics.whatif.clock import Clock
from analytics.whatif.compute import Cadences, StageModel
from analytics.whatif.levers import read_levers
from analytics.whatif.stages import Changes
from analytics.worklist.waiting import waiting
from tests.analytics.lead_times import NOTHING_KNOWN
from tests.builders.changes import START, cohort, departures_of
from tests.builders.changes import change as row

ALWAYS = WorkingCalendar(weekdays=frozenset(range(7)), begin=timedelta(0), end=timedelta(days=1))
NINE_TO_FIVE = WorkingCalendar()
_NO_RECORDS = {
    "changes": "change_id text, author_key text",
    "reviews": "repo_id text, number int, author text, author_kind text, state text, submitted_at timestamp,"
    " review_id text",
    "pull_request_events": "repo_id text, number int, kind text, subject text, happened_at timestamp",
    "pull_request_commits": "repo_id text, number int, committed_at timestamp, parents int",
    "automated_accounts": "repo_id text, login text",
    "parameters": "code_complete text",
    "report_times": "repo_id text, as_of timestamp",
    "service_doubts": "repo_id text, service text",
    "service_lead_times": "repo_id text, service text, outcome_reason text",
    **NOTHING_KNOWN,
}
WALL = Options()
DAY, WEEK = 24.0, 168.0
FRIDAY = 4 * DAY
"""Hours after `START`, a Monday."""


def on(calendar: WorkingCalendar, **asked: Any) -> Options:
    """Asked for in working time."""
    return Options(clock="working", calendar=calendar, **asked)


def portfolio(seed: int, changes: int = 90) -> list[dict[str, Any]]:
    """Changes of three repositories that waited, arrived or were closed over four months, in quarters of hours."""
    dice = np.random.default_rng(seed)
    rows = []
    for number in range(changes):
        outcome = str(dice.choice(["production", "production", "waiting", "abandoned"]))
        hours: list[float | None] = [None, *(round(float(dice.exponential(30)) * 4) / 4 for _ in range(2)), None, None]
        hours += [round(float(dice.exponential(60)) * 4) / 4, 0.25]
        if outcome != "production":
            stop = int(dice.integers(2, 7))
            hours = [*hours[:stop], *[None] * (7 - stop)]
        at = float(dice.integers(0, 2900)) + number / 1024
        repo, ai = f"acme/{number % 3}", bool(dice.random() < 0.5)
        rows.append(row(repo, outcome, at, hours, builds_ai=ai))
    return rows


@contextmanager
def published(rows: Sequence[dict[str, Any]]) -> Iterator[duckdb.DuckDBPyConnection]:
    """The rows as `lead_times`."""
    whole = pl.sum_horizontal(name for name in rows[0] if name.endswith("_hours"))
    told = [
        pl.lit("").alias(name) for name in ("title", "url", "author", "team", "ai_confidence", "repo_id", "services")
    ]
    told += [pl.lit("").alias(name) for name in ("outcome_reason", "code_complete_source")]
    told.append(pl.lit(None, pl.Datetime("us")).alias("ready_at"))
    told.append(pl.lit(None, pl.Datetime("us")).alias("first_production_at"))
    told += [pl.lit(5).alias(name) for name in ("additions", "deletions", "number")]
    table = cohort(rows).changes.with_columns(
        *told, pl.when(pl.col("outcome") == "waiting").then(whole).alias("age_hours")
    )
    with duckdb.connect() as connection:
        connection.register("given", table.to_arrow())
        connection.execute("create table lead_times as from given")
        for name, columns in _NO_RECORDS.items():
            connection.execute(f"create table {name} ({columns})")
        yield connection


@pytest.mark.slow
@pytest.mark.parametrize("report", [stages, occupancy, comparison, arrivals, trend, bottlenecks, cadences, waiting])
@settings(max_examples=2, deadline=None)
@given(seed=st.integers(0, 99))
def test_a_calendar_of_all_hours_is_the_wall_clock(report: Callable[..., pl.DataFrame], seed: int) -> None:
    """Where all hours of all days are worked, every number is the wall clock's to the last digit."""
    by = None if report in {comparison, waiting} else "builds_ai"
    with published(portfolio(seed)) as connection:
        wall = report(connection, Filters(), Options(by=by))
        working = report(connection, Filters(), on(ALWAYS, by=by))
    assert wall.drop("clock").equals(working.drop("clock"))
    assert (wall["clock"].unique().to_list(), working["clock"].unique().to_list()) == (["wall"], ["working"])


@pytest.mark.slow
@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 99))
def test_no_more_is_worked_than_passes(seed: int) -> None:
    """No change waits longer in working hours than by the wall clock, nor do all of them, and chances are the same."""
    with published(portfolio(seed)) as connection:
        tables = [waiting(connection, Filters(), asked).sort("change_id") for asked in (WALL, on(NINE_TO_FIVE))]
        ranked = [next(read_bottlenecks(connection, Filters(), asked)) for asked in (WALL, on(NINE_TO_FIVE))]
    for name in ("hours_in_stage", "age_hours"):
        wall, working = (table[name].to_numpy() for table in tables)
        assert np.all(working <= wall)
    same = [table.select("in_stage_since", pl.col("^chance_.*$")) for table in tables]
    assert same[0].equals(same[1])
    wall_hours, working_hours = (sum(stage.mean_hours.value for stage in found.stages) for found in ranked)
    assert 0.0 < working_hours < wall_hours


def test_a_weekend_ages_nothing() -> None:
    """From Friday 16:00 to Monday 10:00 are two working hours, longer than 21 of 40 that took 0 to 3.9 of them."""
    rows = [
        row("acme/a", "production", WEEK * n - WEEK * 60 + 9.0, [None, None, 0.0, None, None, n / 10, None])
        for n in range(40)
    ]
    rows.append(row("acme/a", "waiting", FRIDAY + 15.5, [None, None, 0.5, None, None, 66.0, None]))
    with published(rows) as connection:
        wall, working = (waiting(connection, Filters(), asked) for asked in (WALL, on(NINE_TO_FIVE)))
    columns = ("hours_in_stage", "age_hours", "unusual_among")
    assert wall.select(columns).row(0) == (66.0, 66.5, 41)
    assert working.select(columns).row(0) == (2.0, 2.5, 41)
    # By the wall clock all 40 had left by then; in working time those of 0.0 to 2.0 hours, 21 of 41 at risk.
    assert wall["unusual_share"][0] == pytest.approx(40 / 41)
    assert working["unusual_share"][0] == pytest.approx(21 / 41)
    assert working["in_stage_since"][0] == START + timedelta(hours=FRIDAY + 16.0)


def test_a_weekend_has_no_hours() -> None:
    """Where all work is complete on a Saturday and deployed by Sunday, it took no time, and nothing is made of that."""
    rows = [
        row(
            f"acme/{n % 6}",
            "production",
            WEEK * (n // 8) + FRIDAY + DAY + n % 8,
            [None, 5.0, 1.0, None, None, 8.0, 1.0],
        )
        | {"builds_ai": n % 2 == 0}
        for n in range(48)
    ]
    with published(rows) as connection:
        table = stages(connection, Filters(), on(NINE_TO_FIVE))
        compared = comparison(connection, Filters(), on(NINE_TO_FIVE))
        ranked = next(read_bottlenecks(connection, Filters(), on(NINE_TO_FIVE)))
        monthly = trend(connection, Filters(), on(NINE_TO_FIVE))
    there = table.filter(pl.col("reached") == 48)
    assert there["median_hours"].to_list() == [0.0] * 5
    assert there["mean_hours_in_state"].to_list() == [0.0] * 4 + [168.0]
    assert table["share_of_wait"].null_count() == len(table)
    assert [stage.mean_hours.value for stage in ranked.stages] == [0.0] * 4
    assert all(what.effect.hours_saved.value == 0.0 for what in ranked.what_ifs)
    assert not compared.select(pl.any_horizontal(pl.col(pl.Float64).is_nan().any())).item()
    arrived = compared.filter(pl.col("axis") == "builds_ai", pl.col("measure") == "share_arrived_24h")
    assert arrived.select("ai", "other", "difference").row(0) == (1.0, 1.0, 0.0)
    assert monthly["arrived_7d"].drop_nulls().to_list() == [1.0] * len(monthly.filter(pl.col("changes") >= 20))


def test_a_day_and_a_week_are_as_long_in_every_report() -> None:
    """Comparison, pulse check and what-ifs tell what arrived after eight, 40 and 168 hours of work."""
    with published(portfolio(3)) as connection:
        found = pulse(connection, Filters(), options=Options(clock="working", calendar=NINE_TO_FIVE))
        compared = comparison(connection, Filters(), on(NINE_TO_FIVE))
    assert [hours for hours, _ in found.ai.arrived] == [8.0, 40.0, 168.0]
    for name, (_, share) in zip(("24h", "7d", "30d"), found.ai.arrived, strict=True):
        (told,) = compared.filter(axis="builds_ai", basis=ALL, measure=f"share_arrived_{name}")["ai"]
        assert told == pytest.approx(share.value)


def weekly_train(weeks: int = 24) -> list[dict[str, Any]]:
    """Each week one change is ready on Friday at 15:00 and leaves on Tuesday at 14:00."""
    return [row("acme/a", "production", WEEK * n + FRIDAY + 15.0, [None] * 5 + [95.0, None]) for n in range(weeks)]


def test_a_daily_train_saves_a_working_day() -> None:
    """Instead of Tuesday a change leaves on Monday: 24 hours earlier, eight of them worked.

    Friday 15:00 to Tuesday 14:00 are 2 + 8 + 5 working hours, to Monday 14:00 2 + 5.
    """
    changes = cohort(weekly_train())
    saved = {}
    for calendar in (None, NINE_TO_FIVE):
        clock = Clock.of(changes.changes, calendar)
        cadences = Cadences(changes, departures_of(changes), clock)
        effect = cadences.what_if(DAILY, besides=False).effect
        saved[clock.name] = (cadences.before.waiting_hours, effect.hours_saved.value)
        assert effect.arrived_after_hours == ((168.0, 720.0) if calendar is None else (40.0, 168.0))
    assert saved["wall"] == pytest.approx((95.0, 24.0))
    assert saved["working"] == pytest.approx((15.0, 8.0))


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 99))
def test_what_would_arrive_later_than_all_that_did_is_told_too(seed: int) -> None:
    """Weekly releases instead of the real ones end later than anything did, and all of those hours count."""
    changes = cohort([one for one in portfolio(seed) if one["outcome"] == "production"])
    told = []
    for calendar in (None, ALWAYS):
        cadences = Cadences(changes, departures_of(changes), Clock.of(changes.changes, calendar))
        told.append(cadences.what_if(Cadence("rarely", (0,), 0.0), besides=False).effect)
    assert told[0].hours_saved == told[1].hours_saved


def test_half_of_a_stage_is_half_of_its_working_hours() -> None:
    """95 hours over a weekend are 15 of work; a stage cut to half saves 7.5 of them, and hours between steps count."""
    changes = cohort(weekly_train()).changes
    model = StageModel(Changes.of(changes, Clock.of(changes, NINE_TO_FIVE)))
    assert model.before.waiting_hours[0] == pytest.approx(15.0)
    assert model.stage_time("release", 0.5).effect.hours_saved.value == pytest.approx(7.5)
    # Of 40 working hours, which lie between two steps of 14 minutes; all had arrived by then.
    assert model.before.arrived[0].tolist() == pytest.approx([1.0, 1.0])


@pytest.mark.slow
def test_levers_and_report_tell_the_same_working_hours() -> None:
    """The lever set to a usual cadence gives the number of the report, and sentences say which hours they are."""
    with published(portfolio(5)) as connection:
        levers = read_levers(connection, Filters(), on(NINE_TO_FIVE))
        whole = next(read_bottlenecks(connection, Filters(), on(NINE_TO_FIVE)))
        table = bottlenecks(connection, Filters(), on(NINE_TO_FIVE))
    assert levers is not None
    daily = next(what for what in whole.what_ifs if what.parameter.startswith("daily"))
    moved = levers.released(DAILY.weekdays, levers.usual_hour, besides=True)
    assert moved is not None
    assert moved.effect == daily.effect
    assert table["horizon_hours"].unique().to_list() == [168.0]
    assert table.columns[-2:] == ["clock", "intervals"]
    assert first_hours(whole) == "168 working hours"
    texts = [sentence.text for sentence in sentences_of(whole)]
    assert all(" working h" in text and "95 % CI" in text for text in texts)
    assert "of a change's first 168 working hours" in texts[0]
