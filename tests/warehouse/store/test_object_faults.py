"""On object storage nothing is lost or doubled: not by killed writers, lost answers, old listings or other hosts."""

from __future__ import annotations

import random
import stat
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from headway.errors import UsageError, WarehouseError
from headway.raw_tables import Checkpoint, Rows
from headway.settings import Settings
from headway.settings.sections import WarehouseSettings
from tests.builders.bucket import SECRET, Bucket
from tests.builders.rows import arrow, hour
from warehouse.store import RawStore, hidden_by
from warehouse.store.object_store import ObjectStore
from warehouse.upkeep.compaction import compact, tidy
from warehouse.upkeep.damage import gaps, heal

ROOT = Path(__file__).resolve().parents[3]
FAR = datetime(2100, 1, 1)
LONG = {f"refs/heads/{number}": "c" * 40 for number in range(50)}


def brought(store: RawStore, *kinds: str, source: str = "s", at: float = 1) -> None:
    """A batch of notices in one file and of refs in another."""
    batch = store.begin(source, hour(at), after=store.latest().get(source))
    for kind in kinds:
        batch.write(Rows("notices", arrow("notices", [{"repo_id": "r", "source": source, "kind": kind, "count": 1}])))
        batch.write(Rows("refs", arrow("refs", [{"repo_id": "r", "ref": kind}])))
    batch.commit(Checkpoint({"at": at, "tips": LONG}, hour(at), ("r",)))


def kinds(store: RawStore, column: str = "kind", table: str = "notices") -> list[str]:
    """The kinds of all visible notices."""
    return sorted(kind for file in store.files()[table] for kind in pq.read_table(file)[column].to_pylist())


def is_whole(store: RawStore, expected: list[str]) -> None:
    """Every batch has all its rows in both tables, and nothing is missing."""
    assert kinds(store) == kinds(store, "ref", "refs") == expected
    assert gaps(store) == []
    for commit in store.commits():
        assert commit.resumed()["tips"] == LONG


def commit_puts(count: int, fault: str) -> Callable[[str, str], str | None]:
    """A fault of the first puts of a commit file."""
    left = [count]

    def decide(method: str, path: str) -> str | None:
        if method == "PUT" and "/_commits/" in path and left[0]:
            left[0] -= 1
            return fault
        return None

    return decide


WRITER = """
import os, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.warehouse.store.test_object_faults import brought
from warehouse.store import RawStore
from warehouse.store.object_store import ObjectStore
folder = Path({folder!r})
print(os.getpid(), flush=True)
sys.stdin.readline()
brought(RawStore(folder, ObjectStore({url!r}, folder)), "k1", "k2", at=2)
"""
PUTS = 6  # four raw files, the resume point, the commit file


@pytest.mark.slow
@pytest.mark.parametrize("when", ["killed before", "killed after"])
@pytest.mark.parametrize("put", range(1, PUTS + 1))
def test_writer_killed_between_puts(bucket: Bucket, tmp_path: Path, put: int, when: str) -> None:
    """Killed before or after any put, a writer's batch is there whole or not at all, and what it left is removed."""
    brought(bucket.store(tmp_path / "other"), "k0")
    program = WRITER.format(root=str(ROOT), folder=str(tmp_path / "dead"), url=bucket.url)
    puts = [0]

    def kill(method: str, path: str) -> str | None:
        puts[0] += method == "PUT"
        return when if method == "PUT" and puts[0] == put else None

    command = [sys.executable, "-c", textwrap.dedent(program)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        bucket.writer = int(writer.stdout.readline())
        bucket.fault = kill
        writer.communicate(b"\n", timeout=120)
    assert writer.returncode == -9
    bucket.fault = lambda *_: None
    store = bucket.store(tmp_path / "reader")
    landed = put == PUTS and when == "killed after"
    is_whole(store, ["k0", "k1", "k2"] if landed else ["k0"])
    if not landed:
        brought(bucket.store(tmp_path / "dead"), "k1", "k2", at=3)
    store.vacuum(older_than=FAR)
    is_whole(bucket.store(tmp_path / "fresh"), ["k0", "k1", "k2"])
    assert len([key for key in bucket.objects() if "_commits" not in key and "_resume" not in key]) == 6


@pytest.mark.parametrize("times", [1, 2])
def test_commit_whose_answer_is_lost_is_there_once(bucket: Bucket, tmp_path: Path, times: int) -> None:
    """A commit file that was created though the answer was an error is asked for, not written a second time."""
    bucket.fault = commit_puts(times, "lost")
    brought(bucket.store(tmp_path / "one"), "k0")
    bucket.fault = lambda *_: None
    is_whole(bucket.store(tmp_path / "two"), ["k0"])
    assert len([key for key in bucket.objects() if "_commits" in key]) == 1


def test_commit_that_was_refused_for_a_while_is_there_once(bucket: Bucket, tmp_path: Path) -> None:
    """A storage that asks to slow down gets the same request again."""
    bucket.fault = commit_puts(2, "refused")
    brought(bucket.store(tmp_path / "one"), "k0")
    is_whole(bucket.store(tmp_path / "two"), ["k0"])


def test_commit_file_of_another_content_is_an_error(bucket: Bucket, tmp_path: Path) -> None:
    """What is there is never overwritten."""
    store = bucket.store(tmp_path / "one")
    brought(store, "k0")
    (name,) = store.storage.names(store.commits_folder)
    before = bucket.content(f"raw/_commits/{name}")
    with pytest.raises(WarehouseError, match="other contents"):
        store.storage.create(store.commits_folder / name, "{}")
    assert bucket.content(f"raw/_commits/{name}") == before


def test_raw_file_that_was_written_and_is_not_there_stops_the_commit(bucket: Bucket, tmp_path: Path) -> None:
    """A put that is confirmed and lost is seen before the batch is visible; the run after it has the rows."""

    def lose(method: str, path: str) -> str | None:
        if method == "HEAD":
            bucket.replace(path.partition("/company/")[2], None)
        return None

    bucket.fault = lose
    with pytest.raises(WarehouseError, match="not there whole"):
        brought(bucket.store(tmp_path / "one"), "k0")
    bucket.fault = lambda *_: None
    assert bucket.store(tmp_path / "two").commits() == []
    brought(bucket.store(tmp_path / "one"), "k0", at=2)
    is_whole(bucket.store(tmp_path / "two"), ["k0"])


@pytest.mark.slow
def test_old_listing_shows_what_was_there_then(bucket: Bucket, tmp_path: Path) -> None:
    """A reader that gets a listing from before a compaction and new batches has the rows of that time, each once."""
    one = bucket.store(tmp_path / "one")
    for night in range(4):
        brought(one, f"k{night}", at=night)
    late = bucket.store(tmp_path / "late")
    bucket.listings.clear()
    is_whole(late, ["k0", "k1", "k2", "k3"])
    compact(one, one.commits())
    brought(one, "k4", at=9)
    bucket.fault = lambda *_: "late"
    is_whole(bucket.store(tmp_path / "later"), ["k0", "k1", "k2", "k3"])
    bucket.fault = lambda *_: None
    one.vacuum(older_than=datetime(2000, 1, 1))
    is_whole(late, ["k0", "k1", "k2", "k3", "k4"])


@pytest.mark.slow
def test_writer_with_an_old_listing_doubles_nothing(bucket: Bucket, tmp_path: Path) -> None:
    """A host that does not see the compaction of another compacts what it sees: each row counts once, for everyone."""
    one, two = bucket.store(tmp_path / "one"), bucket.store(tmp_path / "two")
    for night in range(4):
        brought(one, f"k{night}", at=night)
    bucket.listings.clear()
    commits = two.commits()
    compact(one, one.commits())
    brought(one, "k4", at=9)
    bucket.fault = lambda *_: "late"
    assert compact(two, commits) is not None
    bucket.fault = lambda *_: None
    is_whole(bucket.store(tmp_path / "reader"), ["k0", "k1", "k2", "k3", "k4"])
    three = bucket.store(tmp_path / "three")
    compact(three, three.commits())
    is_whole(bucket.store(tmp_path / "reader"), ["k0", "k1", "k2", "k3", "k4"])
    for _ in range(3):
        three.vacuum(older_than=FAR)
        is_whole(bucket.store(tmp_path / "reader"), ["k0", "k1", "k2", "k3", "k4"])
    assert len([key for key in bucket.objects() if "_commits" in key]) == 1
    assert len([key for key in bucket.objects() if "notices" in key]) == 1


@pytest.mark.parametrize(("seed", "turns"), [(0, 2), pytest.param(1, 6, marks=pytest.mark.slow)])
def test_hosts_without_a_lock_lose_and_double_nothing(bucket: Bucket, tmp_path: Path, seed: int, turns: int) -> None:
    """Four hosts at once append, compact, heal and vacuum, some of them the same source: each row is there once."""

    def work(number: int) -> list[str]:
        chance, store = random.Random(seed * 10 + number), bucket.store(tmp_path / f"host{number}")
        names = []
        for turn in range(turns):
            kind = f"k{number}.{turn}"
            brought(store, kind, source=f"s{number % 2}", at=turn + number / 10)
            names.append(kind)
            if chance.random() < 0.5:
                mine = [commit for commit in store.commits() if commit.source == f"s{number % 2}"]
                compact(store, mine)
            if chance.random() < 0.3:
                tidy(store, now=datetime(2026, 1, 1))
            if chance.random() < 0.2:
                heal(store, {f"s{number % 2}"}, before=hour(turn), all_sources={"s0", "s1"})
        return names

    with ThreadPoolExecutor(4) as pool:
        expected = sorted(kind for names in pool.map(work, range(4)) for kind in names)
    is_whole(bucket.store(tmp_path / "reader"), expected)
    last = bucket.store(tmp_path / "last")
    for source in ("s0", "s1"):
        compact(last, [commit for commit in last.commits() if commit.source == source])
    is_whole(bucket.store(tmp_path / "reader"), expected)
    last.vacuum(older_than=FAR)
    is_whole(bucket.store(tmp_path / "fresh"), expected)
    assert len(last.storage.names(last.commits_folder)) == 2


@pytest.mark.slow
def test_vacuum_killed_anywhere_brings_nothing_back(bucket: Bucket, tmp_path: Path) -> None:
    """Whichever removals were made of those of a vacuum, each row counts once."""
    one, two = bucket.store(tmp_path / "one"), bucket.store(tmp_path / "two")
    for night in range(3):
        brought(one, f"k{night}", at=night)
    bucket.listings.clear()
    commits = two.commits()
    compact(one, one.commits())
    bucket.fault = lambda *_: "late"
    compact(two, commits)
    bucket.fault = lambda *_: None
    for step, path in enumerate(_removals(one)):
        one.storage.remove([path])
        is_whole(bucket.store(tmp_path / f"reader{step}"), ["k0", "k1", "k2"])
    assert len([key for key in bucket.objects() if "_commits" in key]) == 1


def _removals(store: RawStore) -> list[Path]:
    """What a vacuum would remove, in its order."""
    removed: list[Path] = []
    storage = store.storage

    class Noted(ObjectStore):
        def __init__(self) -> None:
            self.__dict__.update(vars(storage))

        def remove(self, paths: Iterable[Path]) -> None:
            removed.extend(paths)

    RawStore(store.warehouse, Noted()).vacuum(older_than=FAR)
    return removed


def test_reader_follows_a_compactor(bucket: Bucket, tmp_path: Path) -> None:
    """Batches listed before a compaction can be read for a week after it."""
    one, two = bucket.store(tmp_path / "one"), bucket.store(tmp_path / "two")
    for night in range(3):
        brought(one, f"k{night}", at=night)
    before = two.commits()
    compact(one, one.commits())
    tidy(one, now=datetime(2200, 1, 1))  # a clock that is far ahead
    assert all(path.exists() for path in two.files(before)["notices"])
    bucket.written_at(datetime(2020, 1, 1))
    tidy(one, now=datetime(2026, 12, 1))
    assert len([key for key in bucket.objects() if "notices" in key]) == 3 + 1
    brought(one, "k3", at=9)  # the storage's clock moves with what is written
    tidy(one, now=datetime(2200, 1, 1))
    assert len([key for key in bucket.objects() if "notices" in key]) == 1 + 1
    is_whole(two, ["k0", "k1", "k2", "k3"])


def test_copies_are_read_and_not_fetched_again(bucket: Bucket, tmp_path: Path) -> None:
    """What never changes is fetched once; a copy that was cut is fetched again."""
    brought(bucket.store(tmp_path / "one"), "k0")
    is_whole(bucket.store(tmp_path / "two"), ["k0"])
    bucket.requests.clear()
    store = bucket.store(tmp_path / "two")
    is_whole(store, ["k0"])
    assert {method for method, path in bucket.requests if path.endswith((".parquet", ".json"))} == set()
    (path,) = store.files()["notices"]
    path.write_bytes(path.read_bytes()[:-9])
    again = bucket.store(tmp_path / "two")
    assert gaps(again) == []
    is_whole(again, ["k0"])


def test_copies_of_what_is_gone_go(bucket: Bucket, tmp_path: Path) -> None:
    """What another host removed leaves no copy on this one after its next run; what is there stays."""
    one, two = bucket.store(tmp_path / "one"), bucket.store(tmp_path / "two")
    for night in range(3):
        brought(one, f"k{night}", at=night)
    is_whole(two, ["k0", "k1", "k2"])
    compact(one, one.commits())
    one.vacuum(older_than=FAR)
    is_whole(two, ["k0", "k1", "k2"])
    assert len(list((tmp_path / "two" / "raw" / "notices").iterdir())) == 4
    tidy(two, now=FAR, sources=(), sweep=False)
    assert {str(path.relative_to(tmp_path / "two")) for path in two.folder.rglob("*") if path.is_file()} == {
        key for key in bucket.objects() if "_resume" not in key
    } | {f"raw/_resume/{path.name}" for path in (two.folder / "_resume").iterdir()}


def test_copies_are_as_private_as_their_folder(bucket: Bucket, tmp_path: Path) -> None:
    """A host that only reads makes a folder and copies for its owner alone."""
    brought(bucket.store(tmp_path / "one"), "k0")
    is_whole(bucket.store(tmp_path / "two"), ["k0"])
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "two" / "raw").rglob("*")}
    assert (stat.S_IMODE((tmp_path / "two").stat().st_mode), modes) == (0o700, {0o700, 0o600})


def test_lost_resume_point_is_written_again_by_a_host_with_a_copy(bucket: Bucket, tmp_path: Path) -> None:
    """A copy of a resume point does not stand for the object: the next batch writes one that every host can read."""
    one = bucket.store(tmp_path / "one")
    brought(one, "k0")
    is_whole(one, ["k0"])
    (key,) = [key for key in bucket.objects() if "_resume" in key]
    bucket.replace(key, None)
    latest = one.latest()["s"]
    one.begin("s", hour(2), after=latest).commit(Checkpoint(latest.resumed(), hour(2), ("r",)))
    assert bucket.store(tmp_path / "two").resume("s") == {"at": 1, "tips": LONG}


def test_missing_client_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the client of the extra, two lines say what to install."""
    monkeypatch.setitem(sys.modules, "obstore", None)
    monkeypatch.delitem(sys.modules, "warehouse.store.object_store")
    settings = Settings(base=tmp_path, warehouse=WarehouseSettings(path="s3://bucket/x"))
    with pytest.raises(UsageError, match="obstore") as caught:
        RawStore.of(settings)
    assert "`s3`" in caught.value.hint


def test_credentials_are_in_no_message(bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the storage refuses is an error of two lines without the secret or the key."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"{bucket.address}/{SECRET}")
    missing = ObjectStore("s3://nobody-has-this-bucket/x", tmp_path)
    with pytest.raises(WarehouseError) as caught:
        missing.names(tmp_path / "raw")
    text = f"{caught.value} {caught.value.hint}"
    assert SECRET not in text
    assert "key-of-the-bucket" not in text
    assert "credentials in the environment" in text


def test_of_two_replacements_one_counts() -> None:
    """Of several batches that replace the same one exactly one counts, whoever looks."""
    from tests.warehouse.store.commits import commit

    a, b, c = (commit(name, rows=1) for name in "abc")
    first, second = commit("d", rows=2, replaces="ab"), commit("e", rows=3, replaces="abc")
    assert hidden_by([a, b, c, first, second]) == {"a": "e", "b": "e", "c": "e", "d": "e"}
    assert hidden_by([a, b, c, first]) == {"a": "d", "b": "d"}
    third = commit("f", rows=3, replaces="abcde")
    assert hidden_by([a, first, second, third]) == dict.fromkeys("abcde", "f")
    quiet = commit("g", rows=0, replaces="a")
    assert "e" not in hidden_by([a, b, c, second, quiet])
