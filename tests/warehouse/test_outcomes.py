from __future__ import annotations

from typing import Any

import pytest

from tests.builders.rows import Raw, Tables, built, commit_id, ruled


def outcomes(tables: Tables) -> dict[str, tuple[str, str]]:
    """Outcome and reason of each change, by its key."""
    return {row["key"]: (row["outcome"], row["outcome_reason"]) for row in _keyed(tables)}


def _keyed(tables: Tables) -> list[dict[str, Any]]:
    return tables("select changes.change_key as key, lead_times.* from lead_times join changes using (change_id)")


def pushed(name: str) -> str:
    """The key of a push."""
    return f"@{commit_id(name)}"


@pytest.mark.slow
def test_production_waiting_and_abandoned() -> None:
    """What a deployment contains arrived, what landed after it waits with its age, what was closed ended."""
    raw = Raw().commits("a b c").deploy("d0", "a", 1).deploy("d1", "b", 10).change(7, opened=2, ready=3, abandoned=8)
    with built(raw, as_of=20) as tables:
        assert outcomes(tables) == {
            pushed("a"): ("production", ""),
            pushed("b"): ("production", ""),
            pushed("c"): ("waiting", ""),
            "#7": ("abandoned", ""),
        }
        b, c, seven = tables.change("b"), tables.change("c"), tables.change(7)
    assert (b["lead_time_hours"], b["age_hours"], b["deployment_id"], b["mapped_by"]) == (8, None, "d1", "ancestor")
    assert (c["lead_time_hours"], c["age_hours"], c["current_stage"], c["mapped_by"]) == (None, 17, "release", "")
    assert (seven["lead_time_hours"], seven["age_hours"], seven["current_stage"], seven["last_stage"]) == (
        None,
        None,
        None,
        "merge",
    )


@pytest.mark.slow
def test_landed_before_the_first_deployment_is_unknown() -> None:
    """Its arrival was not observed, whether the first deployment contains it, a later one does, or none."""
    raw = (
        Raw().commits("a b c@9 r:a", branch=None).branch("main", "c").deploy("first", "r", 8).deploy("second", "b", 10)
    )
    with built(raw, as_of=20) as tables:
        assert outcomes(tables) == {
            pushed("a"): ("unknown", "before_first_deployment"),
            pushed("b"): ("unknown", "before_first_deployment"),
            pushed("c"): ("waiting", ""),
        }
        a = tables.change("a")
    assert [a[name] for name in ("production_at", "deploy_started_at", "lead_time_hours", "deployment_id")] == [
        None
    ] * 4
    assert a["mapped_by"] == ""


@pytest.mark.slow
def test_landed_with_the_first_deployment_arrived() -> None:
    """A change that landed at the very moment of the first deployment was observed."""
    with built(Raw().commits("a@5").deploy("first", "a", 5), as_of=20) as tables:
        assert outcomes(tables) == {pushed("a"): ("production", "")}


@pytest.mark.slow
def test_repository_without_production_deployments() -> None:
    """Where nobody reports production, nothing waits for it: staging is none, and failed attempts are some."""
    nothing = Raw("acme/nothing").commits("a")
    staging = Raw("acme/staging").commits("b").deploy("s", "b", 5, environment="staging")
    failed = Raw("acme/failed").commits("c").deploy("f", "c", states=[("failure", 5)])
    with built(nothing, staging, failed, as_of=20) as tables:
        assert outcomes(tables) == {
            pushed("a"): ("no_deployments", ""),
            pushed("b"): ("no_deployments", ""),
            pushed("c"): ("waiting", ""),
        }


@pytest.mark.slow
def test_only_success_ships_and_only_its_first() -> None:
    """A failed attempt begins the deployment, the retry ships, and a later `inactive` moves nothing."""
    raw = Raw().commits("a b").deploy("d0", "a", 1.5)
    raw.deploy("failed", "b", states=[("in_progress", 5), ("failure", 6)])
    raw.deploy("retry", "b", states=[("in_progress", 8), ("success", 9), ("inactive", 15)])
    with built(raw, as_of=20) as tables:
        b = tables.change("b")
        deployments = {row["deployment_id"]: row for row in tables("select * from deployments")}
        assert tables.hours("lead_times", "change_id", "deploy_started_at", "production_at")[b["change_id"]] == (5, 9)
    assert (b["deployment_id"], b["deploy_hours"], b["lead_time_hours"]) == ("retry", 4, 7)
    assert [(deployments[name]["state"], deployments[name]["changes"]) for name in ("failed", "retry")] == [
        ("failure", 0),
        ("success", 1),
    ]


@pytest.mark.slow
def test_undatable_deployment_leaves_its_changes_unknown() -> None:
    """A production branch moved by fast-forward ships at a time nobody wrote down; what it lacks waits."""
    raw = (
        Raw()
        .commits("a@1 b@5 c@6 d:b,a e@9:c p@7:a,b", says={}, branch=None)
        .branch("main", "e")
        .branch("production", "p")
    )
    with built(raw, settings=ruled("branch"), as_of=20) as tables:
        assert outcomes(tables) == {
            pushed("a"): ("unknown", "before_first_deployment"),
            pushed("b"): ("unknown", "before_first_deployment"),
            pushed("c"): ("unknown", "before_first_deployment"),
            pushed("e"): ("waiting", ""),
        }
    moved = Raw().commits("a b c").branch("production", "b")
    with built(moved, settings=ruled("branch"), as_of=20) as tables:
        assert outcomes(tables) == {
            pushed("a"): ("unknown", "undatable_deployment"),
            pushed("b"): ("unknown", "undatable_deployment"),
            pushed("c"): ("waiting", ""),
        }
        (row,) = tables("select undatable, succeeded_at, kind, state from deployments")
    assert row == {"undatable": True, "succeeded_at": None, "kind": None, "state": "success"}


@pytest.mark.slow
def test_deployment_of_an_unknown_commit_hides_what_landed_before_it() -> None:
    """Last in time it may have shipped all that had landed; what landed after it waits."""
    raw = Raw().commits("a@1 b@5 c@9").deploy("d0", "a", 1).deploy("lost", "gone", 7)
    with built(raw, as_of=20) as tables:
        assert outcomes(tables) == {
            pushed("a"): ("production", ""),
            pushed("b"): ("unknown", "deployment_without_commit"),
            pushed("c"): ("waiting", ""),
        }


@pytest.mark.slow
def test_arrival_right_after_an_unknown_commit_is_not_believed() -> None:
    """What the next known deployment contains may have come with the unknown one, unless it landed after that."""
    raw = Raw().commits("a@1 b@5 c@9 d@12").deploy("d0", "a", 1).deploy("lost", "gone", 7)
    raw.deploy("d1", "c", 10).deploy("d2", "d", 15)
    with built(raw, as_of=20) as tables:
        assert outcomes(tables) == {
            pushed("a"): ("production", ""),
            pushed("b"): ("unknown", "deployment_without_commit"),
            pushed("c"): ("production", ""),
            pushed("d"): ("production", ""),
        }


@pytest.mark.slow
def test_failed_deployment_of_an_unknown_commit_hides_nothing() -> None:
    """Only what succeeded in production can have shipped anything."""
    raw = Raw().commits("a@1 b@5").deploy("d0", "a", 1).deploy("lost", "gone", states=[("failure", 7)])
    raw.deploy("elsewhere", "gone", 8, environment="staging")
    with built(raw, as_of=20) as tables:
        assert outcomes(tables)[pushed("b")] == ("waiting", "")


@pytest.mark.slow
def test_draft_is_no_change_of_the_report_until_it_is_ready() -> None:
    """Drafts, open or closed, are not code complete; what is ready waits, and what was closed then is abandoned."""
    raw = Raw().commits("a").deploy("d", "a", 1)
    raw.change(1, opened=3).change(2, opened=3, abandoned=9).change(3, opened=3, ready=5)
    raw.change(4, opened=3, ready=5, abandoned=9)
    with built(raw, as_of=20) as tables:
        assert outcomes(tables) == {
            pushed("a"): ("production", ""),
            "#3": ("waiting", ""),
            "#4": ("abandoned", ""),
        }
        assert tables("select count(*) as n from changes") == [{"n": 5}]
        assert tables.change(3)["age_hours"] == 15


@pytest.mark.slow
def test_system_that_never_reports_readiness_has_no_drafts() -> None:
    """Where no change of a repository says when it was ready, opened is ready."""
    raw = Raw().commits("a").deploy("d", "a", 1).change(1, opened=3).change(2, opened=4, abandoned=9)
    with built(raw, as_of=20) as tables:
        assert outcomes(tables) == {
            pushed("a"): ("production", ""),
            "#1": ("waiting", ""),
            "#2": ("abandoned", ""),
        }


def test_ref_that_git_alone_knows_claims_no_outcome() -> None:
    """An unmerged PR ref may be open or closed: it is counted in coverage, and is no row of the report."""
    raw = Raw().commits("a b:a", branch=None).branch("main", "a").pull(1, "b").deploy("d", "a", 1)
    with built(raw, as_of=20) as tables:
        assert outcomes(tables) == {pushed("a"): ("production", "")}
        (row,) = tables("select changes, code_complete, pull_refs_not_landed from coverage")
    assert row == {"changes": 1, "code_complete": 1, "pull_refs_not_landed": 1}


@pytest.mark.slow
def test_reopened_change_is_not_abandoned() -> None:
    """What was closed and landed after all arrived; its closing is no end."""
    raw = Raw().commits("a@1 s@9", says={"s": "Add (#1)"}).change(1, sha="s", opened=2, ready=2, abandoned=5)
    with built(raw.deploy("d0", "a", 1).deploy("d1", "s", 12), as_of=20) as tables:
        one = tables.change(1)
    assert (one["outcome"], one["abandoned_at"]) == ("production", None)


@pytest.mark.slow
def test_report_of_production_counts_where_no_deployment_is_known() -> None:
    """A system that knows arrivals itself is believed, and a deployment that is known goes before it."""
    raw = Raw().commits("a@1 s@5 t@6", says={"s": "S (#1)", "t": "T (#2)"}).deploy("d0", "a", 1).deploy("d1", "s", 7)
    raw.change(1, opened=2, ready=2, production=9).change(2, opened=2, ready=2, deploy_started=10, production=12)
    with built(raw, as_of=50) as tables:
        told = {row["key"]: (row["deployment_id"], row["mapped_by"], row["lead_time_hours"]) for row in _keyed(tables)}
    assert (told["#1"], told["#2"]) == (("d1", "ancestor", 2), (None, "event", 6))
