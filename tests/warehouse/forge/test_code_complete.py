from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from tests.builders.forge import Forge
from tests.builders.rows import built, commit_id


class Case(NamedTuple):
    """A pull request opened at 4, and its first commit, code complete, and number of own commits."""

    says: str
    given: dict[str, Any]
    first: float | None
    complete: float | None
    commits: int | None


CASES = [
    Case("the last commit", {"commits": "a@1 b@6", "merged": 9}, 1, 6, 2),
    Case("ready after the last commit", {"commits": "a@1 b@3", "merged": 9}, 1, 4, 2),
    Case("ready later than opened", {"commits": "a@1 b@3", "merged": 9, "events": [("ready_for_review", 7)]}, 1, 7, 2),
    Case("a merge from the base is no code of its own", {"commits": "a@1 b@6 u@8:b,base", "merged": 9}, 1, 6, 2),
    Case("a commit after the merge is no part of it", {"commits": "a@1 b@6 c@12", "merged": 9}, 1, 6, 3),
    Case("a clock that is wrong all along", {"commits": "a@11 b@12", "merged": 9}, 11, 9, 2),
    Case("open: so far", {"commits": "a@1 b@6"}, 1, 6, 2),
    Case("closed: until then", {"commits": "a@1 b@6", "closed": 9}, 1, 6, 2),
    Case("nothing but merges from the base", {"commits": "u@6:x,base", "merged": 9}, None, 4, 0),
    Case("no commits known", {"merged": 9}, None, 4, 0),
    Case("first commit: the earliest in any order (DevLake 9)", {"commits": "a@3 b@2 c@1", "merged": 9}, 1, 4, 3),
    Case("first commit after the opening (DevLake 2)", {"commits": "a@6", "merged": 9}, 6, 6, 1),
]


@pytest.mark.slow
def test_code_is_complete_with_its_last_own_commit() -> None:
    """The latest commit on the head that is no merge, not after the merge and not before it was ready."""
    shop = Forge()
    for number, case in enumerate(CASES, 1):
        given = {
            **case.given,
            "commits": " ".join(f"n{number}{word}" for word in case.given.get("commits", "").split()),
        }
        shop.request(number, opened=4, **given)
    with built(shop, as_of=50) as tables:
        found = tables.hours("lead_times", "number", "first_commit_at", "code_complete_at")
        counts = {row["number"]: row["commits"] for row in tables("select number, commits from lead_times")}
        sources = {row["number"]: row["code_complete_source"] for row in tables("select * from lead_times")}
    assert {case.says: (*found[number], counts[number]) for number, case in enumerate(CASES, 1)} == {
        case.says: (case.first, case.complete, case.commits) for case in CASES
    }
    told = {number for number, case in enumerate(CASES, 1) if case.first is not None}
    assert {number for number, source in sources.items() if source == "branch_commits"} == told


@pytest.mark.slow
def test_force_push_leaves_the_commits_that_are_there_now() -> None:
    """Commits that a force push took away do not linger: they were of an older reading of the pull request."""
    before = Forge(read=10).request(1, opened=2, commits="a@1 b@9", head_sha=commit_id("b"))
    after = Forge(read=20).request(
        1, opened=2, commits="c@5 d@12", events=[("force_pushed", 12)], head_sha=commit_id("d"), updated_at=12
    )
    for parts in ((before, after), (after, before)):
        with built(*parts, as_of=50) as tables:
            assert tables.hours("lead_times", "number", "first_commit_at", "code_complete_at") == {1: (5, 12)}
            assert tables("select commits from lead_times") == [{"commits": 2}]


def test_force_push_that_takes_commits_back() -> None:
    """Where the last commit was dropped, the code changed for the last time with the one before it."""
    shop = Forge().request(1, opened=2, commits="a@1 b@5", events=[("force_pushed", 12)], merged=15)
    with built(shop, as_of=50) as tables:
        assert tables.hours("lead_times", "number", "code_complete_at") == {1: (5,)}


def test_report_of_before_a_rebase_knows_no_commit_and_says_ready() -> None:
    """After a rebase all commits are younger than an earlier report: code was complete when it was ready, or later."""
    shop = Forge().request(1, opened=2, commits="a@12 b@12.5", events=[("force_pushed", 13)], merged=15)
    with built(shop, as_of=8) as tables:
        assert tables.hours("lead_times", "number", "code_complete_at", "first_commit_at") == {1: (2, None)}


@pytest.mark.slow
def test_date_of_the_future_is_held_to_the_reading() -> None:
    """A commit dated a hundred years ahead was made before it was read."""
    with built(Forge(read=30).request(1, opened=2, commits="a@1 b@900000")) as tables:
        assert tables.hours("lead_times", "number", "code_complete_at") == {1: (30,)}
