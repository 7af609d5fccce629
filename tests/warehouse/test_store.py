from __future__ import annotations

import json
import os
import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from headway.errors import WarehouseBusy, WarehouseError
from headway.raw_tables import Checkpoint, Rows, schema_of
from tests.builders.rows import Raw, arrow, hour, stored
from warehouse.store import RawStore
from warehouse.upkeep.compaction import compact


def notices(*kinds: str) -> Rows:
    """A few small rows."""
    return Rows(
        "notices", arrow("notices", [{"repo_id": "r", "source": "s", "kind": kind, "count": 1} for kind in kinds])
    )


def point(number: int = 0) -> Checkpoint:
    """A checkpoint with a resume point of its own."""
    return Checkpoint({"night": number}, hour(number), ("r",))


def seen(store: RawStore) -> list[str]:
    """The kinds of all visible notices."""
    return [kind for file in store.files()["notices"] for kind in pq.read_table(file)["kind"].to_pylist()]


def test_rows_are_visible_from_their_commit_on(tmp_path: Path) -> None:
    """What was written is not there before the commit, and all tables and the resume point are there after it."""
    store = RawStore(tmp_path)
    batch = store.begin("s", hour(1))
    batch.write(notices("one"))
    batch.write(Rows("refs", arrow("refs", [{"repo_id": "r", "ref": "refs/heads/main"}])))
    assert (store.commits(), seen(store), store.resume("s")) == ([], [], None)
    commit = batch.commit(point(7))
    assert (seen(store), store.resume("s")) == (["one"], {"night": 7})
    assert commit.rows == {"notices": 1, "refs": 1}
    (found,) = store.commits()
    assert found == commit
    assert (found.collected_at, found.watermark_at, found.repo_ids) == (hour(1), hour(7), ("r",))


def test_rows_come_back_as_they_were(tmp_path: Path) -> None:
    """Every type of every raw table survives the way to disk and back, nulls, microseconds and odd text among them."""
    odd = {
        pa.string(): "'\"\\\n\t\x00🚀é",
        pa.int64(): -(2**62),
        pa.bool_(): True,
        pa.float64(): 0.1,
        pa.timestamp("us"): hour(0.000000001),
    }
    raw = Raw()
    for table, rows in raw.rows.items():
        schema = schema_of(table)
        rows[:] = [{"repo_id": "r"}, {field.name: odd[field.type] for field in schema}]
    store = stored(tmp_path, raw)
    for table, files in store.files().items():
        assert pq.read_table(files[0], schema=schema_of(table)).equals(arrow(table, raw.rows[table]))


def test_later_commits_of_a_batch_hold_only_what_is_new(tmp_path: Path) -> None:
    """Each checkpoint makes the rows since the last one visible, and the newest resume point counts."""
    store = RawStore(tmp_path)
    batch = store.begin("s", hour(1))
    for number in range(12):
        batch.write(notices(f"k{number:02}"))
        batch.commit(point(number))
    assert seen(store) == [f"k{number:02}" for number in range(12)]
    assert store.resume("s") == {"night": 11}
    assert [commit.rows["notices"] for commit in store.commits()] == [1] * 12


def test_newest_run_of_each_source_is_the_latest(tmp_path: Path) -> None:
    """Sources resume each on their own, whatever the order in which their batches ended."""
    store = RawStore(tmp_path)
    early, late, other = (store.begin(source, hour(at)) for source, at in (("s", 1), ("s", 2), ("t", 0)))
    late.commit(point(2))
    early.commit(point(1))
    other.commit(point(9))
    assert (store.resume("s"), store.resume("t"), store.resume("u")) == ({"night": 2}, {"night": 9}, None)


def test_writer_that_fails_leaves_nothing_visible(tmp_path: Path) -> None:
    """A run that ends in an error after some rows is as if it had not been."""
    store = stored(tmp_path, Raw().commits("a"))
    before = store.commits()
    with pytest.raises(ZeroDivisionError):  # noqa: PT012  (the batch is what fails)
        batch = store.begin("s", hour(9))
        batch.write(notices("lost"))
        raise ZeroDivisionError
    assert (store.commits(), seen(store)) == (before, [])


def test_no_rows_need_no_file(tmp_path: Path) -> None:
    """A batch of nothing still moves the resume point and the watermark."""
    store = RawStore(tmp_path)
    batch = store.begin("s", hour(1))
    batch.write(notices())
    commit = batch.commit(point(3))
    assert (commit.files, commit.rows, store.resume("s")) == ({}, {}, {"night": 3})
    assert not (tmp_path / "raw" / "notices").exists()


def test_empty_warehouse_has_no_batches(tmp_path: Path) -> None:
    """Reading a warehouse that was never written makes nothing."""
    store = RawStore(tmp_path / "nowhere")
    assert (store.commits(), store.latest(), [path for paths in store.files().values() for path in paths]) == (
        [],
        {},
        [],
    )
    assert not (tmp_path / "nowhere").exists()


def test_rows_of_another_shape_are_refused(tmp_path: Path) -> None:
    """A collector that forgets or adds a column, or changes a type, is told before anything is written."""
    batch = RawStore(tmp_path).begin("s", hour(1))
    good = notices("one").data
    for bad in (
        good.drop_columns(["detail"]),
        good.append_column("more", good["kind"]),
        good.rename_columns([*good.column_names[:-1], "at"]),
    ):
        with pytest.raises(WarehouseError, match="do not have its columns") as caught:
            batch.write(Rows("notices", bad))
        assert "defect" in caught.value.hint
    with pytest.raises(WarehouseError):
        batch.write(Rows("notices", good.set_column(4, "count", good["count"].cast(pa.int32()))))
    assert batch.commit(point()).files == {}


def test_vacuum_removes_what_nobody_names(tmp_path: Path) -> None:
    """Files of runs that died go when they are old; visible and young ones, and commits, stay."""
    store = stored(tmp_path, Raw().commits("a"))
    store.begin("s", hour(9)).write(notices("old"))
    (store.commits_folder / ".20250101.json.tmp").write_text("half")
    everything = [path for path in (tmp_path / "raw").rglob("*") if path.is_file()]
    for path in everything:
        os.utime(path, (0, 0))
    store.begin("s", hour(9)).write(notices("young"))
    kept = {path for paths in store.files().values() for path in paths}
    assert store.vacuum(older_than=datetime(2000, 1, 1)) == 2
    assert all(path.exists() for path in kept)
    assert len(store.commits()) == 1
    assert len(list((tmp_path / "raw" / "notices").iterdir())) == 1
    assert store.vacuum(older_than=datetime(2000, 1, 1)) == 0


def test_one_collector_at_a_time(tmp_path: Path) -> None:
    """A second collector is turned away with what to do, and may come when the first has ended, however that ended."""
    first, second = RawStore(tmp_path), RawStore(tmp_path)
    with first.collecting():
        with pytest.raises(WarehouseBusy) as caught, second.collecting():
            pass
        assert (caught.value.exit_code, "wait" in caught.value.hint) == (4, True)
        assert second.commits() == []
    with pytest.raises(ZeroDivisionError), first.collecting():
        raise ZeroDivisionError
    with second.collecting():
        pass


def test_warehouse_keeps_out_of_version_control(tmp_path: Path) -> None:
    """The folder ignores itself, and a `.gitignore` that is there stays."""
    stored(tmp_path / "new", Raw())
    assert (tmp_path / "new" / ".gitignore").read_text() == "*\n"
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / ".gitignore").write_text("mine\n")
    stored(tmp_path / "old", Raw())
    assert (tmp_path / "old" / ".gitignore").read_text() == "mine\n"


@pytest.mark.parametrize("in_the_way", [".", "raw", "raw/_commits", "raw/notices"])
def test_folder_that_cannot_be_made_is_told(tmp_path: Path, in_the_way: str) -> None:
    """A file where a folder should be is an error of two lines that names the place, and no traceback."""
    path = tmp_path / "warehouse" / in_the_way
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")
    with pytest.raises(WarehouseError, match=r"cannot write .*warehouse") as caught:  # noqa: PT012  (any of these)
        batch = RawStore(tmp_path / "warehouse").begin("s", hour(1))
        batch.write(notices("one"))
        batch.commit(point())
    assert "space and the permissions" in caught.value.hint


def test_lock_that_cannot_be_made_is_no_other_collector(tmp_path: Path) -> None:
    """A warehouse that cannot be locked says why, and not that somebody is at work."""
    (tmp_path / "collect.lock").mkdir()
    with (
        pytest.raises(WarehouseError, match=r"cannot write .*collect\.lock") as caught,
        RawStore(tmp_path).collecting(),
    ):
        pass
    assert not isinstance(caught.value, WarehouseBusy)


def test_compaction_that_died_is_made_good(tmp_path: Path) -> None:
    """Batches that a dead compaction had replaced and not removed never count again, also after the next one."""
    store = RawStore(tmp_path)
    for number in range(3):
        batch = store.begin("s", hour(number))
        batch.write(notices(f"k{number}"))
        batch.commit(point(number))
    replaced = {path: path.read_text() for path in store.commits_folder.iterdir()}
    compact(store, store.commits())
    for path, text in replaced.items():  # as if it had been killed before removing them
        path.write_text(text)
    assert seen(store) == ["k0", "k1", "k2"]
    batch = store.begin("s", hour(9))
    batch.write(notices("k9"))
    batch.commit(point(9))
    compact(store, store.commits())
    assert (seen(store), store.resume("s")) == (["k0", "k1", "k2", "k9"], {"night": 9})
    assert len(list(store.commits_folder.iterdir())) == 1


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"source": 1}', "\x00"])
def test_damaged_commit_file_is_named(tmp_path: Path, text: str) -> None:
    """A commit file that a disk fault spoilt is told apart, and hides no other batch."""
    store = stored(tmp_path, Raw())
    (path,) = store.commits_folder.iterdir()
    other = store.begin("t", hour(1)).commit(point(1))
    path.write_text(text)
    assert (store.unreadable(), store.commits()) == ([path], [other])


@pytest.mark.parametrize(("newest", "expected"), [([], 5), ([4], 5), ([5], 5), ([4, 7], 7)])
def test_run_reads_after_every_batch_that_is_there(tmp_path: Path, newest: list[int], expected: int) -> None:
    """Where a clock was ahead, the next run is just after its rows; else it is now."""
    store = RawStore(tmp_path)
    for at in newest:
        store.begin("s", hour(at)).commit(point(at))
    moment = store.moment(hour(5))
    assert moment == hour(expected) + timedelta(microseconds=expected > 5)
    if moment not in [hour(at) for at in newest]:
        store.begin("s", moment).commit(point(9))
        assert store.resume("s") == {"night": 9}


def test_commit_file_is_the_same_for_the_same_batch(tmp_path: Path) -> None:
    """Its text does not depend on the order of what was written."""
    commits = [
        RawStore(tmp_path).begin("s", hour(1)).commit(Checkpoint(order, hour(2), ("r",))).to_json()
        for order in ({"a": 1, "b": 2}, {"b": 2, "a": 1})
    ]
    assert commits[0] == commits[1]
    assert json.loads(commits[0])["watermark_at"] == (datetime(2025, 1, 6) + timedelta(hours=2)).isoformat()


LONG = {"tips": {f"refs/heads/{number}": "c" * 40 for number in range(50)}}


def test_quiet_nights_leave_one_small_file(tmp_path: Path) -> None:
    """Nights without rows replace each other, their resume point is one file, and when it was read last is known."""
    store = RawStore(tmp_path)
    batch = store.begin("s", hour(1))
    batch.write(notices("one"))
    batch.commit(Checkpoint(LONG, hour(1), ("r",)))
    for night in range(2, 60):
        after = store.latest()["s"]
        store.begin("s", hour(night), after=after).commit(Checkpoint(LONG, hour(night), ("r",)))
    assert len(list(store.commits_folder.iterdir())) == 2
    assert sum(path.stat().st_size for path in store.commits_folder.iterdir()) < 2_000
    assert len(list((store.folder / "_resume").iterdir())) == 1
    assert store.latest()["s"].collected_at == hour(59)
    assert (seen(store), store.resume("s")) == (["one"], LONG)


def test_resume_points_that_nobody_needs_are_removed(tmp_path: Path) -> None:
    """A resume point that no batch names goes with other leftovers; the one in use stays."""
    store = RawStore(tmp_path)
    store.begin("s", hour(1)).commit(Checkpoint(LONG, hour(1), ("r",)))
    first = store.latest()["s"]
    store.begin("s", hour(2), after=first).commit(Checkpoint({**LONG, "more": 1}, hour(2), ("r",)))
    assert store.vacuum(older_than=datetime(2100, 1, 1)) == 1
    assert store.resume("s") == {**LONG, "more": 1}


def test_lost_resume_point_is_told(tmp_path: Path) -> None:
    """Without its file a source cannot go on, and the error says what mends it; the rows stay."""
    store = RawStore(tmp_path)
    store.begin("s", hour(1)).commit(Checkpoint(LONG, hour(1), ("r",)))
    (path,) = (store.folder / "_resume").iterdir()
    path.write_text("{")
    with pytest.raises(WarehouseError, match="missing or damaged") as caught:
        store.resume("s")
    assert "headway collect --full" in caught.value.hint
    assert len(store.commits()) == 1


def test_temporary_files_of_a_collector_are_in_the_warehouse(tmp_path: Path) -> None:
    """Temporary files go into the warehouse while it is held; what a killed collector left there goes first."""
    left = tmp_path / "cache" / "collecting" / "trees"
    left.mkdir(parents=True)
    unfinished = tmp_path / "runs" / ".one.json.12345678.tmp"
    unfinished.parent.mkdir()
    unfinished.touch()
    before = tempfile.gettempdir()
    with RawStore(tmp_path).collecting():
        assert not left.exists()
        assert not unfinished.exists()
        assert Path(tempfile.gettempdir()) == left.parent
    assert tempfile.gettempdir() == before
    assert not left.parent.exists()
