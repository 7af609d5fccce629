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


def filled(folder: Path, batches: int, first: int = 1) -> RawStore:
    """A store with so many batches of one source, each with one notice of its own, the first with so many."""
    store = RawStore(folder)
    for number in range(batches):
        at = BEGAN + timedelta(days=number)
        batch = store.begin("git:one", at)
        row = {"repo_id": "git:one", "source": "git:one", "detail": "", "count": 1, "collected_at": at}
        kinds = [f"k{number}", *(f"k0-{more}" for more in range(1, 1 if number else first))]
        notices = [row | {"kind": kind} for kind in kinds]
        batch.write(Rows("notices", schema_of("notices").empty_table().from_pylist(notices, schema_of("notices"))))
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


def test_large_batch_is_merged_when_as_many_rows_have_followed(tmp_path: Path) -> None:
    """Many small batches become one beside the large one before them, and later nights count as newer than both."""
    store = filled(tmp_path, MOST_BATCHES + 1, first=100)
    before, large = kinds(store), store.commits()[0]
    tidy(store, now=datetime(2020, 1, 1))
    assert [commit.rows["notices"] for commit in store.commits()] == [100, MOST_BATCHES]
    assert store.commits()[0] == large
    assert kinds(store) == before
    assert store.resume("git:one") == {"night": MOST_BATCHES}


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
