from __future__ import annotations

from analytics.explain import explain
from tests.builders.forge import Forge
from tests.builders.rows import Raw, built


def test_change_that_a_forge_tells_names_the_forge() -> None:
    """Each milestone of a pull request is the forge's, and its own commits are there without Git."""
    shop = (
        Forge()
        .deploy("d0", "start", 1)
        .request(1, opened=3, commits="b@2 c@5", reviews=[("bob", "approved", 7)], merged=9, merge="m")
    )
    with built(shop.deploy("d1", "m", 12), as_of=20) as tables:
        found = explain(tables.connection, "github:acme/shop#1")
    records = {one.name: one.record for one in found.milestones if one.at is not None}
    assert records == {
        "first_commit_at": "earliest author date of its own commits",
        "opened_at": "the forge",
        "ready_at": "the forge",
        "first_review_at": "the forge",
        "code_complete_at": "last commit on its own branch that is no merge",
        "reviewed_at": "the forge",
        "approved_at": "the forge",
        "merged_at": "the forge",
        "deploy_started_at": "first production deployment that contains it",
        "production_at": "deployment d1",
    }
    assert [commit["message"] for commit in found.commits] == ["b", "c"]


def test_arrival_that_no_history_shows_says_so() -> None:
    """What may have arrived with a deployment without history, and what was merged elsewhere, each say why."""
    shop = Forge().deploy("d0", "start", 1).request(1, opened=3, commits="b@2", merged=9).deploy("d1", "x", 12)
    shop.request(2, opened=3, commits="c@2", merged=9, base_ref="release")
    with built(shop, as_of=20) as tables:
        arrivals = [explain(tables.connection, f"github:acme/shop#{number}").arrival for number in (1, 2)]
    assert arrivals == [
        "it may have arrived with a deployment whose commit, or its history, is not known",
        "it was merged into another branch, and no history tells whether it got further",
    ]


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
