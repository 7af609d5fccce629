from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headway.raw_tables import TABLES
from headway.repository_names import repository_key
from tests.builders.rows import Raw, stored
from warehouse.engines import DuckDBEngine
from warehouse.store import Commit, RawStore
from warehouse.upkeep.compaction import compact
from warehouse.upkeep.file_schemas import files_unlike
from warehouse.upkeep.forgetting import Forgotten, forget

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
    assert files_unlike(files, SCHEMA) == [file for file, old in zip(files, older, strict=True) if old]
    engine = DuckDBEngine(duckdb.connect())
    engine.scan("raw_commits", files, SCHEMA)
    rows = engine.fetch("raw_commits", ["message", "tree", "authored_at"], order=["message"])
    assert rows["message"].to_pylist() == ["c0", "c1"]
    assert rows["tree"].to_pylist() == trees
    assert rows.schema.field("authored_at").type == pa.timestamp("us")


def newer(store: RawStore) -> None:
    """Make what is stored that of a newer version: another column, and another table of that repository."""
    for commit in store.commits():
        (name,) = commit.files["commits"]
        file = store.folder / "commits" / name
        table = pq.read_table(file)
        pq.write_table(table.append_column("signed", pa.array([True] * len(table))), file)
        (store.folder / "signatures").mkdir(exist_ok=True)
        pq.write_table(table.select(["repo_id", "sha"]), store.folder / "signatures" / name)
        changed = {**json.loads(commit.to_json()), "files": {"commits": [name], "signatures": [name]}}
        (store.commits_folder / commit.name).write_text(json.dumps(changed), encoding="utf-8")


def read(store: RawStore, table: str) -> pa.Table:
    """All rows of a table as they are stored, by repository and commit."""
    tables = [pq.read_table(path) for path in store.files()[table]]
    return pa.concat_tables(tables, promote_options="default").sort_by([("repo_id", "ascending"), ("sha", "ascending")])


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_column_that_a_newer_version_added_is_left_out(tmp_path: Path, order: tuple[int, int]) -> None:
    """Rows of a newer version are read by the columns that are known, whichever files are first."""
    stores = [stored(tmp_path / name, Raw(name).commits(f"{name}@1")) for name in ("old", "new")]
    newer(stores[1])
    files = [_stored_files(stores[place])[0] for place in order]
    engine = DuckDBEngine(duckdb.connect())
    engine.scan("raw_commits", files, SCHEMA)
    rows = engine.connection.sql("select * from raw_commits order by message").to_arrow_table()
    assert rows.schema.names == SCHEMA.names
    assert rows["message"].to_pylist() == ["new", "old"]
    engine.scan("raw_commits", files[order.index(1) :][:1], SCHEMA)
    assert engine.connection.sql("select * from raw_commits").columns == SCHEMA.names


def test_compaction_and_forgetting_keep_what_a_newer_version_added(tmp_path: Path) -> None:
    """An older version that tidies up, or forgets a repository, loses no column and no table of the others."""
    store = stored(tmp_path, Raw("one").commits("a@1"), Raw("two").commits("b@2"))
    newer(store)
    (merged,) = [compact(store, store.commits())]
    assert isinstance(merged, Commit)
    assert read(store, "commits")["signed"].to_pylist() == [True, True]
    assert len(read(store, "signatures")) == 2
    forget(store, Forgotten((), (read(store, "commits")["repo_id"][0].as_py(),)))
    assert read(store, "commits")["signed"].to_pylist() == [True]
    assert len(read(store, "signatures")) == 1
    assert len(list((store.folder / "signatures").iterdir())) == 1


@pytest.mark.parametrize("newest", ["one", "two"])
def test_forgetting_a_repository_keeps_others_of_a_merged_batch(tmp_path: Path, newest: str) -> None:
    """A merged batch that names only the repositories of its newest part loses no row of another one."""
    parts = {name: Raw(name).commits(f"{name}@1") for name in ("one", "two")}
    (other,) = parts.keys() - {newest}
    for place, name in enumerate((other, newest)):
        parts[name].collected_at += timedelta(hours=place)
    store = stored(tmp_path, parts[other], parts[newest])
    merged = compact(store, store.commits())
    assert merged is not None
    (repo_id,) = merged.repo_ids
    forget(store, Forgotten((), (repository_key(repo_id),)))
    assert read(store, "commits")["message"].to_pylist() == [other]
