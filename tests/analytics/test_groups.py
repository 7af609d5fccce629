from __future__ import annotations

from collections.abc import Iterator

import duckdb
import polars as pl
import pytest

from analytics.cohort.cohort import STATES
from analytics.cohort.filters import Filters
from analytics.cohort.groups import COLUMNS, read_groups
from analytics.cohort.kinds import Excluded
from analytics.cohort.options import Options
from analytics.reports.catalog import REPORTS
from analytics.reports.occupancy import GRID_HOURS
from headway.errors import UsageError
from tests.analytics.lead_times import histories, lead_times


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Changes at random, some by bots, some of them releases, of several teams and sizes."""
    table = histories(11, 240).with_columns(
        built_with_ai=pl.Series(["none", "agent", "assisted", "automation"] * 60),
        kind=pl.Series(["work", "work", "work", "bot"] * 45 + ["release", "work", "work", "bot"] * 15),
        team=pl.Series(["", "'; drop table lead_times; --"] * 120),
        additions=pl.Series([1, 50, 500, 5000, None, 1] * 40),
        deletions=pl.lit(0),
    )
    with duckdb.connect() as made:
        lead_times(made, table)
        yield made


def names(connection: duckdb.DuckDBPyConnection, by: str | None) -> list[str]:
    """The groups of a report."""
    return [group.name for group in read_groups(connection, Filters(), Options(by=by))]


@pytest.mark.slow
def test_groups_are_the_values_of_a_column(connection: duckdb.DuckDBPyConnection) -> None:
    """One group without a column; else one for each value, in order, sizes by size."""
    assert names(connection, None) == ["all"]
    assert names(connection, "builds_ai") == ["false", "true"]
    assert names(connection, "built_with_ai") == ["agent", "assisted", "automation", "none"]
    assert names(connection, "team") == ["'; drop table lead_times; --", "no team"]
    sizes = ["under 10 lines", "10 to 99 lines", "100 to 999 lines", "1000 lines and more", "size not known"]
    assert names(connection, "size") == sizes
    # Services have tables of their own: `tests/cli/test_by_service.py`.
    for by in COLUMNS.keys() - {"service"}:
        assert REPORTS["stages"](connection, Filters(), Options(by=by))["group"].n_unique() == len(
            names(connection, by)
        )


def test_another_column_is_refused_with_the_choices(connection: duckdb.DuckDBPyConnection) -> None:
    """The error names every column that there is."""
    with pytest.raises(UsageError) as caught:
        names(connection, "titel")
    assert all(column in caught.value.hint for column in COLUMNS)


def test_bots_and_releases_are_left_out_and_counted(connection: duckdb.DuckDBPyConnection) -> None:
    """What bots made and releases are in no group unless requested: by the option, or bots as a group of their own."""
    (group,) = read_groups(connection, Filters(), Options())
    assert (len(group.cohort.changes), group.excluded) == (165, Excluded(bots=60, releases=15))
    (group,) = read_groups(connection, Filters(), Options(automation=True))
    assert (len(group.cohort.changes), group.excluded) == (240, Excluded())
    table = REPORTS["stages"](connection, Filters(), Options(by="built_with_ai"))
    assert set(table.select("group", "changes", "automation", "releases").rows()) == {
        ("agent", 60, 0, 0),
        ("assisted", 60, 0, 0),
        ("automation", 60, 0, 0),
        ("none", 45, 0, 15),
    }


def test_hours_of_a_group_add_up(connection: duckdb.DuckDBPyConnection) -> None:
    """Mean hours add up to the horizon, probabilities to one, and shares of waiting to one."""
    stages = REPORTS["stages"](connection, Filters(), Options(by="builds_ai"))
    sums = stages.group_by("group").agg(pl.sum("mean_hours_in_state", "share_of_wait"))
    assert sums["mean_hours_in_state"].to_list() == pytest.approx([720.0, 720.0], rel=1e-12)
    assert sums["share_of_wait"].to_list() == pytest.approx([1.0, 1.0], rel=1e-12)
    occupancy = REPORTS["occupancy"](connection, Filters(), Options())
    sums = occupancy.group_by("hours").agg(pl.sum("probability"))
    assert sums["probability"].to_list() == pytest.approx([1.0] * len(GRID_HOURS), rel=1e-9)
    assert occupancy.height == len(GRID_HOURS) * len(STATES)


def test_nothing_is_claimed_where_nobody_is_watched() -> None:
    """After the last hour at which work is seen to wait, where it is is not known; where none waits it is known."""
    hours = pl.Series([3.0] * 20 + [9.0] * 10)
    for last, absent in (("waiting", 13), ("abandoned", 0)):
        outcomes = ["production"] * 20 + [last] * 10
        with duckdb.connect() as made:
            lead_times(made, pl.DataFrame({"outcome": outcomes, "release_hours": hours}))
            occupancy = REPORTS["occupancy"](made, Filters()).filter(pl.col("state") == "release")
            assert occupancy["probability"].null_count() == absent
            assert REPORTS["stages"](made, Filters())["seen_hours"][0] == 9.0


def test_a_small_group_is_counted_and_not_estimated(connection: duckdb.DuckDBPyConnection) -> None:
    """Fewer than twenty changes: the counts are there, and every estimate is empty."""
    few = Filters(repo="acme/service-1")
    with duckdb.connect() as small:
        lead_times(small, histories(2, 19))
        table = REPORTS["stages"](small, Filters())
        assert table["changes"].to_list() == [19] * 9
        assert table["reached"].null_count() == 0
        estimates = ["median_hours", "p85_hours", "mean_hours_in_state", "share_of_wait", "lower", "upper"]
        assert all(table[name].null_count() == 9 for name in estimates)
        assert REPORTS["occupancy"](small, Filters())["probability"].null_count() == 9 * len(GRID_HOURS)
    assert REPORTS["stages"](connection, few)["interval_by"].unique().to_list() == ["change"]


def test_an_absent_stage_is_null_not_zero() -> None:
    """A stage that no repository of the group has takes no hours that anybody knows."""
    with duckdb.connect() as made:
        lead_times(made, histories(5, 60).drop("build_hours", "staging_hours"))
        stages = REPORTS["stages"](made, Filters()).filter(pl.col("stage").is_in(["build", "staging"]))
        assert stages["mean_hours_in_state"].to_list() == stages["reached"].to_list() == [None, None]
        occupancy = REPORTS["occupancy"](made, Filters()).filter(pl.col("state") == "build")
        assert occupancy["probability"].null_count() == occupancy["at_risk"].null_count() == len(GRID_HOURS)
