from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.reports.bottlenecks import read_bottlenecks
from analytics.text.whatif import sentences_of
from analytics.whatif.levers import AI_WORK, OTHER_WORK, Levers, read_levers
from headway.settings import AiSettings, Settings
from tests.builders.rows import built
from tests.dashboard.warehouses import busy

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A repository that releases."""
    with built(busy(), settings=Settings(base=Path(), ai=AiSettings(ai_labels=("ai",)))) as tables:
        yield tables.connection


def levers(connection: duckdb.DuckDBPyConnection, group: str = "all") -> Levers:
    """The levers, which are there."""
    found = read_levers(connection, Filters(), group=group)
    assert found is not None
    return found


def test_usual_cadence_saves_what_the_report_says(connection: duckdb.DuckDBPyConnection) -> None:
    """The lever set to a usual cadence gives the number of the report `bottlenecks`."""
    found = levers(connection)
    (whole, *_) = read_bottlenecks(connection, Filters(), Options())
    daily = next(what for what in whole.what_ifs if what.parameter.startswith("daily"))
    moved = found.released([4, 3, 2, 1, 0], found.usual_hour, besides=True)
    assert moved is not None
    assert moved.effect == daily.effect
    always = found.released([], 0.0, besides=True)
    assert always is not None
    assert always.effect.hours_saved.value >= daily.effect.hours_saved.value


def test_days_between_releases_are_those_of_the_deployments(connection: duckdb.DuckDBPyConnection) -> None:
    """The number of the levers and of the sentence is that of a query by hand, in days."""
    gaps = connection.sql(
        "select (epoch(max(left_at)) - epoch(min(left_at))) / (count(distinct left_at) - 1) / 86400 as days"
        " from (select coalesce(deploy_started_at, production_at) as left_at from lead_times"
        " where outcome = 'production' or (outcome = 'waiting' and current_stage = 'deploy'))"
    ).fetchall()
    ((days,),) = gaps
    assert 0.1 < days < 60.0
    assert levers(connection).release_every_days == pytest.approx(days)
    (whole, *_) = read_bottlenecks(connection, Filters(), Options())
    assert whole.release_every_days == pytest.approx(days)
    (sentence,) = [text.text for text in sentences_of(whole) if text.text.startswith("Releasing")]
    assert f"instead of every {days:.1f} days" in sentence


def test_stage_left_as_it_is_saves_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    """All of its hours is no change; fewer save more."""
    found = levers(connection)
    saved = [found.stage_time("review", factor).effect.hours_saved.value for factor in (1.0, 0.5, 0.1)]
    assert saved[0] == pytest.approx(0.0, abs=1e-9)
    assert saved == sorted(saved)


def test_groups_are_the_parts_of_all_work(connection: duckdb.DuckDBPyConnection) -> None:
    """AI work and other work together are all work."""
    parts = [levers(connection, group).changes for group in (AI_WORK, OTHER_WORK)]
    assert sum(parts) == levers(connection).changes


def test_too_few_have_no_levers(connection: duckdb.DuckDBPyConnection) -> None:
    """Fewer than twenty changes cannot be replayed."""
    assert read_levers(connection, Filters(repo="nobody/*")) is None
