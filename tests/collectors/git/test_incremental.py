from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.builders.repositories import Repository
from tests.collectors.git.running import AT, Run, run

LATER = AT + timedelta(days=1)


@pytest.fixture
def repo(tmp_path: Path) -> Repository:
    """A clone with a merged pull request and a tag."""
    repo = Repository(tmp_path / "shop")
    repo.commit(files={"a": "1"})
    repo.pull_request(1, how="merge")
    repo.tag("v1", message="One\n")
    return repo


def again(repo: Repository, before: Run, **options: Any) -> Run:
    """The next night's run."""
    return run(repo.path, resume=before, at=LATER, **options)


def test_nothing_new_is_nothing_but_a_checkpoint(repo: Repository) -> None:
    """A second run over the same clone hands over no row, and the same point to go on from."""
    first = run(repo.path)
    second = again(repo, first)
    assert second.tables == {}
    assert second.checkpoint == first.checkpoint


def test_only_what_is_new_is_read(repo: Repository) -> None:
    """The next run has the new commits, and rows for the refs that moved with where they were."""
    first = run(repo.path)
    before = repo.head
    made = [repo.commit(), repo.commit()]
    second = again(repo, first)
    assert set(second.column("commits", "sha")) == set(made)
    (moved,) = second["refs"]
    found = (moved["ref"], moved["previous_sha"], moved["sha"], moved["rewritten"], moved["deleted"])
    assert found == ("refs/heads/main", before, made[-1], False, False)
    assert set(second.tables) == {"commits", "commit_files", "refs"}


def test_branch_that_forked_earlier_is_not_missed(repo: Repository) -> None:
    """Commits older than the last run's newest, merged after it, are read."""
    fork = repo.head
    repo.commit(at=datetime(2025, 6, 1))
    first = run(repo.path)
    old = repo.switch("old", fork).commit(at=datetime(2025, 2, 1))
    merge = repo.switch("main").merge("old")
    assert set(again(repo, first).column("commits", "sha")) == {old, merge}


def test_deleted_ref_is_a_tombstone(repo: Repository) -> None:
    """A ref that is gone has one last row, and is then forgotten."""
    sha = repo.switch("topic").commit()
    first = run(repo.switch("main").path)
    second = again(repo.delete("refs/heads/topic"), first)
    (gone,) = second["refs"]
    assert (gone["ref"], gone["kind"], gone["name"]) == ("refs/heads/topic", "branch", "topic")
    assert (gone["sha"], gone["previous_sha"], gone["deleted"]) == (None, sha, True)
    assert again(repo, second).tables == {}


def test_rewritten_default_branch_is_noticed(repo: Repository) -> None:
    """A force-push is marked on the ref, counted as a notice, and its new commits are read."""
    kept, lost = repo.head, repo.commit()
    first = run(repo.path)
    new = repo.point("refs/heads/main", kept).commit("Instead\n", {"b": "2"})
    second = again(repo, first)
    (moved,) = second["refs"]
    assert (moved["previous_sha"], moved["sha"], moved["rewritten"]) == (lost, new, True)
    assert second.notices == {"history_rewritten": 1}
    assert second.column("commits", "sha") == [new]
    repo.point("refs/heads/main", kept).commit("Once more\n", {"c": "3"})
    assert again(repo, second).notices == {"history_rewritten": 2}


def test_rewritten_branch_whose_old_commits_are_gone(repo: Repository) -> None:
    """What a force-push left behind may have been collected as garbage: nothing fails, nothing new is missed."""
    kept, lost = repo.head, repo.commit()
    first = run(repo.path)
    repo.objects.path(lost).unlink()
    new = repo.point("refs/heads/main", kept).commit("Instead\n", {"b": "2"})
    second = again(repo, first)
    assert second.one("refs")["rewritten"] is True
    assert new in second.column("commits", "sha")
    assert lost not in second.column("commits", "sha")


def test_moved_pull_request_is_no_rewritten_history(repo: Repository) -> None:
    """A pull request that was rebased is marked as rewritten; that is daily work, and no notice."""
    base = repo.head
    repo.pull(5, repo.switch("five", base).commit())
    first = run(repo.switch("main").delete("refs/heads/five").path)
    repo.pull(5, repo.switch("five", base).commit("Other\n", {"x": "y"})).switch("main").delete("refs/heads/five")
    second = again(repo, first)
    assert second.one("refs", kind="pull_head")["rewritten"] is True
    assert second.notices == {}


def test_tag_made_anew_on_the_same_commit_is_news(repo: Repository) -> None:
    """A release tag that was deleted and made again has another time."""
    first = run(repo.path)
    repo.tag("v1", message="One again\n", at=datetime(2025, 3, 1))
    (row,) = again(repo, first)["refs"]
    assert (row["name"], row["tagged_at"], row["rewritten"]) == ("v1", datetime(2025, 3, 1), False)


def test_tags_that_an_earlier_version_read_get_the_ids_of_their_objects(repo: Repository) -> None:
    """A run after that of a version without these ids reads the annotated tags once more, and only them."""
    repo.tag("light")
    first = run(repo.path)
    resume = {name: value for name, value in first.checkpoint.resume.items() if name != "tag_objects"}
    older = replace(first, checkpoint=replace(first.checkpoint, resume=resume))
    second = again(repo, older)
    assert [(row["name"], row["object_sha"] is None) for row in second["refs"]] == [("v1", False)]
    assert again(repo, second).tables == {}


def test_full_reads_everything_and_still_sees_a_rewrite(repo: Repository) -> None:
    """A full run hands over all rows again; what it knows of the last run it uses for rewrites and tombstones alone."""
    kept = repo.head
    repo.commit()
    first = run(repo.path)
    repo.point("refs/heads/main", kept).commit("Instead\n", {"b": "2"})
    full = again(repo.delete("refs/tags/v1"), first, full=True)
    assert full.keys("notices") - {("refs", "git:shop", "refs/tags/v1")} == run(repo.path).keys("notices")
    assert full.one("refs", ref="refs/heads/main")["rewritten"] is True
    assert full.one("refs", ref="refs/tags/v1")["deleted"] is True


@pytest.mark.parametrize(
    ("first", "second"),
    [({}, {"name": "acme/other"}), ({}, {"patch_ids": True}), ({"added_lines": False}, {})],
)
def test_asking_for_more_reads_everything_again(
    repo: Repository, first: dict[str, Any], second: dict[str, Any]
) -> None:
    """Another id, or rows that were not asked for before, concern every commit."""
    before = run(repo.path, **first)
    assert len(again(repo, before, **second)["commits"]) == len(before["commits"])


def test_asking_for_less_reads_nothing_again(repo: Repository) -> None:
    """What is no longer wanted is left out from now on, and nothing is read for that."""
    before = run(repo.path, patch_ids=True)
    assert again(repo, before, added_lines=False).tables == {}


def test_resume_point_of_another_version_is_no_resume_point(repo: Repository) -> None:
    """What an older Headway left behind is read as a first run."""
    first = run(repo.path)
    foreign = Run(type(first.checkpoint)({"version": 0, "tips": {}}, None))
    assert again(repo, foreign).keys() == first.keys()


def test_other_default_branch_is_a_new_row_of_the_repository(repo: Repository) -> None:
    """The repository's row comes again when something in it changed."""
    first = run(repo.path)
    repo.switch("master").delete("refs/heads/main").point_head("master")
    assert again(repo, first).one("repositories")["default_branch"] == "master"


def test_watermark_of_a_clone_is_its_newest_commit_or_tag(repo: Repository) -> None:
    """A clone that others keep is known up to its newest commit or tag, and never beyond the run."""
    repo.commit(at=datetime(2025, 4, 1))
    first = run(repo.path)
    assert first.checkpoint.watermark_at == datetime(2025, 4, 1)
    repo.tag("v2", message="Two\n", at=datetime(2025, 5, 1))
    second = again(repo, first)
    assert second.checkpoint.watermark_at == datetime(2025, 5, 1)
    repo.tag("v3", message="From the future\n", at=datetime(2040, 1, 1))
    assert again(repo, second).checkpoint.watermark_at == datetime(2025, 5, 1)


def test_clock_skew_loses_no_commit(repo: Repository) -> None:
    """Where clocks were wrong Git may list known commits again; what is new is always among them."""
    for days in (400, -400, 300, -300, 0):
        repo.commit(at=datetime(2025, 1, 1) + timedelta(days=days))
    first = run(repo.path)
    made = {repo.commit(at=datetime(2025, 1, 1) + timedelta(days=days)) for days in (-800, 200, -900)}
    assert made <= set(again(repo, first).column("commits", "sha"))
