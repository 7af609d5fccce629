"""Small tables about deployments, each alone: several rows of a kind, beside those of others."""

from __future__ import annotations

from typing import Any

from tests.builders.rows import hour
from tests.warehouse.given import made

REPO = {"repo_id": "git:acme/shop"}
OTHER = {"repo_id": "git:acme/till"}


def test_environment_counts_what_was_reported_to_it() -> None:
    """Deployments and successes of each environment, from its first to its last; without a name it is empty."""
    live = REPO | {"environment": "live"}
    rows = made(
        "reported_environments",
        reported_deployments=[
            live | {"deployment_id": "1", "created_at": 5, "succeeded_at": 6, "written_in": "b line 2"},
            live | {"deployment_id": "2", "created_at": 3, "succeeded_at": None, "written_in": "a line 9"},
            live | {"deployment_id": "3", "created_at": 4, "succeeded_at": 9, "written_in": None},
            REPO | {"deployment_id": "4", "environment": None, "created_at": 7, "succeeded_at": None},
            REPO | {"deployment_id": "5", "environment": "", "created_at": 8, "succeeded_at": 9},
            OTHER | {"deployment_id": "6", "environment": "live", "created_at": 1, "succeeded_at": None},
        ],
    )
    columns = ("repo_id", "environment", "deployments", "succeeded", "first_at", "last_at", "written_in")
    assert sorted(tuple(row[name] for name in columns) for row in rows) == [
        ("git:acme/shop", "", 2, 1, hour(7), hour(8), None),
        ("git:acme/shop", "live", 3, 2, hour(3), hour(5), "a line 9"),
        ("git:acme/till", "live", 1, 0, hour(1), hour(1), None),
    ]


def test_newest_reading_of_an_environment_has_its_gates() -> None:
    """A gate that the newest reading no longer has is gone; each repository has environments of its own."""
    live = REPO | {"environment": "live"}
    rows = made(
        "environment_gates",
        raw_environments=[
            live | {"gates": "required_reviewers\nwait_timer", "wait_minutes": 30, "collected_at": 50},
            live | {"gates": "branch_policy", "wait_minutes": None, "collected_at": 60},
            REPO | {"environment": "staging", "gates": "wait_timer", "wait_minutes": 5, "collected_at": 50},
            OTHER | {"environment": "live", "gates": None, "wait_minutes": None, "collected_at": 40},
        ],
    )
    assert sorted((row["repo_id"], row["environment"], row["gates"], row["wait_minutes"]) for row in rows) == [
        ("git:acme/shop", "live", "branch_policy", None),
        ("git:acme/shop", "staging", "wait_timer", 5),
        ("git:acme/till", "live", None, None),
    ]


def waits(statuses: dict[str, list[tuple[str, float]]], succeeded: dict[str, float]) -> list[tuple[str, Any, Any]]:
    """When each deployment waited, by `deployment_waits`; the report is of hour 100."""
    rows = made(
        "deployment_waits",
        reported_deployments=[REPO | {"deployment_id": name, "succeeded_at": succeeded.get(name)} for name in statuses],
        reported_statuses=[
            REPO | {"deployment_id": name, "state": state, "status_at": at}
            for name, states in statuses.items()
            for state, at in states
        ],
        report_times=[REPO | {"as_of": 100}],
    )
    return sorted((row["deployment_id"], row["began_at"], row["ended_at"]) for row in rows)


def test_wait_of_a_deployment_ends_with_its_own_next_status() -> None:
    """Another deployment's status ends none, and one that waits to this day waits until the report."""
    statuses = {
        "a": [("queued", 1.0), ("in_progress", 4.0), ("waiting", 6.0), ("success", 9.0)],
        "b": [("pending", 2.0), ("requested", 3.0)],
    }
    assert waits(statuses, {"a": 9.0}) == [
        ("a", hour(1), hour(4)),
        ("a", hour(6), hour(9)),
        ("b", hour(2), hour(3)),
        ("b", hour(3), hour(100)),
    ]


def test_what_comes_after_success_or_after_the_report_is_no_wait() -> None:
    """Of statuses at one time the later one in a deployment's life holds."""
    again = [("queued", 1.0), ("success", 2.0), ("queued", 5.0), ("success", 7.0)]
    assert waits({"a": again}, {"a": 2.0}) == [("a", hour(1), hour(2))]
    assert waits({"a": [("queued", 100.0), ("in_progress", 101.0)]}, {}) == [("a", hour(100), hour(100))]
    assert waits({"a": [("queued", 101.0)]}, {}) == []
    assert waits({"a": [("queued", 1.0), ("in_progress", 1.0), ("failure", 3.0)]}, {}) == []


def test_hours_at_gates_add_up_for_each_deployment() -> None:
    """Three and a half hours in two waits are one number; a deployment without statuses by the report has no row."""
    rows = made(
        "deployment_friction",
        reported_deployments=[
            REPO | {"deployment_id": name, "failed_attempts": failed}
            for name, failed in (("a", 2), ("b", 0), ("late", 0), ("silent", 1))
        ],
        reported_statuses=[
            REPO | {"deployment_id": name, "state": "failure", "status_at": at}
            for name, at in (("a", 1), ("a", 2), ("b", 100), ("late", 101))
        ],
        report_times=[REPO | {"as_of": 100}],
        deployment_waits=[
            REPO | {"deployment_id": "a", "began_at": 1, "ended_at": 2},
            REPO | {"deployment_id": "a", "began_at": 3, "ended_at": 5.5},
            OTHER | {"deployment_id": "b", "began_at": 1, "ended_at": 2},
        ],
    )
    assert sorted((row["deployment_id"], row["gate_hours"], row["failed_attempts"]) for row in rows) == [
        ("a", 3.5, 2),
        ("b", 0.0, 0),
    ]


def test_step_of_manifests_deploys_the_repositories_of_its_application() -> None:
    """Once for each repository, however many rules it has; a base that names no environment deploys nothing."""
    manifests = {"manifests_repo_id": "git:acme/deploy"}
    rule = manifests | {"source": "manifests", "application": "shop"}
    step = manifests | {"sha": "m1", "application": "shop", "path": "live/shop.yaml", "version": "1.2", "position": 3}
    rows = made(
        "manifest_deployments",
        deployment_rules=[
            REPO | rule | {"environment": "live"},
            REPO | rule | {"environment": "staging"},
            OTHER | rule,
            OTHER | rule | {"manifests_repo_id": "git:acme/elsewhere"},
            REPO | rule | {"source": "tags", "application": "till"},
        ],
        manifest_versions=[
            step | {"environment": "live", "changed_at": 5},
            step | {"environment": "", "path": "base/shop.yaml", "changed_at": 6},
            step | {"environment": "", "path": "shop.yaml", "changed_at": 7},
            step | {"environment": "live", "application": "till", "changed_at": 8},
        ],
        manifest_bases=[manifests | {"path": "base/shop.yaml"}, {"manifests_repo_id": "else", "path": "shop.yaml"}],
    )
    assert sorted((row["repo_id"], row["path"], row["environment"], row["changed_at"]) for row in rows) == [
        ("git:acme/shop", "live/shop.yaml", "live", hour(5)),
        ("git:acme/shop", "shop.yaml", "", hour(7)),
        ("git:acme/till", "live/shop.yaml", "live", hour(5)),
        ("git:acme/till", "shop.yaml", "", hour(7)),
    ]
