"""The raw store stays small and shows each row once."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq

from headway.raw_tables import Checkpoint, Rows, schema_of
from warehouse.store import RawStore
from warehouse.upkeep.compaction import MOST_BATCHES, compact, tidy

BEGAN = datetime(2026, 1, 1)


def filled(folder: Path, batches: int) -> RawStore:
    """A store with so many batches of one source, each with one notice of its own."""
    store = RawStore(folder)
    for number in range(batches):
        at = BEGAN + timedelta(days=number)
        batch = store.begin("git:one", at)
        row = {
            "repo_id": "git:one",
            "source": "git:one",
            "kind": f"k{number}",
            "detail": "",
            "count": 1,
            "collected_at": at,
        }
        batch.write(Rows("notices", schema_of("notices").empty_table().from_pylist([row], schema_of("notices"))))
        batch.commit(Checkpoint({"night": number}, at, ("git:one",)))
    return store


def kinds(store: RawStore) -> list[str]:
    """All notices that are visible."""
    return sorted(kind for file in store.files()["notices"] for kind in pq.read_table(file)["kind"].to_pylist())


def test_compaction_keeps_rows_and_resume_point(tmp_path: Path) -> None:
    """Many batches become one with the same rows and the newest resume point."""
    store = filled(tmp_path, 5)
    before = kinds(store)
    compact(store, store.commits())
    assert len(store.commits()) == 1
    assert kinds(store) == before
    assert store.resume("git:one") == {"night": 4}


def test_a_batch_after_compaction_is_the_newest(tmp_path: Path) -> None:
    """The compacted batch stands where its newest stood: what comes later counts as later."""
    store = filled(tmp_path, 3)
    compact(store, store.commits())
    batch = store.begin("git:one", BEGAN + timedelta(days=9))
    batch.commit(Checkpoint({"night": 9}, None, ("git:one",)))
    assert store.resume("git:one") == {"night": 9}


def test_replaced_batches_do_not_count_even_while_they_are_there(tmp_path: Path) -> None:
    """A compactor that dies before it removes the old commit files leaves no row twice."""
    store = filled(tmp_path, 4)
    names = {path.name: path.read_text() for path in store.commits_folder.iterdir()}
    before = kinds(store)
    compact(store, store.commits())
    for name, text in names.items():
        (store.commits_folder / name).write_text(text)
    assert kinds(store) == before


def test_tidy_compacts_only_many_batches_and_leaves_fresh_files(tmp_path: Path) -> None:
    """Few batches stay; of many, the replaced files live for a day, for whoever reads them now."""
    store = filled(tmp_path / "few", 3)
    assert tidy(store, now=datetime(2020, 1, 1)) == 0
    assert len(store.commits()) == 3
    store = filled(tmp_path / "many", MOST_BATCHES + 1)
    before = kinds(store)
    assert tidy(store, now=datetime(2020, 1, 1)) == 0
    assert len(store.commits()) == 1
    for path in (store.folder / "notices").iterdir():
        os.utime(path, (0, 0))
    assert tidy(store, now=datetime(2020, 1, 1)) == MOST_BATCHES + 1
    assert kinds(store) == before
