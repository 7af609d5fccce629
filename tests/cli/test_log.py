"""What is written to standard error: for a reader, for a log, for a program."""

from __future__ import annotations

import io
import json
import re
import sys
import time
from datetime import datetime
from pathlib import Path

import pytest

from cli.log import begin_log
from cli.main import main
from headway.progress import LogProgress, Ticking
from tests.pipeline.running import Headway, program, shop

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (DEBUG|INFO|WARNING|ERROR) \S")


@pytest.fixture
def headway(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Headway:
    """The program in a folder with a repository."""
    shop(tmp_path / "shop")
    return program(tmp_path, capfd, monkeypatch)


@pytest.mark.slow
def test_lines_of_a_log_have_time_and_level(headway: Headway) -> None:
    """Without a terminal each line of `collect` and `build` has both; hints are indented below their line."""
    for arguments in (("collect", "shop"), ("collect", "shop", "nowhere"), ("build",)):
        lines = headway(*arguments).err.splitlines()
        assert all(STAMP.match(line) or line.startswith("  ") for line in lines), lines


def test_error_of_settings_is_a_line_of_the_log(headway: Headway, tmp_path: Path) -> None:
    """A night that could not begin has time and level too."""
    (tmp_path / "headway.toml").write_text("[gut]\n", encoding="utf-8")
    first, hint = headway("collect").err.splitlines()
    assert STAMP.match(first)
    assert "ERROR headway: unknown setting 'gut'" in first
    assert hint.startswith("  hint: ")


def test_short_commands_stay_plain(headway: Headway) -> None:
    """What a script reads of a command that a person runs is as on a terminal: two lines, unless a log is requested."""
    assert headway("export", "stages").err.startswith("headway: nothing was built")
    assert STAMP.match(headway("export", "stages", "--log-format", "text").err)


@pytest.mark.slow
def test_terminal_has_no_times(headway: Headway, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a person reads along, lines are plain."""
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", terminal)
    assert main(["collect", "shop"]) == 0
    said = [line for line in re.split(r"\r\x1b\[K|\n", terminal.getvalue()) if line.startswith("built ")]
    assert said[0].endswith("next: headway summary")


@pytest.mark.slow
def test_json_lines_have_fields(headway: Headway) -> None:
    """Each line is an object; that of a source has its id, rows and seconds, that of an error its hint."""
    good = [json.loads(line) for line in headway("--log-format", "json", "collect", "shop").err.splitlines()]
    assert {line["level"] for line in good} == {"info"}
    assert good[0]["source"].startswith("git:")
    assert good[0]["rows"] > 0
    assert good[0]["seconds"] > 0
    (wrong,) = [json.loads(line) for line in headway("collect", "gitlab:x", "--log-format", "json").err.splitlines()]
    assert (wrong["level"], wrong["exit_code"], bool(wrong["hint"])) == ("error", 2, True)


@pytest.mark.slow
def test_verbose_names_what_is_to_be_read(headway: Headway) -> None:
    """Before anything is read, each source has a line of the level debug."""
    first = headway("collect", "shop", "-v").err.splitlines()[0]
    assert first.endswith("Z DEBUG to read: shop")
    assert "DEBUG" not in headway("collect", "shop").err


@pytest.mark.slow
def test_quiet_writes_what_is_wrong_alone(headway: Headway, tmp_path: Path) -> None:
    """Cron mails nothing of a good night, and the failures of a bad one."""
    assert headway("collect", "shop", "-q").err == ""
    (tmp_path / "headway.toml").write_text("[[sources]]\ntarget = 'shop'\n[[sources]]\ntarget = 'gone'\n")
    said = headway("collect", "--quiet").err
    assert "ERROR" in said
    assert "INFO" not in said


def test_step_that_takes_long_is_in_the_log() -> None:
    """A line every so often, with the time since the step began, also where nothing new is reported."""
    now = [0.0]
    lines: list[str] = []
    progress = LogProgress(lines.append, lambda: now[0], every=60.0)
    for seconds in (0, 30, 61, 100, 130):
        now[0] = float(seconds)
        progress.step(seconds, 200, "commits of shop")
    assert lines == ["commits of shop 61 of 200, 1 min elapsed", "commits of shop 130 of 200, 2 min elapsed"]


def test_silent_step_goes_on_reporting() -> None:
    """While Git clones, nobody reports a step: the last one is repeated by itself, until it is done."""
    lines: list[str] = []
    progress = Ticking(LogProgress(lines.append, time.monotonic, every=0.05), 0.05)
    progress.step(0, None, "cloning shop")
    time.sleep(0.5)
    progress.done()
    count = len(lines)
    assert count >= 2
    assert lines[0] == "cloning shop, 1 s elapsed"
    time.sleep(0.2)
    assert len(lines) == count


def test_lines_cannot_be_forged(capsys: pytest.CaptureFixture[str]) -> None:
    """What a name from outside contains neither begins a line of the log nor steers a terminal."""
    log = begin_log(lambda: datetime(2026, 3, 1, 2, 15))
    log.form = "json"
    log.info("read a\nb")
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line) == {"time": "2026-03-01T02:15:00Z", "level": "info", "message": "read a\nb"}
    log.form = "text"
    log.info("read a\n2026-03-01T02:15:00Z INFO built \x1b[31mb", hint="look")
    assert capsys.readouterr().err.splitlines() == [
        "2026-03-01T02:15:00Z INFO read a", "  2026-03-01T02:15:00Z INFO built  [31mb", "  hint: look",
    ]  # fmt: skip


def test_hint_inside_a_message_is_a_field(capsys: pytest.CaptureFixture[str]) -> None:
    """Notices come with their hint; in JSON it is apart."""
    log = begin_log(lambda: datetime(2026, 3, 1, 2, 15))
    log.form = "json"
    log.warning("shop: odd times\n  hint: check them")
    line = json.loads(capsys.readouterr().err)
    assert (line["message"], line["hint"]) == ("shop: odd times", "check them")
