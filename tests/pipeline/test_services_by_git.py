"""The benchmark that reads services by `git` alone agrees with the tables, and finds what is wrong in them."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from benchmarks.clone_by_git import Clone
from benchmarks.services_by_git import Compared, Repository, compare, read
from tests.builders import repositories
from tests.pipeline.running import program

pytestmark = pytest.mark.slow


def monorepo(folder: Path) -> repositories.Repository:
    """Two packages with tags of their own; a cherry-pick on a branch, a root file, a document, and what waits."""
    repo = repositories.Repository(folder)
    repo.commit("Begin\n", {f"{name}/package.json": f'{{"name": "{name}"}}' for name in ("api", "web")})
    for name in ("api", "web"):
        repo.tag(f"{name}@1.0.0", message="first")
    repo.switch("api-1")
    repo.switch("main")
    fix = repo.tick(hours=5).commit("Mend the API (#1)\n", {"api/a.js": "1"})
    repo.switch("api-1").commit(f"Mend the API\n\n(cherry picked from commit {fix})\n", {"api/a.js": "1"})
    repo.tag("api@1.0.1", message="picked")
    repo.switch("main").tick(days=1).commit("Both (#2)\n", {"api/b.js": "1", "web/b.js": "1"})
    repo.commit("Root (#3)\n", {"tsconfig.base.json": "{}", "Makefile": "all:"})
    repo.commit("Words (#4)\n", {"README.md": "Hello\n", ".agents/skills/a.md": "Look\n"})
    repo.tick(days=2).tag("web@1.1.0", message="second")
    repo.tag("web@0.0.0-20250109", message="a build of a branch")
    repo.tick(days=3).tag("api@1.1.0", message="second")
    repo.commit("Later (#5)\n", {"web/c.js": "1"})
    return repo


@pytest.fixture
def compared(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the collected repository."""
    monorepo(tmp_path / "mono")
    headway = program(tmp_path, capfd, monkeypatch)
    assert headway("collect", str(tmp_path / "mono")).code == 0
    return tmp_path


def by_git(folder: Path, change: str = "") -> Compared:
    """What the benchmark finds, after a change of the tables."""
    data = folder / "headway-data"
    with duckdb.connect(str(data / (data / "CURRENT").read_text().strip())) as connection:
        if change:
            connection.execute(change)
        tables = read(connection)
    return compare(Repository(Clone(folder / "mono" / ".git"), tables, ""))


def test_git_alone_finds_what_the_tables_say(compared: Path) -> None:
    """Every change in each service: arrived, waiting, nothing to deploy."""
    result = by_git(compared)
    assert result.differences == {}
    assert result.outcomes == {"unknown": 1, "production": 3, "nothing_to_deploy": 1, "waiting": 1}
    assert result.agree == 20


def test_a_wrong_arrival_is_found(compared: Path) -> None:
    """An arrival that is an hour late is one difference, named with both times."""
    late = "production_at + interval 1 hour"
    result = by_git(
        compared, f"update service_lead_times set production_at = {late} where service = 'web' and number = 2"
    )
    (kind,) = result.differences
    assert kind == "service: production by git, production ancestor in the tables"
    assert "#2 service web" in result.differences[kind][0]
