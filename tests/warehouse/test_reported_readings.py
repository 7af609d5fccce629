"""Readings of reported deployments: which deployment a line is about, and what a retraction takes away."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders.rows import hour
from tests.warehouse.given import made

LINE: dict[str, Any] = {
    "repo_id": "git:acme/shop",
    "deployment_id": "d",
    "source": "records",
    "reported_by": "events:a.ndjson",
    "collected_at": 50,
}
SHIPPED = {"environment": "live", "sha": "ABC"}


def readings(*rows: dict[str, Any]) -> list[dict[str, Any]]:
    """What `reported_readings` makes of raw deployments."""
    return made("reported_readings", raw_deployments=[LINE | row for row in rows])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("facts", "variant"),
    [
        ({"environment": "live", "sha": "ABC", "version": "v1"}, "live @ abc"),
        ({"environment": "live", "version": "v1"}, "live @ v1"),
        ({"environment": "live"}, "live @ "),
        ({"sha": "ABC"}, " @ abc"),
        ({"version": "v1"}, " @ v1"),
        ({}, ""),
        ({"application": "api"}, ""),
        (SHIPPED | {"application": "api"}, "live @ abc @ api"),
        (SHIPPED | {"application": "api", "reported_by": None}, "live @ abc"),
        (SHIPPED | {"application": ""}, "live @ abc"),
        (SHIPPED | {"application": "api", "source": "github"}, ""),
        (SHIPPED | {"source": None}, ""),
    ],
)
def test_record_is_about_a_commit_in_an_environment(facts: dict[str, Any], variant: str) -> None:
    """And of an application, where the file that reports it is known; ids of other systems are unique."""
    (row,) = readings(facts)
    assert (row["record_id"], row["variant"]) == ("d", variant)


@pytest.mark.parametrize(
    ("retracted", "left"),
    [
        ({}, []),
        ({"environment": "live", "sha": "abc"}, ["live @ def @ api"]),
        (SHIPPED | {"application": "api"}, ["live @ abc @ web", "live @ def @ api"]),
        ({"environment": "live"}, ["live @ abc @ api", "live @ abc @ web", "live @ def @ api"]),
        ({"deployment_id": "e"}, ["live @ abc @ api", "live @ abc @ web", "live @ def @ api"]),
        ({"repo_id": "git:acme/till"}, ["live @ abc @ api", "live @ abc @ web", "live @ def @ api"]),
        ({"source": "github"}, ["live @ abc @ api", "live @ abc @ web", "live @ def @ api"]),
    ],
    ids=["an id", "a commit there", "an application", "no commit", "another id", "another repository", "a system"],
)
def test_retraction_takes_away_what_it_names(retracted: dict[str, Any], left: list[str]) -> None:
    """An id with all of its deployments, a commit in an environment with its applications, or one of these."""
    lines = [
        SHIPPED | {"application": "api"},
        SHIPPED | {"application": "web"},
        {"environment": "live", "sha": "def", "application": "api"},
    ]
    rows = readings(*lines, retracted | {"deleted": True, "collected_at": 51})
    assert sorted(row["variant"] for row in rows) == left


def test_what_is_reported_after_a_retraction_counts() -> None:
    """Reported again in the same reading or later it is there, with the newest time at which it was retracted."""
    gone = SHIPPED | {"deleted": True}
    for again in (60, 61):
        (row,) = readings(
            SHIPPED, gone | {"collected_at": 55}, gone | {"collected_at": 60}, SHIPPED | {"collected_at": again}
        )
        assert (row["collected_at"], row["retracted_at"]) == (hour(again), hour(60))
    assert readings(SHIPPED, gone | {"collected_at": 60}, SHIPPED | {"collected_at": 59}) == []
    (row,) = readings(SHIPPED)
    assert row["retracted_at"] is None


def test_retraction_of_a_system_takes_its_deployment_alone() -> None:
    """Not the record of the same id."""
    system = {"source": "github", "reported_by": None}
    rows = readings(SHIPPED, SHIPPED | system, system | {"deleted": True, "collected_at": 51})
    assert [row["source"] for row in rows] == ["records"]


def test_newest_reading_of_each_file_counts() -> None:
    """Each file has its own; what an earlier version read without a file counts until a file says the same."""
    lines = [
        SHIPPED | {"reported_by": "a", "collected_at": 50, "url": "old"},
        SHIPPED | {"reported_by": "a", "collected_at": 51, "url": "new"},
        SHIPPED | {"reported_by": "b", "collected_at": 40, "url": "other"},
    ]
    unnamed = SHIPPED | {"reported_by": None, "collected_at": 60, "url": "unnamed"}
    assert sorted(row["url"] for row in readings(*lines, unnamed)) == ["new", "other"]
    assert [row["url"] for row in readings(unnamed)] == ["unnamed"]
    elsewhere = {"environment": "staging", "sha": "abc", "reported_by": "a", "url": "staging"}
    assert sorted(row["url"] for row in readings(unnamed, elsewhere)) == ["staging", "unnamed"]
