"""What the raw store promises holds in a folder and on object storage alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from headway.errors import WarehouseError
from headway.raw_tables import Checkpoint, Rows
from tests.builders.rows import arrow, hour
from warehouse.store import RawStore
from warehouse.store.object_store import ObjectStore
from warehouse.upkeep.backup import backup, restore
from warehouse.upkeep.compaction import MOST_BATCHES, compact, tidy
from warehouse.upkeep.damage import Gap, gaps, heal, set_damaged_aside
from warehouse.upkeep.forgetting import Forgotten, forget, pending, who_goes

Host = Callable[[str], RawStore]
LONG = {"tips": {f"refs/heads/{number}": "c" * 40 for number in range(50)}}
FAR = datetime(2100, 1, 1)


def brought(store: RawStore, *kinds: str, source: str = "s", at: int = 1, resume: object = None) -> None:
    """A batch of notices of one source, after its newest one."""
    batch = store.begin(source, hour(at), after=store.latest().get(source))
    rows = [{"repo_id": f"git:{source}", "source": source, "kind": kind, "count": 1} for kind in kinds]
    batch.write(Rows("notices", arrow("notices", rows)))
    batch.commit(Checkpoint(resume or {"at": at}, hour(at), (f"git:{source}",)))  # type: ignore[arg-type]


def kinds(store: RawStore) -> list[str]:
    """The kinds of all visible notices."""
    return sorted(kind for file in store.files()["notices"] for kind in pq.read_table(file)["kind"].to_pylist())


def test_batches_are_visible_from_their_commit_on(host: Host) -> None:
    """Another host sees nothing before the commit, and rows, resume point and times after it."""
    one, two = host("one"), host("two")
    batch = one.begin("s", hour(1))
    batch.write(Rows("notices", arrow("notices", [{"repo_id": "r", "kind": "k"}])))
    assert (two.commits(), kinds(two), two.resume("s")) == ([], [], None)
    commit = batch.commit(Checkpoint(LONG, hour(7), ("r",)))
    (seen,) = two.commits()
    assert (seen.to_json(), kinds(two), two.resume("s")) == (commit.to_json(), ["k"], LONG)
    assert two.moment(hour(0)) > hour(1)


def test_quiet_nights_leave_one_batch(host: Host) -> None:
    """Nights without rows replace each other; the resume point is written once."""
    brought(host("one"), "k", resume=LONG)
    for night in range(2, 6):
        brought(host("one"), at=night, resume=LONG)
    store = host("two")
    names = store.storage.names
    assert (len(names(store.commits_folder)), len(names(store.folder / "_resume"))) == (2, 1)
    assert (kinds(store), store.resume("s"), store.latest()["s"].collected_at) == (["k"], LONG, hour(5))


def test_compaction_keeps_each_row_once(host: Host) -> None:
    """Many batches become one with the same rows; batches that come later count as later."""
    for night in range(5):
        brought(host("one"), f"k{night}", at=night, resume={**LONG, "at": night})
    other = host("two")
    assert compact(other, other.commits()) is not None
    store = host("three")
    assert (len(store.commits()), kinds(store)) == (1, [f"k{night}" for night in range(5)])
    assert store.resume("s") == {**LONG, "at": 4}
    brought(host("one"), "k5", at=9)
    assert (kinds(store), store.resume("s")) == ([f"k{night}" for night in range(6)], {"at": 9})


def test_vacuum_leaves_what_counts(host: Host) -> None:
    """Files of a writer that died go, and so do replaced batches; rows and resume points in use stay."""
    store = host("one")
    for night in range(3):
        brought(store, f"k{night}", at=night, resume={**LONG, "at": night})
    dead = store.begin("s", hour(9))
    dead.write(Rows("notices", arrow("notices", [{"repo_id": "r", "kind": "lost"}])))
    store.storage.send(store.folder / "notices" / name for name in dead._files["notices"])
    compact(store, store.commits())
    store.vacuum(older_than=FAR)
    again = host("two")
    assert (kinds(again), again.resume("s")) == (["k0", "k1", "k2"], {**LONG, "at": 2})
    left = set(again.storage.written())
    named = {path for paths in again.files().values() for path in paths} | again.resume_files(again.commits())
    assert {path for path in left if path.parent != again.commits_folder} == named
    assert len([path for path in left if path.parent == again.commits_folder]) == 1
    assert again.vacuum(older_than=FAR) == 0


@pytest.mark.slow
def test_tidy_merges_each_source_and_takes_its_time(host: Host) -> None:
    """A source with many batches is merged; what was written just now is not removed."""
    store = host("one")
    for night in range(MOST_BATCHES + 1):
        brought(store, f"k{night:02}", at=night)
    brought(store, "other", source="t")
    assert tidy(store, now=datetime(2000, 1, 1), sources={"t"}) == 0
    assert len(store.commits()) == MOST_BATCHES + 2
    tidy(store, now=datetime(2000, 1, 1))
    assert len(host("two").commits()) == 2
    assert kinds(host("two")) == [*(f"k{night:02}" for night in range(MOST_BATCHES + 1)), "other"]


def test_missing_file_is_a_gap_until_it_is_healed(host: Host) -> None:
    """A raw file that is gone is named, other rows stay, and reading its source again heals it."""
    store = host("one")
    brought(store, "lost")
    brought(store, "left", source="t", at=2)
    (lost,) = store.files([store.latest()["s"]])["notices"]
    store.storage.remove([lost])
    other = host("two")
    assert gaps(other) == [Gap("s", 1, ("git:s",))]
    (present,) = [path for path in other.files()["notices"] if path.exists()]
    assert pq.read_table(present)["kind"].to_pylist() == ["left"]
    brought(other, "lost", at=3)
    heal(other, {"s"}, before=hour(3), all_sources={"s", "t"})
    assert (gaps(store), kinds(store)) == ([], ["left", "lost"])


def test_lost_resume_point_is_reported(host: Host) -> None:
    """Without its file a source cannot go on, and the error says how to mend that; the next batch writes it again."""
    store = host("one")
    brought(store, "k", resume=LONG)
    store.storage.remove(store.resume_files(store.commits()))
    other = host("two")
    with pytest.raises(WarehouseError, match="missing or damaged") as caught:
        other.resume("s")
    assert "collect --full" in caught.value.hint
    brought(other, at=2, resume=LONG)
    assert host("three").resume("s") == LONG


def test_forgotten_repository_is_in_no_file(host: Host) -> None:
    """Rows of a repository are nowhere afterwards; those of others stay."""
    store = host("one")
    brought(store, "gone", source="a")
    brought(store, "kept", source="b", at=2)
    compact(store, store.commits()[:1])
    forget(host("two"), Forgotten((), ("git:a",)))
    again = host("three")
    assert (kinds(again), pending(again)) == (["kept"], False)
    assert {path.parent.name for path in again.storage.written()} == {"_commits", "notices"}
    assert len(again.storage.names(again.folder / "notices")) == len(again.storage.names(again.commits_folder)) == 1


def test_forgotten_person_is_in_no_file(host: Host, tmp_path: Path) -> None:
    """A person has an alias in rows that are there and in those that come, from every host."""
    commit = {"repo_id": "r", "sha": "a", "author_name": "Ann", "author_email": "ann@example.com"}
    rows = Rows("commits", arrow("commits", [commit]))
    early = host("one")
    for at in (1, 2):
        batch = host("one").begin("s", hour(at))
        batch.write(rows)
        if at == 1:
            batch.commit(Checkpoint({"at": at}, hour(at), ("r",)))
    person = who_goes(host("two"), "Ann")
    assert person is not None
    forget(host("two"), person)
    if early.storage.shared:  # a batch that another host began before must not bring the name back
        with pytest.raises(WarehouseError, match="forgotten"):
            batch.commit(Checkpoint({"at": 2}, hour(2), ("r",)))
    batch = host("one").begin("s", hour(3))
    batch.write(rows)
    batch.commit(Checkpoint({"at": 3}, hour(3), ("r",)))
    files = host("three").files()["commits"]
    assert len(files) == 2
    names = {name for path in files for name in pq.read_table(path)["author_name"].to_pylist()}
    assert len(names) == 1
    assert "Ann" not in names


def test_pseudonyms_hold_for_every_host(host: Host) -> None:
    """Where one host noted that people are kept as pseudonyms, no other writes without them."""
    one = host("one")
    one.storage.create(one.privacy_note, "{}")
    with pytest.raises(WarehouseError, match="privacy"):
        host("two").begin("s", hour(1))


def test_backup_of_either_is_restored_to_a_folder(host: Host, tmp_path: Path) -> None:
    """A backup has every batch, row and resume point."""
    brought(host("one"), "k", resume=LONG)
    backup(host("two"), tmp_path / "kept.tar")
    restore(tmp_path / "kept.tar", RawStore(tmp_path / "again"))
    again = RawStore(tmp_path / "again")
    assert (kinds(again), again.resume("s")) == (["k"], LONG)


def test_note_and_new_file_are_what_was_written(host: Host) -> None:
    """A note can change; a file that never changes is written once, and the same again is no error."""
    one, two = host("one"), host("two")
    brought(one, "k")
    (name,) = one.storage.names(one.commits_folder)
    text = one.storage.read(one.commits_folder / name)
    one.storage.create(one.commits_folder / name, text)
    assert two.storage.read(two.commits_folder / name) == text
    assert two.storage.note(two.warehouse / "forget.json") is None
    for text in ("one", "two"):
        one.storage.write_note(one.warehouse / "forget.json", text)
        assert two.storage.note(two.warehouse / "forget.json") == text
    one.storage.remove([one.warehouse / "forget.json"] * 2)
    assert two.storage.note(two.warehouse / "forget.json") is None


def test_damaged_file_is_set_aside(host: Host) -> None:
    """A file whose content is damaged counts as missing; its rows are in no number."""
    store = host("one")
    brought(store, "lost")
    (path,) = store.files()["notices"]
    path.write_bytes(b"no parquet")
    if isinstance(store.storage, ObjectStore):
        store.storage.remove([path])
        path.write_bytes(b"no parquet")
        store.storage.send([path])
    assert set_damaged_aside(store) == 1
    assert gaps(store) == [Gap("s", 1, ("git:s",))]
    store.vacuum(older_than=hour(0) - timedelta(days=9000))
    (left,) = [path for path in store.storage.written() if path.parent.name == "notices"]
    assert left.name.endswith(".damaged")
