from __future__ import annotations

from pathlib import Path

import pytest

from cli.main import main
from headway.progress import SilentProgress
from pipeline.build import build
from pipeline.session import Session
from tests.builders.rows import END, Raw, built, hour, stored


def warehouse(folder: Path, *parts: Raw) -> Path:
    """A warehouse that was built of these rows."""
    session = Session(config=None, warehouse=None, debug=False, folder=folder, environment={}, now=hour(END))
    stored(session.settings.warehouse_folder, *parts)
    build(session, {}, SilentProgress())
    return session.settings.warehouse_folder


def closed_by_a_bot(repo: str, pushes: int) -> Raw:
    """A pull request that landed and was closed, and so many pushes."""
    raw = Raw(repo).commits("a c@1.5:a s@9:a", says={"s": "Add basket (#1)"}).pull(1, "c")
    raw.change(1, opened=2, abandoned=9.1).deploy("d0", "a", 1)
    for number in range(pushes):
        raw.commits(f"p{number}")
    return raw.deploy("d", f"p{pushes - 1}", 60)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with a repository in doubt and one that is in none."""
    return warehouse(
        tmp_path_factory.mktemp("doubts"), closed_by_a_bot("acme/shop", 2), closed_by_a_bot("acme/sure", 12)
    )


@pytest.mark.parametrize("command", ["summary", "status", "doctor"])
def test_repository_in_doubt_is_named(capfd: pytest.CaptureFixture[str], folder: Path, command: str) -> None:
    """Where more than a tenth of the changes is in doubt, commands say so; where it is less, they do not."""
    capfd.readouterr()
    main(["--warehouse", str(folder), command])
    out, _ = capfd.readouterr()
    named = [line for line in out.splitlines() if "in doubt" in line]
    assert len(named) == 1
    assert "1 of 4 changes are in doubt: 1 landed, and a report calls them closed" in named[0]
    if command == "summary":
        assert out.startswith("git:acme/shop: 1 of 4")


def test_explain_says_that_it_was_closed(capfd: pytest.CaptureFixture[str], folder: Path) -> None:
    """The record behind the merge of a change that a report calls closed names the commit, and the contradiction."""
    capfd.readouterr()
    assert main(["--warehouse", str(folder), "explain", "git:acme/shop#1"]) == 0
    out, _ = capfd.readouterr()
    assert "a report calls it closed unmerged" in out
    assert "committer date of squash commit" in out


@pytest.mark.slow
def test_doubts_are_those_of_the_time_of_the_report() -> None:
    """Of a change that landed, or was closed, after the time of a report nothing is in doubt yet."""
    raw = closed_by_a_bot("acme/shop", 2)
    for as_of, expected in ((8, 0), (9.05, 0), (9.2, 1)):
        with built(raw, as_of=as_of) as tables:
            (row,) = tables("select landed_though_closed, in_doubt from coverage")
            assert row == {"landed_though_closed": expected, "in_doubt": expected}
