"""A person who is forgotten is nowhere in the warehouse, does not come back, and changes no number."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headway.raw_tables import TABLES
from headway.raw_tables.people import IDENTITIES, TEXTS, Renaming, renamed
from tests.builders.repositories import BOB, Person, Repository
from tests.pipeline.running import Headway, deployed, program, rows, shas, write

ANN = Person("Ann Author", "Ann@Example.com")
NOREPLY = Person("Ann Author", "12+annauthor@users.noreply.github.com")
NAMES = re.compile(r"ann author|ann@example\.com|annauthor", re.IGNORECASE)
NUMBERS = "select * exclude (author) from lead_times order by change_id"
# Stops when one batch has the alias and the other does not.
KILLED = """
import os, signal, sys
import warehouse.upkeep.forgetting as forgetting
replaced, left = forgetting._replace, [1]
def stop(*arguments):
    replaced(*arguments)
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
forgetting._replace = stop
from cli.main import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def headway(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Headway:
    """Runs the program in a folder of its own."""
    return program(tmp_path, capfd, monkeypatch)


def company(folder: Path) -> Repository:
    """Changes of Ann and of Bob, a trailer, a merge of Ann's branch, and a record with her log-in."""
    repo = Repository(folder / "shop")
    repo.commit("Start\n", author=BOB, at=datetime(2026, 1, 1))
    for number, person in ((1, ANN), (2, BOB), (3, NOREPLY)):
        text = f"Add {number} (#{number})\n\nCo-authored-by: Ann Author <ann@example.com>\nThanks to @annauthor\n"
        repo.commit(text, author=person, committer=BOB, at=datetime(2026, 1, 1 + number, 10))
    repo.remote("https://github.com/acme/shop.git")
    repo.tag("v1", message="Release\n", tagger=ANN)
    commits = shas(repo)
    till = {"type": "change", "repo": "github:acme/till", "number": 7, "sha": "a" * 40, "author": "AnnAuthor"}
    till |= {"title": "Take cards", "merged_at": "2026-01-02T12:00:00Z", "code_complete_at": "2026-01-02T11:00:00Z"}
    lines = [deployed(f"d{day}", commits[day], f"2026-01-{day + 1:02}T12:00:00Z") for day in (0, 1, 2, 3)]
    write(folder / "records.ndjson", [*lines, till, {"type": "change", "author": "annauthor"}])
    return repo


def left(folder: Path, names: re.Pattern[str] = NAMES) -> set[str]:
    """Files of a warehouse in which the person stands, Git's own clones aside."""
    places = set()
    for path in folder.rglob("*"):
        if not path.is_file() or "git" in path.relative_to(folder).parts[:2]:
            continue
        text = path.read_bytes().decode("latin-1")
        if path.suffix == ".parquet":
            text = repr(pq.read_table(path).to_pylist())
        elif path.suffix == ".duckdb":
            text += _published(path)
        if names.search(text):
            places.add(str(path.relative_to(folder)))
    return places


def _published(path: Path) -> str:
    with duckdb.connect(str(path), read_only=True) as connection:
        query = "select schema_name || '.' || table_name from duckdb_tables()"
        tables = [name for (name,) in connection.sql(query).fetchall()]
        return "".join(repr(connection.table(name).fetchall()) for name in tables)


@pytest.mark.slow
def test_forgotten_person_is_nowhere_and_stays_away(headway: Headway, tmp_path: Path) -> None:
    """Name, addresses and log-in go from rows, texts and published tables, and from what is read later."""
    repo = company(tmp_path)
    warehouse = tmp_path / "headway-data"
    assert headway("collect", "shop", "events:records.ndjson").code == 3
    before = rows(headway, NUMBERS)
    assert left(warehouse) != set()
    for who in ("annauthor", "ann@example.com"):
        done = headway("forget", who, "--yes")
        assert done.code == 0, done.err
    assert left(warehouse) == set()
    assert rows(headway, NUMBERS) == before
    repo.commit("Add 9 (#9)\n", author=ANN, at=datetime(2026, 1, 9))
    headway("collect", "shop", "events:records.ndjson")
    headway("collect", "--full", "shop", "events:records.ndjson")
    assert left(warehouse) <= {str(path.relative_to(warehouse)) for path in warehouse.glob("rejects/*")}
    authors = set(rows(headway, "select distinct author from changes"))
    assert "Bob Builder" in authors
    assert any(author.startswith("forgotten-") for author in authors)
    assert headway("forget", "nobody@example.com", "--yes").code == 2


@pytest.mark.slow
def test_killed_forgetting_is_finished_by_the_next_run(headway: Headway, tmp_path: Path) -> None:
    """A run that dies while rows are renamed leaves a warehouse that can be read, and the next build ends it."""
    company(tmp_path)
    assert headway("collect", "shop", "events:records.ndjson").code == 3
    before = rows(headway, NUMBERS)
    command = [sys.executable, "-c", KILLED, "forget", "ann author", "--yes"]
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    killed = subprocess.run(command, cwd=tmp_path, env=here, check=False, capture_output=True, text=True)
    assert killed.returncode == -9, killed.stderr
    assert rows(headway, NUMBERS) == before
    assert headway("build").code == 0
    assert rows(headway, NUMBERS) == before
    authors = rows(headway, "select distinct author from changes where repo = 'acme/shop'")
    assert "Ann Author" not in authors


def test_every_column_with_people_is_known() -> None:
    """A raw column for a name, an address, a log-in or a text of people is one in which they are replaced."""
    about = re.compile(r"author|committer|tagger|actor|merged_by|email|login|reviewer")
    for name, table in TABLES.items():
        named = {column.name for column in table.columns if about.search(column.name) and column.type == pa.string()}
        known = {column for group in IDENTITIES.get(name, ()) for column in group}
        assert named - {"author_kind", "actor_kind", "author_day"} <= known, name
        texts = {column.name for column in table.columns if column.name in {"message", "title", "body"}}
        assert texts <= set(TEXTS.get(name, ())), name


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("Fix it for @ann, not @anna", "Fix it for @X, not @anna"),
        ("Signed-off-by: Ann <a@x.org>", "Signed-off-by: X <X@privacy.invalid>"),
        ("Merge pull request #1 from ann/topic", "Merge pull request #1 from X/topic"),
        ("ann/topic", "X/topic"),
        ("Ann: will do", "Ann: will do"),
        ("mail a@x.org or b@x.org", "mail X@privacy.invalid or b@x.org"),
    ],
)
def test_person_in_a_text(text: str, after: str) -> None:
    """Addresses, names in trailers, mentions and owners of branches are replaced; words are not."""
    people = {"ann": "X", "a@x.org": "X@privacy.invalid"}
    table = pa.table({"message": [text], "author_name": ["Bob"]})

    def alias(identity: str, column: str) -> str:
        del column
        return people.get(identity.lower(), identity)

    new = renamed("commits", table, Renaming(alias))
    assert new["message"].to_pylist() == [after]


def test_rows_that_name_nobody_stay_as_they_are() -> None:
    """Nothing is written again where nothing changes."""
    table = pa.table({"message": ["Fix (#1)", None], "author_name": ["Bob", "Bob"]})
    nobody = Renaming(lambda identity, column: identity)
    assert renamed("commits", table, nobody) is table
    assert json.dumps(renamed("refs", table, nobody).to_pylist()) == json.dumps(table.to_pylist())
