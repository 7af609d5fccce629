"""Delays inside the stages `build` and `deploy`: one model alone, with rows of others beside those of a change."""

from __future__ import annotations

from typing import Any

import pytest

from tests.warehouse.given import made

REPO = {"repo_id": "git:acme/shop"}
ONE = REPO | {"change_id": "1", "service": ""}
OUTCOME = ONE | {"whole": True, "outcome": "production"}
STAGES = REPO | {"has_integration": True, "has_rollout": True}


def build(
    outcome: dict[str, Any], waits: list[dict[str, Any]], failures: list[dict[str, Any]], *, ci: bool = True
) -> tuple[Any, Any]:
    """Queue and rerun hours of change 1 (commit `s`, integrated as `t`): its outcome, waits and failures of CI."""
    (row,) = made(
        "change_friction",
        change_outcomes=[OUTCOME | {"merged_on": 10, "integrated_on": 20} | outcome],
        repository_stages=[STAGES | {"has_integration": ci}],
        changes=[REPO | {"change_id": "1", "sha": "s"}],
        change_milestones=[ONE | {"integrated_sha": "t"}],
        ci_waits=[REPO | {"attempt": 1, "job_id": str(place)} | wait for place, wait in enumerate(waits)],
        ci_friction=[REPO | {"untold_attempts": 0} | failure for failure in failures],
    )
    return row["ci_queue_hours"], row["ci_rerun_hours"]


def wait(sha: str, began: float, ended: float, **other: Any) -> dict[str, Any]:
    """A job of a commit in a queue."""
    return {"sha": sha, "began_at": began, "ended_at": ended, **other}


@pytest.mark.parametrize(
    ("waits", "hours"),
    [
        ([], None),
        ([wait("s", 12, 13)], 1.0),
        ([wait("s", 8, 12), wait("t", 11, 13), wait("s", 18, 25)], 5.0),
        ([wait("s", 11, 16), wait("t", 12, 13), wait("t", 15, 17)], 6.0),
        ([wait("s", 11, 12), wait("t", 12, 14)], 3.0),
        ([wait("other", 11, 12)], None),
        ([wait("s", 11, 12, repo_id="git:acme/till")], None),
        ([wait("s", 5, 9), wait("s", 21, 22)], 0.0),
    ],
    ids=["none", "one", "clipped", "inside and beside", "touching", "another commit", "another repository", "outside"],
)
def test_queues_of_ci_count_once_and_within_the_build(waits: list[dict[str, Any]], hours: float | None) -> None:
    """Of both commits, from the merge at hour 10 to the integration at hour 20; null where nothing is known."""
    assert build({}, waits, [])[0] == hours


@pytest.mark.parametrize(
    ("failures", "hours"),
    [
        ([], 0.0),
        ([{"sha": "s", "failed_at": None}], 0.0),
        ([{"sha": "s", "failed_at": 15}, {"sha": "t", "failed_at": 17}], 5.0),
        ([{"sha": "s", "failed_at": 17}, {"sha": "t", "failed_at": 15}], 5.0),
        ([{"sha": "s", "failed_at": 4}], 10.0),
        ([{"sha": "s", "failed_at": 20}], 0.0),
        ([{"sha": "other", "failed_at": 15}], 0.0),
        ([{"sha": "s", "failed_at": 15}, {"sha": "t", "failed_at": None, "untold_attempts": 1}], None),
    ],
    ids=["none", "no failure", "both", "the other first", "before the merge", "at the end", "another", "not known"],
)
def test_reruns_take_from_the_first_failure_to_the_end_of_the_build(
    failures: list[dict[str, Any]], hours: float | None
) -> None:
    """The longer of both commits, within the build."""
    assert build({}, [], failures)[1] == hours


@pytest.mark.parametrize(
    ("outcome", "hours"),
    [
        ({}, (1.0, 5.0)),
        ({"merged_on": None}, (None, None)),
        ({"integrated_on": None, "ended_at": 16}, (1.0, 1.0)),
        ({"integrated_on": None, "ended_at": None}, (None, None)),
    ],
    ids=["integrated", "not merged", "ended before", "not over"],
)
def test_build_begins_with_the_merge(outcome: dict[str, Any], hours: tuple[float | None, float | None]) -> None:
    """And ends with the integration, or with the change; only where CI integrates."""
    reports = [wait("s", 11, 12)], [{"sha": "s", "failed_at": 15}]
    assert build(outcome, *reports) == hours
    assert build(outcome, *reports, ci=False) == (None, None)


def deploy(
    tries: list[dict[str, Any]], waits: list[tuple[str, float, float]], *, rollout: bool = True, **outcome: Any
) -> tuple[Any, Any]:
    """Gate hours and failures of change 1, whose roll-out took from hour 10 to 20: `a` tried first, `b` brought it."""
    times = {"environment": "live", "application": "", "production": True}
    (row,) = made(
        "change_friction",
        change_outcomes=[OUTCOME | {"deploy_started_on": 10, "production_on": 20, "ended_at": 20} | outcome],
        repository_stages=[STAGES | {"has_rollout": rollout}],
        changes=[REPO | {"change_id": "1", "sha": "s"}],
        change_milestones=[ONE | {"deployment_id": "b", "attempt_deployment_id": "a"}],
        deployment_times=[REPO | times | {name: row[name] for name in row if name != "failed"} for row in tries],
        deployment_friction=[
            REPO | {"deployment_id": row["deployment_id"], "failed_attempts": row["failed"]} for row in tries
        ],
        deployment_waits=[
            REPO | {"deployment_id": name, "began_at": began, "ended_at": ended} for name, began, ended in waits
        ],
    )
    return row["gate_hours"], row["failed_attempts"]


TRIES: list[dict[str, Any]] = [
    {"deployment_id": "before", "created_at": 8, "failed": 16},
    {"deployment_id": "a", "created_at": 9, "failed": 1},
    {"deployment_id": "b", "created_at": 14, "failed": 2},
    {"deployment_id": "last", "created_at": 20, "failed": 4},
    {"deployment_id": "after", "created_at": 20.5, "failed": 32},
    {"deployment_id": "staging", "created_at": 12, "failed": 64, "environment": "staging"},
    {"deployment_id": "part", "created_at": 12, "failed": 128, "application": "api"},
    {"deployment_id": "no production", "created_at": 12, "failed": 256, "production": False},
]


def test_all_tries_of_a_rollout_count_and_no_others() -> None:
    """From the first try to the arrival, of the same environment and application: 1 + 2 + 4 failures."""
    assert deploy(TRIES, []) == (0.0, 7)
    assert deploy(TRIES, [], outcome="waiting", production_on=None, ended_at=15) == (0.0, 3)
    without: list[dict[str, Any]] = [{"rollout": False}, {"deploy_started_on": None}, {"outcome": "abandoned"}]
    for outcome in without:
        assert deploy(TRIES, [], **outcome) == (None, None)


@pytest.mark.parametrize(
    ("waits", "hours"),
    [
        ([("a", 9, 12)], 2.0),
        ([("b", 18, 25)], 2.0),
        ([("a", 11, 15), ("b", 14, 16)], 5.0),
        ([("a", 11, 18), ("b", 12, 13), ("last", 17, 19)], 8.0),
        ([("a", 5, 10)], 0.0),
        ([("b", 20, 22)], 0.0),
        ([("before", 11, 12), ("staging", 11, 12), ("part", 11, 12)], 0.0),
    ],
    ids=["clipped at first", "clipped at last", "overlapping", "inside", "before", "after", "others"],
)
def test_gates_count_once_and_within_the_rollout(waits: list[tuple[str, float, float]], hours: float) -> None:
    """Time at the gates of its tries, from hour 10 to 20."""
    assert deploy(TRIES, waits) == (hours, 7)
