from __future__ import annotations

import pytest

from analytics.explain.change import explain
from tests.builders.forge import Forge
from tests.builders.rows import Raw, built, commit_id


@pytest.mark.slow
def test_change_that_a_forge_reports_names_its_records() -> None:
    """Each milestone of a pull request names review, event, run or deployment; its commits are there without Git."""
    shop = (
        Forge()
        .deploy("d0", "start", 1)
        .request(1, opened=3, commits="b@2 c@5", reviews=[("bob", "approved", 7)], merged=9, merge="m")
        .run("m", 9, 9.5, run_id="17")
        .deploy("s1", "m", 10, environment="staging")
    )
    with built(shop.deploy("d1", "m", 12), as_of=20) as tables:
        found = explain(tables.connection, "github:acme/shop#1")
    records = {one.name: one.record for one in found.milestones if one.at is not None}
    assert records == {
        "first_commit_at": "earliest author date of its own commits",
        "opened_at": "pull request #1 opened by ann",
        "ready_at": "opened ready for review",
        "first_review_at": "review 1-0 by bob: approved",
        "code_complete_at": "last commit on its own branch that is not a merge",
        "reviewed_at": "review 1-0 by bob: approved",
        "approved_at": "review 1-0 by bob: approved",
        "merged_at": "the forge",
        "integrated_at": f"CI run 17 (ci) on {commit_id('m')[:12]} succeeded",
        "staged_at": "deployment s1 to staging succeeded",
        "deploy_started_at": "deployment d1 created",
        "production_at": "deployment d1",
    }
    assert [commit["message"] for commit in found.commits] == ["b", "c"]


def test_what_held_a_change_up_is_told_apart() -> None:
    """Runners, reruns, gates and failed attempts inside `build` and `deploy` each have their line."""
    shop = Forge().deploy("d0", "start", 1).request(1, opened=2, commits="b@2", merged=3, merge="m")
    states = [("waiting", 5), ("in_progress", 8), ("failure", 9)]
    shop.deploy("d1", "m", created=4, states=states).deploy("d2", "m", 12, created=11)
    with built(shop, as_of=20) as tables:
        found = explain(tables.connection, "github:acme/shop#1").friction
    assert found == ["of deploy: 3.00 h at gates and in queues", "of deploy: failed attempts: 1"]


@pytest.mark.slow
def test_approval_from_before_is_the_record_while_it_is_valid() -> None:
    """Where an earlier approval stands, reviewed is code complete itself, and the approval is named."""
    reviews = [("bob", "approved", 3)]
    shop = (
        Forge().deploy("d0", "start", 1).request(1, opened=2, commits="b@2 c@5", reviews=reviews, merged=9, merge="m")
    )
    with built(shop, as_of=20) as tables:
        found = {one.name: one.record for one in explain(tables.connection, "github:acme/shop#1").milestones}
    assert found["approved_at"] == "review 1-0 by bob: approved, still valid from before"


@pytest.mark.slow
def test_arrival_that_no_history_shows_says_so() -> None:
    """What may have arrived with a deployment without history, and what was merged elsewhere, each say why."""
    shop = Forge().deploy("d0", "start", 1).request(1, opened=3, commits="b@2", merged=9).deploy("d1", "x", 12)
    shop.request(2, opened=3, commits="c@2", merged=9, base_ref="release")
    with built(shop, as_of=20) as tables:
        arrivals = [explain(tables.connection, f"github:acme/shop#{number}").arrival for number in (1, 2)]
    assert arrivals == [
        "it may have arrived with a deployment of an unknown commit, history or part",
        "it was merged into another branch; no history shows whether it went further",
    ]


@pytest.mark.slow
def test_commits_of_git_are_shown_once() -> None:
    """Where Git and the forge know the same commits, they are Git's."""
    raw = (
        Raw(provider="github")
        .commits("a@1 b@2:a", branch=None)
        .commits("m@9:a,b", says={"m": "Merge pull request #1 from x/y"})
    )
    shop = Forge().request(1, opened=3, commits="b@2", merged=9, merge="m")
    with built(raw, shop) as tables:
        assert len(explain(tables.connection, "github:acme/shop#1").commits) == 1
