from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from collectors.git.repairs.blame import Limits, Step, Traced, trace
from collectors.git.repairs.code_lines import is_code, says_something
from collectors.git.repository.clones import borrow_objects, sealed
from collectors.git.repository.repository import open_repository
from tests.builders.repositories import Files, Repository

LINES = [f"value_{number} = compute({number})" for number in range(12)]


def text(*lines: str) -> str:
    """A file of these lines."""
    return "".join(f"{line}\n" for line in lines)


def traced(repo: Repository, sha: str, base: str, limits: Limits | None = None, ignored: Path | None = None) -> Traced:
    """What became of the step from `base` to `sha`."""
    repository = open_repository(repo.path, "shop")
    with sealed(repository) as git:
        return trace(git, Step(sha, base), limits or Limits(), ignored=ignored, cut_off=repository.shallow)


def lines_of(found: Traced) -> dict[tuple[str, str], int]:
    """Commit and path to lines."""
    return dict(found.lines)


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """A clone without commits."""
    return Repository(tmp_path / "shop")


def test_lines_lead_to_who_wrote_them(repo: Repository) -> None:
    """Each removed line counts for the commit that wrote it; what was added counts for nobody."""
    first = repo.commit(files={"src/a.py": text(*LINES)})
    second = repo.commit(files={"src/a.py": text(*LINES[:4], "broken = 1", "broken = 2", *LINES[4:])})
    base = repo.commit()
    fix = repo.commit(files={"src/a.py": text(*LINES[:4], "mended = 1", "mended = 2", *LINES[4:-1], "more = 3")})
    found = traced(repo, fix, base)
    assert lines_of(found) == {(second, "src/a.py"): 2, (first, "src/a.py"): 1}
    assert (found.outcome, found.files, found.removed, found.unknown) == ("traced", 1, 3, 0)


def test_only_lines_that_say_something_count(repo: Repository) -> None:
    """Comments, blank lines, brackets and white space are at fault of nothing; nor is anything but code."""
    before: Files = {
        "a.py": text("# note", "", "x = 1", "    y = 2"),
        "b.js": text("// note", "}", "call();"),
        "README.md": "words\n",
        "tests/test_a.py": "assert x\n",
        "go.sum": "hash\n",
    }
    base = repo.commit(files=before)
    after: Files = {"a.py": text("x = 1", "  y  = 2"), "b.js": "call();\n", "README.md": "other\n"}
    fix = repo.commit(files={**after, "tests/test_a.py": "assert y\n", "go.sum": "other\n"})
    assert traced(repo, fix, base) == Traced("nothing", files=0, removed=0)


def test_what_moved_leads_to_who_wrote_it_first(repo: Repository) -> None:
    """A renamed file, and a block of code moved to another one, keep their writers."""
    block = [f"total_{n} = accumulate(rows, column={n}, weight={n * 7})" for n in range(8)]
    writer = repo.commit(files={"old.py": text(*LINES, *block)})
    repo.commit(files={"old.py": None, "new.py": text(*LINES, *block)})
    base = repo.commit(files={"new.py": text(*LINES), "blocks.py": text(*block)})
    fix = repo.commit(files={"new.py": text(*LINES[1:]), "blocks.py": text(*block[:3], "mended = 1", *block[4:])})
    assert {sha for sha, _ in traced(repo, fix, base).lines} == {writer}


def test_fix_that_renames_is_traced_by_the_old_path(repo: Repository) -> None:
    """A file that the fix renames has its lines where they were before."""
    base = repo.commit(files={"old name.py": text(*LINES)})
    fix = repo.commit(files={"old name.py": None, "new.py": text(*LINES[:-1], "mended = 1")})
    assert lines_of(traced(repo, fix, base)) == {(base, "old name.py"): 1}


def test_formatting_is_looked_through(repo: Repository, tmp_path: Path) -> None:
    """White space aside, and with the commits that the repository asks to ignore, blame finds who wrote a line."""
    writer = repo.commit(files={"a.py": text("def f():", "  return [1,2]")})
    reformat = repo.commit(files={"a.py": text("def f():", "    return [1, 2]")})
    quotes = repo.commit(files={"a.py": text("def f():", "    return [1, 2,]")})
    fix = repo.commit(files={"a.py": text("def f():", "    return [2, 1]")})
    assert lines_of(traced(repo, fix, quotes)) == {(quotes, "a.py"): 1}
    ignored = tmp_path / "ignored"
    ignored.write_text(f"{quotes}\n")
    assert lines_of(traced(repo, fix, quotes, ignored=ignored)) == {(writer, "a.py"): 1}
    assert reformat != writer


def test_too_much_is_counted_and_left_out(repo: Repository) -> None:
    """A step that takes lines from too many files, or too many of them, is no fix; it is not blamed."""
    base = repo.commit(files={f"f{n}.py": text(*LINES) for n in range(4)})
    fix = repo.commit(files={f"f{n}.py": text(*LINES[2:]) for n in range(4)})
    assert traced(repo, fix, base, Limits(files=3)) == Traced("too_large", files=4, removed=8)
    assert traced(repo, fix, base, Limits(lines=7)).outcome == "too_large"
    assert traced(repo, fix, base, Limits(files=4, lines=8)).outcome == "traced"


def test_time_is_bounded_and_failure_told(repo: Repository) -> None:
    """What takes too long, or lacks contents, is an outcome and no error."""
    base = repo.commit(files={"a.py": text(*LINES)})
    fix = repo.commit(files={"a.py": text(*LINES[1:])})
    assert traced(repo, fix, base, Limits(seconds=0.0)).outcome == "timeout"
    repo.objects.path(repo.files(base)[b"a.py"].oid).unlink()
    assert traced(repo, fix, base).outcome == "failed"


def test_nothing_of_the_repository_is_run(repo: Repository, tmp_path: Path) -> None:
    """Text converters, diff programs and files of commits to ignore that its config names are not used."""
    base = repo.commit(files={"a.py": text(*LINES)})
    fix = repo.commit(files={"a.py": text(*LINES[1:])})
    trap = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f'#!/bin/sh\ntouch "{trap}"\ncat "$1"\n')
    program.chmod(0o755)
    (repo.git_dir / "info").mkdir(exist_ok=True)
    (repo.git_dir / "info" / "attributes").write_text("*.py diff=evil\n")
    with (repo.git_dir / "config").open("a") as config:
        config.write(f'[diff "evil"]\n\ttextconv = {program}\n\tcommand = {program}\n')
        config.write(f"[diff]\n\texternal = {program}\n[blame]\n\tignoreRevsFile = {tmp_path / 'none'}\n")
    assert lines_of(traced(repo, fix, base)) == {(base, "a.py"): 1}
    assert not trap.exists()


def test_names_that_try_to_pass_for_something_else(repo: Repository) -> None:
    """Paths with quotes, tabs and other bytes, and lines that look like headers, are read as what they are."""
    nasty = '--- a/x "y"\t.py'
    wrote = repo.commit(files={nasty: text("@@ -1,9 +1,9 @@", "--- a/other.py", "x = 1")})
    fix = repo.commit(files={nasty: text("x = 2")})
    assert lines_of(traced(repo, fix, wrote)) == {(wrote, nasty): 3}
    latin = b"caf\xe9.py"
    base = repo.commit(files={latin: text("x = 1")})
    again = repo.commit(files={latin: text("x = 2")})
    assert lines_of(traced(repo, again, base)) == {(base, "caf\udce9.py"): 1}


def test_pydriller_names_the_same_commits(repo: Repository, tmp_path: Path) -> None:
    """On code of one language, one parent and nothing moved, both find the same commits for each file."""
    from pydriller import Git as PyDriller

    repo.commit(files={"src/a.py": text(*LINES), "src/b.py": text(*LINES)})
    repo.commit(files={"src/a.py": text(*LINES[:6], "first = 1", *LINES[6:])})
    repo.commit(files={"src/b.py": text("second = 2", "# note", *LINES), "src/a.py": text(*LINES[:6], "first = 3")})
    base = repo.commit(files={"src/c.py": text("third = 4", "fourth = 5")})
    fix = repo.commit(
        files={"src/a.py": text(*LINES[1:6]), "src/b.py": text("second = 3", *LINES[2:]), "src/c.py": "third = 4\n"}
    )
    own = tmp_path / "own"
    borrow_objects(own, open_repository(repo.path, "shop"))  # PyDriller writes into the config of what it opens
    theirs = PyDriller(str(own))
    answer = theirs.get_commits_last_modified_lines(theirs.get_commit(fix))
    theirs.clear()
    ours: dict[str, set[str]] = {}
    for sha, path in traced(repo, fix, base).lines:
        ours.setdefault(path, set()).add(sha)
    assert ours == answer
    assert len(answer) == 3


def test_shallow_boundary_is_not_the_writer(repo: Repository, tmp_path: Path) -> None:
    """Where the history is cut off, lines lead to the cut: their writer is not known, and they are counted."""
    repo.commit(files={"a.py": text(*LINES)})
    repo.commit(files={"a.py": text(*LINES, "later = 1")})
    repo.commit(files={"a.py": text(*LINES[1:], "later = 2")})
    shallow = tmp_path / "shallow"
    subprocess.run(
        ["git", "clone", "--quiet", "--depth=2", f"file://{repo.path}", str(shallow)], check=True, capture_output=True
    )
    repository = open_repository(shallow, "shop")
    fix, base = repository.git.output("log", "--format=%H").decode().split()
    with sealed(repository) as git:
        found = trace(git, Step(fix, base), Limits(), ignored=None, cut_off=repository.shallow)
    assert (lines_of(found), found.unknown) == ({}, 2)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("src/app.py", True),
        ("lib/contest.rb", True),
        ("latest/main.go", True),
        (".github/workflows/ci.yml", False),
        ("tests/test_app.py", False),
        ("src/app_test.go", False),
        ("web/basket.spec.ts", False),
        ("src/main/java/BasketTest.java", False),
        ("docs/index.html", False),
        ("CHANGELOG.md", False),
        ("package-lock.json", False),
        ("vendor/x/y.go", False),
        ("api/thing.pb.go", False),
        ("static/app.min.js", False),
    ],
)
def test_what_is_code(path: str, code: bool) -> None:
    """Tests, documents, CI, lock files and what programs wrote are none."""
    assert is_code(path) is code


@pytest.mark.parametrize(
    ("line", "path", "says"),
    [
        ("  return 1", "a.py", True),
        ("# note", "a.py", False),
        ("#include <x.h>", "a.c", True),
        ("// note", "a.c", False),
        ("* item", "a.c", False),
        ("*pointer = 1;", "a.c", True),
        ("-- note", "a.sql", False),
        ("-- note", "a.py", True),
        ("}", "a.go", False),
        ("<!-- note -->", "a.html", False),
        ("", "a.py", False),
    ],
)
def test_what_a_line_says(line: str, path: str, says: bool) -> None:
    """How a comment begins is told by the language."""
    assert says_something(line, path) is says
