from __future__ import annotations

import pytest

from tests.builders.rows import Raw
from tests.warehouse.given import landings
from tests.warehouse.landings.test_landings import merged


def test_head_that_became_the_default_branch_brings_its_whole_branch() -> None:
    """A request whose head is a step has all commits back to the head of the one before; no push is made of them."""
    raw = Raw().commits("a p1 p2 p3 q1 q2").pull(1, "p3").pull(2, "q2")
    found = landings(raw)
    assert found.own == {"@a": ["a"], "#1": ["p1", "p2", "p3"], "#2": ["q1", "q2"]}
    assert (found.rows["#1"]["landing_sha"], found.rows["#1"]["title"]) == ("p3", "p1")
    assert found.doubtful("moved_forward") == {"#1", "#2"}


def test_single_commit_between_two_requests_is_no_guess() -> None:
    """Where another request landed right before the head, nothing is in doubt."""
    raw = Raw().commits("a b:a m:a,b p", says={"m": merged(1)}).pull(1, "b").pull(2, "p")
    found = landings(raw)
    assert (found.own["#2"], found.notes) == (["p"], {})


@pytest.mark.parametrize(
    ("graph", "why"),
    [
        ("a x y p1 p2 t:y", "a branch that left it"),
        ("a x y p1 p2 t:x n:t,y", "a branch that merged it"),
    ],
)
def test_step_that_was_a_tip_once_begins_the_branch(graph: str, why: str) -> None:
    """What other branches left from, or merged, was on the default branch before the request was."""
    raw = Raw().commits(graph).branch("main", "p2").branch("topic", graph.rsplit(maxsplit=1)[-1].partition(":")[0])
    assert landings(raw.pull(1, "p2")).own["#1"] == ["p1", "p2"], why


def test_release_begins_the_branch() -> None:
    """A tagged step was released from the default branch."""
    raw = Raw().commits("a x y p1 p2").tag("v1", "y").pull(1, "p2")
    assert landings(raw).own["#1"] == ["p1", "p2"]


def test_run_of_one_author_is_taken_and_told() -> None:
    """A push by somebody else, or a week before, is none of the branch, and that is told to be a guess."""
    other = landings(Raw().commits("a x y p1 p2", by={"x": "bob", "y": "bob"}).pull(1, "p2"))
    earlier = landings(Raw().commits("a x y p1@300 p2").pull(1, "p2"))
    for found in (other, earlier):
        assert found.own == {"@a": ["a"], "@x": ["x"], "@y": ["y"], "#1": ["p1", "p2"]}
        assert found.notes == {"moved_forward": 1}


def test_branch_that_a_bot_rebased_at_once() -> None:
    """Commits that were made within a minute came together, whoever wrote them, and when."""
    by = {"p1": "bob", "p2": "ann", "x": "cid"}
    raw = Raw().commits("a x@5 p1@400 p2@400.01", by=by, authored={"p1": 90, "p2": 300}).pull(1, "p2")
    assert landings(raw).own["#1"] == ["p1", "p2"]


def test_trailers_say_where_the_branch_begins() -> None:
    """Where each commit names its request, those that do are its own, and nothing is in doubt."""
    says = {n: f"{n}\n\nPart-of: <https://gitlab.example.com/acme/shop/-/merge_requests/7>" for n in ("p1", "p2")}
    found = landings(Raw(provider="gitlab").commits("a x p1 p2", says=says).pull(7, "p2"))
    assert (found.own["#7"], found.notes) == (["p1", "p2"], {})


@pytest.mark.parametrize(("commits", "own", "told"), [(2, ["p1", "p2"], set()), (9, ["p1", "p2", "x"], {"#1"})])
def test_forge_knows_how_many_commits_it_has(commits: int, own: list[str], told: set[str]) -> None:
    """The number of commits that a report gives counts; where fewer are there, that is told."""
    raw = Raw().commits("a x p1 p2").pull(1, "p2").change(1, opened=2, commits=commits)
    found = landings(raw)
    assert (found.own["#1"], found.doubtful("moved_forward")) == (own, told)


def test_head_that_is_a_merge_on_the_default_branch() -> None:
    """A branch whose last commit merged the default branch landed with that merge, though it names no number."""
    found = landings(Raw().commits("a b:a x:a m:b,x", says={"m": "Merge branch 'main' into topic"}).pull(1, "m"))
    assert (found.rows["#1"]["landing_sha"], found.rows["#1"]["landed_by"]) == ("m", "merge")
    assert found.doubtful("moved_forward") == {"#1"}


def test_later_step_that_names_it_only_talks_of_it() -> None:
    """A request whose head is on the default branch landed there, and not by a change log that names it later."""
    raw = Raw().commits("a b:a m:a,b p c", says={"m": merged(1), "c": "Changes: mention the fix (#2)"})
    found = landings(raw.pull(1, "b").pull(2, "p"))
    assert (found.rows["#2"]["landing_sha"], "@c" in found.rows) == ("p", True)


def test_head_that_is_the_step_of_another_request() -> None:
    """A head on another request's squash is a branch that begins there: its own words count."""
    raw = Raw().commits("a b:a s:a t", says={"s": "Add (#1)", "t": "More (#2)"}).pull(1, "b").pull(2, "s")
    assert landings(raw).rows["#2"]["landing_sha"] == "t"
