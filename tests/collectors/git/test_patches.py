from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from headway.errors import PartialRead
from tests.builders.repositories import Repository
from tests.collectors.git.running import run


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """A clone with one file of fifty lines."""
    repo = Repository(tmp_path / "shop")
    repo.commit(files={"a": "".join(f"line {number}\n" for number in range(50))})
    return repo


def test_cherry_pick_has_the_same_patch_id(repo: Repository) -> None:
    """The same change on another branch, with another message and other commits before it, has the same id."""
    base = repo.head
    picked = repo.switch("release").commit("Fix\n", {"fix": "1\n"})
    repo.switch("main", base).commit()
    copy = repo.commit("Fix, once more\n", {"fix": "1\n"})
    other = repo.commit("Another\n", {"fix": "2\n"})
    ids = {row["sha"]: row["patch_id"] for row in run(repo.path, patch_ids=True)["patch_ids"]}
    assert ids[picked] == ids[copy] != ids[other]


def test_every_commit_with_a_change_has_one_as_git_computes_it(repo: Repository) -> None:
    """Merges and empty commits have none; the others have what Git's own command says."""
    repo.commit("commit 0123456789\ndiff --git a/x b/x\n", {"b": b"\0binary\n", "tab\there": "commit x\n"})
    repo.commit("", {})
    repo.switch("topic").commit(files={"a": "shorter\n"})
    repo.switch("main").commit()
    repo.merge("topic")
    found = {(row["sha"], row["patch_id"]) for row in run(repo.path, patch_ids=True)["patch_ids"]}
    shas = repo.git("rev-list", "--no-merges", "--all").split()
    expected = set()
    for sha in shas:
        patch = repo.git("diff-tree", "--root", "-p", "--text", "--full-index", "-M100%", sha)
        done = subprocess.run(["git", "patch-id", "--stable"], input=patch.encode(), capture_output=True, check=True)
        expected |= {(sha, line.split()[0].decode()) for line in done.stdout.splitlines()}
    assert found == expected
    assert len(found) == 4


def test_only_when_asked(repo: Repository) -> None:
    """They take long, so they are not computed unless the settings say so."""
    assert run(repo.path)["patch_ids"] == []


def test_only_of_what_is_new(repo: Repository) -> None:
    """The next run computes those of new commits."""
    first = run(repo.path, patch_ids=True)
    sha = repo.commit()
    assert run(repo.path, patch_ids=True, resume=first).column("patch_ids", "sha") == [sha]


def test_missing_content_is_a_partial_read(repo: Repository) -> None:
    """A commit whose content is lost fails the run, although Git had printed patches before it."""
    sha = repo.commit(files={"lost": "lost\n"})
    repo.objects.path(repo.files(sha)[b"lost"].oid).unlink()
    repo.commit()
    with pytest.raises(PartialRead):
        run(repo.path, patch_ids=True)
