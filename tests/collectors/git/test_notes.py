from __future__ import annotations

import json
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from collectors.git.readers import ai_notes as reader
from tests.builders.git_objects import FILE, Entry
from tests.builders.repositories import ANN, Repository
from tests.collectors.git.running import AT, Run, run

LATER = AT + timedelta(days=1)
METADATA = {"schema_version": "authorship/3.0.0", "prompts": {"s1": {"agent_id": {"tool": "cursor"}}}}


def note(ai: str = "1-5", human: str = "", metadata: object = METADATA) -> str:
    """A note on one file: lines of an agent's session, and of a known human."""
    lines = ["src/a.py", *([f"  s1 {ai}"] if ai else []), *([f"  h_ann {human}"] if human else [])]
    return "\n".join([*lines, "---", json.dumps(metadata)])


def noted(repo: Repository, notes: dict[str, str | bytes | Entry], *, folders: bool = False) -> str:
    """Make these the notes of a repository, by commit: flat as Git begins, or in folders as it goes on."""
    entries = {}
    for commit, text in notes.items():
        path = f"{commit[:2]}/{commit[2:]}" if folders else commit
        entries[path.encode()] = text if isinstance(text, Entry) else repo.blob(text)
    line = ANN.line(repo.now, "+0000")
    tip = repo.objects.commit(repo.objects.tree(entries), [], line, line, b"Notes\n")
    repo.point("refs/notes/ai", tip)
    return tip


def told(found: Run) -> dict[str, tuple[Any, ...]]:
    """What the rows of a run say of each commit."""
    return {
        row["sha"]: (row["ai_lines"], row["human_lines"], row["tools"], row["deleted"]) for row in found["ai_notes"]
    }


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """A clone of two commits."""
    repo = Repository(tmp_path / "shop")
    repo.commit(files={"a": "1"})
    repo.commit(files={"a": "2"})
    return repo


def test_notes_of_a_clone_are_counts_of_lines(repo: Repository) -> None:
    """Each commit with a note has a row of its lines and tools, and nothing else of the note."""
    first, last = repo.head, "f" * 40
    noted(repo, {first: note("1-5,9", human="6-8"), last: note("", human="1-2")})
    found = run(repo.path)
    assert told(found) == {first: (6, 3, "cursor", False), last: (0, 2, "cursor", False)}
    assert "notes" not in " ".join(found.column("refs", "kind"))
    assert found.notices == {}


def test_notes_in_folders_are_the_same(repo: Repository) -> None:
    """Where Git has spread many notes over folders, they name the same commits, and nothing is new."""
    noted(repo, {repo.head: note()})
    first = run(repo.path)
    noted(repo, {repo.head: note()}, folders=True)
    second = run(repo.path, resume=first, at=LATER)
    assert told(second) == told(first)


def test_only_new_changed_and_gone_notes_are_read(repo: Repository) -> None:
    """The next run has the notes that differ: new, changed, gone, and one that tells nothing any more."""
    names = ["a" * 40, "b" * 40, "c" * 40, "d" * 40]
    noted(repo, dict.fromkeys(names, note()))
    first = run(repo.path)
    assert set(told(first)) == set(names)
    assert run(repo.path, resume=first, at=LATER).tables == {}
    noted(repo, {names[0]: note(), names[1]: note("1"), names[2]: "thanks!", "e" * 40: note("7")})
    second = run(repo.path, resume=first, at=LATER)
    gone = (None, None, "", True)
    assert told(second) == {
        names[1]: (1, 0, "cursor", False),
        names[2]: gone,
        names[3]: gone,
        "e" * 40: (1, 0, "cursor", False),
    }
    assert second.notices == {"notes_other_form": 1}
    repo.delete("refs/notes/ai")
    third = run(repo.path, resume=second, at=LATER)
    assert set(told(third).values()) == {gone}
    assert run(repo.path, resume=third, at=LATER).tables == {}


def test_everything_is_read_again_when_asked(repo: Repository) -> None:
    """A full run has every note anew, and those that went since the last one."""
    noted(repo, {"a" * 40: note(), "b" * 40: note()})
    first = run(repo.path)
    noted(repo, {"a" * 40: note()})
    second = run(repo.path, resume=first, full=True, at=LATER)
    assert {sha: row[3] for sha, row in told(second).items()} == {"a" * 40: False, "b" * 40: True}


def test_notes_switched_off_are_taken_back(repo: Repository) -> None:
    """Without the setting nothing is read, and what was read before no longer counts."""
    noted(repo, {repo.head: note()})
    assert run(repo.path, ai_notes=False)["ai_notes"] == []
    first = run(repo.path)
    assert told(run(repo.path, resume=first, ai_notes=False, at=LATER)) == {repo.head: (None, None, "", True)}


def test_notes_are_fetched_from_a_remote(tmp_path: Path) -> None:
    """A URL's notes are fetched with their contents into a clone without contents, moved ones too, and gone ones go."""
    remote = Repository(tmp_path / "shop.git", bare=True)
    remote.commit(files={"a": "1"})
    url, cache = f"file://{remote.path}", tmp_path / "cache"
    first = run(url, cache=cache)
    assert first["ai_notes"] == []
    noted(remote, {remote.head: note()})
    second = run(url, cache=cache, resume=first, at=LATER)
    assert told(second) == {remote.head: (5, 0, "cursor", False)}
    noted(remote, {remote.head: note("1-2")})
    third = run(url, cache=cache, resume=second, at=LATER)
    assert told(third) == {remote.head: (2, 0, "cursor", False)}
    (clone,) = (cache / "git").glob("*.git")
    kinds = subprocess.run(
        ["git", "-C", clone, "cat-file", "--batch-all-objects", "--batch-check=%(objecttype)"],
        capture_output=True, check=True,
    ).stdout.split()  # fmt: skip
    assert kinds.count(b"blob") == 2  # the two notes, and no file
    remote.delete("refs/notes/ai")
    assert told(run(url, cache=cache, resume=third, at=LATER)) == {remote.head: (None, None, "", True)}


def test_notes_of_a_folder_whose_pull_requests_are_fetched(tmp_path: Path) -> None:
    """The notes of somebody's clone are read also where its pull requests are borrowed from the remote."""
    remote = Repository(tmp_path / "shop.git", bare=True)
    remote.commit(files={"a": "1"})
    remote.pull_request(1)
    folder = remote.clone(tmp_path / "clone")
    subprocess.run(["git", "-C", folder, "fetch", "-q", remote.path, "refs/heads/main:refs/notes/other"], check=True)
    noted(remote, {remote.head: note()})
    subprocess.run(["git", "-C", folder, "fetch", "-q", remote.path, "refs/notes/ai:refs/notes/ai"], check=True)
    found = run(folder, cache=tmp_path / "cache", pull_heads=True)
    assert told(found) == {remote.head: (5, 0, "cursor", False)}


HOSTILE: dict[str, str | bytes] = {
    "huge": note("1-5") + "\n" + "x" * (2 << 20),
    "bytes": b"\xff\xfe\x00" * 1000,
    "deep": "a\n  s1 1\n---\n" + "[" * 100_000,
    "number": 'a\n  s1 1\n---\n{"schema_version": ' + "9" * 100_000 + "}",
    "empty": b"",
    "list": "a\n  s1 1\n---\n[1]",
    "other": '{"schema_version": 2, "prompts": []}',
}


def test_hostile_notes_tell_nothing_and_stop_nothing(repo: Repository) -> None:
    """Notes that are huge, no text, no JSON or JSON without end are counted; the others are read."""
    names = {f"{number:040x}": text for number, text in enumerate(HOSTILE.values(), 1)}
    noted(repo, {**names, repo.head: note()})
    found = run(repo.path)
    assert told(found) == {repo.head: (5, 0, "cursor", False)}
    assert found.notices == {"notes_other_form": len(HOSTILE)}


def test_notes_that_count_no_line_are_nothing(repo: Repository) -> None:
    """A note of a commit of which nothing was tracked makes no row, and is no notice."""
    noted(repo, {repo.head: note(), "a" * 40: "---\n" + json.dumps({**METADATA, "prompts": {}}), "b" * 40: note("")})
    found = run(repo.path)
    assert (set(told(found)), found.notices) == ({repo.head}, {})


def test_tools_of_odd_names_can_be_stored(repo: Repository) -> None:
    """Names that are no text, or many, or of half a character, become a few short plain lines."""
    prompts: dict[str, object] = {f"s{number}": {"agent_id": {"tool": f"tool {number}"}} for number in range(50)}
    prompts |= {"a": {"agent_id": {"tool": "\ud800a\nb\u202e" + "c" * 500}}, "b": {"agent_id": 7}, "c": 7}
    odd = {"a": prompts.pop("a"), **prompts}
    noted(repo, {repo.head: note("1", metadata={**METADATA, "prompts": odd})})
    tools = run(repo.path)["ai_notes"][0]["tools"].split("\n")
    assert len(tools) == 20
    assert tools[0].startswith("abc")
    assert max(map(len, tools)) <= 40


def test_what_is_no_note_is_passed_over(repo: Repository) -> None:
    """Names that are no commit, links and modules among the notes say nothing."""
    odd = {"README": repo.blob("hello"), "a" * 39: repo.blob(note()), "A" * 40: repo.blob(note())}
    link = Entry(b"120000", repo.blob(note()).oid)
    noted(repo, {**odd, "b" * 40: link, "c" * 40: Entry(b"160000", "d" * 40), repo.head: note()})
    found = run(repo.path)
    assert told(found) == {repo.head: (5, 0, "cursor", False)}
    assert found.notices == {}


@pytest.mark.parametrize("kind", ["blob", "missing", "circle", "damaged"])
def test_notes_that_cannot_be_read_stop_nothing(kind: str, repo: Repository) -> None:
    """A ref that leads to no tree, to nothing or to itself, or a missing note: commits are read all the same."""
    path = repo.git_dir / "refs/notes/ai"
    if kind == "blob":
        repo.point("refs/notes/ai", repo.blob(note()).oid)
    elif kind == "missing":
        repo.point("refs/notes/ai", "1" * 40)
    elif kind == "circle":
        path.parent.mkdir(parents=True)
        path.write_text("ref: refs/notes/ai\n")
    else:
        noted(repo, {repo.head: Entry(FILE, "1" * 40)})
    found = run(repo.path)
    assert len(found["commits"]) == 2
    assert found["ai_notes"] == []
    assert found.notices == ({} if kind == "circle" else {"notes_unreadable": 1})
    path.unlink()
    noted(repo, {repo.head: note()})
    second = run(repo.path, resume=found, at=LATER)
    assert told(second) == {repo.head: (5, 0, "cursor", False)}
    assert second.notices == ({} if kind == "circle" else {"notes_unreadable": 0})


def test_too_many_notes_are_told(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """More notes at once than memory should hold are not read, which is a notice."""
    monkeypatch.setattr(reader, "_MOST_NOTES", 3)
    noted(repo, {f"{number:040x}": note() for number in range(1, 6)})
    found = run(repo.path)
    assert (found["ai_notes"], found.notices) == ([], {"notes_unreadable": 1})


def test_notes_of_a_repository_with_longer_ids(tmp_path: Path) -> None:
    """Ids of SHA-256 name commits too."""
    repo = Repository(tmp_path / "shop", object_format="sha256")
    repo.commit(files={"a": "1"})
    noted(repo, {repo.head: note()})
    assert told(run(repo.path)) == {repo.head: (5, 0, "cursor", False)}
