"""Cases that the tests of other tools pin down, and cases that none of them tests, with what Headway's definitions say.

Where a peer expects something else, the test's docstring says why Headway departs from it.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders.rows import Raw, Tables, built, commit_id, ruled
from tests.warehouse.given import Deploy, chained

MERGED = "Merge pull request #{0} from ann/t{0}\n\nChange {0}"


def told(tables: Tables) -> dict[str, tuple[Any, ...]]:
    """Outcome, lead time and deployment of each change, by its number or the name of its commit."""
    rows = tables(
        "select coalesce(cast(number as varchar), sha) as key, outcome, lead_time_hours, deployment_id from lead_times"
    )
    return {row["key"]: tuple(row.values())[1:] for row in rows}


@pytest.mark.slow
def test_devlake_4_deployment_before_its_own_merge() -> None:
    """Deployed at 6, merged at 9 by another clock: DevLake links it without the stage; here it counts as clamped."""
    raw = Raw().commits("a@1 c@4:a m@9:a,c", says={"m": MERGED.format(1)}).deploy("d0", "a", 1).deploy("d1", "m", 6)
    with built(raw) as tables:
        row = tables.change(1)
    assert (row["outcome"], row["lead_time_hours"], row["merge_hours"], row["release_hours"], row["clamped"]) == (
        "production",
        2,
        2,
        0,
        1,
    )


@pytest.mark.slow
def test_devlake_5_first_deployment_of_all() -> None:
    """Only the first deployment ever contains it: DevLake gives a partial cycle; here its arrival was not observed."""
    raw = Raw().commits("a@1 c@2:a m@3:a,c", says={"m": MERGED.format(1)}).deploy("d1", "m", 9)
    with built(raw) as tables:
        row = tables.change(1)
    assert (row["outcome"], row["outcome_reason"], row["lead_time_hours"]) == (
        "unknown",
        "before_first_deployment",
        None,
    )


@pytest.mark.slow
def test_devlake_6_and_7_staging_and_failure_ship_nothing() -> None:
    """Contained by a staging or a failed production deployment alone, a change has no lead time: here it waits."""
    raw = Raw().commits("a@1 b@5 c@6").deploy("d0", "a", 1).deploy("s", "b", 9, environment="staging")
    with built(raw.deploy("f", "c", states=[("failure", 9)])) as tables:
        assert {key: row[:2] for key, row in told(tables).items() if key != commit_id("a")} == {
            commit_id("b"): ("waiting", None),
            commit_id("c"): ("waiting", None),
        }


@pytest.mark.slow
def test_devlake_12_to_16_previous_success() -> None:
    """The previous deployment is the last success of the same environment; failures and other projects are none."""
    line = Raw().commits("a b c d e f g")
    production = [(1, "a"), (2, "b"), (3, "c"), (5, "d"), (6, "e")]
    runs = [Deploy(str(at), commit, at) for at, commit in production]
    runs += [Deploy("11", "f", None, created=11), Deploy("13", "f", 13)]
    runs += [Deploy("7", "e", 7, environment="staging"), Deploy("8", "f", 8, environment="staging")]
    runs += [Deploy("15", "f", 15, application="other"), Deploy("16", "f", 16, environment="")]
    previous = {name: row["previous_deployment_id"] for name, row in chained(line, *runs).items()}
    assert previous == {
        "1": None,
        "2": "1",
        "3": "2",
        "5": "3",
        "6": "5",
        "13": "6",
        "7": None,
        "8": "7",
        "15": None,
        "16": None,
    }


@pytest.mark.slow
def test_gitlab_50_to_53_range_with_a_pick() -> None:
    """The range of a deployment ships its merges and what was picked into it, each once; review apps ship nothing."""
    says = {"m1": MERGED.format(1), "m2": MERGED.format(2), "m3": MERGED.format(3)}
    says["pick"] = f"Pick\n\n(cherry picked from commit {commit_id('m3')})"
    raw = Raw().commits("a@1 x@3:a m1@4:a,x y@5:m1 m2@6:m1,y z@7:m2 m3@20:m2,z", says=says)
    raw.commits("pick@21:m2", says=says, branch="stable").deploy("d0", "a", 1)
    raw.deploy("review", "m2", 6.5, environment="review/x").deploy("failed", "m2", states=[("failure", 6.7)])
    raw.deploy("d1", "m2", 9).deploy("d2", "pick", 22).deploy("d3", "m3", 30)
    with built(raw) as tables:
        found = told(tables)
        assert tables.change(3)["mapped_by"] == "cherry_pick_trailer"
    assert {key: row[2] for key, row in found.items() if len(key) < 3} == {"1": "d1", "2": "d1", "3": "d2"}


@pytest.mark.slow
def test_gitlab_54_no_previous_deployment() -> None:
    """GitLab links all that was merged before the first deployment; here it is unknown: nobody saw it arrive."""
    raw = Raw().commits("a@1 s@2 t@3", says={"s": "S (#1)", "t": "T (#2)"}).deploy("d1", "t", 9)
    with built(raw) as tables:
        assert {row[0] for row in told(tables).values()} == {"unknown"}


@pytest.mark.slow
def test_datadog_worked_example() -> None:
    """C–C1–C2 on main, branch C3 merged as C4; deployed at C1, and at 19:00 at C4: 4 h and 3 h, the rest unknown."""
    raw = Raw().commits("C@10 C1@12 C2@15 C3@16:C1 C4@18:C2,C3", says={"C4": MERGED.format(4)})
    with built(raw.deploy("first", "C1", 13).deploy("second", "C4", 19)) as tables:
        assert told(tables) == {
            commit_id("C"): ("unknown", None, None),
            commit_id("C1"): ("unknown", None, None),
            commit_id("C2"): ("production", 4, "second"),
            "4": ("production", 3, "second"),
        }


def test_athenian_56_to_60_deployments_that_ship_nothing() -> None:
    """An old tag again, a failure and an unknown commit ship nothing; a failure leaves its commits to the next."""
    raw = Raw().commits("a@1 b@5 c@6").deploy("d0", "a", 1).deploy("failed", "b", states=[("failure", 7)])
    raw.deploy("d1", "b", 8).deploy("same time", "c", 9).deploy("same", "c", 9).deploy("old", "a", 12).deploy(
        "lost", "zzz", 13
    )
    with built(raw) as tables:
        shipped = {row["deployment_id"]: (row["kind"], row["changes"]) for row in tables("select * from deployments")}
    assert shipped == {
        "d0": ("first", 1),
        "failed": (None, 0),
        "d1": ("release", 1),
        "same": ("release", 1),
        "same time": ("redeploy", 0),
        "old": ("rollback", 0),
        "lost": (None, 0),
    }


@pytest.mark.slow
def test_middleware_27_release_branch() -> None:
    """Two merges into main at 24 h and 120 h, main into release at 72 h: the first is out, the second is not."""
    says = {"m1": MERGED.format(1), "m2": MERGED.format(2), "r1": MERGED.format(3)}
    raw = Raw().commits("a@1 x@20:a m1@24:a,x y@100:m1 m2@120:m1,y", says=says)
    raw.commits("r0@2:a,m0 r1@72:r0,m1", says=says, branch="release")
    with built(raw, settings=ruled("branch", branch="release"), as_of=144) as tables:
        found = told(tables)
    assert (found["1"], found["2"]) == (
        ("production", 52, f"branch:release:{commit_id('r1')}"),
        ("waiting", None, None),
    )


@pytest.mark.slow
def test_metrik_43_commits_of_failed_builds_go_to_the_next_success() -> None:
    """What failed builds would have shipped arrives with the next success, each change with its own time."""
    raw = (
        Raw().commits("a@1 b@2 c@4").deploy("d0", "a", 1).deploy("f", "b", states=[("failure", 3)]).deploy("d1", "c", 8)
    )
    with built(raw) as tables:
        assert {row[1] for row in told(tables).values()} == {0, 6, 4}


@pytest.mark.slow
def test_change_in_three_images_arrives_once() -> None:
    """Pelorus counts a commit once an image; here a change arrives once, with the first application that has it."""
    raw = Raw().commits("a@1 b@5").deploy("d0", "a", 1, application="web")
    for at, application in ((8, "web"), (9, "worker"), (10, "cron")):
        raw.deploy(application, "b", at, application=application)
    with built(raw) as tables:
        assert told(tables)[commit_id("b")] == ("production", 3, "web")
        assert [row["n"] for row in tables("select sum(changes) as n from deployments")] == [2]


@pytest.mark.slow
def test_rollback_then_roll_forward_with_another_commit() -> None:
    """The first arrival stands, the fix alone is new, and what it brings back is rolled back no longer."""
    raw = Raw().commits("a@1 b@5 fix@9").deploy("d0", "a", 1).deploy("d1", "b", 6).deploy("back", "a", 7)
    with built(raw.deploy("on", "fix", 12)) as tables:
        assert told(tables)[commit_id("b")] == ("production", 1, "d1")
        assert told(tables)[commit_id("fix")] == ("production", 3, "on")
        assert tables.hours("lead_times", "sha", "rolled_back_at")[commit_id("b")] == (None,)
        kinds = {row["deployment_id"]: row["kind"] for row in tables("select deployment_id, kind from deployments")}
    assert kinds == {"d0": "first", "d1": "release", "back": "rollback", "on": "release"}


@pytest.mark.slow
def test_two_regions_hours_apart() -> None:
    """Two regions are waves: it is in production with the last, and the time from the first is a part of `deploy`."""
    raw = (
        Raw()
        .commits("a@1 b@5")
        .deploy("eu0", "a", 1, environment="prod-eu")
        .deploy("us0", "a", 2, environment="prod-us")
    )
    raw.deploy("us1", "b", 9, created=8, environment="prod-us").deploy(
        "eu1", "b", 15, created=14, environment="prod-eu"
    )
    with built(raw) as tables:
        row = tables.change("b")
    assert (row["deployment_id"], row["lead_time_hours"], row["deploy_hours"], row["rollout_hours"]) == (
        "eu1",
        10,
        7,
        6,
    )


@pytest.mark.slow
def test_merge_queue_batch_arrives_together() -> None:
    """Three pull requests that a queue landed in one go arrive with the one deployment of their last commit."""
    says = {f"s{n}": f"Change (#{n})" for n in (1, 2, 3)}
    raw = Raw().commits("a@1 s1@5 s2@5 s3@5", says=says).deploy("d0", "a", 1).deploy("d1", "s3", 7)
    with built(raw) as tables:
        assert {key: row for key, row in told(tables).items() if len(key) < 3} == dict.fromkeys(
            "123", ("production", 2, "d1")
        )


@pytest.mark.slow
def test_bot_that_merges_is_not_the_author() -> None:
    """A pull request merged or squashed by a bot is its author's."""
    says = {"m": MERGED.format(1), "s": "Change (#2)"}
    raw = Raw().commits(
        "a@1 c@3:a d@4 m@9:a,d s@10", says=says, by={"m": "merge-bot", "c": "mona", "d": "mona", "s": "lisa"}
    )
    raw.rows["commits"][-1]["committer_name"] = "merge-bot"
    with built(raw) as tables:
        assert [tables.change(number)["author"] for number in (1, 2)] == ["mona", "lisa"]


@pytest.mark.slow
def test_time_zones_and_summer_time_change_no_duration() -> None:
    """Hours are those that passed: the zone in which somebody committed plays no part."""
    raw = Raw().commits("a@1 b@5 c@6").deploy("d0", "a", 1).deploy("d1", "c", 9)
    for row, minutes in zip(raw.rows["commits"], (0, 840, -720), strict=True):
        row["author_utc_offset_minutes"] = row["committer_utc_offset_minutes"] = minutes
    with built(raw) as tables:
        assert [tables.change(name)["lead_time_hours"] for name in ("b", "c")] == [4, 3]


@pytest.mark.slow
def test_deployment_that_was_inactive_before_it_was_read() -> None:
    """A deployment replaced long before anybody collected it shipped when it succeeded."""
    raw = Raw(read=900).commits("a@1 b@5").deploy("d0", "a", 1)
    raw.deploy("d1", "b", states=[("in_progress", 6), ("success", 7), ("inactive", 30)])
    with built(raw) as tables:
        assert told(tables)[commit_id("b")] == ("production", 2, "d1")
