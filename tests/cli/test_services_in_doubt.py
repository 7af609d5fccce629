"""Silence is never an answer: each command says first which services are in doubt, and which setting fixes it."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.main import main
from tests.builders.repositories import Repository
from tests.builders.rows import Raw
from tests.cli.test_changes_in_doubt import warehouse

START = datetime(2026, 1, 1)


def told(capfd: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """The exit code of a command, and what it printed."""
    capfd.readouterr()
    code = main(list(arguments))
    return code, capfd.readouterr().out


def daily(folder: Path, *, days: int, shipped: int, form: str = "v1.{}.0", then: str = "") -> Path:
    """A clone with a change each day, each of the first `shipped` tagged in the evening; `then`: another form after."""
    repository = Repository(folder / "shop")
    for number in range(days):
        at = START + timedelta(days=number, hours=9)
        repository.commit(f"Step {number}", files={"a": str(number)}, at=at)
        if number < shipped or then:
            name = (form if number < shipped else then).format(number)
            repository.tag(name, message="Release", at=at + timedelta(hours=9))
    repository.remote("https://github.com/acme/shop")
    return folder / "shop"


def stopped(repo: str = "acme/shop", *, days: int = 63) -> Raw:
    """A change each day, those of the first 13 deployed a day later."""
    raw = Raw(repo, read=1600, known=1600)
    for number in range(days):
        raw.commits(f"c{number}@{24 * number + 1}")
        if number <= 12:
            raw.deploy(f"d{number}", f"c{number}", 24 * number + 24)
    return raw


@pytest.mark.slow
@pytest.mark.parametrize("command", ["summary", "status", "doctor", "deployments"])
def test_service_in_doubt_is_named(capfd: pytest.CaptureFixture[str], tmp_path: Path, command: str) -> None:
    """Fifty changes landed after the last of 13 daily deployments: commands name it, and summary before all else."""
    folder = warehouse(tmp_path, stopped())
    code, out = told(capfd, "--warehouse", str(folder), command)
    text = " ".join(out.split())
    assert "IN DOUBT since 2025-01-19: 50 changes landed within 49 days after the last production deployment" in text
    assert "50 changes of unknown outcome, in no comparison" in text
    if command == "summary":
        assert (code, out.split()[:3]) == (0, ["git:acme/shop:", "IN", "DOUBT"])
    else:
        assert "hint: set `from` in [[deployments]]" in text
    if command == "doctor":
        assert code == 1


@pytest.mark.slow
def test_comparison_says_so_before_each_number(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Each note of `comparison` begins with the doubt; a selection without the repository has none."""
    folder = warehouse(tmp_path, stopped(), stopped("acme/calm", days=20))
    for glob, expected in (("*", True), ("acme/calm", False)):
        _, out = told(capfd, "--warehouse", str(folder), "export", "comparison", "--repo", glob)
        notes = [row["note"] for row in csv.DictReader(io.StringIO(out))]
        assert notes
        assert [note.startswith("git:acme/shop: IN DOUBT") for note in notes] == [expected] * len(notes)


@pytest.mark.slow
def test_what_lands_in_doubt_takes_no_part(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Neither waits nor arrived: the worklist is empty, and `left-out` counts them."""
    folder = warehouse(tmp_path, stopped())
    _, out = told(capfd, "--warehouse", str(folder), "export", "waiting")
    assert len(out.splitlines()) == 1
    _, out = told(capfd, "--warehouse", str(folder), "export", "left-out")
    rows = [row for row in csv.DictReader(io.StringIO(out)) if row["detail"] == "in_doubt"]
    assert len(rows) == 50


@pytest.mark.slow
def test_printed_setting_takes_the_newer_tags(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Releases by another form of tags end the deployments that a rule takes; the setting printed takes them."""
    clone = daily(tmp_path, days=60, shipped=20, then="shop-2.{}.0")
    config = tmp_path / "headway.toml"
    rule = '[[deployments]]\nrepo = "acme/shop"\nfrom = "tags"\ntags = "{}"\n'
    config.write_text(rule.format(r"^v\\d"))
    assert main(["--config", str(config), "collect", str(clone)]) == 0
    _, out = told(capfd, "--config", str(config), "export", "doubts")
    (row,) = csv.DictReader(io.StringIO(out))
    assert (row["reason"], row["since_at"], row["changes"]) == ("newer_tags", "2026-01-20T18:00:00Z", "40")
    assert "the tags shop-* are newer than its last deployment" in row["detail"]
    _, out = told(capfd, "--config", str(config), "deployments")
    lines = [line.strip() for line in out.splitlines()]
    at = lines.index("[[deployments]]")
    assert lines[at : at + 4] == row["setting"].replace("[[deployments]] ", "[[deployments]], ").split(", ")
    config.write_text("\n".join(lines[at : at + 4]))
    assert main(["--config", str(config), "build"]) == 0
    _, out = told(capfd, "--config", str(config), "export", "lead-time")
    outcomes = [row["outcome"] for row in csv.DictReader(io.StringIO(out))]
    assert outcomes.count("production") == 39
    assert main(["--config", str(config), "summary"]) == 0
    assert "IN DOUBT" not in capfd.readouterr().out


@pytest.mark.slow
def test_a_pause_that_is_real_is_said_in_the_settings(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """`complete` under [production] takes the deployments as they are: what landed since waits."""
    clone = daily(tmp_path, days=62, shipped=12)
    config = tmp_path / "headway.toml"
    config.write_text("")
    assert main(["--config", str(config), "collect", str(clone)]) == 0
    for text, expected in (("", "unknown"), ('[production]\ncomplete = ["acme/*"]\n', "waiting")):
        config.write_text(text)
        assert main(["--config", str(config), "build"]) == 0
        _, out = told(capfd, "--config", str(config), "export", "lead-time")
        late = [row["outcome"] for row in csv.DictReader(io.StringIO(out)) if row["merged_at"] > "2026-01-13"]
        assert late == [expected] * 50


@pytest.mark.slow
def test_releases_apart_from_the_branch_let_nothing_wait(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Each release tag leads to an orphan commit of built files: nothing waits, and the reason comes first."""
    repository = Repository(tmp_path / "shop")
    repository.commit("Start", at=START)
    for number in range(1, 5):
        at = START + timedelta(days=number)
        main_head = repository.commit(f"Add {number} (#1{number})", at=at)
        built = repository.commit(f"Build {number}", files={"dist": str(number)}, at=at, parents=[])
        repository.point("refs/heads/main", main_head)
        repository.tag(f"v1.{number}.0", built, message="Release", at=at + timedelta(hours=2))
    config = tmp_path / "headway.toml"
    config.write_text("")
    assert main(["--config", str(config), "collect", str(tmp_path / "shop")]) == 0
    _, out = told(capfd, "--config", str(config), "export", "lead-time")
    assert {row["outcome"] for row in csv.DictReader(io.StringIO(out))} == {"unknown"}
    code, out = told(capfd, "--config", str(config), "summary")
    assert (code, "share no history with the default branch" in " ".join(out.split("\n\n")[0].split())) == (0, True)


def environments() -> Raw:
    """Ten roll-outs to us and eu, the first also to an old region that got no other."""
    raw = Raw("acme/shop", read=3000, known=3000)
    for number in range(10):
        raw.commits(f"c{number}@{240 * number + 1}")
        for place, name in enumerate(("prod-old", "prod-us", "prod-eu")[number > 0 :]):
            raw.deploy(f"{name}{number}", f"c{number}", 240 * number + 5 + place, environment=name)
    return raw


@pytest.mark.slow
def test_environment_that_is_no_wave_is_named(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The doctor names the region that got the first of ten roll-outs and no other, and what leaving it out changes."""
    folder = warehouse(tmp_path, environments())
    _, out = told(capfd, "--warehouse", str(folder), "doctor")
    (line,) = [line for line in out.splitlines() if "no wave" in line]
    assert "prod-old got 1 of 1 roll-out since 2025-01-06, the last on 2025-01-06" in line
    assert '[production] exclude = ["prod-old"] leaves it out' in line
    assert line.endswith("the first production date of 1 change and 1 roll-out that began there")


def sources(capfd: pytest.CaptureFixture[str], folder: Path) -> list[dict[str, Any]]:
    """What `headway deployments` gives as JSON."""
    code, out = told(capfd, "--warehouse", str(folder), "deployments", "--format", "json")
    assert code == 0
    rows: list[dict[str, Any]] = json.loads(out)
    return rows


@pytest.mark.slow
def test_deployments_lists_what_is_taken_and_what_is_not(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Records win over tags: environments with counts and times, then the tags, with the setting that takes them."""
    raw = (
        Raw("acme/shop")
        .commits("a b c d")
        .deploy("1", "a", 5)
        .deploy("2", "b", 9)
        .deploy("3", "c", 7, environment="qa")
    )
    raw.deploy("4", "c", 8, environment="frankfurt")
    for name, commit in (("v1.0", "a"), ("v1.1", "b"), ("v2.0", "d")):
        raw.tag(name, commit, 20)
    rows = sources(capfd, warehouse(tmp_path, raw))
    found = [(row["environment"], row["what"], row["taken"], row["production"], row["deployments"]) for row in rows]
    assert found == [
        ("production", "", True, True, 2),
        ("frankfurt", "", True, False, 1),
        ("qa", "", True, False, 1),
        ("", "v*", False, None, 3),
    ]
    assert (rows[0]["first_at"], rows[0]["last_at"]) == ("2025-01-06T05:00:00Z", "2025-01-06T09:00:00Z")
    assert rows[1]["setting"] == '[[deployments]] repo = "acme/shop", from = "records", environments = "^frankfurt$"'
    assert rows[2]["setting"] == ""
    assert rows[3]["why"] == "deployments are from records"
    assert rows[3]["setting"].startswith('[[deployments]] repo = "acme/shop", from = "tags", tags = ')


def test_deployments_count_pre_releases_that_are_left_out(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Candidates before and after their release are no deployments, and the line of their family counts them."""
    raw = Raw("acme/shop").commits("a b c")
    for name, commit, at in (
        ("v1.0.0", "a", 20),
        ("v1.1.0-rc.1", "b", 21),
        ("v1.1.0", "b", 22),
        ("v1.1.0-rc.2", "b", 23),
    ):
        raw.tag(name, commit, at)
    (row,) = sources(capfd, warehouse(tmp_path, raw))
    assert (row["what"], row["deployments"], row["last_at"]) == ("v*", 2, "2025-01-06T22:00:00Z")
    assert row["why"].endswith("; 2 of its pre-releases left out")


@pytest.mark.slow
def test_deployments_of_an_empty_repository(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Where nothing is a deployment, or looks like one, the command says so."""
    code, out = told(capfd, "--warehouse", str(warehouse(tmp_path, Raw().commits("a b"))), "deployments")
    assert (code, out) == (0, "Nothing is taken for a deployment, and nothing looks like one.\n")


@pytest.mark.slow
def test_tags_of_a_part_that_deploy_nothing_are_named(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """While the whole repository has releases, those of a part that is no service are ignored, and said so."""
    raw = Raw(read=1600, known=1600)
    for number in range(4):
        raw.commits(f"c{number}@{24 * number + 1}").tag(f"v1.{number}.0", f"c{number}", 24 * number + 2)
        if number:  # each between two of the whole
            raw.tag(f"python-v0.{number}.0", f"c{number}", 24 * number + 1.5)
    taken, ignored = sources(capfd, warehouse(tmp_path, raw))
    assert (taken["what"], taken["taken"], taken["deployments"]) == ("v*", True, 4)
    assert (ignored["what"], ignored["taken"], ignored["deployments"]) == ("python-v*", False, 3)
    assert ignored["why"] == "releases of python alone, while the whole repository has releases that count"
    assert ignored["setting"].startswith(
        '[[services]] repo = "acme/shop", name = "python", paths = ["…"], tags = "^python'
    )
