"""One repository under several spellings, from its sources to the screen."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import pytest

from cli.main import main
from tests.builders.repositories import Repository


class Ran(NamedTuple):
    """Exit code, standard output and standard error of one run."""

    code: int
    out: str
    err: str


Headway = Callable[..., Ran]


@pytest.fixture
def headway(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Headway:
    """Runs the program in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Ran:
        capfd.readouterr()
        code = main(arguments)
        return Ran(code, *capfd.readouterr())

    return run


def repository(folder: Path, url: str = "https://github.com/Acme/Shop.git") -> Repository:
    """A pull request that landed, and work on a branch 18 days later."""
    repo = Repository(folder)
    repo.commit("Start\n", at=datetime(2026, 1, 1))
    repo.commit("One (#11)\n", at=datetime(2026, 1, 2, 10))
    repo.switch("later").commit("Later\n", at=datetime(2026, 1, 20, 10))
    repo.switch("main").remote(url)
    return repo


def deployments(repo: Repository, *names: str) -> str:
    """A target: records of both commits' deployments, the second at noon, under each name of the repository."""
    rows = [
        {"repo": name, "id": sha, "sha": sha, "created_at": at, "finished_at": at}
        for name in names
        for sha, at in zip(
            repo.git("rev-list", "--reverse", "main").split(),
            ("2026-01-01T01:00:00Z", "2026-01-02T12:00:00Z"),
            strict=True,
        )
    ]
    common = {"type": "deployment", "environment": "production", "state": "success"}
    lines = [json.dumps(common | row) + "\n" for row in rows]
    (repo.path.parent / "deployed.ndjson").write_text("".join(lines), encoding="utf-8")
    return "events:deployed.ndjson"


def table(headway: Headway, query: str) -> list[str]:
    """The rows of a query as CSV, without the head."""
    return headway("sql", query, "--format", "csv").out.split()[1:]


@pytest.mark.slow
@pytest.mark.parametrize(
    "names",
    [
        ("github:acme/shop",),
        pytest.param(("github:Acme/Shop.git",), marks=pytest.mark.slow),
        pytest.param(("github:https://github.com/Acme/Shop",), marks=pytest.mark.slow),
        ("github:acme/shop", "github:ACME/SHOP", "github:Acme/Shop"),
    ],
)
def test_records_meet_the_repository(headway: Headway, tmp_path: Path, names: tuple[str, ...]) -> None:
    """Records in any spelling are of the collected repository, which is counted once and keeps its spelling."""
    repo = repository(tmp_path / "shop")
    ran = headway("collect", "shop", deployments(repo, *names))
    assert ran.code == 0, ran.err
    assert table(headway, "select repo_id, commits, production_deployments from coverage") == ["github:Acme/Shop,3,2"]
    hours = "select change_id, lead_time_hours, url from lead_times where number = 11"
    assert table(headway, hours) == ["github:Acme/Shop#11,2.0,https://github.com/Acme/Shop/pull/11"]
    explained = headway("explain", "github:acme/shop#11").out
    assert explained.startswith("github:Acme/Shop#11  One\n")
    assert "https://github.com/Acme/Shop/pull/11" in explained


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("https://github.com/Acme/Shop", "must be github:Acme/Shop, not the address"),
        ("Acme/Shop", "must name its provider"),
    ],
)
def test_name_that_cannot_be_understood_is_refused(headway: Headway, tmp_path: Path, name: str, reason: str) -> None:
    """A name without a provider is an error with the reason, not another repository."""
    repo = repository(tmp_path / "shop")
    ran = headway("collect", "shop", deployments(repo, name))
    assert ran.code == 3
    assert reason in ran.err
    assert table(headway, "select repo_id from coverage") == ["github:Acme/Shop"]


@pytest.mark.slow
def test_near_miss_is_told(headway: Headway, tmp_path: Path) -> None:
    """Deployments under almost the name of a repository without any: collect, build, status and the doctor say so."""
    repo = repository(tmp_path / "shop")
    told = "github:acme-inc/shop: deployments are reported of this repository, but it has no commits"
    collected = headway("collect", "shop", deployments(repo, "github:acme-inc/shop"))
    assert told in collected.err
    assert "the nearest collected name is github:Acme/Shop\n  hint: use one name for both" in collected.err
    assert told in headway("build").err
    assert "notice: deployments are reported of this repository" in headway("status").out
    assert f"FAIL  {told}" in headway("doctor").out


@pytest.mark.slow
def test_fixes_are_traced_once_under_one_spelling(headway: Headway, tmp_path: Path) -> None:
    """Two clones whose remotes differ in case are one repository, and so are its fixes and their repairs."""
    repo = Repository(tmp_path / "shop")
    repo.commit("Begin\n", {"a.py": "one = 1\n"})
    repo.commit("Add two (#1)\n", {"a.py": "one = 1\ntwo = 3\n"})
    repo.commit("fix: two (#2)\n", {"a.py": "one = 1\ntwo = 2\n"})
    repo.copy(tmp_path / "copy")
    repo.remote("https://github.com/Acme/Shop.git")
    Repository.git(repo, "-C", str(tmp_path / "copy"), "remote", "add", "origin", "git@github.com:acme/shop.git")
    sources = '[[sources]]\ntarget = "shop"\n[[sources]]\ntarget = "copy"\n'
    (tmp_path / "headway.toml").write_text(f"[rework]\nenabled = true\n{sources}")
    ran = headway("collect")
    assert ran.code == 0, ran.err
    assert "repairs in shop: 1 repair, 1 traced fix" in ran.err
    assert table(headway, "select fix_key, change_key from repairs") == ["#2,#1"]
    assert len(table(headway, "select repo_id from coverage")) == 1
