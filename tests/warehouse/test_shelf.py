from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from headway.errors import WarehouseError
from headway.settings import AiSettings, Settings
from tests.builders import rows, shelf
from tests.builders.portfolio import SETTINGS, TEAMS, portfolio
from tests.builders.rows import Raw, Tables, built
from warehouse.model import sql_models

TABLES = [model.name for model in sql_models()]


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Iterator[shelf.Shelf]:
    """A shelf of its own that retains ten tables."""
    own = shelf.Shelf(most=10)
    monkeypatch.setattr(rows, "shelf", lambda: own)
    yield own
    own.connection.close()


def contents(tables: Tables) -> dict[str, list[str]]:
    """The rows of each table."""
    return {name: sorted(map(repr, tables(f"from {name}"))) for name in TABLES}


@pytest.mark.slow
@pytest.mark.parametrize("count", [2, pytest.param(12, marks=pytest.mark.slow)])
def test_shared_tables_are_those_of_a_build_anew(count: int) -> None:
    """A build that shares tables with one of some of its rows has the rows of one that makes every table."""
    parts = random.Random(count).sample(portfolio(), count)
    with built(*parts[1:], settings=SETTINGS, teams=TEAMS), built(*parts, settings=SETTINGS, teams=TEAMS) as tables:
        found = contents(tables)
    with built(*parts, settings=SETTINGS, teams=TEAMS, anew=True) as tables:
        assert found == contents(tables)


@pytest.mark.slow
def test_equal_rows_are_built_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second build of the same rows runs no model, and one of other rows runs those that read them."""
    names: list[str] = []
    store = shelf.Shelf()
    monkeypatch.setattr(rows, "shelf", lambda: store)
    create = shelf.SharedEngine.create

    def counted(self: shelf.SharedEngine, name: str, sql: str) -> None:
        before = len(store.places)
        create(self, name, sql)
        if len(store.places) > before:
            names.append(name)

    monkeypatch.setattr(shelf.SharedEngine, "create", counted)
    for count, shop in (
        (1, Raw().commits("a b")),
        (1, Raw().commits("a b")),
        (2, Raw().commits("a b").deploy("1", "b", 4)),
    ):
        with built(shop, as_of=9) as tables:
            assert len(tables("from lead_times")) == 2
        assert (names.count("lead_times"), names.count("commits")) == (count, 1)


@pytest.mark.slow
def test_settings_and_time_are_no_part_of_what_is_shared() -> None:
    """The same rows under other settings or as of another time are another build."""
    shop = Raw().commits("a b").deploy("0", "a", 1.5).deploy("1", "b", 4)
    for as_of, outcome in ((9, "production"), (3, "waiting"), (9, "production")):
        with built(shop, as_of=as_of) as tables:
            assert tables.change("b")["outcome"] == outcome
    for bots, kind in (((), "work"), (("ann@example.com",), "bot"), ((), "work")):
        with built(shop, settings=Settings(base=Path(), ai=AiSettings(automation_identities=bots))) as tables:
            assert tables.change("b")["kind"] == kind


@pytest.mark.slow
def test_tables_in_use_are_retained(few: shelf.Shelf) -> None:
    """A full shelf drops nothing that an open build reads, and the oldest tables when no build is open."""
    with built(Raw().commits("a b"), as_of=9) as tables:
        for number in range(3):
            with built(Raw(f"acme/{number}").commits("a b"), as_of=9):
                assert len(few.places) > few.most
        assert len(contents(tables)["commits"]) == 2
    assert len(few.places) == few.most
    with built(Raw().commits("a b"), as_of=9) as tables:
        assert len(contents(tables)["commits"]) == 2


def test_cursors_see_the_tables() -> None:
    """A cursor of the connection to all tables reads the same tables, and so does its cursor."""
    with built(Raw().commits("a b")) as tables, tables.connection.cursor() as cursor:
        assert cursor.cursor().sql("select count(*) from commits").fetchall() == [(2,)]


@pytest.mark.slow
def test_what_a_test_changes_is_its_own() -> None:
    """Rows that a test changes or adds by its connection are in no other build, also where a table was empty."""
    for _ in range(2):
        with built(Raw().commits("a b")) as tables:
            connection = tables.connection
            assert connection.sql("select count(rowid) from commits").fetchall() == [(2,)]
            assert tables("from commit_files") == []
            connection.execute("delete from commits")
            connection.execute("insert into commit_files (repo_id) values ('x')")


def test_keys_are_checked(few: shelf.Shelf) -> None:
    """A build checks the keys of the tables that it makes, and those that are wrong are wrong in the next one too."""
    row = {"repo_id": "git:acme/shop", "sha": "1"}
    commits = [model for model in sql_models() if model.name == "commits"]
    for _ in range(2):
        with contextlib.closing(shelf.SharedEngine(few, {}, None)) as engine:
            engine.put("commits", pa.Table.from_pylist([row, row]))
            with pytest.raises(WarehouseError, match="one row per repository and commit in commits"):
                engine.check(commits)
