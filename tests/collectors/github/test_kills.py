from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.builders.github import Clock, FakeGitHub, bulk
from tests.collectors.github.reading import Reader, folded
from warehouse.store import RawStore

ROOT = Path(__file__).resolve().parents[3]
# What `headway collect` does, as a process of its own that can be killed; the fake's time is told by its clock.
PROGRAM = """
import sys, time
from datetime import datetime
from pathlib import Path
from collectors.github import GitHubSource, Limits, auth_from, collect
from headway.progress import SilentProgress
from headway.raw_tables import Rows
from warehouse.store import RawStore

class Waiting:
    sleep = staticmethod(time.sleep)
    now = staticmethod(lambda: datetime.fromisoformat(sys.argv[3]))

store, at = RawStore(Path(sys.argv[1])), datetime.fromisoformat(sys.argv[3])
source = GitHubSource("acme", "bulk", sys.argv[2])
batch = store.begin("github:acme/bulk", at)
for item in collect(
    source, auth=auth_from({"GITHUB_TOKEN": sys.stdin.read()}), collected_at=at, full=False,
    resume=store.resume("github:acme/bulk"), progress=SilentProgress(), limits=Limits(Waiting(), page=5, gap_seconds=0),
):
    batch.write(item) if isinstance(item, Rows) else batch.commit(item)
"""

KILLS = 18
"""Of processes, which take a second each; without processes there are fifty more."""


class Killed(BaseException):
    """The end of a process, as far as a test without one can have it."""


class Killer(Clock):
    """Lets time pass, but for one moment at which it kills."""

    def __init__(self, now: datetime) -> None:
        super().__init__(now)
        self.left = -1

    def sleep(self, seconds: float) -> None:
        """Before each request there is such a pause."""
        super().sleep(seconds)
        self.left -= 1
        if self.left == 0:
            raise Killed


@pytest.fixture
def server() -> Iterator[FakeGitHub]:
    """A repository with some of everything."""
    forge = bulk(pulls=40, deployments=30, runs=30, long_every=19, open_share=0.2)
    with FakeGitHub(forge, schema="excerpt", clock=Killer(datetime(2025, 2, 1))) as github:
        yield github


@pytest.mark.slow
def test_fifty_kills_change_no_row(server: FakeGitHub) -> None:
    """However often a run is killed, at whatever request, what landed stays and the same rows are in at the end."""
    whole = Reader.of(server, page=3, gap_seconds=1)
    whole.night()
    dice = random.Random(7)
    reader = Reader.of(server, page=3, gap_seconds=1)
    assert isinstance(server.clock, Killer)
    kills = 0
    while kills < 50:
        server.clock.left = dice.randint(1, 6)
        try:
            reader.night()
        except Killed:
            kills += 1
        else:
            server.clock.left = -1
            reader.resume, reader.checkpoints, reader.tables = None, [], {}  # done: from the beginning
    server.clock.left = -1
    reader.night()
    assert folded(reader.tables) == folded(whole.tables)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [9, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (11, 13))])
def test_kill_between_rows_and_checkpoint_changes_no_row(server: FakeGitHub, seed: int) -> None:
    """Rows whose checkpoint never came do not count: the next run brings them again, with the rest."""
    whole = Reader.of(server, page=3)
    whole.night()
    dice = random.Random(seed)
    reader = Reader.of(server, page=3)
    for _ in range(30):
        for left, _ in zip(range(dice.randint(1, 7)), reader.items(), strict=False):
            del left
    reader.night()
    assert folded(reader.tables) == folded(whole.tables)


@pytest.mark.slow
def test_killed_processes_change_no_row(server: FakeGitHub, tmp_path: Path) -> None:
    """Processes, killed at random moments, leave the same rows in a warehouse as one that is not."""
    whole = Reader.of(server, page=5)
    whole.night()
    dice = random.Random(3)
    at = server.clock.now()
    for number in range(KILLS + 1):
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(tmp_path), server.url, at.isoformat()],
            stdin=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert process.stdin is not None
        process.stdin.write(server.token.encode())
        process.stdin.close()
        if number < KILLS:
            time.sleep(dice.uniform(0.6, 2.2))
            process.send_signal(signal.SIGKILL)
        assert process.wait() in {0, -signal.SIGKILL}
    files = RawStore(tmp_path).files()
    tables = {table: [pq.read_table(path) for path in paths] for table, paths in files.items()}
    assert folded(tables) == folded(whole.tables)
