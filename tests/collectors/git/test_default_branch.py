from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from collectors.git import ManifestPatterns
from headway.errors import UsageError
from tests.builders.repositories import Repository
from tests.collectors.git.running import AT, Run, run

LATER = AT + timedelta(days=1)
LATER_IN_2025 = datetime(2025, 9, 1)
PATTERNS = ManifestPatterns(r"^tags/(?P<environment>[^/]+)/(?P<application>.+)$", r"tag: (?P<version>\S+)")


class Renamed:
    """A working clone of a remote whose `master` became `main` after two commits, and which fetched since."""

    def __init__(self, folder: Path) -> None:
        self.repo = Repository(folder / "shop", branch="master")
        self.repo.remote("https://github.com/acme/shop")
        self.old = [self.repo.commit(), self.repo.commit()]
        self.repo.point("refs/remotes/origin/master", self.old[-1])
        self.repo.point("refs/remotes/origin/HEAD", "ref: refs/remotes/origin/master")
        self.new = [self.repo.commit(), self.repo.commit()]
        self.repo.point("refs/heads/master", self.old[-1])

    def fetch(self) -> Repository:
        """The clone after `git fetch`, without `--prune`."""
        return self.repo.point("refs/remotes/origin/main", self.new[-1])


@pytest.fixture
def renamed(tmp_path: Path) -> Renamed:
    """The clone before its first fetch after the rename."""
    return Renamed(tmp_path)


def default(found: Run) -> str:
    """The default branch that a run read."""
    branch = found.one("repositories")["default_branch"]
    assert isinstance(branch, str)
    return branch


def detail(found: Run, kind: str) -> str:
    """What of the source a notice is about."""
    (text,) = [row["detail"] for row in found["notices"] if row["kind"] == kind and row["count"]]
    return str(text).partition(": ")[2]


def branches(folder: Path, tips: Mapping[str, Mapping[str, str]], *, head: str = "main", bare: bool = False) -> Path:
    """A clone whose branches have commits of one graph: by branch, the branch that it begins at and the message."""
    repo = Repository(folder / "clone", bare=bare, branch="base", pace=timedelta(days=30))
    repo.commit()
    for name, begins in tips.items():
        for base, message in begins.items():
            repo.switch(name, repo.sha(f"refs/heads/{base}"))
            if message:
                repo.commit(message)
    for name in tips if not bare else ():
        repo.point(f"refs/remotes/origin/{name}", repo.sha(f"refs/heads/{name}"))
    repo.delete("refs/heads/base")
    if bare:
        repo.point_head(head)
    else:
        repo.remote("https://github.com/acme/shop")
        repo.point("refs/remotes/origin/HEAD", f"ref: refs/remotes/origin/{head}")
    return repo.path


def test_branch_that_contains_the_one_that_a_clone_still_names_is_read(renamed: Renamed) -> None:
    """After a rename on the remote and a fetch without prune the new branch is read, and the notice says so."""
    found = run(renamed.fetch().path)
    assert default(found) == "main"
    assert found.notices == {"stale_default_branch": 1}
    assert detail(found, "stale_default_branch") == "origin/HEAD names master, and main contains master; main is read"


def test_branch_that_was_pruned_is_not_awaited(renamed: Renamed) -> None:
    """After a fetch with prune `origin/HEAD` leads nowhere: the usual name is read, and the notice says so."""
    found = run(renamed.fetch().delete("refs/remotes/origin/master").path)
    assert default(found) == "main"
    assert detail(found, "stale_default_branch") == "origin/HEAD names master, which is gone; main is read"


def test_notice_ends_with_its_remedy(renamed: Renamed) -> None:
    """What the remedy sets, `origin/HEAD`, withdraws the notice; so does the setting."""
    first = run(renamed.fetch().path)
    assert run(renamed.repo.path, branch="main", resume=first).notices == {"stale_default_branch": 0}
    renamed.repo.point("refs/remotes/origin/HEAD", "ref: refs/remotes/origin/main")
    assert run(renamed.repo.path, resume=first).notices == {"stale_default_branch": 0}


def test_change_of_the_default_branch_between_runs(renamed: Renamed) -> None:
    """A run that finds another default branch hands over what is new, and calls nothing rewritten."""
    first = run(renamed.repo.path)
    assert default(first) == "master"
    second = run(renamed.fetch().path, resume=first, at=LATER)
    assert default(second) == "main"
    assert second.notices == {"stale_default_branch": 1}
    fresh = run(renamed.repo.path, at=LATER)
    assert first.keys() | second.keys() == fresh.keys()
    assert set(second.column("commits", "sha")) == set(renamed.new)


def test_rewritten_branch_that_becomes_the_default_is_not_a_rewritten_history(renamed: Renamed) -> None:
    """What became of `main` while `master` was read is no loss to the numbers."""
    renamed.repo.point("refs/remotes/origin/main", renamed.repo.commit(parents=[renamed.old[0]]))
    first = run(renamed.repo.path)
    assert default(first) == "master"
    second = run(renamed.fetch().path, resume=first, at=LATER)
    assert second.one("refs", name="main")["rewritten"] is True
    assert second.notices == {"stale_default_branch": 1}


def test_versions_on_a_new_default_branch(tmp_path: Path) -> None:
    """A manifests repository with another default branch is read from its root, and nothing is called rewritten."""
    repo = Repository(tmp_path / "charts", branch="master")
    base = repo.commit()
    repo.commit(files={"tags/production/shop": "tag: v1\n"})
    first = run(repo.path, manifests=(PATTERNS,))
    repo.switch("main", base).commit(files={"tags/production/shop": "tag: v2\n"})
    second = run(repo.path, manifests=(PATTERNS,), resume=first, at=LATER)
    assert second.column("manifest_versions", "version") == ["v2"]
    assert "history_rewritten" not in second.notices
    repo.point("refs/heads/main", base).commit(files={"tags/production/shop": "tag: v3\n"})
    third = run(repo.path, manifests=(PATTERNS,), resume=second, at=LATER)
    assert third.notices["history_rewritten"] == 1


@pytest.mark.parametrize("bare", [False, True])
def test_branch_that_a_bare_clone_names_is_compared_too(tmp_path: Path, bare: bool) -> None:
    """In a bare clone HEAD names the old branch, in a working clone `origin/HEAD`: the graph decides in both."""
    tips = {"master": {"base": ""}, "main": {"master": "New"}}
    found = run(branches(tmp_path, tips, head="master", bare=bare))
    assert default(found) == "main"
    assert detail(found, "stale_default_branch").startswith("HEAD names master" if bare else "origin/HEAD names master")


@pytest.mark.parametrize(
    ("tips", "head"),
    [
        ({"main": {"base": "Release"}, "develop": {"main": "New"}}, "develop"),
        ({"develop": {"base": "New"}, "main": {"develop": "Release"}}, "develop"),
        ({"main": {"base": "New"}, "master": {"main": ""}}, "master"),
        ({"master": {"base": "Old"}, "main": {"master": "New"}}, "main"),
        ({"main": {"base": "New"}, "topic": {"main": "Newer"}}, "main"),
        ({"main": {"base": "New"}, "master": {"base": "Other"}}, "main"),
    ],
    ids=["develop is ahead", "develop was released", "equal tips", "already renamed", "topic", "apart by a month"],
)
@pytest.mark.parametrize("bare", [False, True])
def test_default_branch_that_a_clone_names_stays(
    tmp_path: Path, tips: Mapping[str, Mapping[str, str]], head: str, bare: bool
) -> None:
    """The named branch is read without a notice where it is ahead, equal, or only a feature branch goes on from it."""
    found = run(branches(tmp_path, tips, head=head, bare=bare))
    assert (default(found), found.notices) == (head, {})


def test_branch_that_is_far_behind_another_is_in_doubt(tmp_path: Path) -> None:
    """Where neither branch contains the other, the named one is read; after 90 days of silence that is in doubt."""
    folder = branches(tmp_path, {"master": {"base": "Old"}, "main": {"base": "New"}}, head="master")
    clone = Repository(tmp_path / "late", branch="master")
    clone.remote("https://github.com/acme/shop")
    base = clone.commit()
    master = clone.commit()
    clone.point("refs/remotes/origin/HEAD", "ref: refs/remotes/origin/master")
    clone.point("refs/remotes/origin/master", master)
    clone.point("refs/remotes/origin/main", clone.commit(parents=[base], at=LATER_IN_2025))
    found = run(clone.path)
    assert default(found) == "master"
    assert found.notices == {"doubtful_default_branch": 1}
    assert detail(found, "doubtful_default_branch") == (
        "master is read, and the newest commit of main is 237 days newer"
    )
    assert run(clone.path, branch="master").notices == {}
    assert run(folder).notices == {}


@pytest.mark.parametrize(
    ("messages", "tag", "told"),
    [
        (["Work", "Release"], "v2.0", "2 newer commits, tag v2.0"),
        (["Work", "Add cart (#7)"], "", "2 newer commits, 1 of pull requests"),
        ([f"Work {number}" for number in range(10)], "", "10 newer commits"),
        (["Work", "More work"], "", ""),
    ],
)
def test_old_branch_with_a_last_commit_of_its_own(tmp_path: Path, messages: list[str], tag: str, told: str) -> None:
    """A tag, a pull request or ten commits on `main` show at once that `master`, which says farewell, is old."""
    repo = Repository(tmp_path / "shop", branch="master")
    repo.remote("https://github.com/acme/shop")
    base = repo.commit()
    farewell = repo.commit("Moved to main")
    tip = base
    for message in messages:
        tip = repo.commit(message, parents=[tip])
    if tag:
        repo.tag(tag, tip)
    repo.point("refs/heads/master", farewell)
    repo.point("refs/remotes/origin/HEAD", "ref: refs/remotes/origin/master")
    repo.point("refs/remotes/origin/master", farewell)
    repo.point("refs/remotes/origin/main", tip)
    found = run(repo.path)
    assert default(found) == "master"
    if told:
        assert detail(found, "doubtful_default_branch") == f"master is read, and main has {told}"
    else:
        assert found.notices == {}


def test_unknown_default_branch_is_in_doubt(tmp_path: Path) -> None:
    """Where nothing names a branch and none has a usual name, there are no changes, and the notice says why."""
    repo = Repository(tmp_path / "shop", branch="a")
    repo.commit()
    repo.switch("b").point_head("gone")
    found = run(repo.path)
    assert default(found) == ""
    assert found.notices == {"doubtful_default_branch": 1}


def test_deleted_branch_that_a_clone_names(tmp_path: Path) -> None:
    """A clone made from a feature branch that is gone has the usual default, and of two the one that goes on."""
    tips = {"main": {"base": "Old"}, "master": {"main": "New"}}
    found = run(branches(tmp_path, tips, head="feature"))
    assert default(found) == "master"
    assert detail(found, "stale_default_branch") == "origin/HEAD names feature, which is gone; master is read"


def test_setting_names_the_default_branch(tmp_path: Path) -> None:
    """The setting counts whatever the clone names, and must name a branch that is there."""
    folder = branches(tmp_path, {"main": {"base": "New"}, "release": {"base": "Other"}})
    found = run(folder, branch="release")
    assert (default(found), found.notices) == ("release", {})
    with pytest.raises(UsageError, match="there is no branch 'relaese'") as raised:
        run(folder, branch="relaese")
    assert "release" in raised.value.hint
    assert default(run(Repository(tmp_path / "empty").path, branch="main")) == ""


def test_remote_is_believed_where_it_was_just_asked(tmp_path: Path) -> None:
    """Of a URL the remote's HEAD counts; that another usual branch contains it is told."""
    tips = {"main": {"base": "Old"}, "master": {"main": "New"}}
    url = f"file://{branches(tmp_path, tips, head='main', bare=True)}"
    found = run(url, cache=tmp_path / "cache")
    assert default(found) == "main"
    assert detail(found, "doubtful_default_branch") == "the remote names main, which is read, and master contains it"
    assert default(run(url, cache=tmp_path / "cache", branch="master")) == "master"
