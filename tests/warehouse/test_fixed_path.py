"""`headway.duckdb`: always the newest published file, at one path."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from headway.progress import SilentProgress
from tests.builders.portfolio import SETTINGS, TEAMS, portfolio
from tests.builders.rows import Raw, stored
from warehouse.publish import Addition, publish
from warehouse.upkeep.fixed_path import fixed_path

NOW = datetime(2026, 1, 2, 3, 4, 5)
OPENS = 400
READERS = 4
NEW = Raw("acme/new").commits("fresh@1")
# Each opens the path again and again, as a tool does that knows nothing of Headway, and counts what it saw.
READER = """
import sys, duckdb
path, opens = sys.argv[1], int(sys.argv[2])
seen = set()
for _ in range(opens):
    with duckdb.connect(path, read_only=True) as connection:
        (row,) = connection.execute("select count(*), max(night) from nights, lead_times").fetchall()
    assert row[0] > 0
    assert not seen or row[1] >= max(seen), "an older file came back"
    seen.add(row[1])
print(len(seen))
"""


def night(folder: Path, number: int, addition: Addition | None = None) -> Path:
    """The file that a night publishes."""
    at = NOW + timedelta(days=number)
    return publish(folder, SETTINGS, TEAMS, built_at=at, progress=SilentProgress(), addition=addition)


def links(source: Path, target: Path) -> None:
    """A disk on which a file has one name."""
    raise PermissionError(1, "Operation not permitted")


@pytest.mark.slow
@pytest.mark.parametrize("link", [os.link, links], ids=["hard links", "no hard links"])
def test_fixed_path_is_the_newest_file(
    link: Callable[[Path, Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After each build the path is the new file; who has the one before open reads on in it."""
    monkeypatch.setattr(os, "link", link)
    stored(tmp_path, *portfolio())
    first = night(tmp_path, 0)
    path = fixed_path(tmp_path)
    assert path.samefile(first)
    with duckdb.connect(str(path), read_only=True) as reader:
        query = "select count(*) from commits"
        ((before,),) = reader.execute(query).fetchall()
        stored(tmp_path, NEW)
        second = night(tmp_path, 1)
        assert second != first
        assert path.samefile(second)
        assert reader.execute(query).fetchall() == [(before,)]
    with duckdb.connect(str(path), read_only=True) as reader:
        assert reader.execute(query).fetchall() == [(before + 1,)]
    assert [entry.name for entry in tmp_path.glob(".headway.duckdb*")] == []


def test_lost_path_and_leftovers_are_mended_by_the_next_build(tmp_path: Path) -> None:
    """A build that finds nothing new still puts the path right, and removes what a killed one left."""
    stored(tmp_path, *portfolio())
    published = night(tmp_path, 0)
    fixed_path(tmp_path).unlink()
    (tmp_path / ".headway.duckdb.0badcafe.tmp").write_bytes(b"left over")
    assert night(tmp_path, 1) == published
    assert fixed_path(tmp_path).samefile(published)
    assert [entry.name for entry in tmp_path.glob(".headway.duckdb*")] == []


@pytest.mark.slow
def test_file_that_something_wrote_to_is_not_built_on(tmp_path: Path) -> None:
    """A tool that opens the path for writing changes no number of the next build."""
    stored(tmp_path, *portfolio())
    night(tmp_path, 0)
    query = "select count(*) from lead_times where title = 'forged'"
    with duckdb.connect(str(fixed_path(tmp_path))) as writer:
        writer.execute("update lead_times set title = 'forged'")
        assert writer.execute(query).fetchall() != [(0,)]
    after = night(tmp_path, 1)
    with duckdb.connect(str(after), read_only=True) as reader:
        assert reader.execute(query).fetchall() == [(0,)]


@pytest.mark.slow
def test_hundreds_of_opens_during_builds(tmp_path: Path) -> None:
    """Readers that open the path again and again while builds publish see whole files, never an older one, no error."""
    stored(tmp_path, *portfolio())
    _numbered(tmp_path, 0)
    command = [sys.executable, "-c", READER, str(fixed_path(tmp_path)), str(OPENS // READERS)]
    readers = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(READERS)]
    number = 0
    while any(reader.poll() is None for reader in readers):
        number += 1
        _numbered(tmp_path, number)
    outputs = [reader.communicate() for reader in readers]
    assert [error.decode() for _, error in outputs] == [""] * READERS
    assert number > 2
    assert max(int(output) for output, _ in outputs) > 1


def _numbered(folder: Path, number: int) -> None:
    """Publish a file that says of which night it is."""

    def make(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute(f"create or replace table nights as select {number} as night")

    night(folder, number, Addition(str(number), make))
