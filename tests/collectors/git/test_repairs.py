from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from collectors.git import GitSource, Limits, Pending, Step, collect_repairs
from headway.errors import NotARepository
from headway.progress import SilentProgress
from headway.raw_tables import Checkpoint, schema_of
from tests.builders.repositories import Repository
from tests.collectors.git.running import run

AT = datetime(2026, 1, 1)


def read(source: GitSource, pending: Pending, cache: Path) -> tuple[dict[str, list[dict[str, Any]]], list[Checkpoint]]:
    """All rows by table, and the checkpoints."""
    tables: dict[str, list[dict[str, Any]]] = {}
    checkpoints = []
    for item in collect_repairs(
        source, pending, cache=cache, limits=Limits(), collected_at=AT, progress=SilentProgress()
    ):
        if isinstance(item, Checkpoint):
            checkpoints.append(item)
        else:
            assert item.data.schema.equals(schema_of(item.table))
            tables.setdefault(item.table, []).extend(item.data.to_pylist())
    return tables, checkpoints


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """Two commits of code and a fix of the second one."""
    repo = Repository(tmp_path / "shop")
    repo.commit(files={"a.py": "one = 1\ntwo = 2\n"})
    repo.commit(files={"a.py": "one = 1\ntwo = 2\nthree = 4\n"})
    repo.commit(files={"a.py": "one = 1\ntwo = 2\nthree = 3\n"})
    return repo


def steps(repo: Repository) -> tuple[str, Step]:
    """The commit at fault, and the fix."""
    fix, fault, _ = repo.git("log", "--format=%H").split()
    return fault, Step(fix, fault)


def test_rows_of_a_folder_and_of_a_url_are_the_same(repo: Repository, tmp_path: Path) -> None:
    """A clone of our own is read where the collector left it, if it was cloned with contents; nothing is fetched."""
    fault, step = steps(repo)
    pending = Pending("git:shop", [step])
    url = f"file://{repo.path}"
    run(url, cache=tmp_path / "cache", contents=True)
    for source in (GitSource(str(repo.path)), GitSource(url, contents=True)):
        tables, checkpoints = read(source, pending, tmp_path / "cache")
        common = {"repo_id": "git:shop", "sha": step.sha, "collected_at": AT}
        assert tables["repairs"] == [{**common, "repaired_sha": fault, "path": "a.py", "lines": 1}]
        counts = {"files": 1, "lines": 1, "lines_unknown": 0}
        assert tables["traced_fixes"] == [{**common, "base_sha": fault, "outcome": "traced", **counts}]
        assert [one.repo_ids for one in checkpoints] == [()]


def test_clone_without_contents_says_so(repo: Repository, tmp_path: Path) -> None:
    """Where a URL was cloned without contents there is nothing to read; a partial clone of somebody's is an outcome."""
    _, step = steps(repo)
    url = f"file://{repo.path}"
    run(url, cache=tmp_path / "cache")
    with pytest.raises(NotARepository):
        read(GitSource(url, contents=True), Pending("git:shop", [step]), tmp_path / "cache")
    (clone,) = (tmp_path / "cache" / "git").glob("*.git")
    tables, _ = read(GitSource(str(clone)), Pending("git:shop", [step]), tmp_path)
    assert [row["outcome"] for row in tables["traced_fixes"]] == ["no_contents"]
    assert "repairs" not in tables


def test_commits_that_the_repository_ignores_are_looked_through(repo: Repository, tmp_path: Path) -> None:
    """Its own `.git-blame-ignore-revs` counts; ids in it that are no commits do no harm."""
    _, step = steps(repo)
    first = repo.git("rev-list", "--max-parents=0", "HEAD")
    text = f"# formatting\n{step.base} note\n{'0' * 40}\nnot an id\n"
    reformat = repo.commit(files={"a.py": "one = 1\ntwo = 22\nthree = 3\n"})
    fix = repo.commit(files={"a.py": "one = 1\ntwo = 23\nthree = 3\n"})
    repo.commit(files={".git-blame-ignore-revs": text + reformat})
    tables, _ = read(GitSource(str(repo.path)), Pending("git:shop", [Step(fix, reformat)]), tmp_path)
    assert [row["repaired_sha"] for row in tables["repairs"]] == [first]


@pytest.mark.slow
def test_work_lands_a_hundred_at_a_time(repo: Repository, tmp_path: Path) -> None:
    """A run that is killed keeps what it had: a checkpoint after each hundred fixes, and after the commits."""
    _, step = steps(repo)
    pending = Pending("git:shop", [step] * 150, repo.git("log", "--format=%H").split())
    tables, checkpoints = read(GitSource(str(repo.path)), pending, tmp_path)
    assert (len(checkpoints), len(tables["traced_fixes"]), len(tables["commit_quality"])) == (3, 150, 3)


def test_quality_is_pydrillers(repo: Repository, tmp_path: Path) -> None:
    """Delta maintainability and complexity of a commit are those that PyDriller tells, null where it knows nothing."""
    simple = repo.commit(files={"b.py": "def f(x):\n    if x:\n        return 1\n    return 2\n"})
    text = repo.commit(files={"notes.txt": "words\n"})
    tables, _ = read(GitSource(str(repo.path)), Pending("git:shop", (), [simple, text]), tmp_path)
    found = {row["sha"]: (row["dmm_unit_size"], row["dmm_unit_complexity"], row["complexity"])
             for row in tables["commit_quality"]}  # fmt: skip
    assert found == {simple: (1.0, 1.0, 2), text: (None, None, None)}
