"""Companies whose systems report changes and their arrivals, and no deployments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.builders.rows import Raw, built

SHOWN = ("outcome", "outcome_reason", "lead_time_hours", "age_hours", "build_hours", "release_hours", "deploy_hours")


def records(more: Mapping[int, Mapping[str, float]] | None = None) -> Raw:
    """Requests of which a system reports when they were merged and arrived, and `more` of some."""
    raw = Raw("acme/desk", provider="records", default_branch="")
    moments: tuple[tuple[int, float, float | None], ...] = ((1, 5, 9), (2, 6, None), (3, 20, 30), (4, 22, None))
    for number, merged, production in moments:
        facts = {"opened": merged - 2, "ready": merged - 2, "merged": merged}
        arrived = {"production": production} if production is not None else {}
        raw.change(number, **{**facts, **arrived, **(more or {}).get(number, {})})
    return raw


def shown(raw: Raw) -> dict[int, tuple[Any, ...]]:
    """What is reported of each request as of hour 50."""
    with built(raw, as_of=50) as tables:
        return {number: tuple(tables.change(number)[name] for name in SHOWN) for number in range(1, 5)}


@pytest.mark.slow
def test_what_was_complete_before_the_first_reported_arrival_is_unknown() -> None:
    """Complete at 3 and 4, first arrival at 9: how long those took was not observed; later ones arrive or wait."""
    rows = shown(records())
    before = ("unknown", "before_first_deployment", None, None)
    assert (rows[1][:4], rows[2][:4]) == (before, before)
    assert rows[3][:4] == ("production", "", 12, None)
    assert rows[4][:4] == ("waiting", "", None, 30)


@pytest.mark.slow
def test_arrivals_without_a_start_have_no_deploy_stage() -> None:
    """Where nobody says when a roll-out began, all the time from the merge on is release, and deploy is null."""
    rows = shown(records())
    assert (rows[3][4:], rows[4][4:]) == ((None, 10, None), (None, 28, None))
    started = shown(records({1: {"deploy_started": 8}, 3: {"deploy_started": 29}}))
    assert (started[3][4:], started[4][4:]) == ((None, 9, 1), (None, 28, None))


@pytest.mark.slow
def test_arrival_without_a_green_run_ends_the_build() -> None:
    """A change that arrived was built: without a green run its time up to the arrival is build, and none is release."""
    rows = shown(records({3: {"integrated": 21}, 4: {"production": 34}}))
    assert rows[3][2:] == (12, None, 1, 9, None)
    assert rows[4][2:] == (14, None, 12, 0, None)


def test_arrival_ends_the_observation() -> None:
    """A review after the arrival is none of its milestones."""
    with built(records({3: {"reviewed": 19}, 4: {"reviewed": 40, "production": 34}}), as_of=50) as tables:
        late = tables.change(4)
        ends = tables.hours("change_outcomes", "change_id", "ended_at", "production_at")
    assert (late["pickup_hours"], late["lead_time_hours"], late["clamped"]) == (2, 14, 0)
    assert ends["records:acme/desk#4"] == (34, 34)
    assert ends["records:acme/desk#2"] == (None, None)
