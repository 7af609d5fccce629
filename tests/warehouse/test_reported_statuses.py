"""Reported deployments and their statuses: which readings count, and what state follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.builders.rows import hour
from tests.warehouse.given import made

KEYS = {"repo_id": "git:acme/shop", "collected_at": 100}
TIMES = [{"repo_id": "git:acme/shop", "watermark_at": 100, "as_of": 100}]


def reported(deployments: Sequence[Mapping[str, Any]], statuses: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows of `reported_deployments` that raw deployments and their statuses give."""
    readings = made("reported_readings", raw_deployments=deployments)
    ids = made("reported_ids", reported_readings=readings)
    raw = {"reported_ids": ids, "reported_readings": readings, "raw_deployment_statuses": statuses}
    told = made("reported_statuses", **raw, earlier_successes=made("earlier_successes", **raw))
    return made("reported_deployments", reported_ids=ids, reported_statuses=told, report_times=TIMES)


@pytest.mark.parametrize(
    ("states", "state", "succeeded", "failed"),
    [
        ([("success", 5)], "success", 5, 0),
        ([("queued", 1), ("in_progress", 2), ("success", 5), ("inactive", 9)], "success", 5, 0),
        ([("success", 5), ("inactive", 6), ("success", 7)], "success", 5, 0),
        ([("failure", 3), ("error", 4), ("success", 5), ("failure", 6)], "success", 5, 2),
        ([("success", 5), ("failure", 5)], "success", 5, 0),
        ([("in_progress", 2), ("failure", 5)], "failure", None, 1),
        ([("in_progress", 2)], "in_progress", None, 0),
        ([("inactive", 5)], "unknown", None, 0),  # it may have succeeded before another took its place
        ([("failure", 3), ("inactive", 5)], "inactive", None, 1),
        ([("success", 150)], "pending", None, 0),
        ([("failure", 3), ("success", 150)], "failure", None, 1),
        ([("success", None)], "success", None, 0),
        ([], "unknown", None, 0),
    ],
)
def test_state_of_a_deployment_follows_from_its_statuses(
    states: list[tuple[str, float | None]], state: str, succeeded: float | None, failed: int
) -> None:
    """The first success counts, failures before it are attempts, and what came after the report had not happened."""
    (row,) = reported(
        [{**KEYS, "deployment_id": "d", "environment": "production", "deleted": False}],
        [{**KEYS, "deployment_id": "d", "state": name, "status_at": at} for name, at in states],
    )
    assert (row["state"], row["succeeded_at"], row["failed_attempts"]) == (
        state,
        hour(succeeded) if succeeded is not None else None,
        failed,
    )


def test_statuses_belong_to_the_newest_reading() -> None:
    """Statuses that an older reading had and the newest has not were taken back, and a status told twice is one."""
    old, new = {**KEYS, "collected_at": 50, "deployment_id": "d"}, {**KEYS, "deployment_id": "d"}
    (row,) = reported(
        [{**old, "sha": "old"}, {**new, "sha": "new"}],
        [
            {**old, "state": "success", "status_at": 3},
            {**new, "state": "failure", "status_at": 6},
            {**new, "state": "failure", "status_at": 6},
        ],
    )
    assert (row["sha"], row["state"], row["succeeded_at"], row["failed_attempts"]) == ("new", "failure", None, 1)
    assert row["created_at"] == hour(6)


@pytest.mark.slow
def test_files_add_up_and_their_newest_readings_count() -> None:
    """Two files report one deployment: its first success counts; what a file no longer says does not."""
    told = {**KEYS, "deployment_id": "d", "source": "records", "environment": "production", "sha": "s"}
    status = {**KEYS, "deployment_id": "d", "variant": "production @ s"}
    unnamed = {"collected_at": 20}
    first, again = {"reported_by": "a", "collected_at": 50}, {"reported_by": "a", "collected_at": 80}
    other = {"reported_by": "b", "collected_at": 60}
    statuses = [
        {**status, **unnamed, "state": "success", "status_at": 1},
        {**status, **first, "state": "success", "status_at": 2},
        {**status, **again, "state": "success", "status_at": 4},
        {**status, **other, "state": "failure", "status_at": 7},
    ]
    (row,) = reported([{**told, **reading} for reading in (unnamed, first, again, other)], statuses)
    assert (row["state"], row["succeeded_at"], row["record_id"]) == ("success", hour(4), "d")
    (row,) = reported([{**told, **unnamed}], statuses[:1])
    assert row["succeeded_at"] == hour(1)


def test_deployment_that_was_taken_back_is_none() -> None:
    """A tombstone ends a deployment; it can come back."""
    rows = [
        {**KEYS, "deployment_id": "gone", "collected_at": 50},
        {**KEYS, "deployment_id": "gone", "deleted": True},
        {**KEYS, "deployment_id": "back", "collected_at": 50, "deleted": True},
        {**KEYS, "deployment_id": "back"},
    ]
    assert [row["deployment_id"] for row in reported(rows, [])] == ["back"]
