"""A collector killed at any moment and run again gives the same rows."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from collectors.simulate import simulate
from pipeline.session import Session
from tests.builders.demo import UNTIL, tiny_demo
from warehouse.store import RawStore

KILLS = 12


def collected(folder: Path) -> dict[str, pl.DataFrame]:
    """All visible raw rows of each table, but for when they were collected and by which source, in one order."""
    store = RawStore(folder / "headway-data")
    found = {}
    for table, files in store.files().items():
        if files:
            rows = pl.concat([pl.read_parquet(file) for file in files]).drop("collected_at", "source", strict=False)
            found[table] = rows.sort(rows.columns)
    return found


@pytest.mark.slow
def test_killed_collectors_lose_and_double_nothing(tmp_path: Path) -> None:
    """After many kills at random moments and one whole run, every table has the rows of an undisturbed run."""
    calm: Session = tiny_demo(tmp_path / "calm")
    folder = tmp_path / "killed"
    folder.mkdir()
    simulate(folder, until=UNTIL, size="tiny")
    program = [sys.executable, "-m", "cli.main", "--config", str(folder / "headway.toml"), "collect"]
    chance = random.Random(7)
    for _ in range(KILLS):
        with subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            time.sleep(chance.uniform(0.2, 3.0))
            process.kill()
    assert subprocess.run(program, capture_output=True, check=False).returncode == 0
    expected, found = collected(calm.folder), collected(folder)
    assert found.keys() == expected.keys()
    for table in expected.keys() - {"notices", "repositories"}:  # these name the folder
        assert found[table].equals(expected[table]), table
    assert (folder / "headway-data" / "CURRENT").exists()
