"""A stage is there for work that could pass it: what was shipped before CI or staging came has neither."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders.rows import Raw, Tables, built

DAY = 24.0


def shipped(days: int) -> Raw:
    """A change at ten each day, in production four hours later; the first deployment comes before the first change."""
    raw = Raw(known=days * DAY + 60, read=days * DAY + 60).commits("a@1").deploy("d", "a", 2)
    for day in range(1, days + 1):
        raw.commits(f"c{day}@{day * DAY + 10}").deploy(f"d{day}", f"c{day}", day * DAY + 14)
    return raw


def observed(raw: Raw, stage: str, commit: str, at: float) -> None:
    """A commit passes the stage at an hour."""
    if stage == "staging":
        raw.deploy(f"s{at}", commit, at, environment="staging")
    else:
        raw.ran(commit, at, name=f"ci {at}", created_at=at - 0.1)


def hours_in(tables: Tables, stage: str, day: int) -> tuple[Any, Any]:
    """The hours of one day's change in the stage and in `release`."""
    row = tables.change(f"c{day}")
    return row[f"{stage}_hours"], row["release_hours"]


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["staging", "build"])
def test_what_was_shipped_before_a_stage_came_does_not_have_it(stage: str) -> None:
    """One success today leaves the past as it was; what waits for production passed it, and what lands next waits."""
    raw = shipped(5).commits("w@135")
    observed(raw, stage, "w", 140)
    raw.commits("n@141")
    with built(raw) as tables:
        for day in range(1, 6):
            assert hours_in(tables, stage, day) == (None, 4)
        assert tables.change("w")[f"{stage}_hours"] == 5
        assert tables.change("w")["current_stage"] == "release"
        assert tables.change("n")["current_stage"] == stage


@pytest.mark.slow
@pytest.mark.parametrize("stage", ["staging", "build"])
def test_what_goes_around_a_stage_in_use_has_it(stage: str) -> None:
    """Between two changes that passed it, one that is shipped without it waited for nothing else."""
    raw = shipped(4)
    observed(raw, stage, "c1", DAY + 12)
    observed(raw, stage, "c3", 3 * DAY + 12)
    with built(raw) as tables:
        assert hours_in(tables, stage, 1) == (2, 2)
        assert hours_in(tables, stage, 2) == (4, 0)
        assert hours_in(tables, stage, 3) == (2, 2)


@pytest.mark.parametrize("stage", ["staging", "build"])
def test_stage_that_fell_silent_while_production_went_on_ended(stage: str) -> None:
    """Long after the last success nothing waits for it any more; what passed it keeps its hours."""
    raw = shipped(60)
    for day in range(1, 11):
        observed(raw, stage, f"c{day}", day * DAY + 12)
    raw.commits(f"n@{60 * DAY + 20}")
    with built(raw) as tables:
        assert hours_in(tables, stage, 10) == (2, 2)
        assert hours_in(tables, stage, 50) == (None, 4)
        assert tables.change("n")["current_stage"] == "release"
