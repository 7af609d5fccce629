from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from headway.errors import UsageError
from headway.progress import SilentProgress
from headway.raw_tables.table import INT, TEXT
from tests.builders.portfolio import SETTINGS, TEAMS, portfolio
from tests.builders.rows import stored
from tests.warehouse.test_kept import differences
from warehouse.building import workers
from warehouse.building.making import run
from warehouse.building.workers import Workers
from warehouse.engines import DuckDBEngine
from warehouse.model import REPOSITORIES, Input, PythonModel, Table
from warehouse.models.registry import python_models
from warehouse.publish import publish
from warehouse.sources import Sources

AT = datetime(2026, 1, 2, 3, 4, 5)
SUMS = Table("sums", "sums", "one row per repository", ("repo_id",), (("repo_id", TEXT, ""), ("total", INT, "")))


def sums(tables: Mapping[str, pa.Table], error: str = "", pid: int = 0) -> pa.Table:
    """The sum of a repository's numbers; an error, or the end of the process, where it is that of the eighth."""
    rows = tables["numbers"].to_pylist()
    if rows[0]["repo_id"] == "r8" and os.getpid() != pid:
        if error == "dies":
            os._exit(1)
        if error:
            raise UsageError(error, hint="")
    return SUMS.of([{"repo_id": rows[0]["repo_id"], "total": sum(row["n"] for row in rows)}])


def engine_with(repositories: int) -> DuckDBEngine:
    """Repositories of different sizes, of which the last is the largest."""
    engine = DuckDBEngine(duckdb.connect())
    rows = [(f"r{number}", n) for number in range(repositories) for n in range(number + 1)]
    names, numbers = zip(*rows, strict=True)
    engine.put("numbers", pa.table({"repo_id": names, "n": numbers}))
    engine.put(REPOSITORIES, pa.table({"repo_id": sorted(set(names))}))
    return engine


def model(**options: Any) -> PythonModel:
    """A model of these numbers."""
    return PythonModel("sums", (Input("numbers", ("repo_id", "n"), ("n",)),), (SUMS,), partial(sums, **options))


@pytest.fixture(autouse=True)
def few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let few rows be enough for processes."""
    monkeypatch.setattr(workers, "FEWEST_ROWS", 1)


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_however_many_processes_make_the_same_rows_in_the_same_order(jobs: int) -> None:
    """Rows come in the order of repositories, whichever process made them first."""
    with Workers(jobs) as pool:
        made = run(engine_with(12), model(), workers=pool)["sums"].to_pylist()
    names = sorted(f"r{number}" for number in range(12))
    assert made == [{"repo_id": name, "total": sum(range(int(name[1:]) + 1))} for name in names]


@pytest.mark.slow
def test_a_process_that_dies_is_not_missed() -> None:
    """What a process had that was killed, for want of memory perhaps, is made by the build itself."""
    with Workers(2) as pool:
        made = run(engine_with(12), model(error="dies", pid=os.getpid()), workers=pool)["sums"]
    assert made.num_rows == 12


@pytest.mark.slow
def test_an_error_is_that_of_a_build_without_processes() -> None:
    """The message and kind of an error do not depend on the number of processes."""
    with Workers(2) as pool, pytest.raises(UsageError, match="the eighth is wrong"):
        run(engine_with(12), model(error="the eighth is wrong"), workers=pool)


def test_every_model_of_a_repository_can_go_to_another_process() -> None:
    """Models are sent as they are, with what they know of the settings."""
    for sent in python_models(SETTINGS, Sources({}, {}, {}), None):
        if sent.per_repository:
            received = pickle.loads(pickle.dumps(sent))  # noqa: S301 - what was just made
            assert (received.name, received.inputs, received.tables) == (sent.name, sent.inputs, sent.tables)


@pytest.mark.slow
def test_a_build_in_processes_publishes_the_same_rows(tmp_path: Path) -> None:
    """Every table of a whole build is the same, row for row."""
    stored(tmp_path, *portfolio())
    files = [
        publish(tmp_path, SETTINGS, TEAMS, built_at=AT, progress=SilentProgress(), anew=True, jobs=jobs)
        for jobs in (1, 3)
    ]
    assert differences(*files) == []


BUILD = """
import signal
from tests.warehouse.test_workers import engine_with, sleeping
from warehouse.building import workers
from warehouse.building.making import run
signal.signal(signal.SIGINT, signal.default_int_handler)
workers.FEWEST_ROWS = 1
with workers.Workers(2) as pool:
    run(engine_with(12), sleeping(), workers=pool)
"""


def _sleep(tables: Mapping[str, pa.Table]) -> pa.Table:
    sys.stderr.write(f"working {os.getpid()}\n")
    time.sleep(0.5)
    return sums(tables)


def sleeping() -> PythonModel:
    """A model that says which process works, and takes its time."""
    return PythonModel("sums", (Input("numbers", ("repo_id", "n"), ("n",)),), (SUMS,), _sleep)


@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_its_build(ending: signal.Signals) -> None:
    """However a build ends, its processes are gone soon after."""
    root = str(Path(__file__).resolve().parents[2])
    build = subprocess.Popen(
        [sys.executable, "-c", BUILD], cwd=root, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert build.stderr is not None
    line = next(line for line in build.stderr if line.startswith("working"))
    worker = int(line.split()[1])
    assert worker != build.pid
    os.killpg(build.pid, ending)
    build.wait(30)
    build.stderr.close()
    patience = time.monotonic() + 30
    while time.monotonic() < patience:
        try:
            os.kill(worker, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail("a process is still there")
