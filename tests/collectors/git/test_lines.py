from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from headway.errors import PartialRead
from tests.builders.git_objects import SUBMODULE, Entry
from tests.builders.repositories import Repository
from tests.collectors.git.running import Run, run


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """A clone with a package manifest."""
    repo = Repository(tmp_path / "shop")
    repo.commit(files={"requirements.txt": "flask==3\nredis\n", "main.py": "print()\n"})
    return repo


def added(found: Run, sha: str) -> list[tuple[str, str]]:
    """What a commit added: path and line."""
    return [(row["path"], row["line"]) for row in found["added_lines"] if row["sha"] == sha]


def test_added_lines_of_package_manifests_are_read(repo: Repository) -> None:
    """A line added to a manifest is a row; unchanged, removed and blank lines and other files are none."""
    sha = repo.commit(files={"requirements.txt": "flask==3\n\nopenai>=1\nopenai>=1\n", "main.py": "import openai\n"})
    found = run(repo.path)
    assert added(found, sha) == [("requirements.txt", "openai>=1")]
    assert len(found["added_lines"]) == 3


@pytest.mark.parametrize(
    "path",
    [
        "pyproject.toml", "a/b/package.json", "requirements-dev.txt", "requirements/ml.txt", "go.mod", "x.gemspec",
        "app/x.csproj", "build.gradle.kts", "Directory.Packages.props", "Gemfile", "pom.xml", "Cargo.toml", "setup.py",
        "setup.cfg", "Pipfile",
    ],
)  # fmt: skip
def test_manifests_of_many_languages_are_known(repo: Repository, path: str) -> None:
    """Wherever a manifest lies, it is read."""
    sha = repo.commit(files={path: "one\n"})
    assert added(run(repo.path), sha) == [(path, "one")]


@pytest.mark.parametrize("folder", [b"a\nb", b"caf\xe9", b"a*b", b"[ab]", b"a\\b", b":(exclude)a", b'"a"', b"a\r"])
def test_manifests_in_folders_with_odd_names_are_read(repo: Repository, folder: bytes) -> None:
    """A name that means something to Git's patterns, ends a line or is no text hides no manifest."""
    first = repo.commit(files={folder + b"/go.mod": "one\n"})
    second = repo.commit(files={folder + b"/go.mod": "one\ntwo\n"})
    found = run(repo.path)
    assert [[line for _, line in added(found, sha)] for sha in (first, second)] == [["one"], ["two"]]


def test_a_manifest_that_moved_and_was_edited_adds_what_is_new(repo: Repository) -> None:
    """The lines that a manifest brings along from its old folder are not added, and those of another file are."""
    lines = "".join(f"line {number}\n" for number in range(20))
    repo.commit(files={"a/go.mod": lines, "notes": lines})
    moved = repo.commit(files={"a/go.mod": None, "b/go.mod": f"{lines}new\n"})
    renamed = repo.commit(files={"notes": None, "c/go.mod": lines})
    found = run(repo.path)
    assert added(found, moved) == [("b/go.mod", "new")]
    assert len(added(found, renamed)) == 20


@pytest.mark.parametrize(
    "path",
    [
        "package-lock.json",
        "go.sum",
        "my-package.json",
        "web/node_modules/x/package.json",
        "vendor/x/go.mod",
        "Gemfile.lock",
    ],
)
def test_other_files_are_not(repo: Repository, path: str) -> None:
    """Lockfiles, look-alikes and what others wrote are left out."""
    sha = repo.commit(files={path: "one\n"})
    assert added(run(repo.path), sha) == []


def test_moved_manifest_adds_only_what_is_new(repo: Repository) -> None:
    """A manifest that moves, changed a little or not at all, does not add all its lines."""
    many = "".join(f"package{number}\n" for number in range(20))
    repo.commit(files={"requirements.txt": many})
    pure = repo.commit(files={"requirements.txt": None, "api/requirements.txt": many})
    changed = repo.commit(files={"api/requirements.txt": None, "requirements.txt": many + "openai\n"})
    found = run(repo.path)
    assert added(found, pure) == []
    assert added(found, changed) == [("requirements.txt", "openai")]


def test_content_cannot_pass_as_a_header(repo: Repository) -> None:
    """Lines that look like parts of a patch are lines."""
    fakes = [
        "++ b/other/go.mod",
        "@@ -0,0 +1,9 @@",
        f"commit {'0' * 40}",
        "diff --git a/x b/x",
        "-- a/x",
        "\\ No newline",
        "+x",
    ]
    sha = repo.commit(files={"go.mod": "\n".join(fakes)})
    after = repo.commit(files={"setup.py": "after\n"})
    found = run(repo.path)
    assert added(found, sha) == [("go.mod", line) for line in fakes]
    assert added(found, after) == [("setup.py", "after")]


@pytest.mark.parametrize(
    "folder", ["tab\there", "new\nline", 'quo"te', "back\\slash", "caf\u00e9", "with space", " ", "a\x01b", "-x"]
)
def test_every_path_is_read_back(repo: Repository, folder: str) -> None:
    """A path that Git has to quote is unquoted."""
    sha = repo.commit(files={f"{folder}/go.mod": "one\n"})
    assert added(run(repo.path), sha) == [(f"{folder}/go.mod", "one")]


def test_line_ends_and_odd_bytes(repo: Repository) -> None:
    """Carriage returns go, bytes that are not UTF-8 and NULs are replaced, and a binary file is read as text."""
    sha = repo.commit(files={"go.mod": b"one\r\ncaf\xe9\nn\0l\nlast"})
    assert added(run(repo.path), sha) == [("go.mod", line) for line in ("one", "caf\ufffd", "n\ufffdl", "last")]


def test_absurd_sizes_are_cut_and_noticed(repo: Repository) -> None:
    """A line of megabytes is cut, of thousands of lines the first count, and the rest of history is read."""
    long = repo.commit(files={"package.json": "y" * 3_000_000 + "\nnext\n"})
    many = repo.commit(files={"go.mod": "".join(f"m{number}\n" for number in range(2_500))})
    last = repo.commit(files={"setup.py": "after\n"})
    found = run(repo.path)
    assert added(found, long) == [("package.json", "y" * 1_000), ("package.json", "next")]
    assert len(added(found, many)) == 2_000
    assert added(found, last) == [("setup.py", "after")]
    assert found.notices == {"added_lines_cut": 501}


def test_merges_add_nothing(repo: Repository) -> None:
    """What a merge brings was added by the commits that it merges."""
    repo.switch("topic").commit(files={"go.mod": "one\n"})
    merge = repo.switch("main").merge("topic", files={"setup.py": "evil\n"})
    assert added(run(repo.path), merge) == []


def test_submodule_named_like_a_manifest(repo: Repository) -> None:
    """A submodule has no lines, whatever the config wants to print of it."""
    repo.configure("[diff]\n\tsubmodule = log\n")
    sha = repo.commit(files={"go.mod": Entry(SUBMODULE, "1" * 40), "setup.py": "after\n"})
    assert ("setup.py", "after") in added(run(repo.path), sha)


def test_switched_off(repo: Repository) -> None:
    """Who does not want them does not wait for them."""
    assert run(repo.path, added_lines=False)["added_lines"] == []


def test_missing_content_is_a_partial_read(repo: Repository) -> None:
    """A manifest whose content is lost, in a clone that should have it, fails the run."""
    sha = repo.commit(files={"go.mod": "one\n"})
    repo.objects.path(repo.files(sha)[b"go.mod"].oid).unlink()
    with pytest.raises(PartialRead):
        run(repo.path)
    assert len(run(repo.path, added_lines=False)["commits"]) == 2


def test_blobless_clone_has_none_and_says_so(repo: Repository, tmp_path: Path) -> None:
    """A partial clone is not asked for what it lacks: nothing is fetched, and the gap is noticed."""
    blobless = repo.clone(tmp_path / "blobless", "--bare", "--filter=blob:none")
    found = run(blobless, patch_ids=True)
    assert found["added_lines"] == found["patch_ids"] == []
    assert found.notices == {"missing_blobs": 1}
    assert len(found["commit_files"]) == 2


@pytest.mark.parametrize("wanted", ["", "added_lines", "imports", "patch_ids"])
def test_gap_is_noticed_where_contents_are_wanted(repo: Repository, tmp_path: Path, wanted: str) -> None:
    """Whoever reads no contents of files lacks none; for each way to read them the gap is noticed."""
    blobless = repo.clone(tmp_path / "blobless", "--bare", "--filter=blob:none")
    options: dict[str, Any] = {name: name == wanted for name in ("added_lines", "imports", "patch_ids")}
    assert run(blobless, **options).notices == ({"missing_blobs": 1} if wanted else {})
