from __future__ import annotations

import io
import random
from pathlib import Path

import pytest

from collectors.git.process.command import PATCH
from collectors.git.process.tree_pairs import FileChange, tree_patches
from collectors.git.readers import patches as reading
from collectors.git.readers.commits import CommitReader
from collectors.git.readers.file_changes import Aside, each_side, matching
from collectors.git.readers.patches import FilePatch, patch_parts
from collectors.git.readers.version_changes import NOT_READ_PATH
from collectors.git.repository.repository import open_repository
from headway.errors import PartialRead
from tests.builders.git_objects import EXECUTABLE, SUBMODULE, SYMLINK, Entry
from tests.builders.repositories import Repository
from tests.collectors.git.running import AT

NAMES = (
    "a",
    "a.b",
    "a-b",
    "A",
    "go.mod",
    'quo"te',
    "new\nline",
    "tab\t",
    " ",
    "*",
    "[x]",
    "back\\slash",
    ":(glob)x",
    "é",
)
Patch = tuple[str, str, int, tuple[bytes, ...]]


def changes_of(repo: Repository) -> list[FileChange]:
    """What the commits of every branch did to files, from the log that finds moved ones."""
    opened = open_repository(repo.path, "shop")
    tips = [sha for sha in repo.git("for-each-ref", "--format=%(objectname)").split() if sha]
    aside = Aside()
    for read in CommitReader(opened, "git:shop", AT).read(tips, []):
        aside.add(
            matching(each_side(read.files, read.metas, read.files["sha"].is_valid().combine_chunks()), "", but="^$")
        )
    changes = list(aside.read())
    aside.close()
    return changes


def listed(repo: Repository) -> list[FileChange]:
    """The same from Git's own list without moves, paths as they are shown."""
    shown = repo.git(
        "log", "--all", "--no-renames", "--no-abbrev", "--raw", "-z", "--root", "--format=%H", "-m", "--no-merges"
    )
    changes, sha, tokens = [], "", iter(shown.split("\0"))
    for token in tokens:
        if ":" not in token[:2]:
            sha = token.strip() or sha
            continue
        old, new, before, after, _ = token.lstrip("\n")[1:].split(" ")
        changes.append(FileChange(sha, next(tokens), old, new, before, after))
    return changes


def commits_of(changes: list[FileChange]) -> list[list[FileChange]]:
    """The changes by commit."""
    shas = dict.fromkeys(change.sha for change in changes)
    return [[change for change in changes if change.sha == sha] for sha in shas]


def parts_of(printed: bytes, shas: list[str]) -> list[Patch]:
    """The patches of some commits, whole hunks."""
    found: dict[tuple[FilePatch, int], list[bytes]] = {}
    for part in patch_parts(io.BytesIO(printed), shas):
        found.setdefault((part.file, part.hunk), []).extend(part.lines)
    return [(file.path, file.renamed_from, hunk, tuple(lines)) for (file, hunk), lines in found.items()]


def by_trees(repo: Repository, commits: list[list[FileChange]], *options: str) -> bytes:
    """Patches of trees of our own."""
    with tree_patches(open_repository(repo.path, "shop").git, commits, *options) as printed:
        return printed.read()


def by_commit(repo: Repository, sha: str, *options: str) -> bytes:
    """The patches that Git makes of a whole commit."""
    git = open_repository(repo.path, "shop").git
    return git.output("diff-tree", "--root", "-r", "--no-commit-id", *PATCH, *options, sha)


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """A clone to be filled."""
    return Repository(tmp_path / 'sh"op')


def filled(repo: Repository, seed: int, steps: int) -> Repository:
    """Files that come, go, move, change, become links, folders or executable, on branches that merge."""
    dice = random.Random(seed)
    present: dict[str, str] = {}
    for step in range(steps):
        files: dict[str | bytes, str | bytes | Entry | None] = {}
        before = dict(present)
        for _ in range(dice.randint(1, 4)):
            path = "/".join(dice.choices(NAMES, k=dice.randint(1, 3)))
            if any(path.startswith(f"{other}/") or other.startswith(f"{path}/") for other in present):
                continue
            text = "".join(f"{dice.randint(0, 9)}\n" for _ in range(dice.randint(0, 12))) + dice.choice(("", "end"))
            files |= {path: text}
            present[path] = text
        if before and dice.random() < 0.5:
            old = dice.choice(sorted(before))
            text = before[old]
            del present[old]
            files |= {old: None, f"moved-{step}/{old}": dice.choice((text, text + "more\n"))}
            present[f"moved-{step}/{old}"] = text
        if dice.random() < 0.2:
            blob = repo.objects.write("blob", b"target")
            files |= {f"link{step}": Entry(SYMLINK, blob), f"run{step}": Entry(EXECUTABLE, blob)}
        repo.commit(files=files)
    return repo


@pytest.mark.parametrize("seed", range(3))
def test_trees_of_our_own_have_the_patches_of_the_commits(repo: Repository, seed: int) -> None:
    """Whatever names, moves and kinds of files there are: each line that Git shows of a commit, with its path."""
    commits = commits_of(changes_of(filled(repo, seed, 16)))
    assert len(commits) > 12
    for options in (("-U0", "-M"), ("-U4", "-M")):
        printed = by_trees(repo, commits, *options)
        expected = [part for some in commits for part in parts_of(by_commit(repo, some[0].sha, *options), [])]
        assert parts_of(printed, [some[0].sha for some in commits]) == expected


def test_a_log_that_finds_moves_tells_both_sides_of_them(repo: Repository) -> None:
    """The same changes, in the same order, as a log without them; merges have none, roots all their files."""
    filled(repo, 7, 20).switch("topic").commit(files={"t": "1\n"})
    repo.switch("main").commit(files={"one": "same\n", "two": "same\n"})
    repo.commit(files={"one": None, "two": None, "three": "same\n", "four": "same\n", "five": "same\n"})
    repo.merge("topic", files={"evil": "1\n"})
    repo.switch("other").commit(files={"root": "1\n"}, parents=[])
    assert sorted(changes_of(repo)) == sorted(listed(repo))
    for some in commits_of(changes_of(repo)):
        assert [change.path.encode() for change in some] == sorted(change.path.encode() for change in some)


def test_repositories_with_longer_ids_are_read(tmp_path: Path) -> None:
    """Trees and packs are made with SHA-256 where ids are."""
    repo = filled(Repository(tmp_path / "shop", object_format="sha256"), 5, 5)
    commits = commits_of(changes_of(repo))
    expected = [part for some in commits for part in parts_of(by_commit(repo, some[0].sha, "-U0", "-M"), [])]
    assert parts_of(by_trees(repo, commits, "-U0", "-M"), [some[0].sha for some in commits]) == expected


def test_nothing_is_written_to_the_repository(repo: Repository) -> None:
    """Trees of our own lie elsewhere, also while they are read."""
    filled(repo, 1, 5)
    commits = commits_of(changes_of(repo))
    before = sorted(repo.git_dir.rglob("*"))
    with tree_patches(open_repository(repo.path, "shop").git, commits, "-U0") as printed:
        assert sorted(repo.git_dir.rglob("*")) == before
        printed.read()
    assert sorted(repo.git_dir.rglob("*")) == before


def test_files_that_say_nothing_of_versions_are_those_of_gits_patterns(repo: Repository) -> None:
    """Names are compared as Git's own patterns do it: in any case of A to Z, in any folder, no folder by its name."""
    names = (
        "CHANGELOG",
        "changelog.MD",
        "changelog-1.rst",
        "ChangeLog.txt",
        "changelog.html",
        "x.LOCK",
        ".lock",
        "Go.Sum",
    )
    more = (
        "PACKAGE-lock.json",
        "pnpm-lock.yaml",
        "a.snap",
        "a.snaps",
        "x.loc\N{KELVIN SIGN}",
        "a\nCHANGELOG",
        "go_sum",
    )
    folders = (
        "",
        "a/",
        "a/b/",
        "changelog/",
        "x.lock/",
        ".changeset/",
        "a/.changeset/b/",
        ".Changeset/",
        "x.changeset/",
    )
    sha = repo.commit(files={f"{folder}{name}z" if folder == name else f"{folder}{name}": "1\n"
                             for folder in folders for name in (*names, *more)})  # fmt: skip
    globs = (
        "CHANGELOG", "CHANGELOG*.md", "CHANGELOG*.rst", "CHANGELOG*.txt", "*.lock", "package-lock.json",
        "pnpm-lock.yaml", "go.sum", "*.snap",
    )  # fmt: skip
    asked = (".", *(f":(exclude,glob,icase)**/{glob}" for glob in globs), ":(exclude,glob)**/.changeset/**")
    shown = repo.git("log", "-1", "--root", "--format=", "--name-only", "-z", sha, "--", *asked)
    opened = open_repository(repo.path, "shop")
    (read,) = CommitReader(opened, "git:shop", AT).read([sha], [])
    kept = matching(
        each_side(read.files, read.metas, read.files["sha"].is_valid().combine_chunks()), "", but=NOT_READ_PATH
    )
    assert kept["path"].to_pylist() == [name for name in shown.split("\0") if name]


def test_a_submodule_is_no_missing_content(repo: Repository) -> None:
    """What is in another repository has one line, its commit."""
    repo.commit(files={"go.mod": Entry(SUBMODULE, "1" * 40)})
    printed = by_trees(repo, commits_of(changes_of(repo)), "-U0")
    assert b"\n+Subproject commit " + b"1" * 40 in printed


def test_very_long_lines_are_shortened_and_lose_nothing_after_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the size of a block, the lines behind a long one are whole."""
    head = b"0" * 40 + b" " + b"1" * 40 + b"\ndiff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,3 @@\n"
    printed = head + b"-" + b"y" * 300_000 + b"\n z\n\n+" + b"w" * 70_000 + b"\r\n\\ No newline\n+last\n"
    printed = printed.replace(b"@@ -1,2 +1,3 @@", b"@@ -1,3 +1,4 @@")
    for block_bytes in (1, 1_000, 1 << 20):
        monkeypatch.setattr(reading, "_BLOCK_BYTES", max(block_bytes, 1_000))
        lines = [line for part in patch_parts(io.BytesIO(printed), ["s"]) for line in part.lines]
        assert [line[:2] for line in lines] == [b"-y", b" z", b"", b"+w", b"\\ ", b"+l"]
        assert max(map(len, lines)) <= 1 << 16


@pytest.mark.parametrize("lost", [7, 12])
def test_patches_that_end_early_are_a_partial_read(lost: int) -> None:
    """A hunk without its last line, or commits that are not there, are never taken for the whole."""
    pair = b"0" * 40 + b" " + b"1" * 40 + b"\n"
    printed = pair + b"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -0,0 +1,3 @@\n+one\n+two\n+three\n"
    with pytest.raises(PartialRead):
        list(patch_parts(io.BytesIO(printed[:-lost]), ["s"]))
    with pytest.raises(PartialRead):
        list(patch_parts(io.BytesIO(printed), ["s", "t"]))
