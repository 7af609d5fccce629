from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from collectors.git.repairs.detail import details
from headway.errors import NotARepository
from tests.builders.git_objects import SYMLINK
from tests.builders.repositories import Repository
from tests.collectors.git.running import run

SIMPLE = "def f(x):\n    return x\n"
BRANCHY = "def f(x):\n    if x > 1:\n        return 1\n    if x > 2:\n        return 2\n    return x\n"


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """An empty working clone."""
    return Repository(tmp_path / "shop")


def test_paths_and_statuses_agree_with_pydriller(repo: Repository) -> None:
    """The bulk reader and PyDriller, who share no code, find the same paths and statuses in every commit."""
    root = repo.commit(files={**{f"src/{name}.py": SIMPLE + name for name in "abcdef"}, "data.bin": b"\0\1\2"})
    repo.commit(files={"src/a.py": BRANCHY, "src/b.py": None})
    repo.commit(files={"src/c.py": None, "lib/c.py": SIMPLE + "c", "tab\there": "1", 'quo"te é': "2"})
    repo.commit("", {})
    repo.switch("side", root).commit(files={"src/d.py": None, "docs/d é.md": "new"})
    repo.switch("main").merge("side")
    repo.commit(files={"data.bin": b"\0\2", "empty": ""})
    repo.switch("other").commit(parents=[], files={"other/root.txt": "r"})
    bulk = run(repo.path)
    ours = {(row["sha"], row["status"], row["path"], row["old_path"]) for row in bulk["commit_files"]}
    theirs = {
        (detail.sha, file.status, file.path, file.old_path)
        for detail in details(repo.path, bulk.column("commits", "sha"))
        for file in detail.files
    }
    assert ours == theirs
    assert len(ours) > 15


def test_type_change_is_two_files_to_pydriller(repo: Repository) -> None:
    """The one known difference: a file that becomes a symlink is T here, and D and A there."""
    repo.commit(files={"link": "l"})
    sha = repo.commit(files={"link": repo.blob("elsewhere", SYMLINK)})
    (detail,) = details(repo.path, [sha])
    assert sorted(file.status for file in detail.files) == ["A", "D"]
    assert run(repo.path).one("commit_files", sha=sha)["status"] == "T"


def test_lines_and_complexity_are_given(repo: Repository) -> None:
    """Lines, complexity and maintainability of a commit come from the file contents."""
    repo.commit(files={"f.py": SIMPLE, "logo.png": b"\0\1"})
    sha = repo.commit(files={"f.py": BRANCHY, "logo.png": b"\0\2", "notes.txt": "one\ntwo\n"})
    (detail,) = details(repo.path, [sha])
    found = {file.path: (file.added, file.deleted, file.complexity) for file in detail.files}
    assert found == {"f.py": (4, 0, 3), "logo.png": (None, None, None), "notes.txt": (2, 0, None)}
    assert detail.dmm_unit_size == 1.0
    assert detail.problem == ""


def test_pure_rename_has_no_lines_and_an_old_path(repo: Repository) -> None:
    """A rename without a change is zero lines, not an unknown number."""
    repo.commit(files={"old.py": SIMPLE})
    sha = repo.commit(files={"old.py": None, "new.py": SIMPLE})
    (detail,) = details(repo.path, [sha])
    (file,) = detail.files
    assert (file.status, file.path, file.old_path, file.added, file.deleted) == ("R", "new.py", "old.py", 0, 0)


def test_one_bad_commit_does_not_end_the_rest(repo: Repository) -> None:
    """A commit that is missing, or whose content is, has a problem; the others are read."""
    good = repo.commit()
    bad = repo.commit(files={"lost.txt": "lost"})
    repo.objects.path(repo.files(bad)[b"lost.txt"].oid).unlink()
    last = repo.commit(files={"fine.txt": "fine"}, at=datetime(2025, 6, 1))
    found = list(details(repo.path, [good, bad, "0" * 40, last]))
    assert [detail.sha for detail in found] == [good, bad, "0" * 40, last]
    assert [bool(detail.problem) for detail in found] == [False, True, True, False]
    assert all("\n" not in detail.problem for detail in found)


def test_repository_is_left_as_it_was(repo: Repository) -> None:
    """PyDriller writes into the config of what it opens; that is never the repository itself."""
    sha = repo.commit()
    before = {path: path.read_bytes() for path in repo.git_dir.rglob("*") if path.is_file()}
    assert len(list(details(repo.path, [sha]))) == 1
    assert {path: path.read_bytes() for path in repo.git_dir.rglob("*") if path.is_file()} == before


def test_shallow_boundary_is_a_problem_of_its_commit(repo: Repository, tmp_path: Path) -> None:
    """Where a shallow clone is cut off, the parent is missing, and only that commit has no detail."""
    made = [repo.commit() for _ in range(4)]
    shallow = repo.clone(tmp_path / "shallow", "--depth=2")
    found = {detail.sha: detail for detail in details(shallow, made[2:])}
    assert [len(found[made[3]].files), found[made[3]].problem] == [1, ""]


@pytest.mark.parametrize("name", ["#hash", '"quoted', "new\nline", "back\\slash\n", "colon:", "é"])
def test_folder_may_be_called_anything(tmp_path: Path, name: str) -> None:
    """The objects are borrowed from a folder of any name."""
    repo = Repository(tmp_path / name)
    sha = repo.commit()
    (detail,) = details(repo.path, [sha])
    assert (len(detail.files), detail.problem) == (1, "")


def test_folder_that_is_no_repository(tmp_path: Path) -> None:
    """What cannot be opened is an error of ours, not PyDriller's."""
    with pytest.raises(NotARepository):
        list(details(tmp_path, ["0" * 40]))
