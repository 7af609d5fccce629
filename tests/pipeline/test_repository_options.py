"""Names of repositories in options and settings: as `status` prints them, and in other spellings."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.main import main
from pipeline.doctor import checkup
from pipeline.session import Session
from tests.builders.rows import END, Raw, hour, stored

SPELLINGS = ["Acme/Shop", "github:Acme/Shop", "acme/shop", "GITHUB:ACME/SHOP", "acme/*", "github:acme/s*"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with raw rows of a repository on GitHub, where case does not count, and of one where it does."""
    raw = Raw("Acme/Shop", provider="github").commits("a b c d e")
    for name in "abcde":
        raw.files(name, "src/a.py")
    stored(tmp_path / "data", raw, Raw("srv/Tools").commits("k l"))
    return tmp_path


def run(capfd: pytest.CaptureFixture[str], folder: Path, settings: str, *arguments: str) -> tuple[int, str, str]:
    """Exit code, output and errors of a command with these settings."""
    config = folder / "headway.toml"
    config.write_text(f'[warehouse]\npath = "data"\n{settings}')
    capfd.readouterr()
    code = main(["--config", str(config), *arguments])
    return (code, *capfd.readouterr())


@pytest.mark.slow
@pytest.mark.parametrize("repo", SPELLINGS)
def test_repo_is_accepted_in_every_spelling(capfd: pytest.CaptureFixture[str], folder: Path, repo: str) -> None:
    """A name as `status` prints it, without provider, in another case or as a glob chooses the same repository."""
    run(capfd, folder, "", "build")
    code, out, err = run(capfd, folder, "", "export", "coverage", "--repo", repo)
    assert (code, err) == (0, "")
    assert [line.split(",")[:2] for line in out.splitlines()[1:]] == [["github", "Acme/Shop"]]
    _, out, _ = run(capfd, folder, "", "export", "lead-time", "--repo", repo)
    assert len(out.splitlines()) == 6
    assert run(capfd, folder, "", "summary", "--repo", repo)[2] == ""


def test_repo_of_a_host_with_case_keeps_it(capfd: pytest.CaptureFixture[str], folder: Path) -> None:
    """Where the host tells cases apart another case is another repository; the message names the nearest."""
    run(capfd, folder, "", "build")
    assert run(capfd, folder, "", "export", "coverage", "--repo", "srv/Tools")[2] == ""
    _, out, err = run(capfd, folder, "", "export", "coverage", "--repo", "srv/tools")
    assert len(out.splitlines()) == 1
    assert "no repository matches 'srv/tools'; there are git:srv/Tools" in err


@pytest.mark.slow
@pytest.mark.parametrize("found", ["found:github:Acme/Shop", "found:acme/shop", "found:GitHub:ACME/shop"])
def test_an_initiative_is_named_in_every_spelling(capfd: pytest.CaptureFixture[str], folder: Path, found: str) -> None:
    """The id of a detected initiative is accepted with its repository in any spelling, and the name is given to it."""
    settings = f'[ai]\nai_repos = ["acme/shop"]\n[[initiatives]]\nfound = "{found}"\nname = "Basket"\n'
    code, _, err = run(capfd, folder, settings, "build")
    assert (code, err.count("hint")) == (0, 0)
    _, out, _ = run(capfd, folder, settings, "sql", "--format", "csv", "select initiative_id, name from initiatives")
    assert out.splitlines()[1:] == ["found:github:Acme/Shop,Basket"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ('[ai]\nai_repos = ["acme/shpo"]\n', "[ai] ai_repos: no repository matches 'acme/shpo'"),
        ('[[deployments]]\nrepo = "acme/shpo"\n', "[[deployments]] 1: no repository matches 'acme/shpo'"),
        (
            '[[initiatives]]\nname = "Basket"\nrepo = "acme/shpo"\npaths = ["src/**"]\n',
            "[[initiatives]] 1: no repository matches 'acme/shpo'",
        ),
        (
            '[[ai.overrides]]\nchange = "github:acme/shpo#1"\nkind = "work"\n',
            "[[ai.overrides]] 1: there is no repository 'github:acme/shpo'",
        ),
    ],
)
def test_a_setting_of_no_repository_names_the_nearest(
    capfd: pytest.CaptureFixture[str], folder: Path, settings: str, what: str
) -> None:
    """A build fails at an entry that matches nothing, and the doctor names it; with the right name both are content."""
    assert run(capfd, folder, "", "build")[0] == 0
    code, _, err = run(capfd, folder, settings, "build")
    first, _, hint = err.strip().partition("\n  hint: did you mean ")
    assert (code, first.partition(" ERROR ")[2]) == (2, f"headway: {what}")
    assert hint.lower().removeprefix("github:") == "acme/shop?"
    config = folder / "headway.toml"
    session = Session(config=config, warehouse=None, debug=False, folder=folder, environment={}, now=hour(END))
    assert [check.hint for check in checkup(session) if not check.ok and check.what == what] == [f"did you mean {hint}"]
    assert run(capfd, folder, settings.replace("shpo", "Shop"), "build")[2] == ""
