from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from headway.errors import WarehouseError
from headway.raw_tables import TABLES
from headway.settings import Settings
from pipeline.session import Session
from tests.builders.portfolio import SETTINGS, TEAMS, portfolio
from tests.builders.rows import Raw, Tables, built
from warehouse.build import Sources, all_models
from warehouse.checks import key_check, run_checks
from warehouse.model import Header, sql_models
from warehouse.publish import open_published

MODELS = all_models(Settings(base=Path()), Sources({}, {}, {}), None)
HEADERS = {header.table: header for model in MODELS for header in model.headers}


@pytest.fixture(scope="module")
def tables() -> Iterator[Tables]:
    """Everything of the portfolio, each batch read twice by the same run, and all of it dealt out anew."""
    parts = portfolio()
    with built(*parts, *parts, settings=SETTINGS, teams=TEAMS, shuffled=random.Random(5)) as made:
        yield made


RARE = {"past_files", "collection_gaps", "unplaced_parts"}
RARE |= {"earlier_successes", "restated_deployments", "renamed_services", "record_clocks"}
"""Of reports of an earlier time, a damaged warehouse, parts without a folder, odd records: they have own tests."""


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS.keys())
def test_header_is_the_table(header: Header, tables: Tables) -> None:
    """The header has the columns of the table, in order and with meanings, and its grain in words and columns."""
    assert list(header.columns) == [row["column_name"] for row in tables(f"describe {header.table}")]
    assert [name for name, meaning in header.columns.items() if not meaning.strip()] == []
    assert header.summary.strip()
    assert header.grain.startswith("one row per ")
    assert set(header.key) <= set(header.columns)


def test_header_names_its_file() -> None:
    """The first word of an SQL model is its table, and that is the name of the file."""
    assert [model.name for model in sql_models() if model.header.table != model.name] == []


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS.keys())
def test_time_says_that_it_is_utc(header: Header) -> None:
    """Each column of times says UTC or refers to one that does."""
    times = {name: text for name, text in header.columns.items() if name.endswith(("_at", "_on", "as_of"))}
    assert [name for name, text in times.items() if "UTC" not in text and "likewise" not in text] == []


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS.keys())
def test_key_is_unique(header: Header, tables: Tables) -> None:
    """No two rows of a table share a key, whatever was read twice, and the columns of the key are never null."""
    assert tables(key_check(header)) == []


def test_every_table_has_rows(tables: Tables) -> None:
    """The portfolio puts something into each table, so that the checks of keys see rows; but for what is rare."""
    assert {name for name in HEADERS if tables(f"select count(*) as n from {name}") == [{"n": 0}]} == RARE


@pytest.fixture(scope="module")
def small() -> Iterator[duckdb.DuckDBPyConnection]:
    """All tables of a small build, in a database of its own."""
    with built(Raw().commits("a b").files("a", "x"), anew=True) as tables:
        yield tables.connection


def assert_reported(small: duckdb.DuckDBPyConnection, harm: str, words: str) -> None:
    """The checks of these tables pass, and fail with these words after a statement, which is undone."""
    run_checks(small, list(HEADERS.values()))
    small.execute(f"begin; {harm}")
    try:
        with pytest.raises(WarehouseError, match=words):
            run_checks(small, list(HEADERS.values()))
    finally:
        small.execute("rollback")


@pytest.mark.parametrize("name", ["lead_times", "commit_files", "arrivals", "parameters"])
def test_row_that_is_there_twice_is_reported(small: duckdb.DuckDBPyConnection, name: str) -> None:
    """A build with a row twice fails its checks, whichever model made the table; the error names grain and row."""
    words = f"invariant {HEADERS[name].grain} in {name}: .*'rows': 2"
    assert_reported(small, f"insert into {name} from {name} limit 1", words)


def test_null_in_a_key_is_reported(small: duckdb.DuckDBPyConnection) -> None:
    """A row whose key is null in part fails the checks."""
    harm = "update commits set sha = null where sha = (select min(sha) from commits)"
    assert_reported(small, harm, r"one row per repository and commit in commits: .*'sha': None")


def test_keys_of_the_demo_are_unique(company: Session) -> None:
    """A whole company, collected and built, has each key of each table once, and no table or column lacks a comment."""
    with open_published(company.settings.warehouse_folder) as connection:
        rows = {name: connection.sql(key_check(header)).fetchall() for name, header in HEADERS.items()}
        assert {name: repeated for name, repeated in rows.items() if repeated} == {}
        for kind in ("table", "column"):
            main = "not internal and schema_name = 'main'"  # what views of reports have is documented with these
            query = f"select {kind}_name from duckdb_{kind}s() where coalesce(trim(comment), '') = '' and {main}"
            assert connection.sql(query).fetchall() == []


def test_header_reads_what_is_there() -> None:
    """Lines that go on belong to the column before them, and a colon in a meaning is part of it."""
    sql = (
        "-- t: a table: of things\n-- grain: one row per thing\n-- key: a, b\n-- columns:\n"
        "--   a: first: and more,\n--     and on\n--   b: second\nselect 1\n"
    )
    header = Header.read(sql)
    assert (header.table, header.summary, header.grain) == ("t", "a table: of things", "one row per thing")
    assert header.key == ("a", "b")
    assert dict(header.columns) == {"a": "first: and more, and on", "b": "second"}


def test_raw_tables_say_their_key() -> None:
    """Each raw table is keyed by columns of its own, begins with its repository and ends with when it was read."""
    for table in TABLES.values():
        names = table.schema.names
        assert set(table.key) <= set(names)
        assert set(table.set_of) <= set(table.key)
        assert (names[0], names[-1], table.key[0]) == ("repo_id", "collected_at", "repo_id")
        assert len(set(names)) == len(names)


@pytest.mark.slow
def test_empty_build_has_every_table() -> None:
    """Nothing collected gives every table with no row, but for the one row of parameters."""
    with built() as nothing, built(Raw()) as empty:
        tables = set(HEADERS) - {"parameters"}
        assert [name for name in tables if nothing(f"select count(*) as n from {name}") != [{"n": 0}]] == []
        assert nothing("select count(*) as n from parameters") == [{"n": 1}]
        assert empty("select count(*) as n from coverage") == [{"n": 1}]
