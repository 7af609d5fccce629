from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tests.builders.repositories import ANN, Person, Repository
from tests.collectors.git.running import Run, run


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """An empty working clone."""
    return Repository(tmp_path / "shop")


def names(found: Run) -> set[tuple[str, str, str]]:
    """Kind, name and commit of every ref."""
    return {(row["kind"], row["name"], row["sha"]) for row in found["refs"]}


def test_every_kind_of_ref_is_read(repo: Repository) -> None:
    """Branches, tags and heads of pull and merge requests are told apart; other refs are nobody's business."""
    sha = repo.commit()
    repo.switch("feature/x").pull(12, sha).pull(7, sha, "merge-requests").tag("v1")
    for other in (
        "refs/pull/12/merge",
        "refs/stash",
        "refs/notes/commits",
        "refs/replace/" + "1" * 40,
        "refs/pull/x/head",
    ):
        repo.point(other, sha)
    expected = {("branch", "main"), ("branch", "feature/x"), ("tag", "v1"), ("pull_head", "12"), ("pull_head", "7")}
    assert names(run(repo.path)) == {(kind, name, sha) for kind, name in expected}


def test_tags_are_peeled_and_have_their_tagger(repo: Repository) -> None:
    """An annotated tag leads to its commit and has tagger and time; a tag of a tag has the outer one's."""
    sha = repo.commit()
    repo.tag("light")
    inner = repo.tag("v1", message="One\n", at=datetime(2025, 5, 1, 12), zone="+0200")
    repo.tag("v1-signed", inner, message="Signed\n", tagger=Person(b"Jos\xe9", "j@example.com"), at=0, kind="tag")
    rows = {row["name"]: row for row in run(repo.path)["refs"] if row["kind"] == "tag"}
    found = {name: (row["sha"], row["tagger_name"], row["tagged_at"]) for name, row in rows.items()}
    assert found == {
        "light": (sha, None, None),
        "v1": (sha, "Ann Author", datetime(2025, 5, 1, 12)),
        "v1-signed": (sha, "Jos\ufffd", datetime(1970, 1, 1)),
    }
    objects = {name: repo.git("rev-parse", f"refs/tags/{name}").strip() for name in ("v1", "v1-signed")}
    assert {name: row["object_sha"] for name, row in rows.items()} == {"light": None, **objects}


def test_old_tag_without_tagger(repo: Repository) -> None:
    """Tags of Git's first years have no tagger, and some have no date."""
    sha = repo.commit()
    bare = repo.objects.write("tag", f"object {sha}\ntype commit\ntag v0\n\nOld\n".encode())
    undated = repo.objects.write("tag", f"object {sha}\ntype commit\ntag v1\ntagger Ann <a@x>\n\nOld\n".encode())
    repo.point("refs/tags/v0", bare).point("refs/tags/v1", undated)
    rows = {row["name"]: (row["sha"], row["tagger_name"], row["tagged_at"]) for row in run(repo.path)["refs"]}
    assert rows["v0"] == (sha, None, None)
    assert rows["v1"] == (sha, "Ann", None)


def test_tag_of_a_file_leads_to_no_commit(repo: Repository) -> None:
    """A tag may hold a key or a tree: it is kept, leads nowhere, and is no news in the next run."""
    repo.commit()
    blob = repo.blob("a public key").oid
    repo.tag("key", blob)
    repo.tag("signed-key", blob, message="Key\n", kind="blob")
    first = run(repo.path)
    assert {row["name"]: row["sha"] for row in first["refs"] if row["kind"] == "tag"} == {
        "key": None,
        "signed-key": None,
    }
    assert run(repo.path, resume=first).tables == {}


@pytest.mark.parametrize(
    ("local", "remote", "expected"),
    [
        (["main"], [], ["main"]),
        (["main", "mine"], ["main", "theirs"], ["main", "theirs"]),
        ([], ["main"], ["main"]),
    ],
)
def test_branches_of_the_remote_count_in_a_working_clone(
    repo: Repository, local: list[str], remote: list[str], expected: list[str]
) -> None:
    """What only lies on somebody's disk has landed nowhere; without a remote the local branches are all there is."""
    ours = repo.commit()
    theirs = repo.commit()
    repo.delete("refs/heads/main").remote("https://github.com/acme/shop.git")
    for name in local:
        repo.point(f"refs/heads/{name}", ours)
    for name in remote:
        repo.point(f"refs/remotes/origin/{name}", theirs)
    assert names(run(repo.path)) == {("branch", name, theirs if remote else ours) for name in expected}


def test_local_branches_count_in_a_bare_clone(tmp_path: Path) -> None:
    """A bare clone has its remote's branches as its own."""
    repo = Repository(tmp_path / "shop.git", bare=True)
    sha = repo.remote("https://github.com/acme/shop").commit()
    repo.point("refs/remotes/origin/stray", sha)
    assert names(run(repo.path)) == {("branch", "main", sha)}


def test_only_remote_counts_whatever_its_name(repo: Repository) -> None:
    """A single remote may be called anything; of several none counts but origin."""
    sha = repo.commit()
    repo.remote("https://github.com/acme/shop", "upstream").point("refs/remotes/upstream/trunk", sha)
    assert names(run(repo.path)) == {("branch", "trunk", sha)}
    repo.remote("https://github.com/ann/shop", "fork")
    assert names(run(repo.path)) == {("branch", "main", sha)}


@pytest.mark.parametrize(
    ("refspec", "ref"),
    [
        ("+refs/pull/*/head:refs/remotes/origin/pr/*", "refs/remotes/origin/pr/5"),
        ("+refs/pull/*:refs/remotes/origin/pull/*", "refs/remotes/origin/pull/5/head"),
        ("+refs/pull/5/head:refs/remotes/origin/five", "refs/remotes/origin/five"),
    ],
)
def test_heads_of_pull_requests_are_found_where_the_clone_keeps_them(repo: Repository, refspec: str, ref: str) -> None:
    """The clone's own fetch refspecs tell which of its refs are heads of pull requests."""
    sha = repo.commit()
    repo.remote("https://github.com/acme/shop").configure(f"\tfetch = {refspec}\n").point(ref, sha)
    repo.point("refs/remotes/origin/main", sha)
    found = run(repo.path)
    assert found.one("refs", kind="pull_head")["ref"] == "refs/pull/5/head"
    assert found.one("repositories")["pull_heads"] is True


def test_default_branch_of_the_remote_wins(repo: Repository) -> None:
    """In a working clone the default branch is what `origin/HEAD` names, whatever is checked out."""
    sha = repo.commit()
    repo.remote("https://github.com/acme/shop").point("refs/remotes/origin/main", sha)
    repo.point("refs/remotes/origin/develop", sha)
    assert run(repo.path).one("repositories")["default_branch"] == "main"
    repo.point("refs/remotes/origin/HEAD", "ref: refs/remotes/origin/develop")
    found = run(repo.path)
    assert found.one("repositories")["default_branch"] == "develop"
    assert {row["name"] for row in found["refs"]} == {"main", "develop"}


@pytest.mark.parametrize(
    ("bare", "branches", "checked_out", "expected"),
    [
        (False, ["main", "topic"], "topic", "main"),
        (False, ["master", "topic"], "topic", "master"),
        (False, ["trunk", "topic"], "topic", "topic"),
        (False, ["trunk"], "gone", "trunk"),
        (False, ["a", "b"], "gone", ""),
        (True, ["main", "trunk"], "trunk", "trunk"),
        (True, ["main", "trunk"], "gone", "main"),
    ],
)
def test_default_branch_without_a_remote(
    tmp_path: Path, bare: bool, branches: list[str], checked_out: str, expected: str
) -> None:
    """A bare clone's HEAD names the default branch; elsewhere the usual names come before what is checked out."""
    repo = Repository(tmp_path / "shop", bare=bare, branch=branches[0])
    repo.commit()
    for name in branches[1:]:
        repo.switch(name)
    repo.point_head(checked_out)
    assert run(repo.path).one("repositories")["default_branch"] == expected


def test_detached_head_changes_nothing(repo: Repository) -> None:
    """With a commit checked out instead of a branch the branches are as they were."""
    first = repo.commit()
    second = repo.commit()
    repo.detach(first)
    found = run(repo.path)
    assert names(found) == {("branch", "main", second)}
    assert found.one("repositories")["default_branch"] == "main"


def test_detached_head_is_all_there_is(repo: Repository) -> None:
    """A clone of a build server may have no branch at all: then what is checked out is read."""
    sha = repo.commit()
    repo.detach(sha).delete("refs/heads/main")
    found = run(repo.path)
    assert names(found) == {("branch", "HEAD", sha)}
    assert found.one("repositories")["default_branch"] == "HEAD"
    assert found.column("commits", "sha") == [sha]


def test_linked_worktree_and_its_git_file(repo: Repository, tmp_path: Path) -> None:
    """A worktree has a file for a `.git` folder, and the refs and objects of the clone that it belongs to."""
    sha = repo.commit(author=ANN)
    repo.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "tree"), sha)
    found = run(tmp_path / "tree")
    assert found.column("commits", "sha") == [sha]
    assert found.checkpoint.repo_ids == ("git:tree",)


def test_broken_ref_is_left_out(repo: Repository) -> None:
    """A ref file with nonsense in it is ignored, as Git does."""
    sha = repo.commit()
    repo.point("refs/heads/broken", "nonsense")
    assert names(run(repo.path)) == {("branch", "main", sha)}
