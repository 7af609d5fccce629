from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from headway.errors import WarehouseError
from headway.progress import SilentProgress
from headway.raw_tables import Checkpoint, Rows
from headway.settings import Settings
from tests.builders.rows import arrow, hour
from warehouse.publish import build_some, open_published, publish
from warehouse.store import FORMAT, RawStore
from warehouse.upkeep.compaction import MOST_BATCHES, tidy
from warehouse.upkeep.damage import Gap, gaps, heal
from warehouse.upkeep.forgetting import Forgotten, forget


def brought(store: RawStore, source: str, *kinds: str, at: int = 1, table: str = "notices") -> Path:
    """A batch of notices of a repository with the name of its source; returns its raw file."""
    batch = store.begin(source, hour(at))
    rows = [{"repo_id": f"git:{source}", "source": source, "kind": kind, "count": 1} for kind in kinds]
    batch.write(Rows(table, arrow(table, rows)))
    commit = batch.commit(Checkpoint({"at": at}, hour(at), (f"git:{source}",)))
    return store.folder / table / commit.files[table][0]


def built(store: RawStore) -> list[str]:
    """The kinds of notices that a build makes of the rows."""
    settings, progress = Settings(base=store.warehouse), SilentProgress()
    with build_some(
        store.warehouse, settings, {}, tables=("collection_gaps", "notices"), progress=progress
    ) as connection:
        return [kind for (kind,) in connection.sql("select kind from notices order by kind").fetchall()]


def damage(path: Path) -> None:
    """Spoil the rows of a file and leave its end as it was."""
    content = bytearray(path.read_bytes())
    content[4:60] = bytes(56)
    path.write_bytes(content)


@pytest.mark.slow
@pytest.mark.parametrize(
    "hurt",
    [Path.unlink, damage, lambda path: path.write_bytes(path.read_bytes()[:-9]), lambda path: path.write_bytes(b"")],
    ids=["missing", "damaged", "cut", "empty"],
)
def test_what_is_left_is_built_and_the_rest_is_named(tmp_path: Path, hurt: object) -> None:
    """A raw file that cannot be read takes its own rows out of the numbers, a notice says so, and nothing fails."""
    store = RawStore(tmp_path)
    lost = brought(store, "one", "lost")
    brought(store, "other", "left")
    assert callable(hurt)
    hurt(lost)
    assert built(store) == ["left", "raw_files_missing"]
    assert gaps(store) == [Gap("one", 1, ("git:one",))]


@pytest.mark.slow
def test_published_file_says_what_is_missing(tmp_path: Path) -> None:
    """A damaged file is set aside by a build, the next build is made of the same, and after healing of all again."""
    store, settings, progress = RawStore(tmp_path), Settings(base=tmp_path), SilentProgress()
    lost = brought(store, "one", "lost")
    damage(lost)
    first = publish(tmp_path, settings, {}, built_at=hour(9), progress=progress)
    assert publish(tmp_path, settings, {}, built_at=hour(10), progress=progress) == first
    brought(store, "one", "lost", at=11)
    heal(store, {"one"}, before=hour(11), all_sources={"one"})
    publish(tmp_path, settings, {}, built_at=hour(12), progress=progress)
    with open_published(tmp_path) as connection:
        assert connection.sql("select kind from notices").fetchall() == [("lost",)]


@pytest.mark.slow
def test_commit_file_that_is_damaged_counts_as_not_there(tmp_path: Path) -> None:
    """A commit file that cannot be read hides its batch alone; what it names is not removed meanwhile."""
    store = RawStore(tmp_path)
    raw = brought(store, "one", "lost")
    brought(store, "other", "left", at=2)
    (damaged,) = [path for path in store.commits_folder.iterdir() if '"one"' in path.read_text()]
    whole = damaged.read_text()
    for text in (whole[:-20], "null", "[]", "{}", whole.replace("watermark_at", "water")):
        damaged.write_text(text)
        assert [commit.source for commit in store.commits()] == ["other"]
        assert store.vacuum(older_than=hour(10**6)) == 0
        assert raw.exists()
    assert built(store) == ["left", "raw_files_missing"]
    assert gaps(store) == [Gap("one", 1)]
    damaged.write_text("nothing of it")
    assert gaps(store) == [Gap("", 1)]
    damaged.write_text(whole)
    assert built(store) == ["left", "lost"]


@pytest.mark.slow
def test_reading_everything_again_heals(tmp_path: Path) -> None:
    """Once its source was read whole again, nothing is missing, and what was whole is still there."""
    store = RawStore(tmp_path)
    lost = brought(store, "one", "lost")
    brought(store, "one", "kept", at=2)
    other = brought(store, "other", "also lost", at=2)
    lost.unlink()
    other.unlink()
    built(store)
    brought(store, "one", "lost", at=3)
    heal(store, {"one"}, before=hour(3), all_sources={"one", "other"})
    assert gaps(store) == [Gap("other", 1, ("git:other",))]
    assert built(store) == ["kept", "lost", "raw_files_missing"]


@pytest.mark.parametrize(("again", "healed"), [({"one"}, False), ({"one", "other"}, True)])
def test_batch_of_an_unknown_source_heals_with_all_sources(tmp_path: Path, again: set[str], healed: bool) -> None:
    """A damaged commit file that names no source goes when every source was read again."""
    store = RawStore(tmp_path)
    brought(store, "one", "kept")
    (commit,) = store.commits_folder.iterdir()
    commit.write_bytes(b"\xff\x00")
    heal(store, again, before=hour(3), all_sources={"one", "other"})
    assert (gaps(store) == []) is healed


def test_batches_with_a_gap_are_not_merged(tmp_path: Path) -> None:
    """Compaction would make the missing file unknown; it waits until the source is healed."""
    store = RawStore(tmp_path)
    first = brought(store, "one", "lost")
    for night in range(MOST_BATCHES + 1):
        brought(store, "one", f"k{night}", at=2 + night)
    first.unlink()
    tidy(store, now=hour(100) + timedelta(days=2))
    assert gaps(store) == [Gap("one", 1, ("git:one",))]
    heal(store, {"one"}, before=hour(100), all_sources={"one"})
    tidy(store, now=hour(100) + timedelta(days=2))
    assert len(store.commits()) == 1


@pytest.mark.slow
def test_forgetting_takes_what_was_set_aside_too(tmp_path: Path) -> None:
    """What a damaged file may hold of a forgotten source or repository is removed with the rest."""
    store = RawStore(tmp_path)
    lost = brought(store, "one", "lost")
    brought(store, "other", "left")
    damage(lost)
    built(store)
    assert len(list(lost.parent.iterdir())) == 2
    forget(store, Forgotten((), ("git:one",)))
    assert [path for path in lost.parent.iterdir() if path.name.startswith(lost.name)] == []
    assert built(store) == ["left"]


@pytest.mark.slow
def test_batch_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    """Rows that an older Headway would misread stop it, with the version named; one without a version is the first."""
    store = RawStore(tmp_path)
    brought(store, "one", "kept")
    (path,) = store.commits_folder.iterdir()
    said = json.loads(path.read_text())
    assert said["format"] == FORMAT
    path.write_text(json.dumps({key: value for key, value in said.items() if key != "format"}))
    assert built(store) == ["kept"]
    path.write_text(json.dumps({**said, "format": FORMAT + 1}))
    with pytest.raises(WarehouseError, match="a newer version of Headway"):
        store.commits()
    with pytest.raises(WarehouseError, match="a newer version of Headway"):
        built(store)


def test_file_that_may_not_be_read_is_no_damaged_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Permissions and open files are no damage: nothing is set aside."""
    store = RawStore(tmp_path)
    path = brought(store, "one", "kept")

    def refused(*_: object) -> None:
        raise PermissionError(13, "no")

    damage(path)
    monkeypatch.setattr(pq, "ParquetFile", refused)
    with pytest.raises(PermissionError):
        built(store)
    assert path.exists()
