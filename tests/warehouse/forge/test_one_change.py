from __future__ import annotations

from typing import Any

import pytest

from tests.builders.forge import Forge
from tests.builders.rows import Raw, Tables, built, commit_id

MILESTONES = ("first_commit_at", "opened_at", "ready_at", "first_review_at", "code_complete_at", "reviewed_at")
LATER = ("approved_at", "merged_at", "integrated_at", "production_at", "abandoned_at")


def github() -> Forge:
    """Four pull requests: squashed, merged, open and closed, and deployments of what landed."""
    shop = Forge()
    shop.request(1, opened=3, commits="b@2:a c@5", reviews=[("bob", "approved", 7)], merged=9, merge="s1")
    shop.request(2, opened=10, commits="d@10:s1 e@12", reviews=[("bob", "commented", 13)], merged=15, merge="m2")
    shop.request(3, opened=11, commits="f@11:s1")
    shop.request(4, opened=11, commits="g@11.5:s1", closed=16)
    shop.run("s1", 9, 9.5).run("m2", 15, 15.5)
    return shop.deploy("d0", "a", 1.5).deploy("d1", "s1", 10, created=9.75).deploy("d2", "m2", 18, created=17)


def git() -> Raw:
    """The same repository as a clone: a squash with its number, a merge with its branch, two PR heads."""
    raw = Raw(provider="github")
    raw.commits("a@1 b@2:a c@5", branch=None).commits("s1@9:a", says={"s1": "Change 1 (#1)"})
    raw.commits("d@10:s1 e@12", branch=None).commits(
        "m2@15:s1,e", says={"m2": "Merge pull request #2 from ann/topic-2\n\nX"}
    )
    raw.commits("f@11:s1 g@11.5:s1", branch=None)
    return raw.pull(1, "c").pull(2, "e").pull(3, "f").pull(4, "g")


def records() -> Raw:
    """The same changes as a system that knows their milestones reports them."""
    raw = Raw(provider="github")
    raw.source = "records"
    raw.change(
        1, opened=3, ready=3, first_review=7, reviewed=7, approved=7, merged=9, sha="s1", head_sha="c", title="Change 1"
    )
    raw.change(
        2, opened=10, ready=10, first_review=13, reviewed=13, merged=15, sha="m2", head_sha="e", title="Change 2"
    )
    raw.change(3, opened=11, ready=11, head_sha="f", title="Change 3")
    return raw.change(4, opened=11, ready=11, abandoned=16, head_sha="g", title="Change 4")


def shown(tables: Tables) -> dict[Any, Any]:
    """Milestones of the pull requests, and their outcome."""
    times = tables.hours("lead_times where number is not null", "number", *MILESTONES, *LATER)
    rows = {row["number"]: row for row in tables("select * from lead_times where number is not null")}
    return {number: (*times[number], rows[number]["outcome"], rows[number]["sha"]) for number in times}


@pytest.mark.slow
@pytest.mark.parametrize(
    "sources", ["forge git", "git forge", "forge git records", "forge records"], ids=lambda text: text.replace(" ", "+")
)
def test_one_change_comes_out_whoever_tells_of_it(sources: str) -> None:
    """Rows from GitHub, from Git and from records of one repository are the same changes, once each."""
    parts = {"forge": github, "git": git, "records": records}
    with built(*(parts[name]() for name in sources.split()), as_of=50) as tables:
        found, keys = shown(tables), tables("select change_key from changes where change_key not like '@%'")
    assert sorted(row["change_key"] for row in keys) == ["#1", "#2", "#3", "#4"]
    first = (2, 3, 3, 7, 5, 7, 7, 9, 9.5, 10, None, "production", commit_id("s1"))
    assert found[1] == first
    assert found[2] == (10, 10, 10, 13, 12, 13, None, 15, 15.5, 18, None, "production", commit_id("m2"))
    assert found[3] == (11, 11, 11, None, 11, None, None, None, None, None, None, "waiting", None)
    assert found[4] == (11.5, 11, 11, None, 11.5, None, None, None, None, None, 16, "abandoned", None)


@pytest.mark.slow
def test_forge_alone_maps_by_exactly_the_merge_commit() -> None:
    """Without any history a deployment ships the change whose landing commit it is."""
    with built(github(), as_of=50) as tables:
        assert {row["number"]: row["mapped_by"] for row in tables("select * from lead_times")} == {
            1: "ancestor",
            2: "ancestor",
            3: "",
            4: "",
        }


@pytest.mark.slow
def test_git_alone_has_no_reviews_and_no_outcome_of_what_is_not_landed() -> None:
    """The clone knows the same landings and code complete, and nothing of open, closed and reviewed."""
    with built(git().deploy("d0", "a", 1.5).deploy("d2", "m2", 18), as_of=50) as tables:
        found = tables.hours(
            "lead_times where number is not null", "number", "code_complete_at", "merged_at", "production_at"
        )
    assert found == {1: (5, 9, 18), 2: (12, 15, 18)}


@pytest.mark.slow
def test_record_goes_before_the_forge() -> None:
    """What somebody reports on purpose is taken, the rest is the forge's; reviews are those of that code complete."""
    shop = Forge().request(
        1, opened=2, commits="a@1 b@5", reviews=[("bob", "commented", 6), ("bob", "approved", 7)], merged=20
    )
    told = Raw(provider="github").change(1, code_complete=10, integrated=30, title="Told")
    told.source = "records"
    with built(shop, told, as_of=50) as tables:
        (row,) = tables("select * from lead_times")
        times = tables.hours("lead_times", "number", "code_complete_at", "reviewed_at", "approved_at", "integrated_at")
    assert times == {1: (10, 10, 10, 30)}
    assert (row["title"], row["code_complete_source"], row["clamped"], row["commits"]) == ("Told", "event", 0, 2)


def test_forge_knows_whose_landing_a_commit_is() -> None:
    """A squash that names an issue, or another pull request, is that of the forge, and nobody else's."""
    says = {"s": "Mend the basket (#7)", "t": "Add (#9) (#8)", "u": "Again (#5)"}
    raw = Raw(provider="github").commits("a@1 s@9 t@10 u@11", says=says)
    shop = (
        Forge()
        .request(5, opened=3, commits="c@4", merged=9, merge="s")
        .request(8, opened=3, commits="d@4", merged=10, merge="t")
    )
    with built(raw, shop) as tables:
        rows = {row["change_key"]: row["sha"] for row in tables("select change_key, sha from changes")}
    assert rows == {
        f"@{commit_id('a')}": commit_id("a"),
        "#5": commit_id("s"),
        "#8": commit_id("t"),
        f"@{commit_id('u')}": commit_id("u"),
    }


@pytest.mark.parametrize("heads", [False, True])
def test_rebase_merge_is_one_change_with_and_without_its_head(heads: bool) -> None:
    """Each commit of a rebase lands anew; the forge knows the commits, and so they are the pull request's."""
    raw = Raw(provider="github").commits(
        "a@1 r1@9:a r2@9.1", authored={"r1": 3, "r2": 4}, says={"r1": "One", "r2": "Two"}
    )
    if heads:
        raw.commits("b@3:a c@4", branch=None, says={"b": "One", "c": "Two"}).pull(1, "c")
    shop = Forge().request(1, opened=3, commits="b@3 c@4", merged=9.1, merge="r2")
    for row, message in zip(shop.rows["pull_request_commits"], ("One", "Two\n\nmore"), strict=True):
        row["message"] = message
    with built(raw, shop) as tables:
        rows = tables("select change_key, sha, commits from changes order by merged_at")
    assert [tuple(row.values()) for row in rows] == [
        (f"@{commit_id('a')}", commit_id("a"), 1),
        ("#1", commit_id("r2"), 2),
    ]


def test_branch_that_main_was_moved_to_is_its_pull_requests() -> None:
    """Where main was moved forward to the head, its commits are the pull request's and no pushes."""
    raw = Raw(provider="github").commits("a@1 b@3 c@4")
    shop = Forge().request(1, opened=3, commits="b@3 c@4", merged=9, merge="c")
    with built(raw, shop) as tables:
        assert tables.hours("changes", "change_key", "merged_at") == {f"@{commit_id('a')}": (1,), "#1": (9,)}


def test_commit_of_a_pull_request_that_lands_again_is_a_push() -> None:
    """A commit put onto main once more, after its pull request had landed, is a change of its own."""
    raw = Raw(provider="github").commits("a@1 s@9 again@20", authored={"again": 4}, says={"again": "b", "s": "S (#1)"})
    with built(raw, Forge().request(1, opened=3, commits="b@4", merged=9, merge="s")) as tables:
        assert {row["change_key"] for row in tables("select change_key from changes")} >= {
            f"@{commit_id('again')}",
            "#1",
        }


@pytest.mark.slow
def test_merge_queue_lands_when_the_forge_says_and_is_built_by_then() -> None:
    """The queue makes the commit, tests it, and moves main to it: merged then, and integrated with that."""
    raw = Raw(provider="github").commits("a@1 q@8", says={"q": "Add (#1)"})
    shop = Forge().request(1, opened=3, commits="b@2", merged=9, merge="q", events=[("queued", 7.9), ("dequeued", 9)])
    shop.run("q", 8, 8.9, branch="gh-readonly-queue/main/pr-1", event="merge_group").run("a", 1, 1.5)
    with built(raw, shop) as tables:
        assert tables.hours("lead_times where number = 1", "number", "merged_at", "integrated_at") == {1: (9, 9)}
        assert [tables.change(1)[name] for name in ("build_hours", "clamped")] == [0, 0]


@pytest.mark.slow
def test_two_pull_requests_of_one_queue_batch_ship_together() -> None:
    """A merge queue's batch lands each pull request by a commit of its own; a deployment of the last has them all."""
    raw = Raw(provider="github").commits("a@1 q1@8 q2@8.1", says={"q1": "One (#1)", "q2": "Two (#2)"})
    shop = (
        Forge()
        .request(1, opened=3, commits="b@4", merged=9, merge="q1")
        .request(2, opened=3, commits="c@5", merged=9, merge="q2")
    )
    shop.deploy("d0", "a", 1.5).deploy("d1", "q2", 12, created=11)
    with built(raw, shop, as_of=20) as tables:
        assert tables.hours("lead_times where number is not null", "number", "production_at") == {1: (12,), 2: (12,)}


@pytest.mark.slow
def test_bot_that_merges_leaves_the_work_its_authors() -> None:
    """A person's pull request that a bot merged is the person's, and AI named only in the squash's body is seen."""
    raw = Raw(provider="github").commits(
        "a@1 s@9", says={"s": "Add (#1)\n\nCo-authored-by: Claude <noreply@anthropic.com>"}, by={"s": "merge-bot"}
    )
    shop = Forge().request(1, opened=3, commits="b@4", merged=9, merge="s", merged_by="mergify[bot]")
    with built(raw, shop) as tables:
        row = tables.change(1)
    assert (row["author"], row["built_with_ai"]) == ("ann", "assisted")


def test_commits_that_only_the_forge_knows_are_read_for_ai() -> None:
    """Without Git the messages of a pull request's own commits tell how it was made."""
    shop = Forge().request(1, opened=3, commits="b@4", says="Add\n\nCo-authored-by: Claude <noreply@anthropic.com>")
    with built(shop) as tables:
        assert tables.change(1)["built_with_ai"] == "assisted"


@pytest.mark.slow
def test_revert_is_known_by_the_words_of_the_pull_request() -> None:
    """GitHub's button writes `Reverts owner/name#1`: without Git that says what was taken back, and when."""
    shop = Forge().request(1, opened=3, commits="a@2", merged=5).request(2, opened=3, commits="b@2", merged=6)
    shop.request(3, opened=7, commits="c@7", merged=8, title='Revert "Change 1"', body="Reverts acme/shop#1")
    shop.request(4, opened=7, commits="d@7", title='Revert "Change 2 (#2)"')
    shop.request(5, opened=9, commits="e@9", merged=10, title='Revert "Change 1 (#1)"')
    with built(shop, as_of=20) as tables:
        assert tables.hours("lead_times", "number", "reverted_at") == {
            1: (8,),
            2: (None,),
            3: (None,),
            4: (None,),
            5: (None,),
        }
