"""Options that stand before or after a command, and suggestions for what was mistyped."""

from __future__ import annotations

from pathlib import Path

import pytest

from analytics.reports.catalog import OPTIONS, REPORTS
from cli.main import COMMANDS, program
from pipeline.session import Session
from tests.builders.demo import session_in
from tests.cli.test_cli import run


def session_of(words: list[str]) -> Session:
    """The session that the command in these words is called with."""
    with program.make_context("headway", list(words), obj=session_in(Path())) as outer:
        name, command, rest = program.resolve_command(outer, [*outer._protected_args, *outer.args])
        assert command is not None
        with command.make_context(name, rest, parent=outer) as inner:
            session: Session = inner.obj
            return session


def arguments_of(name: str, folder: Path) -> list[str]:
    """A command with the arguments that it needs."""
    for file in ("commits.ndjson", "a.tar"):
        (folder / file).touch()
    needed = {
        "export": ["stages"],
        "forget": ["acme/shop"],
        "explain": ["acme/shop#1"],
        "classify": [str(folder / "commits.ndjson")],
        "backup": [str(folder / "a.tar")],
        "restore": [str(folder / "a.tar")],
    }
    return [name, *needed.get(name, [])]


@pytest.mark.parametrize("name", COMMANDS)
def test_shared_options_stand_before_or_after_every_command(name: str, tmp_path: Path) -> None:
    """`--config`, `--warehouse` and `--debug` reach the session from either place, and the later one wins."""
    command = arguments_of(name, tmp_path)
    first = ["--config", "a.toml", "--warehouse", "a"]
    second = ["--config", "b.toml", "--warehouse", "b", "--debug"]
    for words in ([*first, *command], [*command, *first]):
        session = session_of(words)
        assert (session.config, session.warehouse, session.debug) == (Path("a.toml"), Path("a"), False)
    for words in ([*first, *command, *second], [*second, *command]):
        session = session_of(words)
        assert (session.config, session.warehouse, session.debug) == (Path("b.toml"), Path("b"), True)


@pytest.mark.slow
def test_settings_and_warehouse_after_the_command_are_used(
    capfd: pytest.CaptureFixture[str], company: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real command gives the same in either place; one option may stand before and another after."""
    monkeypatch.chdir(tmp_path)
    config, warehouse = str(company.folder / "headway.toml"), str(company.folder / "headway-data")
    expected = run(capfd, "--config", config, "export", "coverage")
    assert expected[0] == 0
    assert run(capfd, "export", "coverage", "--config", config) == expected
    assert run(capfd, "--config", "missing.toml", "export", "coverage", "--config", config) == expected
    assert run(capfd, "export", "--warehouse", warehouse, "coverage") == expected
    assert run(capfd, "--warehouse", "nowhere", "export", "coverage", "--warehouse", warehouse) == expected
    assert run(capfd, "--warehouse", warehouse, "export", "coverage", "--warehouse", "nowhere")[0] == 1


def test_debug_after_the_command_shows_the_traceback(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--debug` works in either place."""
    monkeypatch.chdir(tmp_path)
    for words in (("--debug", "summary"), ("summary", "--debug")):
        assert "Traceback" in run(capfd, *words)[2]


@pytest.mark.parametrize(
    ("words", "what", "hint"),
    [
        (["expotr"], "no such command: expotr", "did you mean export?"),
        (["xyzzy"], "no such command: xyzzy", "see `headway --help`"),
        (["export", "leadtime"], "no such report: leadtime", "did you mean lead-time?"),
        (["export", "xyzzy"], "no such report: xyzzy", "`headway export --help` lists them"),
        (["export", "stages", "--clock", "work"], "no such clock: work", "did you mean working?"),
        (["export", "stages", "--format", "xls"], "no such format: xls", "choose one of csv, parquet, json"),
        (["export", "stages", "--by", "teams"], "report stages has no --by 'teams'", "did you mean team?"),
        (["export", "dora", "--definition", "al"], "report dora has no --definition 'al'", "did you mean all?"),
        (["summary", "--since", "now"], "not a date or time: now", "write 2026-03-01 or 2026-03-01T12:00Z"),
        (["export", "--windw"], "No such option '--windw'.", "did you mean --window? see `headway export --help`"),
        (["--confg", "x"], "No such option '--confg'.", "did you mean --config? see `headway --help`"),
        (["export"], "Missing argument 'REPORT'.", "see `headway export --help`"),
        (["export", "stages", "--by"], "Option '--by' requires an argument.", "see `headway export --help`"),
        (["--config"], "Option '--config' requires an argument.", "see `headway --help`"),
    ],
)
def test_mistyped_word_suggests_the_nearest(
    capfd: pytest.CaptureFixture[str], words: list[str], what: str, hint: str
) -> None:
    """The error has two lines: what is wrong, and the nearest word or where to look."""
    code, out, err = run(capfd, *words)
    assert (code, out) == (2, "")
    assert err.splitlines() == [f"headway: {what}", f"  hint: {hint}"]


@pytest.mark.slow
def test_option_that_a_report_does_not_support_is_refused(capfd: pytest.CaptureFixture[str], company: Session) -> None:
    """The program refuses it with the reason of the catalogue, and never ignores it in silence."""
    words = {"--since": ["2026-01-01"], "--until": ["2026-01-01"], "--by": ["team"], "--clock": ["working"]}
    words |= {"--automation": [], "--evidence": ["strong"], "--window": ["month"], "--definition": ["all"]}
    words |= {"--service": ["acme/assistant"], "--intervals": ["like-these"], "--horizon-days": ["90"]}
    for report in REPORTS.values():
        for option in OPTIONS:
            if reason := report.refusal(option):
                command = ("--config", str(company.folder / "headway.toml"), "export", report.name, option)
                code, out, err = run(capfd, *command, *words[option])
                assert (code, out) == (2, "")
                assert err.splitlines()[0].endswith(f": {reason}")
                assert err.splitlines()[1] == f"  hint: leave {option} out"


def test_help_of_export_lists_every_report(capfd: pytest.CaptureFixture[str]) -> None:
    """Each report has a line that says what it shows."""
    _, out, _ = run(capfd, "export", "--help")
    lines = [line.split(maxsplit=1) for line in out.splitlines()]
    for report in REPORTS.values():
        assert [report.name, report.summary] in lines
