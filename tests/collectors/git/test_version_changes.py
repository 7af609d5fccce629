"""Versions that commits moved, as raw rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders.repositories import BOB, Person, Repository
from tests.collectors.git.running import Run, run

MANIFESTS: dict[str | bytes, str] = {
    "package.json": '{\n  "name": "@acme/shop",\n  "version": "1.0.0",\n  "dependencies": {"left-pad": "^1.3.0"}\n}\n',
    "Cargo.toml": '[package]\nname = "basket"\nversion = "1.0.0"\n\n[dependencies.serde]\nversion = "1.0.0"\n',
    "pom.xml": "<project>\n  <artifactId>till</artifactId>\n  <version>1.0.0</version>\n  <dependencies>\n"
    "    <dependency>\n      <groupId>g</groupId>\n      <artifactId>junit</artifactId>\n"
    "      <version>4.1</version>\n    </dependency>\n  </dependencies>\n</project>\n",
    "pkg/__init__.py": '"""A package."""\n\n__version__ = "1.0.0"\nRETRIES = 3\n',
    "src/version.py": "VERSION: tuple[int, int, int] = (1, 0, 0)\n",
    "CHANGELOG.md": "# Changes\n",
    "main.py": "print(1)\n",
}


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """A clone with manifests of several languages."""
    repo = Repository(tmp_path / "shop")
    repo.commit(files=MANIFESTS)
    return repo


def moved(found: Run, sha: str) -> list[tuple[str, ...]]:
    """What a commit moved: path, what, package, and the version before and after."""
    columns = ("path", "what", "package", "old_version", "new_version")
    return [tuple(row[name] for name in columns) for row in found["version_changes"] if row["sha"] == sha]


@pytest.mark.parametrize(
    ("path", "old", "new", "row"),
    [
        ("package.json", '"version": "1.0.0"', '"version": "1.1.0"', ("own_version", "@acme/shop", "1.0.0", "1.1.0")),
        ("package.json", '"^1.3.0"', '"^1.4.0"', ("dependency", "left-pad", "1.3.0", "1.4.0")),
        ("Cargo.toml", '"\nversion = "1.0.0"', '"\nversion = "2-rc1"', ("own_version", "basket", "1.0.0", "2-rc1")),
        ("Cargo.toml", ']\nversion = "1.0.0"', ']\nversion = "1.0.1"', ("dependency", "serde", "1.0.0", "1.0.1")),
        ("pom.xml", "<version>1.0.0", "<version>1.0.1", ("own_version", "till", "1.0.0", "1.0.1")),
        ("pom.xml", "<version>4.1", "<version>4.2", ("dependency", "junit", "4.1", "4.2")),
        ("pkg/__init__.py", '"1.0.0"', '"1.0.1"', ("own_version", "", "1.0.0", "1.0.1")),
        ("src/version.py", "(1, 0, 0)", "(1, 0, 1)", ("own_version", "", "1.0.0", "1.0.1")),
        ("pkg/__init__.py", "RETRIES = 3", "RETRIES = three", ("other", "", "", "")),
    ],
)  # fmt: skip
def test_a_version_is_that_of_the_file_or_of_a_dependency(
    repo: Repository, path: str, old: str, new: str, row: tuple[str, ...]
) -> None:
    """The lines around a version say whose it is; a line that is no version is something else."""
    assert MANIFESTS[path].count(old) == 1
    sha = repo.commit(files={path: MANIFESTS[path].replace(old, new)})
    assert moved(run(repo.path), sha) == [(path, *row)]


def test_a_changelog_needs_no_reading(repo: Repository) -> None:
    """What only changes a changelog or a lock moves no version; a commit that was read has a row even without one."""
    sha = repo.commit(files={"CHANGELOG.md": "# Changes\n\n## 1.1.0\n", "Cargo.lock": "1\n"})
    dated = repo.commit(files={"CITATION.cff": "date: 2025-01-06\n"})
    again = repo.commit(files={"CITATION.cff": "date: 2025-02-06\n"})
    found = run(repo.path)
    assert moved(found, sha) == []
    assert moved(found, dated) == [("CITATION.cff", "other", "", "", "")]
    assert moved(found, again) == [("", "nothing", "", "", "")]


def test_only_possible_releases_are_read(repo: Repository) -> None:
    """A commit with other paths is read where its subject may be that of a release; one of a bot never is."""
    work = repo.commit("Print two\n", {"main.py": "print(2)\n", "src/version.py": "VERSION = (1, 0, 1)\n"})
    named = repo.commit("Release 1.0.2\n", {"main.py": 'print("1.0.2")\n', "src/version.py": "VERSION = (1, 0, 2)\n"})
    bot = repo.commit(files={"src/version.py": "VERSION = (1, 0, 3)\n"}, author=Person("shop[bot]", "b@example.com"))
    merge_base = repo.head
    topic = repo.switch("topic").commit(files={"src/version.py": "VERSION = (1, 0, 4)\n"})
    merge = repo.switch("main", merge_base).merge("topic")
    found = run(repo.path)
    assert moved(found, work) == moved(found, bot) == moved(found, merge) == []
    assert [row[:2] for row in moved(found, named)] == [("main.py", "other"), ("src/version.py", "own_version")]
    assert moved(found, topic) == [("src/version.py", "own_version", "", "1.0.3", "1.0.4")]


def test_dates_move_with_versions(repo: Repository) -> None:
    """The date of a release is no other change."""
    repo.commit(files={"CITATION.cff": "version: 1.0.0\ndate-released: 2025-01-06\n"})
    sha = repo.commit(files={"CITATION.cff": "version: 1.1.0\ndate-released: 2025-02-06\n"}, author=BOB)
    assert moved(run(repo.path), sha) == [("CITATION.cff", "own_version", "", "1.0.0", "1.1.0")]


def test_a_second_run_reads_new_commits_alone(repo: Repository) -> None:
    """What was read once is not read again."""
    before = run(repo.path)
    sha = repo.commit(files={"src/version.py": "VERSION = (1, 0, 1)\n"})
    again = run(repo.path, resume=before)
    assert {row["sha"] for row in again["version_changes"]} == {sha}


def test_lines_are_read_only_where_contents_are_there_and_wanted(repo: Repository, tmp_path: Path) -> None:
    """A clone without contents has no rows, and neither has one whose lines are not requested."""
    repo.commit(files={"src/version.py": "VERSION = (1, 0, 1)\n"})
    blobless = repo.clone(tmp_path / "blobless", "--bare", "--filter=blob:none")
    assert run(blobless)["version_changes"] == []
    assert run(repo.path, added_lines=False)["version_changes"] == []


def test_hostile_contents_are_data(repo: Repository) -> None:
    """Lines that look like headers of a patch, binary contents and odd names stay within their file."""
    text = "VERSION = (1, 0, 0)\n"
    repo.commit(files={"a\tb/version.py": text + "-- a/x\n++ b/y\n@@ -1 +1 @@\ndiff --git a/x b/y\n"})
    sha = repo.commit(files={"a\tb/version.py": text.replace("0, 0", "0, 1") + "-- a/z\n", "VERSION": b"1.0\0\xff\n"})
    assert [row[:2] for row in moved(run(repo.path), sha)] == [("VERSION", "other"), ("a\tb/version.py", "other")]
