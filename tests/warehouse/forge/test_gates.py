from __future__ import annotations

import pytest

from tests.builders.forge import Forge
from tests.builders.rows import built

States = list[tuple[str, float]]


@pytest.mark.parametrize(
    ("states", "gate", "failed"),
    [
        ([("success", 9)], 0, 0),
        ([("queued", 5), ("in_progress", 6), ("success", 9)], 1, 0),
        ([("queued", 5), ("waiting", 5.5), ("in_progress", 8), ("success", 9)], 3, 0),
        ([("waiting", 5), ("queued", 8), ("in_progress", 8.5), ("success", 9), ("inactive", 12)], 3.5, 0),
        ([("pending", 5), ("failure", 6), ("queued", 7), ("success", 9)], 3, 1),
        ([("in_progress", 5), ("waiting", 6), ("in_progress", 7), ("success", 9)], 1, 0),
        ([("success", 9), ("waiting", 10), ("success", 12)], 0, 0),
        ([("waiting", 5)], 15, 0),
        ([("waiting", 5), ("success", 30)], 15, 0),
        ([("waiting", 30)], None, None),
        ([("queued", 5), ("in_progress", 5), ("success", 9)], 0, 0),
        ([("queued", 5), ("waiting", 5), ("success", 9)], 4, 0),
        ([("waiting", 5), ("error", 8)], 3, 1),
    ],
)
def test_deployment_waits_in_its_queue_and_at_its_gates(states: States, gate: float | None, failed: int | None) -> None:
    """The time in waiting states before the first success, or so far at hour 20."""
    with built(Forge().deploy("d", "a", states=states, created=5), as_of=20) as tables:
        rows = tables("select gate_hours, failed_attempts from deployment_friction")
        (row,) = tables("select gate_hours from deployments")
    assert [tuple(found.values()) for found in rows] == ([(gate, failed)] if gate is not None else [])
    assert row["gate_hours"] == gate


def shop() -> Forge:
    """A pull request that needed three tries, the first after a gate; another environment beside it."""
    forge = Forge().deploy("d0", "start", 1, created=0.5).request(1, opened=2, commits="x@1", merged=4, merge="a")
    forge.deploy("d1", "a", states=[("queued", 5), ("waiting", 5.5), ("in_progress", 9), ("failure", 10)])
    forge.deploy("d2", "a", states=[("queued", 11), ("in_progress", 12), ("error", 13)])
    forge.deploy("s2", "a", states=[("queued", 5), ("failure", 12)], environment="staging")
    forge.deploy("eu", "a", states=[("waiting", 6), ("failure", 12)], environment="production-eu")
    return forge.deploy("d3", "a", states=[("waiting", 14), ("in_progress", 16), ("success", 17), ("inactive", 18)])


@pytest.mark.slow
def test_gates_and_failed_tries_are_inside_the_stage_deploy() -> None:
    """All tries of the environment in which it arrived, from the first on."""
    with built(shop(), as_of=50) as tables:
        row = tables.change(1)
    assert (row["deploy_hours"], row["gate_hours"], row["failed_attempts"]) == (12, 4 + 1 + 2, 2)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("as_of", "hours", "gate", "failed"),
    [(5.25, 0.25, 0.25, 0), (8, 3, 3, 0), (9.5, 4.5, 4, 0), (12.5, 7.5, 5, 1), (15, 10, 6, 2)],
)
def test_gates_and_failed_tries_so_far(as_of: float, hours: float, gate: float, failed: int) -> None:
    """What waits in `deploy` has met what it had met by then."""
    with built(shop(), as_of=as_of) as tables:
        row = tables.change(1)
    assert (row["current_stage"], row["deploy_hours"]) == ("deploy", hours)
    assert (row["gate_hours"], row["failed_attempts"]) == (gate, failed)


@pytest.mark.slow
def test_tries_at_the_same_time_count_once() -> None:
    """Two deployments that wait at once hold up a change no longer than one of them."""
    forge = Forge().deploy("d0", "start", 1, created=0.5).request(1, opened=2, commits="x@1", merged=4, merge="a")
    forge.deploy("d1", "a", states=[("waiting", 5), ("failure", 9)]).deploy(
        "d2", "a", states=[("waiting", 6), ("success", 10)]
    )
    with built(forge, as_of=50) as tables:
        row = tables.change(1)
    assert (row["deploy_hours"], row["gate_hours"], row["failed_attempts"]) == (5, 5, 1)


@pytest.mark.slow
def test_gates_are_null_where_nobody_tells() -> None:
    """Before anything was tried, and where deployments have no statuses, there is nothing to say."""
    forge = Forge().deploy("d0", "start", 1, created=0.5).request(1, opened=2, commits="x@1", merged=4, merge="a")
    tagged = Forge("acme/tagged").request(1, opened=2, commits="x@1", merged=4, merge="a").commits("start@0.5 a@4")
    tagged.tag("v1", "start", 1).tag("v2", "a", 8)
    with built(forge, tagged, as_of=50) as tables:
        rows = tables("select repo, gate_hours, failed_attempts from lead_times where number = 1 order by repo")
    assert [tuple(row.values()) for row in rows] == [("acme/shop", None, None), ("acme/tagged", None, None)]


def test_two_regions_finish_apart() -> None:
    """Production is reached with the first of two regions, and the other's gate holds up nothing."""
    forge = Forge().deploy("d0", "start", 1, created=0.5).request(1, opened=2, commits="x@1", merged=4, merge="a")
    forge.deploy("us", "a", states=[("waiting", 5), ("success", 15)], environment="production-us")
    forge.deploy("eu", "a", states=[("in_progress", 5), ("success", 8)], environment="production-eu")
    with built(forge, as_of=50) as tables:
        row = tables.change(1)
    assert (row["deployment_id"], row["deploy_hours"], row["gate_hours"]) == ("eu", 3, 0)
