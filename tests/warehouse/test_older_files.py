from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headway.raw_tables import TABLES
from tests.builders.rows import Raw, stored
from warehouse.engines import DuckDBEngine, files_without
from warehouse.store import RawStore

SCHEMA = TABLES["commits"].schema


def commit_files(tmp_path: Path, older: tuple[bool, ...]) -> list[Path]:
    """A file of one commit each; of those that are older an earlier version wrote no trees."""
    files = []
    for place, old in enumerate(older):
        raw = Raw().commits(f"c{place}@{place}")
        raw.rows["commits"][0]["tree"] = f"tree of {place}"
        (file,) = _stored_files(stored(tmp_path / str(place), raw))
        if old:
            pq.write_table(pq.read_table(file).drop_columns(["tree"]), file)
        files.append(file)
    return files


def _stored_files(store: RawStore) -> list[Path]:
    return list((store.folder / "commits").glob("*.parquet"))


@pytest.mark.parametrize(
    ("older", "trees"),
    [
        ((False, False), ["tree of 0", "tree of 1"]),
        ((True, False), [None, "tree of 1"]),
        ((False, True), ["tree of 0", None]),
        ((True, True), [None, None]),
    ],
)
def test_column_that_older_files_lack_is_null(tmp_path: Path, older: tuple[bool, ...], trees: list[str | None]) -> None:
    """Rows that an earlier version stored are read with nulls, whichever files are first."""
    files = commit_files(tmp_path, older)
    assert files_without(files, SCHEMA) == [file for file, old in zip(files, older, strict=True) if old]
    engine = DuckDBEngine(duckdb.connect())
    engine.scan("raw_commits", files, SCHEMA)
    rows = engine.fetch("raw_commits", ["message", "tree", "authored_at"], order=["message"])
    assert rows["message"].to_pylist() == ["c0", "c1"]
    assert rows["tree"].to_pylist() == trees
    assert rows.schema.field("authored_at").type == pa.timestamp("us")
