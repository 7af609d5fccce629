"""Changes that are not code complete: counted beside the outcomes, and explained."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cli.main import main
from tests.builders.rows import Raw
from tests.cli.test_changes_in_doubt import warehouse

pytestmark = pytest.mark.slow


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two pushes and a merged pull request that arrived, one that waits, a closed one, a draft, and a closed draft."""
    raw = Raw("Acme/Shop", provider="github").commits("a b@10:a c@40:b", says={"b": "Add basket (#1)"})
    raw.change(1, opened=2, ready=3).deploy("d0", "a", 1).deploy("d1", "b", 30)
    raw.change(3, opened=2, ready=2, code_complete=3, abandoned=9, title="Closed")
    raw.change(4, opened=5, title="A draft").change(5, opened=5, abandoned=8, title="A closed draft")
    return warehouse(tmp_path, raw)


def run(capfd: pytest.CaptureFixture[str], folder: Path, *arguments: str) -> tuple[int, str]:
    """The exit code and the output of a command."""
    capfd.readouterr()
    code = main(["--warehouse", str(folder), *arguments])
    out, err = capfd.readouterr()
    return code, out + err


def test_every_change_is_in_one_bucket(capfd: pytest.CaptureFixture[str], folder: Path) -> None:
    """What `status` counts beside the changes adds up to them: those that are not code complete are named."""
    _, out = run(capfd, folder, "status")
    (line,) = [line for line in out.splitlines() if " changes: " in line]
    total, *parts = (int(number.replace(",", "")) for number in re.findall(r"[\d,]*\d", line))
    assert total == sum(parts) == 6
    assert "2 not code complete" in line


@pytest.mark.parametrize(
    ("change_id", "why"),
    [
        ("github:Acme/Shop#4", "it is open and has not left draft"),
        ("GITHUB:acme/shop#4", "it is open and has not left draft"),
        ("acme/SHOP#4", "it is open and has not left draft"),
        ("Acme/Shop#5", "it was closed unmerged before its code was complete"),
    ],
)
def test_explain_finds_what_is_not_code_complete(
    capfd: pytest.CaptureFixture[str], folder: Path, change_id: str, why: str
) -> None:
    """A draft is explained by its id in any spelling, with its provider or without."""
    code, out = run(capfd, folder, "explain", change_id)
    assert code == 0
    assert out.startswith("github:Acme/Shop#")
    assert "outcome: not code complete" in out
    assert why in out


def test_explain_finds_every_id_of_the_changes(capfd: pytest.CaptureFixture[str], folder: Path) -> None:
    """Each id of a change, written in capitals and without its provider, is explained under its own spelling."""
    _, out = run(capfd, folder, "sql", "--format", "csv", "select change_id from changes order by change_id")
    ids = out.split()[1:]
    assert len(ids) == 6
    for change_id in ids:
        code, out = run(capfd, folder, "explain", change_id.partition(":")[2].upper())
        assert code == 0
        assert out.startswith(f"{change_id} ")


def test_a_name_of_two_providers_needs_one(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Where two providers have a repository of this name, an id without provider is none; the error names both."""
    parts = [Raw("acme/shop", provider=provider).commits("a").change(7, opened=1) for provider in ("github", "gitlab")]
    parts[1].source = "gitlab:acme/shop"
    folder = warehouse(tmp_path, *parts)
    code, out = run(capfd, folder, "explain", "acme/shop#7")
    assert code != 0
    assert "github:acme/shop#7, gitlab:acme/shop#7" in out
    assert run(capfd, folder, "explain", "GitLab:acme/shop#7")[0] == 0


def test_a_title_loses_what_a_bot_wrote_before_it(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The mark of a merge bot before the title of a request is no part of it; one within the title stays."""
    raw = Raw("acme/shop", provider="github").commits("a").change(1, opened=1, title="[Merged by Bors] - Add basket")
    folder = warehouse(tmp_path, raw.change(2, opened=1, title="Strip [Merged by Bors] - of titles"))
    _, out = run(capfd, folder, "sql", "--format", "csv", "select title from changes where number > 0 order by number")
    assert out.splitlines()[1:] == ["Add basket", "Strip [Merged by Bors] - of titles"]
