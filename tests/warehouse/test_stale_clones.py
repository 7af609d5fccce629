from __future__ import annotations

from pathlib import Path

import pytest

from cli.main import main
from headway.progress import SilentProgress
from pipeline.build import build
from pipeline.session import Session
from tests.builders.rows import END, Raw, Tables, built, commit_id, hour, stored


def clone(source: str, tip: str, *, read: float, branch: str = "main") -> Raw:
    """A clone of one repository in which the default branch is at this commit of three; each is a week later."""
    raw = Raw("acme/shop", source=source, read=read, known=500, default_branch=branch)
    return raw.commits("a@1 b@170 c@340", branch=None).branch(branch, tip)


def landed(tables: Tables) -> set[str]:
    """The commits that landed."""
    return {row["landing_sha"] for row in tables("select landing_sha from landings")}


@pytest.mark.slow
@pytest.mark.parametrize("fresh_is_read_last", [True, False])
def test_newest_default_branch_of_two_clones_counts(fresh_is_read_last: bool) -> None:
    """Of two clones of one repository the fetched one counts, whichever was read last; the other is told."""
    times = (999, 1000) if fresh_is_read_last else (1000, 999)
    old, new = clone("git:old", "a", read=times[0]), clone("git:new", "c", read=times[1])
    with built(old, new) as tables:
        assert landed(tables) == {commit_id(name) for name in "abc"}
        assert tables("select source, newest_source, days from stale_clones") == [
            {"source": "git:old", "newest_source": "git:new", "days": 14}
        ]
        (notice,) = tables("select source, detail from notices where kind = 'stale_clone'")
        assert notice == {
            "source": "git:old",
            "detail": "another source has a newer default branch, which counts:"
            " main of git:new is 14 days newer than main of git:old",
        }


def test_clone_that_still_calls_another_branch_the_default() -> None:
    """The default branch has the name that the clone with its newest commit gives it."""
    old, new = clone("git:old", "a", read=1000, branch="master"), clone("git:new", "c", read=999)
    with built(old, new) as tables:
        assert tables("select default_branch from coverage") == [{"default_branch": "main"}]
        assert landed(tables) == {commit_id(name) for name in "abc"}


def test_branch_that_one_clone_finds_moved_back() -> None:
    """What one source reads later counts, though the branch was moved back to an older commit."""
    first, again = clone("git:new", "c", read=999), clone("git:new", "b", read=1000)
    with built(first, again) as tables:
        assert landed(tables) == {commit_id(name) for name in "ab"}
        assert tables("select * from stale_clones") == []


def test_rows_of_an_earlier_version_give_way(tmp_path: Path) -> None:
    """Rows that name no source count until a source has read the repository again."""
    older, now = clone("git:new", "c", read=999), clone("git:new", "b", read=1000)
    for row in (*older.rows["refs"], *older.rows["repositories"]):
        row["source"] = None
    with built(older) as tables:
        assert landed(tables) == {commit_id(name) for name in "abc"}
    with built(older, now) as tables:
        assert landed(tables) == {commit_id(name) for name in "ab"}
        assert tables("select * from stale_clones") == []


@pytest.mark.slow
@pytest.mark.parametrize("command", ["status", "doctor"])
def test_clone_that_is_behind_is_named(capfd: pytest.CaptureFixture[str], tmp_path: Path, command: str) -> None:
    """`status` and `doctor` name the clone that is behind, and the one that counts."""
    session = Session(config=None, warehouse=None, debug=False, folder=tmp_path, environment={}, now=hour(END))
    folder = session.settings.warehouse_folder
    stored(folder, clone("git:old", "a", read=1000), clone("git:new", "c", read=999))
    build(session, {}, SilentProgress())
    capfd.readouterr()
    main(["--warehouse", str(folder), command])
    out, _ = capfd.readouterr()
    assert "main of git:new is 14 days newer than main of git:old" in out
