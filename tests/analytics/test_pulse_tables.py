from __future__ import annotations

from datetime import datetime

import duckdb
import polars as pl
import pytest

from analytics.cohort.filters import Filters
from analytics.cohort.kinds import Excluded
from analytics.coverage import closed_work_is_seen, coverage_shares, notices
from analytics.pulse.pulse import Estimate, Group, Pulse, StageTime
from analytics.pulse.tables import groups_table, stages_table

FIRST, LAST = datetime(2026, 1, 1), datetime(2026, 1, 2)
NONE = Estimate(None, None, None)


def group(name: str, *, enough: bool = True) -> Group:
    """A group with one stage and one arrival time, or too few changes for either."""
    median = Estimate(30.0, 20.0, None) if enough else NONE
    arrived = [(24.0, Estimate(0.4, 0.3, 0.5))] if enough else []
    stages = [StageTime("release", Estimate(30.0, 20.0, 40.0), 1.0)] if enough else []
    return Group(name, 30, 20, 6, 4, 2, enough, median, NONE, arrived, NONE, stages, 30.0)


def pulse(axis: str, *, as_of: tuple[datetime, datetime] | None = (FIRST, LAST)) -> Pulse:
    """A pulse whose AI group is too small."""
    return Pulse(axis, group("all work"), group("ai", enough=False), group("other"), Excluded(), 0, 0, 720.0, as_of)


def test_groups_are_all_work_and_both_axes() -> None:
    """All work comes once, then both groups of each axis; what is not known is null."""
    table = groups_table([pulse("builds_ai"), pulse("built_with_ai")], closed_work_is_seen=True)
    assert table["axis"].to_list() == ["", "builds_ai", "builds_ai", "built_with_ai", "built_with_ai"]
    assert table["group"].to_list() == ["all work", "ai", "other", "ai", "other"]
    assert table["median_hours"].to_list() == [30.0, None, 30.0, None, 30.0]
    assert table["abandoned"].to_list() == [4] * 5
    assert set(table["as_of"]) == {LAST}


def test_abandoned_that_no_source_shows_is_null() -> None:
    """Where no source tells of closed work its count is absent, not what was counted."""
    assert groups_table([pulse("builds_ai")], closed_work_is_seen=False)["abandoned"].to_list() == [None] * 3


def test_estimates_become_rows() -> None:
    """One row per group and stage; a group too small has none."""
    found = pulse("builds_ai")
    stages = stages_table(found, [found.ai, found.other])
    expected = [("other", "release", 30.0, 20.0, 40.0, 720.0)]
    assert stages.select("group", "stage", "mean_hours_in_state", "lower", "upper", "horizon_hours").rows() == expected


def test_tables_without_rows_keep_their_columns() -> None:
    """A pulse of nothing makes tables that can be written and read."""
    found = pulse("builds_ai", as_of=None)
    assert stages_table(found, []).columns[:2] == ["group", "stage"]
    assert groups_table([found], closed_work_is_seen=True)["as_of"].to_list() == [None] * 3


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    """Two repositories: one whose changes are reported, one with a notice."""
    made = duckdb.connect()
    made.execute(
        "create table coverage as"
        " select * from (values ('g:a', 'g', 'a'), ('g:b', 'g', 'b')) t(repo_id, provider, repo)"
    )
    made.execute("create table change_reports as select 'g:a' as repo_id")
    made.execute(
        "create table notices as select 'g:b' as repo_id, 's' as source, 'shallow' as kind, 'x' as detail, 2 as count"
    )
    return made


def test_closed_work_is_seen_where_changes_are_reported(connection: duckdb.DuckDBPyConnection) -> None:
    """One repository with reports is enough, and one without them is asked for itself."""
    assert closed_work_is_seen(connection, Filters())
    assert closed_work_is_seen(connection, Filters(repo="a"))
    assert not closed_work_is_seen(connection, Filters(repo="b"))


def test_notices_are_those_of_the_repositories_asked_for(connection: duckdb.DuckDBPyConnection) -> None:
    """Notices name their repository, and follow the filter."""
    assert notices(connection, Filters()).rows() == [("g", "b", "shallow", "x", 2)]
    assert notices(connection, Filters(repo="a")).is_empty()


def test_coverage_shares() -> None:
    """Shares are of what there is to cover, and absent where there is nothing."""
    coverage = pl.DataFrame(
        {
            "production": [6, 0],
            "waiting": [1, 0],
            "abandoned": [1, 0],
            "code_complete": [10, 0],
            "pull_requests": [4, 0],
            "pull_requests_joined": [3, 0],
            "approximate": [2, 0],
        }
    )
    shares = coverage_shares(coverage).select("observed_share", "joined_share", "exact_share")
    assert shares.rows() == [(0.8, 0.75, 0.8), (None, None, None)]
