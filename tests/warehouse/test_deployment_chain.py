from __future__ import annotations

from typing import Any

import pytest

from tests.builders.rows import Raw
from tests.warehouse.given import Deploy, chained


def kinds(rows: dict[str, dict[str, Any]]) -> dict[str, tuple[str, str | None, int, int]]:
    """What each deployment was, what ran before it, and how many commits it brought and took out."""
    return {
        name: (row["kind"], row["previous_deployment_id"], row["new_commits"], row["withdrawn_commits"])
        for name, row in rows.items()
    }


@pytest.mark.slow
def test_each_kind_of_deployment() -> None:
    """First, release, redeploy, rollback and roll-forward, each beside what ran before it."""
    found = chained(
        Raw().commits("a b c d"),
        Deploy("1", "b", 5),
        Deploy("2", "c", 6),
        Deploy("3", "c", 7),
        Deploy("4", "a", 8),
        Deploy("5", "c", 9),
        Deploy("6", "b", 10),
        Deploy("7", "d", 11),
    )
    assert kinds(found) == {
        "1": ("first", None, 2, 0),
        "2": ("release", "1", 1, 0),
        "3": ("redeploy", "2", 0, 0),
        "4": ("rollback", "3", 0, 2),
        "5": ("rollforward", "4", 0, 0),
        "6": ("rollback", "5", 0, 1),
        "7": ("release", "6", 1, 0),
    }


def test_rerun_of_an_old_workflow_is_a_rollback() -> None:
    """Deploying the commit of an old run again takes out what came since, and ships nothing (Athenian 56)."""
    found = chained(Raw().commits("a b c"), Deploy("1", "a", 5), Deploy("2", "c", 6), Deploy("rerun", "a", 9))
    assert kinds(found)["rerun"] == ("rollback", "2", 0, 2)


def test_chains_are_of_one_environment_and_application() -> None:
    """DevLake 12–16: the one before is the last success of the same environment and application, never another's."""
    found = chained(
        Raw().commits("a b c d e"),
        Deploy("prod 1", "a", 1),
        Deploy("staging 2", "c", 2, environment="staging"),
        Deploy("worker 3", "b", 3, application="worker"),
        Deploy("failed 4", "d", None, created=4),
        Deploy("prod 5", "d", 5),
        Deploy("staging 6", "e", 6, environment="staging"),
        Deploy("worker 7", "e", 7, application="worker"),
    )
    assert {name: row["previous_deployment_id"] for name, row in found.items()} == {
        "prod 1": None,
        "staging 2": None,
        "worker 3": None,
        "prod 5": "prod 1",
        "staging 6": "staging 2",
        "worker 7": "worker 3",
    }


def test_regions_are_chains_of_their_own() -> None:
    """Two production environments roll back and forward each on its own."""
    eu, us = "production-eu", "production-us"
    found = chained(
        Raw().commits("a b"),
        Deploy("eu1", "a", 1, environment=eu),
        Deploy("us1", "b", 2, environment=us),
        Deploy("eu2", "b", 3, environment=eu),
        Deploy("us2", "a", 4, environment=us),
    )
    assert {name: row["kind"] for name, row in found.items()} == {
        "eu1": "first",
        "us1": "first",
        "eu2": "release",
        "us2": "rollback",
    }


def test_tenants_under_one_name_roll_nothing_back() -> None:
    """A tenant gets what it has not had yet, whatever another has: over several versions that is no rollback."""
    follows = [commit for turn in zip("cdefgh", "abcdef", strict=True) for commit in turn]
    raw = Raw().commits("a b c d e f g h")
    found = chained(raw, *(Deploy(f"{at:02}", commit, at) for at, commit in enumerate(follows)))
    assert [row["kind"] for row in found.values()] == ["first", "beside", *["release", "beside"] * 5]
    assert not any(row["withdrawn_commits"] for row in found.values())


def test_many_rollbacks_are_rollbacks() -> None:
    """Each failed release goes back to what ran before it, and twice to what ran before that."""
    turns = "a b a c a d c a e a f e a"
    found = chained(Raw().commits("a b c d e f"), *(Deploy(f"{n:02}", one, n) for n, one in enumerate(turns.split())))
    kinds = [row["kind"] for row in found.values()]
    assert kinds.count("rollback") == 7
    assert "beside" not in kinds


def test_applications_of_a_service_follow_one_another_or_stand_side_by_side() -> None:
    """A new name goes on from the old one; two that are deployed in turn roll nothing of each other back."""

    def kinds_of(*applications: str) -> list[str]:
        deployments = (
            Deploy(f"{at}", commit, at, application=application, service="pay")
            for at, (commit, application) in enumerate(zip("bacb", applications, strict=True))
        )
        rows = chained(Raw().commits("a b c"), *deployments)
        return [rows[f"{at}"]["kind"] for at in range(4)]

    assert kinds_of("pay", "pay", "pay-api", "Pay_API") == ["first", "rollback", "release", "rollback"]
    assert kinds_of("acme", "globex", "acme", "globex") == ["first", "first", "release", "release"]


def test_diverged_release_ships_and_other_branch_again_rolls_forward() -> None:
    """A hotfix branch beside main is a release; main's commit after it was shipped before and is no ancestor."""
    raw = Raw().commits("a b p:a", branch=None).branch("main", "b")
    found = chained(raw, Deploy("1", "b", 5), Deploy("2", "p", 6), Deploy("3", "b", 7))
    assert kinds(found) == {
        "1": ("first", None, 2, 0),
        "2": ("release", "1", 1, 0),
        "3": ("rollforward", "2", 0, 0),
    }


def test_what_has_no_date_or_commit_is_in_no_chain() -> None:
    """A deployment that failed, has no date or names no commit of the clone is left out, and hides nothing."""
    found = chained(
        Raw().commits("a b"),
        Deploy("1", "a", 5),
        Deploy("lost", "gone", 6),
        Deploy("undated", "b", None, undatable=True),
        Deploy("4", "b", 8),
    )
    assert kinds(found) == {"1": ("first", None, 1, 0), "4": ("release", "1", 1, 0)}


def test_two_roots_are_two_releases() -> None:
    """Histories without a common commit ship each their own."""
    found = chained(Raw().commits("a b:-"), Deploy("1", "a", 5), Deploy("2", "b", 6), Deploy("3", "a", 7))
    assert {name: row["kind"] for name, row in found.items()} == {"1": "first", "2": "release", "3": "rollforward"}
