from __future__ import annotations

from pathlib import Path

import pytest

from collectors.git.process.tree_pairs import FileChange
from collectors.git.readers import imports as reading
from collectors.git.repository.repository import open_repository
from tests.builders.repositories import Repository
from tests.collectors.git.running import Run, run


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """A clone with source code."""
    repo = Repository(tmp_path / "shop")
    repo.commit(files={"app/a.py": "import os\nfrom app.llm import run\n", "README.md": "import x\n"})
    return repo


def changed(found: Run, sha: str) -> list[tuple[str, str]]:
    """What a commit did to imports: path, and the module behind a sign."""
    rows = [row for row in found["imports"] if row["sha"] == sha]
    return [(row["path"], ("+" if row["added"] else "-") + row["module"]) for row in rows]


def test_added_and_removed_imports_are_rows(repo: Repository) -> None:
    """A statement that is new or gone is a row; one that moved within its file, and other lines, are none."""
    sha = repo.commit(files={"app/a.py": "from app.llm import run\nimport sys\nx = 1\n"})
    again = repo.commit(files={"app/a.py": "x = 2\nimport sys\nfrom app.llm import run\n"})
    found = run(repo.path)
    assert changed(found, sha) == [("app/a.py", "-os"), ("app/a.py", "+sys")]
    assert changed(found, again) == []
    assert {row["path"] for row in found["imports"]} == {"app/a.py"}


def test_moved_and_deleted_files_take_their_imports_along(repo: Repository) -> None:
    """A file that moves takes its imports out and adds them where it goes; a deleted one takes them out."""
    moved = repo.commit(files={"app/a.py": None, "web/a.py": "import os\nfrom app.llm import run\n"})
    gone = repo.commit(files={"web/a.py": None})
    found = run(repo.path)
    names = ["app.llm", "app.llm.run", "os"]
    assert changed(found, moved) == [*(("app/a.py", f"-{n}") for n in names), *(("web/a.py", f"+{n}") for n in names)]
    assert changed(found, gone) == [("web/a.py", f"-{name}") for name in names]


def test_only_new_commits_are_read(repo: Repository) -> None:
    """The next run brings the imports of new commits alone."""
    first = run(repo.path)
    sha = repo.commit(files={"b.ts": "import x from './x'\n"})
    again = run(repo.path, resume=first)
    assert [(row["sha"], row["module"]) for row in again["imports"]] == [(sha, "./x")]


def test_what_others_wrote_is_left_out(repo: Repository) -> None:
    """Copied packages import what they like."""
    sha = repo.commit(
        files={"node_modules/x/i.js": "import 'a'\n", "third_party/y.py": "import a\n", "c.py": "import a\n"}
    )
    assert changed(run(repo.path), sha) == [("c.py", "+a")]


def test_imports_are_off_where_they_are_not_wanted(repo: Repository) -> None:
    """Without the setting, and in a clone without contents, there are none; the clone says so."""
    assert run(repo.path, imports=False)["imports"] == []
    repo.git("config", "remote.origin.promisor", "true")
    found = run(repo.path)
    assert found["imports"] == []
    assert found.notices == {"missing_blobs": 1}


def test_missing_and_long_files_cost_themselves_only(repo: Repository) -> None:
    """A content that is not there or is longer than a megabyte has no imports, and the others are read."""
    repo.commit(files={"long.py": "import a\n" + "#" * (1 << 20), "d.py": "import d\n"})
    blob = repo.git("rev-parse", "HEAD~1:app/a.py").strip()
    (repo.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    found = run(repo.path)
    assert found.column("imports", "module") == ["d"]
    assert found.notices == {"imports_missing": 1}


def test_too_much_is_cut_and_counted(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a commit with very many statements, and of a very long history, the rest is left out and counted."""
    monkeypatch.setattr(reading, "_MOST_PER_COMMIT", 2)
    assert run(repo.path).notices == {"imports_cut": 1}
    monkeypatch.setattr("collectors.git.readers.selection.MOST_COMMITS", 1)
    sha = repo.commit(files={"e.py": "import e\n"})
    found = run(repo.path)
    assert {row["sha"] for row in found["imports"]} == {sha}
    assert found.notices == {"imports_cut": 1}


def test_pull_requests_bring_no_imports(repo: Repository) -> None:
    """What has not landed depends on nothing."""
    before = repo.git("rev-parse", "main").strip()
    sha = repo.commit(files={"f.py": "import f\n"})
    repo.git("update-ref", "refs/pull/1/head", sha)
    repo.git("update-ref", "refs/heads/main", before)
    found = run(repo.path)
    assert sha in found.column("commits", "sha")
    assert "f" not in found.column("imports", "module")


def test_progress_counts_each_changed_file_once(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """The steps add up to the changes, some of them while contents are read, and more than one for many contents."""
    monkeypatch.setattr(reading, "_STEP", 2)
    names = [f"app/{number}.py" for number in range(9)]
    sha = repo.commit(files={name: f"import m{name[4]}\n" for name in names})
    listed = (line.split() for line in repo.git("ls-tree", "-r", sha, "app").splitlines())
    changes = [FileChange(sha, path, "000000", mode, "0" * 40, oid) for mode, _, oid, path in listed]
    steps: list[int] = []
    reader = reading.ImportReader(open_repository(repo.path, "shop").git, 40)
    assert len(list(reader.read(iter(changes), steps.append))) == len(names) + 3  # the file before them has three
    assert sum(steps) == len(changes)
    assert sum(step > 0 for step in steps) == 5
