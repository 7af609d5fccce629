from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from headway.settings import ReportSettings, Settings
from tests.builders.forge import Forge
from tests.builders.rows import Raw, built, commit_id


def greens(shop: Forge, **kwargs: Any) -> dict[str, float | None]:
    """When each commit was green, by its first letters."""
    with built(shop, **kwargs) as tables:
        found = tables.hours("ci_successes", "sha", "green_at")
    return {name: found.get(commit_id(name), (None,))[0] for name in ("a", "b", "c")}


@pytest.mark.slow
def test_first_success_of_a_run_counts_whatever_is_run_again_after_it() -> None:
    """A run tells of its last attempt alone; its jobs tell when an earlier one succeeded."""
    shop = Forge().run("a", 3, 9, "failure", run_id="1", attempt=2, started=8)
    shop.run_jobs("1", 1, (3, 3.1, 4, "success"), (3, 3.1, 5, "success")).run_jobs("1", 2, (8, 8.1, 9, "failure"))
    shop.run("b", 3, 9, "success", run_id="2", attempt=2, started=8)
    shop.run_jobs("2", 1, (3, 3.1, 4, "failure"), (3, 3.1, 5, "success")).run_jobs("2", 2, (8, 8.1, 9, "success"))
    shop.run("c", 3, 9, "success", run_id="3", attempt=2, started=8)
    assert greens(shop) == {"a": 5, "b": 9, "c": 9}
    assert greens(shop, as_of=8.5) == {"a": 5, "b": None, "c": None}


@pytest.mark.slow
def test_attempts_are_those_that_had_begun() -> None:
    """Each attempt with its times and its end, as of the report; of one that nobody tells of, that it was."""
    shop = Forge().run("a", 3, 9, "success", run_id="1", attempt=3, started=8)
    shop.run_jobs("1", 1, (3, 3.5, 4, "failure"), (3, 3.25, 5, "cancelled")).run_jobs(
        "1", 2, (6, 6.5, 7, "cancelled"), (6, 6, 6, "skipped")
    )
    shop.run("b", 3, 9, "success", run_id="2", attempt=2, started=8)
    columns = "run_id, attempt, conclusion, (epoch(created_at) - epoch(timestamp '2025-01-06')) / 3600 as created"
    query = f"""select {columns}, started_at is not null as started, finished_at is not null as ended
        from ci_attempts order by 1, 2"""
    with built(shop) as tables:
        assert [tuple(row.values()) for row in tables(query)] == [
            ("1", 1, "failure", 3, True, True),
            ("1", 2, "cancelled", 6, True, True),
            ("1", 3, "success", 8, False, True),
            ("2", 1, None, 3, False, False),
            ("2", 2, "success", 8, False, True),
        ]
    with built(shop, as_of=6.25) as tables:
        assert [tuple(row.values()) for row in tables(query)] == [
            ("1", 1, "failure", 3, True, True),
            ("1", 2, None, 6, True, False),
            ("2", 1, None, 3, False, False),
        ]


@pytest.mark.parametrize(
    ("facts", "green"),
    [
        ({}, 5),
        ({"branch": "topic"}, None),
        ({"event": None}, 5),
        ({"event": "schedule"}, 5),
        ({"event": "merge_group", "branch": "gh-readonly-queue/main/pr-1"}, 5),
        # A fork's main branch is named like ours.
        ({"event": "pull_request"}, None),
        ({"event": "pull_request_target"}, None),
        ({"event": "merge_request_event"}, None),
        ({"event": "issue_comment"}, None),
        ({"event": "deployment"}, None),
        ({"name": "Deploy to production"}, None),
        ({"name": "publish"}, None),
        ({"name": "Release"}, None),
        ({"name": ""}, 5),
        ({"branch": None}, None),
    ],
    ids=str,
)
def test_ci_is_what_runs_for_the_default_branch(facts: dict[str, Any], green: float | None) -> None:
    """Pushes to it and its merge queue, whatever the workflow's name, unless it deploys or publishes."""
    assert greens(Forge().run("a", 3, 5, **facts))["a"] == green


def test_settings_say_what_is_no_ci() -> None:
    """Another pattern takes other workflows out; an empty one none."""
    shop = Forge().run("a", 3, 5, name="Deploy").run("b", 3, 5, name="nightly")
    for pattern, expected in (("night", {"a": 5, "b": None}), ("", {"a": 5, "b": 5})):
        settings = Settings(base=Path(), report=ReportSettings(not_ci=pattern))
        assert greens(shop, settings=settings) == {**expected, "c": None}


@pytest.mark.slow
def test_deploying_workflow_holds_up_no_build() -> None:
    """A workflow that deploys on a push waits at its gate; that is no time to integrate."""
    shop = (
        Forge().request(1, opened=2, commits="x@1", merged=3, merge="a").run("a", 3, 4).run("a", 3, 30, name="Deploy")
    )
    shop.deploy("d0", "start", 1).deploy("d1", "a", 30, created=20)
    with built(shop) as tables:
        row = tables.change(1)
    assert (row["build_hours"], row["release_hours"], row["deploy_hours"]) == (1, 16, 10)


def queued() -> Forge:
    """Two pull requests: one with a queue, a failure and a rerun; one whose CI was quick."""
    shop = Forge().deploy("d0", "start", 1).request(9, opened=1, commits="w@0.5", merged=1, merge="c").run("c", 1, 1.5)
    shop.request(1, opened=2, commits="x@1", merged=3, merge="a").request(
        2, opened=2, commits="y@1", merged=20, merge="b"
    )
    shop.run("a", 3, 9, "success", run_id="1", attempt=2, started=8)
    shop.run_jobs("1", 1, (3, 3.5, 5, "failure"), (3, 3.25, 4, "success"), (4, 4.5, 4.75, "success"))
    shop.run_jobs("1", 2, (8, 8.5, 9, "success")).run("a", 3, 6, name="lint", run_id="2")
    return shop.run("b", 20, 21, run_id="3").run_jobs("3", 1, (20, 20, 21, "success"))


def test_friction_of_ci_by_commit() -> None:
    """Time in which any job waited counts once; what came after the first failure was lost to it."""
    with built(queued()) as tables:
        rows = {row["sha"]: row for row in tables("select * from ci_friction")}
    a, b, c = (rows[commit_id(name)] for name in "abc")
    assert (a["runs"], a["attempts"], a["queue_hours"], a["rerun_hours"]) == (2, 3, 1.5, 4)
    assert (b["runs"], b["attempts"], b["queue_hours"], b["rerun_hours"]) == (1, 1, 0, 0)
    assert (c["runs"], c["attempts"], c["queue_hours"], c["rerun_hours"]) == (1, 1, None, 0)


@pytest.mark.slow
def test_friction_of_ci_by_change() -> None:
    """Of `build`, the queue and the time after the first failure; both are parts of the stage."""
    with built(queued()) as tables:
        one, two = tables.change(1), tables.change(2)
    assert (one["build_hours"], one["ci_queue_hours"], one["ci_rerun_hours"]) == (6, 1.5, 4)
    assert (two["build_hours"], two["ci_queue_hours"], two["ci_rerun_hours"]) == (1, 0, 0)


@pytest.mark.slow
def test_friction_of_ci_so_far() -> None:
    """What waits in `build` has the friction that it had by then."""
    with built(queued(), as_of=8.25) as tables:
        one = tables.change(1)
    assert (one["current_stage"], one["build_hours"]) == ("build", 5.25)
    assert (one["ci_queue_hours"], one["ci_rerun_hours"]) == (1.25, 3.25)


@pytest.mark.slow
def test_change_that_a_later_commit_integrated_lost_the_time_since_its_own_failure() -> None:
    """Where its own CI failed for good, the next commit's success integrates it, and what lay between was lost."""
    raw = Raw(provider="github").commits("start@0.5 a@3 b@10")
    shop = Forge().deploy("d0", "start", 1).request(1, opened=2, commits="x@1", merged=3, merge="a")
    shop.run("a", 3, 5, "failure", started=3.25).run("b", 10, 12, started=10.5)
    with built(raw, shop) as tables:
        one = tables.change(1)
    assert (one["build_hours"], one["ci_queue_hours"], one["ci_rerun_hours"]) == (9, 0.75, 7)


@pytest.mark.slow
def test_queue_that_nobody_tells_is_null() -> None:
    """GitHub's runs start in the instant of their creation: without jobs that says nothing of runners."""
    shop = Forge().request(1, opened=2, commits="x@1", merged=3, merge="a").run("a", 3, 5)
    shop.request(2, opened=2, commits="y@1", merged=6, merge="b").run("b", 6, 9, started=7)
    shop.request(3, opened=2, commits="z@1", merged=7, merge="c").request(4, opened=2, commits="w@1")
    with built(shop, as_of=50) as tables:
        found = {
            row["number"]: (row["ci_queue_hours"], row["ci_rerun_hours"]) for row in tables("select * from lead_times")
        }
    assert found == {1: (None, 0), 2: (1, 0), 3: (None, None), 4: (None, None)}


@pytest.mark.slow
def test_repository_without_ci_has_no_friction_of_it() -> None:
    """Null, never zero, where there is no stage `build`."""
    with built(Forge().request(1, opened=2, commits="x@1", merged=3)) as tables:
        row = tables.change(1)
    assert [row[name] for name in ("build_hours", "ci_queue_hours", "ci_rerun_hours")] == [None] * 3


@pytest.mark.slow
def test_rerun_of_an_attempt_that_nobody_tells_is_null() -> None:
    """GitHub keeps of a run its last attempt: without jobs it is not known when the first one failed."""
    shop = Forge().request(1, opened=2, commits="x@1", merged=3, merge="a")
    shop.run("a", 3, 9, run_id="1", attempt=3, started=8)
    with built(shop) as tables:
        assert tables.change(1)["ci_rerun_hours"] is None
        assert tables("select attempts, untold_attempts, rerun_hours from ci_friction") == [
            {"attempts": 2, "untold_attempts": 1, "rerun_hours": None}
        ]
