from __future__ import annotations

import random
import signal
import subprocess
import sys
import textwrap
import time
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from headway.errors import WarehouseBusy
from headway.raw_tables import Checkpoint, Rows
from tests.builders.rows import Raw, arrow, hour, stored
from warehouse.store import RawStore

ROOT = Path(__file__).resolve().parents[2]


def _python(folder: Path, program: str) -> subprocess.Popen[bytes]:
    """Run a few lines with `store` and `rows(n)` in a process of its own."""
    head = f"""
    import sys, time
    from datetime import datetime, timedelta
    from pathlib import Path
    from headway.raw_tables import Checkpoint, Rows
    from tests.builders.rows import arrow
    from warehouse.store import RawStore
    store = RawStore(Path({str(folder)!r}))
    def rows(count):
        kinds = [{{"repo_id": "r", "kind": str(hash(str(n)))}} for n in range(count)]
        return Rows("notices", arrow("notices", kinds))
    """
    code = textwrap.dedent(head) + textwrap.dedent(program)
    return subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE)


def test_lock_of_a_killed_collector_is_free(tmp_path: Path) -> None:
    """A collector that was killed leaves no lock behind that someone must remove by hand."""
    with _python(
        tmp_path,
        """
        with store.collecting():
            print("held", flush=True)
            time.sleep(60)
        """,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(WarehouseBusy), RawStore(tmp_path).collecting():
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    with RawStore(tmp_path).collecting():
        pass


@pytest.mark.slow
def test_full_disk_loses_nothing(tmp_path: Path) -> None:
    """Where a file cannot grow the run ends with the reason, what was visible stays, and the next run succeeds."""
    before = stored(tmp_path, Raw().commits("a")).commits()
    with _python(
        tmp_path,
        """
        import resource
        from headway.errors import WarehouseError
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, resource.RLIM_INFINITY))
        batch = store.begin("s", datetime(2025, 1, 1))
        batch.write(rows(1))
        try:
            batch.write(rows(20_000))
        except WarehouseError as error:
            print(error)
            print(error.hint)
        """,
    ) as writer:
        out, _ = writer.communicate(timeout=60)
    what, hint = out.decode().splitlines()
    assert what.startswith(f"cannot write {tmp_path}")
    assert what.endswith("File too large")
    assert "nothing was lost" in hint
    store = RawStore(tmp_path)
    assert store.commits() == before
    batch = store.begin("s", hour(1))
    batch.write(Rows("notices", arrow("notices", [{"repo_id": "r", "kind": "after"}])))
    batch.commit(Checkpoint({}, None, ("r",)))
    assert [path.exists() for path in store.files()["notices"]] == [True]


@pytest.mark.slow
def test_full_disk_at_the_commit_loses_nothing(tmp_path: Path) -> None:
    """Where the commit file itself cannot be written the batch is not visible, also not in part."""
    with _python(
        tmp_path,
        """
        import resource
        from headway.errors import WarehouseError
        batch = store.begin("s", datetime(2025, 1, 1))
        batch.write(rows(1))
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, resource.RLIM_INFINITY))
        try:
            batch.commit(Checkpoint({"long": "x" * 1000}, None, ()))
        except WarehouseError as error:
            print(error)
        """,
    ) as writer:
        out, _ = writer.communicate(timeout=60)
    assert "File too large" in out.decode()
    assert RawStore(tmp_path).commits() == []
    assert list((tmp_path / "raw" / "_commits").iterdir()) == []


WRITER = """
    number = 0
    while True:
        at = datetime(2025, 1, 1) + timedelta(hours=begun + number)
        batch = store.begin("s", at)
        for part in range(3):
            batch.write(rows(number % 50 + 1))
            batch.write(Rows("refs", arrow("refs", [{"repo_id": "r"}] * (number % 50 + 1))))
        batch.commit(Checkpoint({"number": begun + number}, at, ("r",)))
        if not number:
            print("ready", flush=True)
        number += 1
"""


def _killed_writers(folder: Path, kills: int) -> None:
    chance = random.Random(kills)
    before = 0
    for turn in range(kills):
        with _python(folder, f"    begun = {turn} * 10_000\n{WRITER}") as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"ready\n"
            time.sleep(chance.uniform(0, 0.15))
            writer.send_signal(signal.SIGKILL)
            writer.wait()
        commits = RawStore(folder).commits()
        assert len(commits) >= before
        before = len(commits)
    _is_whole(folder)


def _is_whole(folder: Path) -> None:
    """Every visible batch has all its tables and rows, and the last one's resume point holds."""
    store = RawStore(folder)
    commits = store.commits()
    assert commits
    for commit in commits:
        number = commit.resume["number"] % 10_000
        assert commit.rows == dict.fromkeys(("notices", "refs"), 3 * (number % 50 + 1))
        for table, names in commit.files.items():
            count = sum(pq.read_metadata(store.folder / table / name).num_rows for name in names)
            assert count == commit.rows[table]
    numbers = [commit.resume["number"] for commit in commits]
    assert numbers == sorted(set(numbers))
    assert store.resume("s") == {"number": numbers[-1]}
    store.vacuum(older_than=datetime(2100, 1, 1))
    assert store.commits() == commits
    assert set(store.folder.rglob("*.parquet")) == {path for paths in store.files().values() for path in paths}


@pytest.mark.slow
def test_many_killed_writers_leave_whole_batches(tmp_path: Path) -> None:
    """Whenever a collector is killed, what is visible is whole and the rest is removed later: ten random moments."""
    _killed_writers(tmp_path, 10)
