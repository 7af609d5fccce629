"""A warehouse or a clone that is moved keeps its sources: teams and numbers stay, and nothing is read twice."""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.running import Headway, deployed, program, rows, shas, shop, write

SETTINGS = """
[[sources]]
target = "clones/shop"
team = "payments"
[[sources]]
target = "events:records/deployed.ndjson"
team = "payments"
"""
NUMBERS = "select change_id, team, outcome, lead_time_hours from lead_times order by 1"


@pytest.fixture
def headway(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Headway:
    """Runs the program in a folder of its own."""
    return program(tmp_path, capfd, monkeypatch)


def company(folder: Path) -> Path:
    """Settings, a clone and records, in one folder."""
    repo = shop(folder / "clones" / "shop")
    commits = shas(repo)
    records = [deployed(f"d{day}", commits[day], f"2026-01-{day + 1:02}T12:00:00Z") for day in (0, 1, 2)]
    write(folder / "records" / "deployed.ndjson", records)
    (folder / "headway.toml").write_text(SETTINGS)
    return folder


def batches(folder: Path) -> list[dict[str, Any]]:
    """The commit files of a warehouse, the oldest first."""
    paths = sorted((folder / "headway-data" / "raw" / "_commits").glob("*.json"))
    return [json.loads(path.read_text()) for path in paths]


@pytest.mark.slow
@pytest.mark.parametrize("how", [shutil.move, shutil.copytree])
def test_moved_or_restored_warehouse_reads_nothing_twice(
    headway: Headway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: object
) -> None:
    """Settings, warehouse, clone and records in another folder give the same numbers, and no row more."""
    old, new = company(tmp_path / "old"), tmp_path / "new"
    monkeypatch.chdir(old)
    assert headway("collect").code == 0
    before = rows(headway, NUMBERS)
    assert any("payments,production" in row for row in before)
    monkeypatch.chdir(tmp_path)
    assert callable(how)
    how(old, new)
    monkeypatch.chdir(new)
    assert headway("build").code == 0
    assert rows(headway, NUMBERS) == before
    assert headway("collect").code == 0
    assert rows(headway, NUMBERS) == before
    assert {batch["source"] for batch in batches(new)} == {
        f"git:{old}/clones/shop",
        f"events:{old}/records/deployed.ndjson",
    }
    assert [batch["rows"] for batch in batches(new)[2:]] == [{}, {}]
    assert f"(now in {new}/clones/shop)" in headway("status").out


@pytest.mark.slow
def test_moved_clone_goes_on_where_it_stood(headway: Headway, tmp_path: Path) -> None:
    """A clone that was moved and then got commits brings only those; a file that was moved and grew is one source."""
    repo = shop(tmp_path / "shop")
    file = write(tmp_path / "a.ndjson", [deployed("d1", shas(repo)[1], "2026-01-02T12:00:00Z")])
    assert headway("collect", "shop", "events:a.ndjson").code == 0
    shutil.move(tmp_path / "shop", tmp_path / "moved")
    author = ["-c", "user.name=ann", "-c", "user.email=ann@example.com"]
    command = ["git", "-C", "moved", *author, "commit", "--allow-empty", "-q", "-m", "Add 9 (#9)"]
    subprocess.run(command, check=True, cwd=tmp_path)
    file.rename(tmp_path / "b.ndjson")
    with (tmp_path / "b.ndjson").open("a") as more:
        more.write(json.dumps(deployed("d2", "a" * 40, "2026-01-03T12:00:00Z")) + "\n")
    assert headway("collect", "moved", "events:b.ndjson").code == 0
    assert len({batch["source"] for batch in batches(tmp_path)}) == 2
    assert [batch["rows"].get("commits") for batch in batches(tmp_path) if batch["source"].startswith("git:")] == [4, 1]


@pytest.mark.slow
def test_other_repository_of_the_same_name_is_another_source(headway: Headway, tmp_path: Path) -> None:
    """Two folders of one name without a common history are two sources, wherever they lie."""
    for folder in ("one", "two"):
        repo = shop(tmp_path / folder / "shop")
        repo.commit(f"Of {folder}\n", at=datetime(2026, 1, 9))
    for folder in ("one", "two"):
        assert headway("collect", f"{folder}/shop").code == 0
    assert {batch["source"] for batch in batches(tmp_path)} == {
        f"git:{tmp_path}/{name}/shop" for name in ("one", "two")
    }


@pytest.mark.slow
def test_clones_that_the_settings_name_stay_two_sources(headway: Headway, tmp_path: Path) -> None:
    """Of two clones of one repository in the settings neither takes the other's place."""
    repo = shop(tmp_path / "one")
    (tmp_path / "headway.toml").write_text('[[sources]]\ntarget = "one"\n[[sources]]\ntarget = "two"\n')
    assert headway("collect", "one").code == 0
    repo.copy(tmp_path / "two")
    assert headway("collect").code == 0
    assert {batch["source"] for batch in batches(tmp_path)} == {f"git:{tmp_path}/{name}" for name in ("one", "two")}
