from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.builders.git_objects import EXECUTABLE, SUBMODULE, SYMLINK, Entry
from tests.builders.repositories import ANN, BOB, Person, Repository
from tests.collectors.git.running import AT, Row, run

LONG_PATH = json.dumps({"model": "x" * 160, "role": 'he said "hi"\\'})[:200]


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """An empty working clone."""
    return Repository(tmp_path / "shop")


def files_of(rows: list[Row], sha: str) -> set[tuple[str, str, str | None]]:
    """What a commit changed: status, path, old path."""
    return {(row["status"], row["path"], row["old_path"]) for row in rows if row["sha"] == sha}


def test_commit_is_read_whole(repo: Repository) -> None:
    """Every column of a commit has what was committed, times in UTC and zones beside them."""
    first = repo.commit()
    sha = repo.commit(
        "Subject\n\n  Body with \x01, \x1e and \x1f\r\n\n\nTrailer: x\n\n",
        author=ANN,
        committer=BOB,
        authored_at=datetime(2025, 1, 2, 3, 4, 5),
        at=datetime(2025, 2, 2),
        zone="-0330",
    )
    assert run(repo.path).one("commits", sha=sha) == {
        "repo_id": "git:shop",
        "sha": sha,
        "parents": first,
        "author_name": "Ann Author",
        "author_email": "ann@example.com",
        "author_day": None,
        "authored_at": datetime(2025, 1, 2, 3, 4, 5),
        "author_utc_offset_minutes": -210,
        "committer_name": "Bob Builder",
        "committer_email": "bob@example.com",
        "committed_at": datetime(2025, 2, 2),
        "committer_utc_offset_minutes": -210,
        "message": "Subject\n\n  Body with \x01, \x1e and \x1f\r\n\n\nTrailer: x",
        "tree": repo.git("rev-parse", f"{sha}^{{tree}}").strip(),
        "collected_at": AT,
    }


def test_history_keeps_its_shape(repo: Repository) -> None:
    """Roots, merges, octopuses and second roots have their parents in order."""
    root = repo.commit()
    a = repo.switch("a").commit()
    b = repo.switch("b", root).commit()
    other_root = repo.switch("c", root).commit(parents=[])
    octopus = repo.switch("main").merge("a", "b")
    merged = repo.commit("Two roots", parents=[octopus, other_root])
    parents = {row["sha"]: row["parents"] for row in run(repo.path)["commits"]}
    assert parents == {
        root: "",
        a: root,
        b: root,
        other_root: "",
        octopus: f"{root} {a} {b}",
        merged: f"{octopus} {other_root}",
    }


def test_changed_paths_have_their_status(repo: Repository) -> None:
    """Added, modified, deleted, exactly renamed and type-changed files are told apart; merges have no files."""
    root = repo.commit(files={"keep.txt": "k", "old.txt": "the same", "gone.txt": "g", "link": "l", "x.sh": "x"})
    sha = repo.commit(
        files={
            "keep.txt": "changed",
            "old.txt": None,
            "a/new.txt": "the same",
            "gone.txt": None,
            "link": repo.blob("keep.txt", SYMLINK),
            "x.sh": repo.blob("x", EXECUTABLE),
            "lib": Entry(SUBMODULE, "1" * 40),
        }
    )
    repo.switch("side", root).commit()
    merge = repo.switch("main").merge("side")
    rows = run(repo.path)["commit_files"]
    assert files_of(rows, root) == {("A", name, None) for name in ("keep.txt", "old.txt", "gone.txt", "link", "x.sh")}
    assert files_of(rows, sha) == {
        ("M", "keep.txt", None),
        ("R", "a/new.txt", "old.txt"),
        ("D", "gone.txt", None),
        ("T", "link", None),
        ("M", "x.sh", None),
        ("A", "lib", None),
    }
    assert files_of(rows, merge) == set()


@pytest.mark.parametrize(
    "path",
    [LONG_PATH, "tab\there", "new\nline", 'quo"te', "back\\slash", ":colon", "-dash", " ", "é/ü", "a" * 250, "\nfirst"],
)
def test_every_path_is_survived(repo: Repository, path: str) -> None:
    """Whatever a contributor calls a file, it is read under that name, and what comes after it too."""
    sha = repo.commit("", {path: "1"})
    after = repo.commit("", {path: None, "z": "1"})
    rows = run(repo.path)["commit_files"]
    assert files_of(rows, sha) == {("A", path, None)}
    assert files_of(rows, after) == {("R", "z", path)}


def test_bytes_that_are_not_utf8_are_replaced(repo: Repository) -> None:
    """A path, a name and a message in Latin-1 without a word about it become text with replacement characters."""
    sha = repo.commit(b"caf\xe9\n", {b"caf\xe9": "1"}, author=Person(b"Jos\xe9", b"jos\xe9@example.com"))
    found = run(repo.path)
    row = found.one("commits", sha=sha)
    assert [row["message"], row["author_name"], row["author_email"]] == [
        "caf\ufffd",
        "Jos\ufffd",
        "jos\ufffd@example.com",
    ]
    assert found.column("commit_files", "path") == ["caf\ufffd"]


@pytest.mark.parametrize(
    ("encoding", "raw", "text"),
    [("ISO-8859-1", b"caf\xe9", "café"), ("no-such-charset", "café".encode(), "café")],
)
def test_declared_encoding_is_honoured(repo: Repository, encoding: str, raw: bytes, text: str) -> None:
    """A commit that names its encoding is read in it, and in UTF-8 where nobody knows it."""
    repo.configure("[i18n]\n\tlogOutputEncoding = ISO-8859-1\n\tcommitEncoding = ISO-8859-1\n")
    repo.commit(raw, extra=f"encoding {encoding}\n".encode())
    assert run(repo.path).column("commits", "message") == [text]


def test_empty_subject_and_embedded_nul(repo: Repository) -> None:
    """A message may be empty; one with a NUL ends there, as Git reads it."""
    empty, cut = repo.commit(""), repo.commit(b"before\0after\n")
    messages = {row["sha"]: row["message"] for row in run(repo.path)["commits"]}
    assert messages == {empty: "", cut: "before"}


def test_signature_and_unknown_headers_are_no_part_of_it(repo: Repository) -> None:
    """A signed commit is read like any other."""
    signature = b"gpgsig -----BEGIN PGP SIGNATURE-----\n \n abc\n -----END PGP SIGNATURE-----\n"
    sha = repo.commit("Signed\n", extra=signature)
    assert run(repo.path).one("commits", sha=sha)["message"] == "Signed"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0, datetime(1970, 1, 1)),
        (253_402_300_799, datetime(9999, 12, 31, 23, 59, 59)),
        (253_402_300_800, datetime(9999, 12, 31, 23, 59, 59)),
        (10**18, datetime(9999, 12, 31, 23, 59, 59)),
        (10**30, datetime(9999, 12, 31, 23, 59, 59)),
    ],
)
def test_date_stays_within_the_calendar(repo: Repository, seconds: int, expected: datetime) -> None:
    """A date after the year 9999, in whatever number of digits, becomes the last moment that a calendar has."""
    repo.commit(at=seconds)
    row = run(repo.path)["commits"][0]
    assert [row["authored_at"], row["committed_at"]] == [expected, expected]


def test_missing_date_is_the_epoch(repo: Repository) -> None:
    """A commit whose identity line is broken has the date that Git shows for it."""
    tree = repo.objects.tree({})
    sha = repo.objects.commit(tree, [], b"Nobody <nobody>", b"<> -5 what", b"Broken\n")
    row = run(repo.point("refs/heads/main", sha).path)["commits"][0]
    assert [row["authored_at"], row["committed_at"]] == [datetime(1970, 1, 1)] * 2
    assert [row["author_utc_offset_minutes"], row["committer_utc_offset_minutes"]] == [0, 0]


@pytest.mark.parametrize(("zone", "minutes"), [("+0545", 345), ("-1200", -720), ("+9999", 6039), ("+0000", 0)])
def test_zone_is_kept_in_minutes(repo: Repository, zone: str, minutes: int) -> None:
    """Odd zones are kept as recorded."""
    repo.commit(zone=zone)
    assert run(repo.path).column("commits", "committer_utc_offset_minutes") == [minutes]


@pytest.mark.parametrize(("seconds", "zone", "minutes"), [(0, "-0500", -300), (3600, "-0500", -300), (1, "-0001", -1)])
@pytest.mark.parametrize("ref", ["refs/heads/main", "refs/pull/5/head"])
def test_date_below_zero_with_its_zone_stops_nothing(
    repo: Repository, ref: str, seconds: int, zone: str, minutes: int
) -> None:
    """A date that is before 1970 where it was written is read like any other, by a stranger's pull request too."""
    before = repo.commit()
    sha = repo.switch("topic").commit(at=seconds, zone=zone)
    repo.switch("main").delete("refs/heads/topic").point(ref, sha)
    found = run(repo.path)
    assert set(found.column("commits", "sha")) == {before, sha}
    row = found.one("commits", sha=sha)
    expected = datetime(1970, 1, 1) + timedelta(seconds=seconds)
    assert [row["authored_at"], row["committed_at"]] == [expected, expected]
    assert [row["author_utc_offset_minutes"], row["committer_utc_offset_minutes"]] == [minutes, minutes]


def test_future_dates_are_kept_and_noticed(repo: Repository) -> None:
    """A commit from the future keeps its date and is counted; it does not make the clone look fresh."""
    seen = repo.commit(at=datetime(2025, 12, 1))
    repo.commit(at=datetime(2031, 1, 1))
    found = run(repo.path)
    assert found.notices == {"future_dates": 1}
    assert datetime(2031, 1, 1) in found.column("commits", "committed_at")
    assert found.checkpoint.watermark_at == found.one("commits", sha=seen)["committed_at"]


def test_sha256_repository_is_read_too(tmp_path: Path) -> None:
    """Ids of 64 digits change nothing but their length."""
    repo = Repository(tmp_path / "new", object_format="sha256")
    first = repo.commit(files={"a": "1", "b": "2"})
    second = repo.commit(files={"a": None, "c": "1"})
    found = run(repo.path)
    assert files_of(found["commit_files"], second) == {("R", "c", "a")}
    assert found.one("commits", sha=second)["parents"] == first


def test_large_history_comes_in_batches(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are handed over a batch at a time, each commit once."""
    monkeypatch.setattr("collectors.git.process.log._BLOCK_BYTES", 500)
    monkeypatch.setattr("collectors.git.collector._BATCH_ROWS", 7)
    made = [repo.commit() for _ in range(40)]
    found = run(repo.path)
    assert sorted(found.column("commits", "sha")) == sorted(made)
    assert sorted(found.column("commit_files", "sha")) == sorted(made)
