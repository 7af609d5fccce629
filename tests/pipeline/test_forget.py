"""What is forgotten is in no number and in no file of the warehouse, also where the run is killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.pipeline.running import Headway, deployed, program, rows, shas, shop, write


@pytest.fixture
def headway(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Headway:
    """Runs the program in a folder of its own."""
    return program(tmp_path, capfd, monkeypatch)


def company(folder: Path) -> None:
    """Two repositories, and one file of records about both."""
    shop_, till = shop(folder / "shop"), shop(folder / "till", url="https://github.com/acme/till.git")
    records = [deployed("d1", shas(shop_)[1], "2026-01-02T12:00:00Z")]
    records += [deployed("d1", shas(till)[1], "2026-01-02T12:00:00Z", repo="github:acme/till")]
    write(folder / "records.ndjson", records)


def stored(warehouse: Path) -> set[str]:
    """The repositories of which any raw file has a row."""
    files = (warehouse / "raw").glob("*/*.parquet")
    return {repo_id for file in files for repo_id in pq.read_table(file, columns=["repo_id"])["repo_id"].to_pylist()}


@pytest.mark.slow
def test_forgotten_source_is_in_no_number_and_no_file(headway: Headway, tmp_path: Path) -> None:
    """A source of records is gone with its rows and its last run; the repositories that it told of stay."""
    company(tmp_path)
    assert headway("collect", "shop", "till", "events:records.ndjson").code == 0
    assert rows(headway, "select count(*) from deployments") == ["2"]
    ran = headway("forget", "events:records.ndjson", "--yes")
    assert ran.code == 0, ran.err
    assert rows(headway, "select count(*) from deployments") == ["0"]
    assert rows(headway, "select count(*) from lead_times") == ["8"]
    warehouse = tmp_path / "headway-data"
    assert "records.ndjson" not in headway("status").out
    assert not list((warehouse / "raw" / "deployments").glob("*.parquet"))
    assert len(list(warehouse.glob("headway-*.duckdb"))) == 1


@pytest.mark.slow
def test_forgotten_repository_leaves_the_others(headway: Headway, tmp_path: Path) -> None:
    """All that any source told of a repository is gone; of a file about two repositories the rest stays."""
    company(tmp_path)
    assert headway("collect", "shop", "till", "events:records.ndjson").code == 0
    ran = headway("forget", "acme/till", "--yes")
    assert ran.code == 0, ran.err
    assert rows(headway, "select repo from coverage") == ["acme/shop"]
    assert rows(headway, "select repo, deployment_id from deployments") == ["acme/shop,d1"]
    assert stored(tmp_path / "headway-data") <= {"github:acme/shop", ""}
    assert headway("collect", "shop", "events:records.ndjson").code == 0
    assert rows(headway, "select repo from coverage") == ["acme/shop"]


@pytest.mark.slow
def test_forgotten_repository_leaves_no_clone(headway: Headway, tmp_path: Path) -> None:
    """The clone of a URL goes with its source, and those of others stay."""
    company(tmp_path)
    for name in ("shop", "till"):
        assert headway("collect", f"file://{tmp_path / name}").code == 0
    clones = tmp_path / "headway-data" / "cache" / "git"
    assert sorted(path.name.split("-")[-2] for path in clones.glob("*.git")) == ["shop", "till"]
    ran = headway("forget", f"git:file://{tmp_path / 'till'}", "--yes")
    assert ran.code == 0, ran.err
    assert [path.name.split("-")[-2] for path in clones.glob("*.git")] == ["shop"]
    assert headway("collect", f"file://{tmp_path / 'shop'}").code == 0


def test_forget_asks_and_names_the_nearest(headway: Headway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a yes nothing changes; a name that is not there is an error that names one that is."""
    company(tmp_path)
    assert headway("collect", "shop").code == 0
    monkeypatch.setattr("click.confirm", lambda *_, **__: False)
    assert "nothing was changed" in headway("forget", "github:acme/shop").err
    assert rows(headway, "select count(*) from coverage") == ["1"]
    ran = headway("forget", "github:acme/shopp", "--yes")
    assert (ran.code, "did you mean 'github:acme/shop'?" in ran.err) == (2, True)


KILLED = """
import os, sys
from pathlib import Path
from cli.main import main
left = int(sys.argv[1])
unlink = Path.unlink
def stop(self, *arguments, **named):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), 9)
    return unlink(self, *arguments, **named)
Path.unlink = stop
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.slow
@pytest.mark.parametrize("left", [0, 1, 4])
def test_killed_run_is_finished_by_the_next(headway: Headway, tmp_path: Path, left: int) -> None:
    """Killed at any removal, a run leaves a warehouse that can be read, and the next build lets go of the rest."""
    company(tmp_path)
    assert headway("collect", "shop", "till", "events:records.ndjson").code == 0
    command = [sys.executable, "-c", KILLED, str(left), "forget", "github:acme/till", "--yes"]
    killed = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert killed.returncode == -9, killed.stderr
    assert "acme/shop" in "".join(rows(headway, "select repo from coverage"))
    assert headway("build").code == 0
    assert rows(headway, "select repo from coverage") == ["acme/shop"]
    assert stored(tmp_path / "headway-data") <= {"github:acme/shop", ""}
    assert not (tmp_path / "headway-data" / "forget.json").exists()
