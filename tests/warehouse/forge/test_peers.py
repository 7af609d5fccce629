"""Cases that the tests of other tools pin down, with our values; where those are others, the case says why."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.builders.forge import Forge
from tests.builders.rows import START, Raw, Tables, built, commit_id, ruled

MINUTE = 1 / 60
SECOND = MINUTE / 60
DAY = 24.0


def base() -> Forge:
    """A repository that deployed before, so that arrivals are observed."""
    return Forge(default_branch="main").deploy("d0", "start", 0.5, created=0.4)


def minutes(row: dict[str, Any], *stages: str) -> tuple[float | None, ...]:
    """Stages of a change in minutes, to the second."""
    hours = (row[f"{stage}_hours"] for stage in stages)
    return tuple(round(value * 60, 3) if value is not None else None for value in hours)


def at(text: str) -> float:
    """A time of DevLake's tables (2023) as hours after the start of ours, two years on."""
    moment = datetime.fromisoformat(f"2025-{text}")
    return (moment - START).total_seconds() / 3600


@pytest.mark.slow
def test_devlake_1_whole_journey() -> None:
    """DevLake 1 in seconds, not minutes rounded up: coding 1440, pickup 5, 55 to the merge, 2977.45 to production.

    DevLake calls the 55 minutes review; nobody approved there, so for us they are the wait for the merge.
    """
    shop = Forge(read=5000, known=5000).deploy("d0", "start", at("04-01T00:00:00"))
    shop.request(
        1,
        opened=at("04-11T04:51:47"),
        commits=f"a@{at('04-10T04:51:47')!r}",
        reviews=[("ann", "commented", at("04-11T04:53:47")), ("bob", "commented", at("04-11T04:56:47"))],
        merged=at("04-11T05:51:47"),
        merge="m",
    )
    shop.deploy("d1", "m", at("04-13T07:29:14"), created=at("04-13T07:00:00"))
    with built(shop, as_of=at("05-01T00:00:00")) as tables:
        row = tables.change(1)
    assert minutes(row, "coding", "rework", "pickup", "review", "merge") == (1440, 0, 5, None, 55)
    assert minutes(row, "release", "deploy") == (2948.217, 29.233)
    assert minutes(row, "dora_lead_time", "lead_time") == (4477.45, 3037.45)


@pytest.mark.slow
def test_devlake_2_first_commit_after_the_opening() -> None:
    """DevLake leaves coding empty; for us it took no time, clamped and counted, and pickup is two seconds."""
    shop = base().request(1, opened=2, commits="a@3", reviews=[("bob", "commented", 3 + 2 * SECOND)], merged=4)
    with built(shop, as_of=9) as tables:
        row = tables.change(1)
    assert minutes(row, "coding", "rework", "pickup", "merge") == (0, 60, 0.033, 59.967)
    assert row["clamped"] == 1


@pytest.mark.slow
def test_devlake_3_comment_a_day_before_the_opening() -> None:
    """A review of unfinished code is the first review, and none of the finished code: pickup goes on to the merge."""
    shop = base().request(1, opened=26, commits="a@26", reviews=[("bob", "commented", 2)], merged=28)
    shop.request(2, opened=26, commits="b@26", reviews=[("bob", "commented", 27)], merged=28)
    with built(shop, as_of=40) as tables:
        row = tables.change(1)
        assert tables.hours("lead_times where number = 1", "number", "first_review_at", "reviewed_at") == {1: (2, None)}
    assert minutes(row, "pickup", "merge") == (120, 0)


@pytest.mark.slow
def test_devlake_4_deployed_before_the_merge() -> None:
    """A deployment of the landing commit that ended before the merge is an anomaly: clamped, counted, adding up."""
    shop = base().request(1, opened=2, commits="a@2", merged=30, merge="m").deploy("d1", "m", 7, created=6)
    with built(shop, as_of=40) as tables:
        row = tables.change(1)
    assert (row["outcome"], row["lead_time_hours"], row["clamped"]) == ("production", 5, 1)


@pytest.mark.slow
def test_devlake_5_only_the_first_deployment_has_it() -> None:
    """DevLake counts part of a cycle; we say that its arrival was not observed."""
    shop = Forge().request(1, opened=2, commits="a@2", merged=5, merge="m").deploy("d1", "m", 30)
    with built(shop, as_of=40) as tables:
        row = tables.change(1)
    assert (row["outcome"], row["outcome_reason"], row["lead_time_hours"]) == (
        "unknown",
        "before_first_deployment",
        None,
    )


@pytest.mark.slow
def test_devlake_6_to_8_what_has_not_arrived() -> None:
    """Only staging, only a failed deployment, not merged at all: no lead time, and each waits where it is."""
    shop = base()
    for number, merged in ((1, 5), (2, 6), (3, None)):
        shop.request(number, opened=2, commits=f"c{number}@2", merged=merged, merge=f"m{number}")
    shop.deploy("s1", "m1", 7, environment="staging").deploy("d2", "m2", states=[("in_progress", 7), ("failure", 8)])
    with built(shop, Raw(provider="github").commits("start@0.1 m1@5 m2@6"), as_of=40) as tables:
        rows = {row["number"]: row for row in tables("select * from lead_times where number is not null")}
    assert {number: (row["outcome"], row["lead_time_hours"]) for number, row in rows.items()} == dict.fromkeys(
        (1, 2, 3), ("waiting", None)
    )
    assert {number: row["current_stage"] for number, row in rows.items()} == {1: "deploy", 2: "deploy", 3: "merge"}


def test_devlake_10_author_without_a_name() -> None:
    """Where the author's account is gone, anybody with a name who reviews is somebody else."""
    shop = base().request(4, opened=2, commits="a@1", author=None, reviews=[("bob", "commented", 27)], merged=30)
    with built(shop, as_of=40) as tables:
        assert minutes(tables.change(4), "pickup") == (1500,)


@pytest.mark.slow
def test_devlake_11_small_negative_times() -> None:
    """DevLake rounds −30 s up to 0 and drops −90 s; both are 0 for us, and counted."""
    shop = base()
    for number, seconds in ((1, 30), (2, 90)):
        shop.request(number, opened=2, commits=f"c{number}@{2 + seconds * SECOND!r}", merged=5)
    with built(shop, as_of=40) as tables:
        rows = tables("select coding_hours, clamped from lead_times")
    assert [tuple(row.values()) for row in rows] == [(0, 1), (0, 1)]


def test_devlake_19_deployment_without_a_start() -> None:
    """DevLake takes finish less duration; runs have no duration of their own, so one without a start took no time."""
    shop = Forge().add("ci_runs", run_id="1", name="Deploy", sha="a", conclusion="success", finished_at=9)
    with built(shop, settings=ruled("workflow"), as_of=40) as tables:
        assert tables.hours("deployments", "deployment_id", "created_at", "succeeded_at") == {"workflow:1": (9, 9)}


def test_middleware_29_and_30_response_and_no_response() -> None:
    """A review an hour after opening; unreviewed the whole day is pickup, where Middleware leaves the rest empty."""
    shop = base().request(1, opened=2, commits="a@2", reviews=[("bob", "commented", 3)], merged=26)
    shop.request(2, opened=2, commits="b@2", merged=26).request(
        3, opened=2, commits="c@2", reviews=[("bob", "approved", 3)]
    )
    with built(shop, as_of=40) as tables:
        one, two = tables.change(1), tables.change(2)
    assert minutes(one, "pickup") == (60,)
    assert minutes(two, "pickup", "review", "merge") == (1440, 0, 0)
    assert two["first_review_at"] is None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reviews", "merged", "review"),
    [
        ([("bob", "changes_requested", 4), ("bob", "commented", 6), ("bob", "approved", 8)], 9, 4),
        ([("bob", "approved", 4)], 9, 0),
        ([("bob", "approved", 4), ("cat", "approved", 8)], 9, 0),
        ([("bob", "changes_requested", 4), ("bob", "approved", 8)], None, 4),
    ],
)
def test_middleware_31_from_review_to_approval(reviews: Any, merged: float | None, review: float) -> None:
    """From the first review to the first approval, open or merged: Middleware's rework is our `review`."""
    with built(base().request(1, opened=2, commits="a@2", reviews=reviews, merged=merged), as_of=40) as tables:
        assert tables.change(1)["review_hours"] == review


@pytest.mark.slow
def test_middleware_32_drafts() -> None:
    """Time begins when it is ready: a day, 23 hours from the first of two, and four hours to the first review."""
    shop = base().request(1, opened=2, commits="a@2", events=[("ready_for_review", 4)], merged=28)
    twice = [("ready_for_review", 3.0), ("ready_for_review", 5.0)]
    shop.request(2, opened=2, commits="b@2", events=twice, merged=26)
    shop.request(
        3, opened=2, commits="c@2", events=[("ready_for_review", 50)], reviews=[("bob", "approved", 54)], merged=60
    )
    with built(shop, as_of=90) as tables:
        assert [minutes(tables.change(number), "pickup") for number in (1, 2, 3)] == [(1440,), (1380,), (240,)]


@pytest.mark.slow
def test_middleware_34_rounds_of_rework() -> None:
    """We count no rounds: code is complete with the last commit, also one after the first approval, which stands."""
    rounds = [("bob", "changes_requested", 4.0), ("bob", "changes_requested", 6.0), ("bob", "approved", 8.0)]
    shop = base().request(1, opened=2, commits="a@2 b@5 c@7", reviews=rounds, merged=9)
    shop.request(2, opened=2, commits="d@2 e@8.5", reviews=rounds, merged=9)
    shop.request(3, opened=2, commits="f@2", reviews=rounds[:2])
    with built(shop, as_of=40) as tables:
        rows = [tables.change(number) for number in (1, 2, 3)]
    assert [minutes(row, "rework", "pickup", "review") for row in rows] == [(300, 60, 0), (390, 0, 0), (0, 120, 2160)]


def test_issue_metrics_62_time_in_draft() -> None:
    """Ready on the 3rd; on the 7th where it was a draft twice; a draft that is open or closed is never complete."""
    shop = base()
    first = [("ready_for_review", 2 * DAY)]
    shop.request(1, opened=1, commits="a@1", events=[("converted_to_draft", 1), *first])
    shop.request(
        2, opened=1, commits="b@1", events=[*first, ("converted_to_draft", 4 * DAY), ("ready_for_review", 6 * DAY)]
    )
    shop.request(3, opened=1, commits="c@1", events=first).request(4, opened=1, commits="d@1", draft=True)
    shop.request(5, opened=1, commits="e@1", draft=True, closed=2 * DAY)
    with built(shop, as_of=400) as tables:
        found = tables.hours("pull_request_milestones", "number", "ready_at", "code_complete_at")
    assert found == {1: (48, 48), 2: (144, 144), 3: (48, 48), 4: (None, None), 5: (None, None)}


@pytest.mark.slow
def test_heartbeat_67_builds_without_a_pull_request() -> None:
    """Five builds, one with a pull request of 60 s: a mean of 12 s there; here pushes are changes of their own."""
    raw = Raw(provider="github").commits("start@0.1 p1@3 p2@4 p3@5 p4@6 m@7")
    shop = base().request(1, opened=7 - MINUTE, commits=f"a@{7 - MINUTE!r}", merged=7, merge="m").deploy("d1", "m", 9)
    with built(raw, shop, as_of=40) as tables:
        rows = tables(
            "select number, merge_hours from lead_times where outcome = 'production' order by number nulls last"
        )
    assert [round(row["merge_hours"] * 3600) for row in rows] == [60, 0, 0, 0, 0]
    assert [row["number"] for row in rows] == [1, None, None, None, None]


@pytest.mark.slow
def test_gitlab_53_review_app_and_failed_deployment() -> None:
    """Neither brings anything anywhere."""
    shop = base().request(1, opened=2, commits="a@2", merged=5, merge="m")
    shop.deploy("r1", "a", 3, environment="review/topic").deploy("d1", "m", states=[("failure", 6)])
    with built(shop, as_of=40) as tables:
        row = tables.change(1)
    assert (row["staged_at"], row["production_at"], row["outcome"], row["failed_attempts"]) == (
        None,
        None,
        "waiting",
        1,
    )


def _release_branch() -> Raw:
    says = {"m": "Mend (#1)", "pick": f"Mend (#1)\n\n(cherry picked from commit {commit_id('m')})"}
    raw = Raw(provider="github").commits("start@0.1 other@4 m@5", says=says)
    return raw.commits("pick@6:start", branch="release", says=says)


@pytest.mark.slow
def test_cherry_pick_to_a_release_branch_without_a_pull_request() -> None:
    """Nobody tests it: the deployed copy of a landing commit brings its pull request to production."""
    shop = base().request(1, opened=2, commits="a@2", merged=5, merge="m").deploy("d1", "pick", 8)
    with built(_release_branch(), shop, as_of=40) as tables:
        row = tables.change(1)
    assert (row["outcome"], row["mapped_by"], row["lead_time_hours"]) == ("production", "cherry_pick_trailer", 6)


@pytest.mark.slow
def test_rollback_then_forward_with_another_commit() -> None:
    """Nobody tests it: what was withdrawn and is back keeps its first arrival, and is rolled back no longer."""
    raw = Raw(provider="github").commits("start@0.1 m1@3 m2@8")
    shop = (
        base()
        .request(1, opened=2, commits="a@2", merged=3, merge="m1")
        .request(2, opened=6, commits="b@6", merged=8, merge="m2")
    )
    shop.deploy("d1", "m1", 4).deploy("d2", "start", 5).deploy("d3", "m2", 9)
    with built(raw, shop, as_of=40) as tables:
        kinds = {row["deployment_id"]: row["kind"] for row in tables("select * from deployments")}
        found = tables.hours("lead_times where number is not null", "number", "production_at", "rolled_back_at")
    assert kinds == {"d0": "first", "d1": "release", "d2": "rollback", "d3": "release"}
    assert found == {1: (4, None), 2: (9, None)}


def test_inactive_before_it_was_collected() -> None:
    """Nobody tests it: a deployment that was replaced before we looked succeeded when it first did."""
    states = [("in_progress", 6.0), ("success", 7.0), ("inactive", 8.0)]
    shop = base().request(1, opened=2, commits="a@2", merged=5, merge="m").deploy("d1", "m", states=states)
    with built(shop, as_of=40) as tables:
        assert tables.change(1)["lead_time_hours"] == 5


@pytest.mark.slow
def test_commits_page_that_never_came() -> None:
    """Nobody tests it: a pull request without its commits is complete by what Git knows, else when it was ready."""
    shop = base().request(1, opened=2, merged=9, merge="m", head_sha=None)
    raw = (
        Raw(provider="github")
        .commits("start@0.1 b@3", branch=None)
        .commits("m@9:start", says={"m": "Add (#1)"})
        .pull(1, "b")
    )

    def complete(*parts: Raw) -> Any:
        with built(*parts, as_of=40) as tables:
            return hours(tables)

    def hours(tables: Tables) -> Any:
        return tables.hours("lead_times where number = 1", "number", "code_complete_at")[1]

    assert complete(shop) == (2,)
    assert complete(shop, raw) == (3,)


@pytest.mark.slow
def test_night_when_the_clocks_change() -> None:
    """Nobody tests it: hours are those that passed, whatever the zone of who committed."""
    shop = Forge(read=5000, known=5000).deploy("d0", "start", at("03-01T00:00:00"))
    night = at("03-30T00:30:00")  # an hour later it is three in Berlin
    shop.request(1, opened=night, commits=f"a@{night!r}", merged=night + 2, merge="m").deploy("d1", "m", night + 3)
    with built(shop, as_of=night + 9) as tables:
        assert tables.change(1)["lead_time_hours"] == 3
