"""A backup is whole and private, is made beside a collector, and another machine goes on from it."""

from __future__ import annotations

import fcntl
import io
import json
import shutil
import stat
import tarfile
from datetime import datetime
from pathlib import Path

import pytest

from headway.errors import WarehouseError
from tests.builders.rows import Raw, stored
from tests.pipeline.running import Headway, deployed, program, rows, shas, shop, write
from warehouse.store import FORMAT, Commit, RawStore
from warehouse.upkeep.backup import backup, restore
from warehouse.upkeep.compaction import compact, tidy
from warehouse.upkeep.space import ensure_space

NUMBERS = "select change_id, outcome, lead_time_hours from lead_times order by 1"


@pytest.fixture
def headway(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Headway:
    """Runs the program in a folder of its own."""
    return program(tmp_path, capfd, monkeypatch)


def mode(path: Path) -> int:
    """The permissions of a file."""
    return stat.S_IMODE(path.stat().st_mode)


def modes(folder: Path) -> set[int]:
    """The permissions of all files, and of all folders, below a folder."""
    return {mode(path) for path in folder.rglob("*") if path.name not in {".gitignore", "collect.lock", "build.lock"}}


@pytest.mark.slow
def test_other_machine_goes_on_from_a_backup(headway: Headway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two commands: the same numbers elsewhere, and the next run reads only what is new."""
    repo = shop(tmp_path / "shop")
    commits = shas(repo)
    records = [deployed(f"d{day}", commits[day], f"2026-01-{day + 1:02}T12:00:00Z") for day in (0, 1, 2)]
    write(tmp_path / "records.ndjson", records)
    assert headway("collect", "shop", "events:records.ndjson").code == 0
    before = rows(headway, NUMBERS)
    assert headway("backup", "kept.tar").code == 0
    assert mode(tmp_path / "kept.tar") == 0o600
    other = tmp_path / "other"
    other.mkdir()
    for name in ("shop", "records.ndjson"):
        shutil.move(tmp_path / name, other / name)
    shutil.rmtree(tmp_path / "headway-data")
    monkeypatch.chdir(other)
    assert headway("restore", "../kept.tar").code == 0
    assert rows(headway, NUMBERS) == before
    assert headway("collect", "shop", "events:records.ndjson").code == 0
    assert rows(headway, NUMBERS) == before
    newest = max((other / "headway-data" / "raw" / "_commits").iterdir())
    assert json.loads(newest.read_text())["rows"] == {}
    again = headway("restore", "../kept.tar")
    assert (again.code, "holds collected data" in again.err) == (1, True)


@pytest.mark.slow
def test_warehouse_is_its_owners_alone(headway: Headway, tmp_path: Path) -> None:
    """Everything in a new warehouse is private; where its folder is opened to a group, what comes next is too."""
    shop(tmp_path / "shop")
    assert headway("collect", "shop").code == 0
    folder = tmp_path / "headway-data"
    assert mode(folder) == 0o700
    assert modes(folder) == {0o700, 0o600}
    published = set(folder.glob("*.duckdb"))
    folder.chmod(0o750)
    assert headway("build", "--full").code == 0
    assert {mode(path) for path in set(folder.glob("*.duckdb")) - published} == {0o640}
    assert "every user of this machine" not in headway("doctor").out
    folder.chmod(0o755)
    assert "every user of this machine may read it" in headway("doctor").out


def test_backup_has_what_was_visible_and_no_more(tmp_path: Path) -> None:
    """Files that no batch names stay behind, and a restored store has the same batches and rows."""
    store = stored(tmp_path / "one", Raw("a").commits("a@1"), Raw("b").commits("b@2"))
    (store.folder / "commits" / "loose.parquet").write_bytes(b"not committed")
    for note in ("privacy.json", "forgotten.json"):
        (store.warehouse / note).write_text("[]", encoding="utf-8")
    backup(store, tmp_path / "kept.tar")
    made = restore(tmp_path / "kept.tar", RawStore(tmp_path / "two"))
    again = RawStore(tmp_path / "two")
    assert made.batches == 2
    assert [commit.to_json() for commit in again.commits()] == [commit.to_json() for commit in store.commits()]
    assert not (again.folder / "commits" / "loose.parquet").exists()
    assert {path.name for path in again.warehouse.glob("*.json")} == {"privacy.json", "forgotten.json"}
    assert not (again.folder / "_warehouse").exists()
    for table, files in store.files().items():
        for path in files:
            assert (again.folder / table / path.name).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("harm", ["cut", "changed", "lacking", "outside", "link", "newer", "no backup"])
def test_harmed_backup_restores_nothing(tmp_path: Path, harm: str) -> None:
    """What is cut, changed, incomplete, or leads out of the warehouse is refused, and nothing of it is left."""
    store = stored(tmp_path / "one", Raw("a").commits("a@1"))
    file = tmp_path / "kept.tar"
    backup(store, file)
    if harm == "cut":
        file.write_bytes(file.read_bytes()[:2000])
    elif harm == "no backup":
        file.write_bytes(b"text " * 1000)
    else:
        with tarfile.open(file) as archive:
            members = [(member, (archive.extractfile(member) or file.open("rb")).read()) for member in archive]
        with tarfile.open(file, "w") as archive:
            for member, content in members:
                add(archive, member, content, harm)
    with pytest.raises(WarehouseError) as error:
        restore(file, RawStore(tmp_path / "two"))
    assert error.value.hint
    assert RawStore(tmp_path / "two").commits() == []
    assert [path.name for path in tmp_path.glob("two/*") if path.name not in {".gitignore", "collect.lock"}] in (
        [],
        ["cache"],
    )
    assert not (tmp_path / "evil.json").exists()


def add(archive: tarfile.TarFile, member: tarfile.TarInfo, content: bytes, harm: str) -> None:
    """Add a file of a backup with a harm."""
    parquet = member.name.endswith(".parquet")
    if harm == "lacking" and parquet:
        return
    if harm == "changed" and parquet:
        content = content[:-1] + b"?"
    if harm == "newer" and member.name == "contents.json":
        content = json.dumps({**json.loads(content), "format": FORMAT + 1}).encode()
    if harm == "outside" and member.name == "contents.json":
        said = json.loads(content)
        content = json.dumps({**said, "files": {**said["files"], "../../evil.json": ""}}).encode()
        evil = tarfile.TarInfo("../../evil.json")
        archive.addfile(evil, io.BytesIO(b""))
    if harm == "link" and parquet:
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        content = b""
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def test_backup_that_lacks_space_is_not_begun(tmp_path: Path) -> None:
    """Work that the disk cannot take says how much it needs before it writes anything."""
    with pytest.raises(WarehouseError, match=r"the backup needs [\d,]+ MiB on the disk of .*, and [\d,]+ MiB are free"):
        ensure_space(tmp_path / "none" / "yet", 1 << 60, "the backup")
    ensure_space(tmp_path, 0, "nothing")


def test_leftover_of_a_killed_backup_goes_with_the_next(tmp_path: Path) -> None:
    """A file that a killed backup left is removed, one that another backup is writing stays."""
    store = stored(tmp_path / "one", Raw("a").commits("a@1"))
    killed, writing, other = (
        tmp_path / name for name in (".kept.tar.0badcafe.tmp", ".kept.tar.0badbeef.tmp", ".other.tar.0badcafe.tmp")
    )
    for path in (killed, writing, other):
        path.write_bytes(b"half")
    with writing.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        backup(store, tmp_path / "kept.tar")
    assert [path.exists() for path in (killed, writing, other)] == [False, True, True]


def test_leftovers_of_killed_notes_and_restores_go_with_the_next_collector(tmp_path: Path) -> None:
    """Whoever holds the warehouse next removes what a killed `restore`, and a note that was not finished, left."""
    store = stored(tmp_path, Raw("a").commits("a@1"))
    (tmp_path / "raw.restoring" / "commits").mkdir(parents=True)
    left = [tmp_path / f".{name}.0badcafe.tmp" for name in ("forget.json", "forgotten.json", "privacy.json")]
    for path in left:
        path.write_bytes(b"half")
    with store.collecting():
        assert [path for path in (*left, tmp_path / "raw.restoring") if path.exists()] == []


class Tidied(RawStore):
    """A store in which a collector merges the batches as soon as they were listed."""

    def commits(self) -> list[Commit]:
        """The batches, of which the files are gone when they are read."""
        listed = super().commits()
        if len(listed) > 1:
            compact(RawStore(self.warehouse), listed)
            tidy(RawStore(self.warehouse), now=datetime(2026, 1, 1))
        return listed


def test_backup_beside_a_collector_is_whole(tmp_path: Path) -> None:
    """Batches that are merged while they are backed up are in the backup with all of their rows."""
    store = stored(tmp_path / "one", Raw("a").commits("a@1"), Raw("a").commits("b@2"))
    backup(Tidied(store.warehouse), tmp_path / "kept.tar")
    assert len(store.commits()) == 1
    restore(tmp_path / "kept.tar", RawStore(tmp_path / "two"))
    assert [commit.rows["commits"] for commit in RawStore(tmp_path / "two").commits()] == [1, 1]
