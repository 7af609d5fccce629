"""A warehouse of an earlier version goes on with this one: it builds, it is read on, and nothing in it is lost."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from headway.raw_tables import TABLES
from tests.pipeline.upgrade.site import collect, lay_out, publish, recorded, restored, session_of

RECORDED = sorted((Path(__file__).parent / "recorded").glob("*.json"))
# By hand, of the dates in `site.lay_out`: from the last commit of the branch to the tag or deployment that shipped it.
# What landed before the first deployment is unknown.
# When each tag was read, and which source read a branch, which versions before 30 November 2026 did not write.
READINGS = {"tag_readings", "branch_tips"}
NIGHT = timedelta(days=1)
HOURS = {"github:acme/shop#2": 2.0, "github:acme/shop#3": 3.0, "github:acme/till#7": 21.17}


def content_of(path: Path) -> dict[str, Any]:
    """What a version wrote."""
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def hours(published: Path) -> dict[str, float]:
    """Lead times of the changes whose dates are known by hand."""
    with duckdb.connect(str(published), read_only=True) as connection:
        query = "select change_id, round(lead_time_hours, 2) from lead_times where outcome = 'production'"
        rows = dict(connection.sql(query).fetchall())
    return {change: rows[change] for change in HOURS if change in rows}


def all_rows(published: Path) -> dict[str, list[str]]:
    """Every row of every published table, but for when it was read."""
    with duckdb.connect(str(published), read_only=True) as connection:
        query = "select table_name from duckdb_tables() where schema_name = 'main' order by 1"
        names = [name for (name,) in connection.sql(query).fetchall()]
        kept = "columns(lambda name: name <> 'collected_at')"
        rows = {name: connection.sql(f"select {kept} from {name}").fetchall() for name in names if name not in READINGS}
    return {name: sorted(map(repr, rows)) for name, rows in rows.items()}


def test_raw_columns_are_only_ever_added() -> None:
    """Each table and column that an earlier version wrote is there still, with its type."""
    assert len(RECORDED) >= 4
    for path in RECORDED:
        for name, table in content_of(path)["tables"].items():
            schema = TABLES[name.partition("/")[0]].schema
            now = {column: str(schema.field(column).type) for column in table["columns"]}
            assert now == table["columns"], f"{path.name}: {name}"


@pytest.mark.slow
@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_warehouse_of_an_earlier_version_goes_on(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It builds as it is, and wholly again; read on, each of its tables is that of a warehouse of this version."""
    monkeypatch.chdir(tmp_path)
    lay_out(tmp_path)
    restored(content_of(path), tmp_path)
    with session_of(tmp_path, later=NIGHT) as session:
        assert hours(publish(session)) == HOURS
        collect(session)
        after = publish(session)
        assert hours(after) == HOURS
        read_on = all_rows(after)
    with session_of(tmp_path, later=NIGHT * 2) as session:
        collect(session, full=True)
        assert hours(publish(session)) == HOURS
    shutil.rmtree(tmp_path / "headway-data")
    with session_of(tmp_path, later=NIGHT) as session:
        collect(session)
        fresh = all_rows(publish(session))
    assert {name for name in fresh if read_on[name] != fresh[name]} == set()


@pytest.mark.slow
def test_what_is_recorded_is_what_this_version_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A warehouse written as text and back has the same rows: what the tests build is what a version wrote."""
    monkeypatch.chdir(tmp_path)
    lay_out(tmp_path)
    with session_of(tmp_path) as session:
        collect(session)
        before, content = all_rows(publish(session)), recorded(tmp_path)
        shutil.rmtree(tmp_path / "headway-data")
        restored(content, tmp_path)
        assert all_rows(publish(session)) == before
