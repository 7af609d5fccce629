from __future__ import annotations

from collections.abc import Iterator

import duckdb
import polars as pl
import pytest

from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.dora.definitions import DEFINITIONS
from analytics.reports.catalog import REPORTS
from headway.errors import UsageError
from tests.builders.rows import Raw, built, commit_id, hour

dora = REPORTS["dora"]


def shop(name: str) -> Raw:
    """Forty squashes in forty days, each deployed the next day; every eighth one is rolled back, some are AI work."""
    says = {f"c{n}": f"Change (#{n})" for n in range(1, 41)}
    says |= {f"c{n}": f"{says[f'c{n}']}\n\nCo-Authored-By: Claude <noreply@anthropic.com>" for n in range(3, 41, 3)}
    raw = Raw(name, known=45 * 24, read=45 * 24)
    raw.commits("root@1 " + " ".join(f"c{n}@{24 * n}" for n in range(1, 41)), says=says).deploy("d0", "root", 1)
    for n in range(1, 41):
        raw.deploy(f"d{n}", f"c{n}", 24 * n + 20)
        if n % 8 == 0:
            raw.deploy(f"r{n}", f"c{n - 1}", 24 * n + 21)
    raw.add("incidents", incident_id="I-1", opened_at=24 * 3 + 21, resolved_at=24 * 3 + 25)
    return raw.add("incidents", incident_id="I-2", opened_at=44 * 24)


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Two shops of two teams."""
    with built(shop("acme/a"), shop("acme/b"), teams={"git:acme/a": "core"}) as tables:
        yield tables.connection


def value(table: pl.DataFrame, measure: str, **where: str) -> float | None:
    """The one value of a measure."""
    rows = table.filter(pl.col("measure") == measure, *(pl.col(name) == text for name, text in where.items()))
    (found,) = rows["value"].to_list()
    return None if found is None else float(found)


@pytest.mark.slow
def test_report_counts_what_was_built(connection: duckdb.DuckDBPyConnection) -> None:
    """Of 41 deployments that ship something 6 failed: five were rolled back, to one an incident is put by its time."""
    table = dora(connection, Filters(repo="acme/a"))
    row = table.filter(pl.col("measure") == "change_failure_rate").row(0, named=True)
    assert (row["numerator"], row["denominator"], row["open"]) == (6, 41, 26)
    assert row["value"] == pytest.approx(6 / 41)
    assert row["unlinked_incidents"] == 1
    assert value(table, "recovery_time") == pytest.approx(1.0)
    assert value(table, "lead_time") == pytest.approx(20.0)
    assert value(table, "rework_rate") == pytest.approx(5 / 46)
    assert table["as_of"].unique().to_list() == [hour(45 * 24)]


def test_groups(connection: duckdb.DuckDBPyConnection) -> None:
    """By repository, team, provider, service and both axes; the two shops together have twice of everything."""
    whole = dora(connection, Filters())
    assert whole["group"].unique().to_list() == ["all"]
    assert whole.filter(pl.col("measure") == "rework_rate")["denominator"].to_list() == [92]
    for by, names in {
        "repo": ["acme/a", "acme/b"],
        "team": ["core", "no team"],
        "provider": ["git"],
        "service": ["acme/a", "acme/b"],
        "builds_ai": ["false", "with AI", "without AI", "AI less other", "AI against other"],
        "built_with_ai": ["assisted", "none", "with AI", "without AI", "AI less other", "AI against other"],
    }.items():
        table = dora(connection, Filters(), Options(by=by))
        assert table["group"].unique(maintain_order=True).to_list() == names
    with pytest.raises(UsageError, match="cannot group by 'size'"):
        dora(connection, Filters(), Options(by="size"))


def test_ai_work_beside_other_work(connection: duckdb.DuckDBPyConnection) -> None:
    """Deployments with assisted changes and those without fail as they were made to, with an interval."""
    table = dora(connection, Filters(), Options(by="built_with_ai"))
    # Of 13 that shipped an assisted change a shop one was rolled back and one had an incident; of 28 others four.
    assert value(table, "change_failure_rate", group="with AI") == pytest.approx(2 / 13)
    assert value(table, "change_failure_rate", group="without AI") == pytest.approx(4 / 28)
    (row,) = table.filter(pl.col("measure") == "change_failure_rate_difference").to_dicts()
    assert row["value"] == pytest.approx(2 / 13 - 4 / 28)
    assert row["lower"] < 0 < row["upper"]
    assert 0.5 < row["p_value"] <= 1.0


def test_windows_and_definitions_multiply_rows(connection: duckdb.DuckDBPyConnection) -> None:
    """Each window under each definition has every measure, and the counts of windows add up to those of the whole."""
    table = dora(connection, Filters(), Options(window="10", definition="all"))
    assert len(table) == 5 * len(DEFINITIONS) * 6
    assert table["definition"].unique(maintain_order=True).to_list() == list(DEFINITIONS)
    whole = dora(connection, Filters(), Options(definition="all"))
    key = ["definition", "measure"]
    parts = table.group_by(key).agg(pl.col("numerator").sum()).sort(key)
    assert parts["numerator"].to_list() == pytest.approx(whole.sort(key)["numerator"].to_list())


def test_period_cuts_the_windows(connection: duckdb.DuckDBPyConnection) -> None:
    """`since` and `until` are the first and the last of what is told."""
    table = dora(connection, Filters(since=hour(240), until=hour(480)), Options(window="month"))
    assert (table["begins_at"].min(), table["ends_at"].max()) == (hour(240), hour(480))
    assert table.filter(pl.col("measure") == "deployment_frequency")["numerator"].sum() == 20


def test_same_warehouse_same_table(connection: duckdb.DuckDBPyConnection) -> None:
    """Asked twice, the answer is the same to the last bit."""
    options = Options(by="built_with_ai", window="month", definition="all")
    assert dora(connection, Filters(), options).equals(dora(connection, Filters(), options))


@pytest.mark.slow
def test_repository_without_deployments_has_no_rows() -> None:
    """Where nothing is deployed nothing is told, and nothing is zero."""
    with built(Raw().commits("a b c")) as tables:
        assert dora(tables.connection, Filters()).is_empty()


@pytest.mark.slow
def test_change_that_a_report_alone_saw_arrive_takes_part_in_lead_times() -> None:
    """It has no deployment that could fail: it counts as arrived, and with no deployment."""
    raw = Raw().commits("a@1 b@2").deploy("d0", "a", 1)
    raw.change(7, opened=3, code_complete=4, merged=5, production=6, sha="z")
    with built(raw) as tables:
        table = dora(tables.connection, Filters())
    lead = table.filter(pl.col("measure") == "lead_time").row(0, named=True)
    rate = table.filter(pl.col("measure") == "change_failure_rate").row(0, named=True)
    assert (lead["numerator"], rate["denominator"]) == (2, 1)
    assert commit_id("z") != commit_id("a")
