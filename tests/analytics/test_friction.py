from __future__ import annotations

from collections.abc import Iterator

import duckdb
import polars as pl
import pytest

from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.reports.friction import MEASURES, friction
from headway.errors import UsageError
from tests.analytics.lead_times import lead_times

# AI work: two changes told of, one with a rerun; other work: three, of which one tells nothing of CI and one waits.
TABLE = pl.DataFrame(
    {
        "outcome": ["production", "production", "production", "production", "waiting"],
        "builds_ai": [True, True, False, False, False],
        "build_hours": [2.0, 6.0, 1.0, 3.0, 50.0],
        "ci_queue_hours": [0.5, 0.0, None, 1.0, 40.0],
        "ci_rerun_hours": [0.0, 4.0, None, 0.0, 9.0],
        "deploy_hours": [10.0, 10.0, None, None, None],
        "gate_hours": [5.0, 0.0, None, None, None],
        "failed_attempts": [0, 3, None, None, None],
    }
)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A table of lead times."""
    with duckdb.connect() as made:
        lead_times(made, TABLE)
        yield made


def row(table: pl.DataFrame, group: str, measure: str) -> dict[str, object]:
    """The row of a group and measure."""
    return table.filter((pl.col("group") == group) & (pl.col("measure") == measure)).row(0, named=True)


def test_what_is_told_is_counted_and_what_is_not_is_no_zero(connection: duckdb.DuckDBPyConnection) -> None:
    """A change of which nobody tells is left out of a measure; what still waits takes no part."""
    rows = friction(connection, Filters(), Options(by="builds_ai"))
    queue = row(rows, "false", "ci_queue_hours")
    assert (queue["changes"], queue["affected"], queue["arrived"]) == (1, 1, 2)
    assert queue["mean"] == 1.0
    assert queue["repositories"] == 1
    gates = row(rows, "false", "gate_hours")
    assert (gates["changes"], gates["mean"], gates["affected_share"]) == (0, None, None)
    assert gates["repositories"] == 0


def test_reruns_and_first_tries_add_up_to_the_build(connection: duckdb.DuckDBPyConnection) -> None:
    """The hours until the first failure and those after it are the whole of the stage."""
    rows = friction(connection, Filters(), Options(by="builds_ai"))
    parts = [row(rows, "true", name)["mean"] for name in ("ci_first_try_hours", "ci_rerun_hours", "build_hours")]
    assert parts == [2.0, 2.0, 4.0]
    assert row(rows, "true", "ci_rerun_hours")["stage_share"] == 0.5
    assert row(rows, "true", "ci_rerun_hours")["affected_mean"] == 4.0


def test_failures_are_a_number_without_a_share_of_hours(connection: duckdb.DuckDBPyConnection) -> None:
    """Failed deployments are counted, and are no part of a stage's hours."""
    failures = row(friction(connection, Filters()), "all", "failed_attempts")
    assert (failures["changes"], failures["affected"], failures["mean"]) == (2, 1, 1.5)
    assert failures["stage_share"] is None


def test_each_group_has_each_measure(connection: duckdb.DuckDBPyConnection) -> None:
    """There is a row for each group and measure, and an unknown grouping is an error."""
    rows = friction(connection, Filters(), Options(by="builds_ai"))
    assert rows["measure"].to_list() == [*MEASURES] * 2
    with pytest.raises(UsageError, match="no report has groups"):
        friction(connection, Filters(), Options(by="weather"))
