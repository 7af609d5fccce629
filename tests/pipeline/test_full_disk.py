"""A disk that is full, or that refuses to write: a clear error, the old answer is still served, the next run heals."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

import duckdb
import pytest

from headway.errors import WarehouseError
from tests.pipeline.running import Headway, program, rows, shop
from warehouse.publish.written import write_within

COUNT = "select count(*) from lead_times"


@pytest.fixture
def headway(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Headway:
    """Runs the program in a folder of its own."""
    return program(tmp_path, capfd, monkeypatch)


@contextlib.contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """No file of this process grows beyond so many bytes, as on a disk that is full."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def entries(folder: Path) -> set[str]:
    """All files below a folder, but for raw ones that a day later are removed, and what a run notes of itself."""
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    return {name for name in files if not name.startswith(("headway-data/raw/", "headway-data/runs/", "shop/"))}


@pytest.mark.parametrize("count", [5_000, 300_000], ids=["at the end", "meanwhile"])
def test_full_disk_ends_a_build_with_its_reason(tmp_path: Path, count: int) -> None:
    """Whenever the published file cannot grow, the error says why, and nothing of the file is left."""

    def build(connection: duckdb.DuckDBPyConnection, _: Path | None) -> None:
        connection.execute(f"create table numbers as select hash(range)::varchar as number from range({count})")

    write = partial(write_within, 0.5, {}, tmp_path, tmp_path / "headway-1.duckdb", None, build, None)
    with files_of_at_most(20_000), pytest.raises(WarehouseError, match=r"cannot write .*File too large") as caught:
        write()
    assert caught.value.hint.startswith("check the space")
    assert list(tmp_path.glob("headway-*")) == []
    write()


@pytest.mark.slow
def test_full_disk_changes_no_answer(headway: Headway, tmp_path: Path) -> None:
    """Collecting, building, backing up and restoring end in two lines, leave nothing, and work once there is space."""
    repo = shop(tmp_path / "shop")
    assert headway("collect", "shop").code == 0
    assert headway("backup", "kept.tar").code == 0
    before = rows(headway, COUNT)
    repo.commit("Add 4 (#4)\n", at=datetime(2026, 1, 5, 10))
    commands = {
        ("collect", "shop"): 2_000,
        ("build", "--full"): 200_000,
        ("backup", "kept.tar"): 9_000,
        ("--warehouse", "two", "restore", "kept.tar"): 2_000,
    }
    for command, size in commands.items():
        whole = entries(tmp_path)
        with files_of_at_most(size):
            ran = headway(*command)
        assert ran.code in {1, 3}, (command, ran.err)
        assert "File too large" in ran.err, command
        assert "hint: check" in ran.err, command
        assert "nexpected" not in ran.err, ran.err
        assert {name for name in entries(tmp_path) - whole if not name.endswith((".lock", ".gitignore"))} == set()
        assert rows(headway, COUNT) == before
    for command in commands:
        assert headway(*command).code == 0
    assert [int(count) for count in rows(headway, COUNT)] == [int(before[0]) + 1]


READ_ONLY = """
import sys
from cli.main import main
for line in sys.argv[1:]:
    print(f"ended with {main(line.split())}", flush=True)
"""


@pytest.mark.slow
def test_read_only_warehouse_is_read_and_not_changed(headway: Headway, tmp_path: Path) -> None:
    """What writes says in two lines that it cannot; what reads answers, and a backup elsewhere is whole."""
    shop(tmp_path / "house" / "shop")
    house, backup = tmp_path / "house", tmp_path / "kept.tar"
    os.chdir(house)
    assert headway("collect", "shop").code == 0
    (answer,) = rows(headway, COUNT)
    lines = ["collect shop", "build --full", "backup kept.tar", "summary", f"backup {backup}", "status"]
    program_text = f'mount --bind {house} {house} && mount -o remount,ro,bind {house} && cd {house} && exec "$@"'
    command = ["unshare", "-rm", "sh", "-c", program_text, "sh", sys.executable, "-c", READ_ONLY, *lines]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if "mount" in done.stderr or "unshare" in done.stderr:
        pytest.skip("no folder can be made read only here")
    codes = [line for line in done.stdout.splitlines() if line.startswith("ended with")]
    assert codes == [f"ended with {code}" for code in (1, 1, 1, 0, 0, 0)], done.stderr
    assert done.stderr.count("Read-only file system\n  hint: check") == 3
    assert "nexpected" not in done.stderr
    two = ("--warehouse", str(tmp_path / "two"))
    assert headway(*two, "restore", str(backup)).code == 0
    assert headway(*two, "sql", COUNT, "--format", "csv").out.splitlines()[1:] == [answer]
