from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest

from analytics.cohort.filters import Filters
from analytics.reports.catalog import REPORTS
from analytics.reports.published import LEAD_TIME_COLUMNS, classification, coverage, deployments, lead_time
from analytics.worklist.waiting import waiting
from tests.builders.portfolio import SETTINGS, TEAMS, portfolio
from tests.builders.rows import Raw, built, hour

CONTRACT = Path(__file__).resolve().parents[3] / "shared" / "CONTRACT.md"


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """The tables of the portfolio."""
    with built(*portfolio(), settings=SETTINGS, teams=TEAMS) as tables:
        yield tables.connection


def test_lead_time_has_the_columns_of_the_contract(connection: duckdb.DuckDBPyConnection) -> None:
    """Order and names are what users' scripts hold on to; new ones come at the end."""
    if not CONTRACT.exists():
        pytest.skip("the contract is not beside this checkout")
    (said,) = re.findall(r"ordered by `change_id`:\s*`([^`]+)`", CONTRACT.read_text(encoding="utf-8"))
    promised = [name.strip() for name in said.replace("\n", " ").split(",")]
    assert list(LEAD_TIME_COLUMNS)[: len(promised)] == promised
    assert lead_time(connection, Filters()).columns == list(LEAD_TIME_COLUMNS)


@pytest.mark.parametrize("name", ["stages", "occupancy"])
def test_statistics_begin_with_the_columns_of_the_contract(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Users' scripts hold on to these; what was added stands after them."""
    if not CONTRACT.exists():
        pytest.skip("the contract is not beside this checkout")
    (said,) = re.findall(rf"\*\*`{name}`\*\*[^`]*`([^`]+)`", CONTRACT.read_text(encoding="utf-8"))
    promised = [column.strip() for column in said.replace("\n", " ").split(",")]
    columns = REPORTS[name](connection, Filters()).columns
    assert columns[: len(promised)] == promised
    assert columns[-4:] == ["clock", "releases", "nothing_to_deploy", "intervals"]


def test_lead_time_holds_the_words_of_the_contract(connection: duckdb.DuckDBPyConnection) -> None:
    """Outcomes, stages, ways of mapping and sources of code complete are those that users know."""
    table = lead_time(connection, Filters())
    allowed: dict[str, set[str | None]] = {
        "outcome": {"production", "waiting", "abandoned", "unknown", "no_deployments", "nothing_to_deploy"},
        "current_stage": {None, "pickup", "review", "merge", "build", "staging", "release", "deploy"},
        "mapped_by": {"ancestor", "cherry_pick_trailer", "patch_id", "branch_deploy", "event", ""},
        "code_complete_source": {"branch_commits", "landing_author_date", "event"},
        "built_with_ai": {"agent", "assisted", "none", "automation"},
    }
    for column, words in allowed.items():
        assert set(table[column].unique().to_list()) <= words
    assert set(table["outcome"].unique().to_list()) == allowed["outcome"]
    assert table["builds_ai"].dtype == pl.Boolean
    assert table["builds_ai"].null_count() == table["built_with_ai"].null_count() == 0
    waiting = table.filter(pl.col("outcome") == "waiting")
    assert waiting["age_hours"].null_count() == 0
    assert table.filter(pl.col("outcome") != "waiting")["age_hours"].null_count() == table.height - waiting.height


def test_reports_are_ordered(connection: duckdb.DuckDBPyConnection) -> None:
    """Rows come in one order: changes and classification by change, deployments by time, coverage by repository."""
    for report in (lead_time, classification):
        ids = report(connection, Filters())["change_id"].to_list()
        assert ids == sorted(ids)
        assert len(set(ids)) == len(ids)
    table = deployments(connection, Filters())
    assert table.equals(
        table.sort(["provider", "repo", "succeeded_at", "created_at", "deployment_id"], nulls_last=True)
    )
    repositories = coverage(connection, Filters()).select("provider", "repo").rows()
    assert repositories == sorted(repositories)


def test_classification_has_a_row_for_each_change_of_lead_time(connection: duckdb.DuckDBPyConnection) -> None:
    """Both reports are about the same changes and say the same of them."""
    columns = ["change_id", "builds_ai", "built_with_ai", "ai_evidence"]
    told = classification(connection, Filters())
    assert told.select(columns).equals(lead_time(connection, Filters()).select(columns))
    assert "code_complete_at" not in told.columns


@pytest.mark.slow
def test_repository_filter_is_a_glob(connection: duckdb.DuckDBPyConnection) -> None:
    """A glob on the name chooses repositories in every report of theirs; one that matches none leaves the header."""
    tables = {name: report(connection, Filters()) for name, report in REPORTS.items()}
    by_repository = {name for name, table in tables.items() if "repo" in table.columns}
    assert by_repository >= {"lead-time", "deployments", "coverage", "classification", "waiting"}
    for name in sorted(by_repository):
        report, everything = REPORTS[name], tables[name]
        assert set(report(connection, Filters(repo="acme/s*"))["repo"].unique().to_list()) <= {"acme/shop", "acme/site"}
        there = everything["repo"].is_in(["acme/shop"]).any()
        chosen = report(connection, Filters(repo="acme/shop"))["repo"].unique().to_list()
        assert chosen in ([["acme/shop"]] if there else [[], ["acme/shop"]]), name
        assert report(connection, Filters(repo="*")).equals(everything)
        nothing = report(connection, Filters(repo="ACME/shop' or 1=1 --"))
        assert (nothing.height, nothing.columns) == (0, everything.columns)


@pytest.mark.slow
def test_period_is_half_open() -> None:
    """From `since` on and before `until`, by code complete or by the first success; coverage has none."""
    raw = Raw().commits("a@1 b@5 c@9").deploy("d0", "a", 1).deploy("d1", "b", 6).deploy("d2", "c", None, created=10)
    with built(raw) as tables:

        def chosen(report: str, since: datetime | None, until: datetime | None) -> int:
            return REPORTS[report](tables.connection, Filters(since=since, until=until)).height

        assert [chosen("lead-time", *period) for period in ((None, None), (hour(5), None), (None, hour(5)))] == [
            3,
            2,
            1,
        ]
        assert [chosen("lead-time", hour(5), hour(9)), chosen("lead-time", hour(6), hour(6))] == [1, 0]
        assert [chosen("classification", hour(5), hour(9)), chosen("coverage", hour(500), None)] == [1, 1]
        # A deployment that has not succeeded has no place in a period.
        assert [chosen("deployments", *period) for period in ((None, None), (hour(1), None), (hour(2), None))] == [
            3,
            2,
            1,
        ]


@pytest.mark.slow
def test_deployments_say_what_became_of_them() -> None:
    """One row for each attempt, with its first success, its failures before, its kind and what arrived with it."""
    raw = Raw().commits("a@1 b@5").deploy("d0", "a", 1).deploy("d1", "b", states=[("failure", 6), ("success", 7)])
    with built(raw.deploy("d2", "a", 8).deploy("d3", "gone", 9)) as tables:
        table = deployments(tables.connection, Filters())
    told = table.select(
        "deployment_id", "kind", "failed_attempts", "changes", "new_commits", "withdrawn_commits", "problem"
    )
    assert told.rows() == [
        ("d0", "first", 0, 1, 1, 0, ""),
        ("d1", "release", 1, 1, 1, 0, ""),
        ("d2", "rollback", 0, 0, 0, 1, ""),
        ("d3", None, 0, 0, None, None, "its commit is not in the clone"),
    ]


@pytest.mark.slow
def test_empty_warehouse_gives_headers() -> None:
    """Every report of nothing has its columns and no row."""
    with built() as tables, built(Raw()) as empty:
        for name, report in REPORTS.items():
            nothing = report(tables.connection, Filters())
            assert nothing.height == 0
            assert report(empty.connection, Filters()).columns == nothing.columns
            assert report(empty.connection, Filters()).height == (1 if name == "coverage" else 0)


def test_the_worklist_is_what_is_code_complete_and_waits(connection: duckdb.DuckDBPyConnection) -> None:
    """Of a company with every kind of outcome: no open draft, and nothing that is closed, shipped or never deployed."""
    table = waiting(connection, Filters())
    ids = "select change_id from {} order by change_id"
    expected = connection.sql(ids.format("lead_times where outcome = 'waiting'")).pl()["change_id"].to_list()
    drafts = connection.sql(ids.format("changes where code_complete_at is null")).pl()["change_id"].to_list()
    assert sorted(table["change_id"]) == expected
    assert drafts
    assert not set(table["change_id"]) & set(drafts)
