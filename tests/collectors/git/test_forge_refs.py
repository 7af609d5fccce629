from __future__ import annotations

from pathlib import Path

import pytest

from collectors.git.repository.refs import pull_refspecs
from tests.builders.repositories import Repository
from tests.collectors.git.running import Run, run

AZURE = "_git/shop.git"


class Forge:
    """A bare repository as a forge has it, and a branch of one commit that is on no branch any more."""

    def __init__(self, path: Path) -> None:
        self.repo = Repository(path, bare=True)
        self.base = self.repo.commit(files={"a": "1"})
        self.main = self.repo.commit(files={"b": "1"})
        self.first = self.repo.switch("topic", self.base).commit(files={"c": "1"})
        self.head = self.repo.commit(files={"c": "2"})
        self.repo.switch("main").delete("refs/heads/topic")
        self.merge = self.repo.switch("tried", self.main).merge(self.head)
        self.repo.switch("main").delete("refs/heads/tried")
        self.url = f"file://{self.repo.path}"


@pytest.fixture
def forge(tmp_path: Path) -> Forge:
    """A forge that keeps refs of pull requests for good."""
    return Forge(tmp_path / "shop.git")


def heads(found: Run) -> dict[str, str | None]:
    """Each head of a pull request by its number, as the last row has it."""
    return {row["name"]: row["sha"] for row in found["refs"] if row["kind"] == "pull_head" and not row["deleted"]}


@pytest.mark.parametrize(
    "ref", ["refs/pull/12/head", "refs/merge-requests/12/head", "refs/pull-requests/12/from", "refs/changes/12/12/1"]
)
def test_branch_of_a_request_is_read_from_every_forge(forge: Forge, tmp_path: Path, ref: str) -> None:
    """The head that a forge keeps is in the clone of a URL and in somebody's own clone of everything."""
    forge.repo.point(ref, forge.head)
    cloned = run(forge.url, cache=tmp_path / "cache", pull_heads=True)
    assert heads(cloned) == heads(run(forge.repo.path)) == {"12": forge.head}
    assert {forge.first, forge.head} <= set(cloned.column("commits", "sha"))
    assert cloned.one("repositories")["pull_heads"] is True


def test_azure_keeps_a_merge_whose_second_parent_is_the_head(tmp_path: Path) -> None:
    """Azure's ref leads to the head, the merge itself is no commit of anybody, and an unmoved ref is no news."""
    forge = Forge(tmp_path / AZURE)
    forge.repo.point("refs/pull/12/merge", forge.merge)
    cloned = run(forge.url, cache=tmp_path / "cache", pull_heads=True)
    assert heads(cloned) == heads(run(forge.repo.path)) == {"12": forge.head}
    assert set(cloned.column("commits", "sha")) == {forge.base, forge.main, forge.first, forge.head}
    assert run(forge.url, cache=tmp_path / "cache", pull_heads=True, resume=cloned).tables == {}
    moved = forge.repo.switch("again", forge.main).merge(forge.first)
    forge.repo.switch("main").delete("refs/heads/again").point("refs/pull/12/merge", moved)
    after = run(forge.url, cache=tmp_path / "cache", pull_heads=True, resume=cloned)
    assert heads(after) == {"12": forge.first}
    assert after.column("refs", "previous_sha") == [forge.head]


def test_merge_ref_that_is_no_merge_leads_nowhere(tmp_path: Path) -> None:
    """Where the ref holds a plain commit, no head is claimed."""
    forge = Forge(tmp_path / AZURE)
    forge.repo.point("refs/pull/12/merge", forge.head)
    assert heads(run(forge.repo.path)) == {"12": None}


def test_head_counts_where_both_refs_are_there(forge: Forge) -> None:
    """GitHub's trial merges are no second pull request, and no commits of anybody."""
    forge.repo.point("refs/pull/12/merge", forge.merge).point("refs/pull/12/head", forge.first)
    found = run(forge.repo.path)
    assert heads(found) == {"12": forge.first}
    assert [row["ref"] for row in found["refs"] if row["kind"] == "pull_head"] == ["refs/pull/12/head"]
    assert forge.merge not in found.column("commits", "sha")


def test_newest_patch_set_of_gerrit_counts(forge: Forge, tmp_path: Path) -> None:
    """Of the versions of a change the highest number is its head, ten after nine; its notes are never fetched."""
    forge.repo.point("refs/changes/12/12/9", forge.first).point("refs/changes/12/12/meta", forge.merge)
    first = run(forge.url, cache=tmp_path / "cache", pull_heads=True)
    assert heads(first) == {"12": forge.first}
    assert forge.merge not in first.column("commits", "sha")
    clone = next((tmp_path / "cache" / "git").glob("*.git"))
    assert "meta" not in (clone / "packed-refs").read_text()
    forge.repo.point("refs/changes/12/12/10", forge.head)
    second = run(forge.url, cache=tmp_path / "cache", pull_heads=True, resume=first)
    assert {row["ref"]: row["deleted"] for row in second["refs"]} == {
        "refs/changes/12/12/9": True,
        "refs/changes/12/12/10": False,
    }
    assert heads(second) == {"12": forge.head}


def test_patch_set_that_gerrit_made_at_submit_is_not_what_was_written(forge: Forge) -> None:
    """A submit by cherry-pick adds a version of its own, with Reviewed-on: the one before it is the branch."""
    trailers = "Reviewed-on: https://gerrit.example.com/c/shop/+/12\nReviewed-by: Bob <b@example.com>"
    message = f"Add c\n\nChange-Id: I0123\n{trailers}"
    landed = forge.repo.commit(message, {"c": "2"})
    forge.repo.point("refs/changes/12/12/1", forge.first).point("refs/changes/12/12/2", forge.head)
    assert heads(run(forge.repo.path)) == {"12": forge.head}
    forge.repo.point("refs/changes/12/12/3", landed)
    assert heads(run(forge.repo.path)) == {"12": forge.head}
    forge.repo.delete("refs/changes/12/12/1").delete("refs/changes/12/12/2")
    assert heads(run(forge.repo.path)) == {"12": landed}
    # A pick for another branch has the trailer of what it is a pick of.
    forge.repo.point("refs/changes/15/15/1", forge.first).point("refs/changes/15/15/2", landed)
    assert heads(run(forge.repo.path)) == {"12": landed, "15": landed}


@pytest.mark.parametrize(
    ("url", "fetched"),
    [
        ("https://dev.azure.com/acme/shop/_git/web", True),
        ("git@ssh.dev.azure.com:v3/acme/shop/web", True),
        ("https://acme.visualstudio.com/shop/_git/web", True),
        ("https://tfs.example.com/acme/_git/web", True),
        ("https://github.com/acme/shop", False),
        ("https://gitlab.com/acme/shop.git", False),
    ],
)
def test_trial_merges_are_fetched_from_azure_alone(url: str, fetched: bool) -> None:
    """GitHub has a trial merge of every open pull request: fetching them would bring commits of nobody."""
    assert ("+refs/pull/*/merge:refs/pull/*/merge" in pull_refspecs(url)) is fetched
    assert "+refs/pull/*/head:refs/pull/*/head" in pull_refspecs(url)
