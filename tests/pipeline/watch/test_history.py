"""The history of runs: what a run leaves, what a kill leaves, and how large it gets."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.watch.history import RecordedRun, RunHistory
from tests.pipeline.running import Headway, deployed, program, shas, shop, write


@pytest.fixture
def headway(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Headway:
    """The program in a folder with a repository."""
    write(tmp_path / "deploys.ndjson", [deployed("1", shas(shop(tmp_path / "shop"))[-1], "2026-01-06T10:00:00Z")])
    return program(tmp_path, capfd, monkeypatch)


def run(number: int, **fields: object) -> RecordedRun:
    """A run of a source."""
    return RecordedRun("collect", f"git:{number}", "2026-03-01 02:15:00", 1.5, **fields)  # type: ignore[arg-type]


@pytest.mark.slow
def test_runs_of_sources_and_commands_are_listed(headway: Headway) -> None:
    """Each source has a line with rows and seconds, and the command as a whole has one; so has a build."""
    assert headway("collect", "shop", "events:deploys.ndjson").code == 0
    assert headway("build").code == 0
    listed = json.loads(headway("runs", "--format", "json").out)
    assert [(row["command"], row["source"].partition(":")[0]) for row in listed] == [
        ("collect", "git"), ("collect", "events"), ("collect", ""), ("build", ""),
    ]  # fmt: skip
    assert [row["exit_code"] for row in listed] == [0, 0, 0, 0]
    assert listed[2]["rows"] == listed[0]["rows"] + listed[1]["rows"] > 4
    assert listed[2]["seconds"] >= listed[0]["seconds"] > 0
    assert all(row["began_at"].endswith("Z") for row in listed)


@pytest.mark.slow
def test_failed_runs_are_found(headway: Headway, tmp_path: Path) -> None:
    """A source that cannot be read and its command are the failed runs, with the error."""
    (tmp_path / "deploys.ndjson").unlink()
    (tmp_path / "headway.toml").write_text(
        "[[sources]]\ntarget = 'shop'\n[[sources]]\ntarget = 'events:deploys.ndjson'\n", encoding="utf-8"
    )
    assert headway("collect").code == 3
    listed = json.loads(headway("runs", "--failed", "--format", "json").out)
    assert [(row["source"].partition(":")[0], row["exit_code"] > 0) for row in listed] == [("events", True), ("", True)]
    assert "deploys.ndjson" in listed[0]["error"]
    assert "FAILED" in headway("runs", "--source", "events:*").out
    assert headway("runs", "--source", "", "--since", "2999-01-01").out == ""


def test_wrong_arguments_leave_no_warehouse(headway: Headway, tmp_path: Path) -> None:
    """A command that could not begin makes no folder for its history."""
    assert headway("collect", "gitlab:acme/shop").code == 2
    assert not (tmp_path / "headway-data").exists()


def test_history_is_bounded_in_bytes(tmp_path: Path) -> None:
    """Of full files only the newest few remain, with the newest runs, however many there were."""
    history = RunHistory(tmp_path, most_bytes=2_000, most_files=3)
    for number in range(300):
        history.add(run(number))
    size = sum(path.stat().st_size for path in (tmp_path / "runs").iterdir())
    assert size < 3 * 2_400
    sources = history.runs()["source"].to_list()
    assert sources[-1] == "git:299"
    assert sources == [f"git:{number}" for number in range(300 - len(sources), 300)]
    assert len(sources) > 20


def test_line_cut_off_by_a_kill_is_left_out(tmp_path: Path) -> None:
    """What was begun is no run, and the next run is whole."""
    history = RunHistory(tmp_path)
    history.add(run(1))
    (file,) = (tmp_path / "runs").iterdir()
    file.write_bytes(file.read_bytes() + b'{"command": "coll')
    history.add(run(2))
    assert history.runs()["source"].to_list() == ["git:1", "git:2"]


def test_long_error_is_cut(tmp_path: Path) -> None:
    """An error of a megabyte does not fill the history."""
    history = RunHistory(tmp_path)
    history.add(run(1, error="x" * 1_000_000))
    assert len(history.runs()["error"][0]) == 500


def test_runs_of_another_version_are_read(tmp_path: Path) -> None:
    """A field that this version does not know is left out; a line without what it needs is too."""
    (tmp_path / "runs").mkdir()
    line = {"command": "build", "source": "", "began_at": "2026-03-01 02:15:00", "seconds": 1, "color": "red"}
    (tmp_path / "runs" / "history-000001.ndjson").write_text(json.dumps(line) + '\n{"source": ""}\n[]\n')
    assert RunHistory(tmp_path).runs().select("command", "seconds").rows() == [("build", 1.0)]
