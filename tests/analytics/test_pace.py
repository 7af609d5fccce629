"""Turns of the pace: since when stages are left sooner or later than before."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from analytics.worklist.held_out import IN_DOUBT, HeldOut
from analytics.worklist.landmarks import Past
from analytics.worklist.pace import ends_by_week, weeks_since_turn
from analytics.worklist.waiting import worklist
from tests.analytics.pushes import World, requests, snapshot
from tests.analytics.test_held_out import with_bounds

WEEK = 168.0


def stays(
    dice: np.random.Generator, *, weeks: float, slower: float, each: int = 600, bursts: float = 0.0
) -> tuple[Past, np.ndarray]:
    """A year of stays in two stages of three repositories; those begun in the last `weeks` last `slower` times as long.

    `bursts`: how much the pace differs from week to week (log), whatever the time.
    """
    size = 6 * each
    seen = dice.uniform(0.0, 52.0 * WEEK, size)
    repository, stage = np.arange(size) % 3, np.arange(size) // 3 % 2
    pace = np.exp(bursts * dice.normal(size=53))[(seen // WEEK).astype(int)]
    whole = dice.lognormal(np.log(20.0 * (1.0 + stage)), 1.2) * pace * np.where(seen < weeks * WEEK, slower, 1.0)
    hours = np.minimum(whole, seen)
    batch = repository * 13 + (seen // 730.5).astype(np.int64)
    return Past(repository, 3, batch, hours, hours, seen, whole < seen), stage


@pytest.mark.parametrize("slower", [0.5, 2.0])
@pytest.mark.parametrize("weeks", [2, 5, 12])
def test_a_turn_of_the_pace_is_seen_within_two_weeks_and_where_it_was(weeks: int, slower: float) -> None:
    """Twice as slow, and twice as quick: a week early or late at most."""
    past, stage = stays(np.random.default_rng([1, weeks]), weeks=weeks, slower=slower, each=1_500)
    found = weeks_since_turn(past, stage)
    assert found is not None
    assert abs(found - weeks) <= 1


def test_a_steady_pace_has_no_turn_also_where_weeks_differ() -> None:
    """In one of a hundred companies at most, half of which have weeks that differ by a third in pace."""
    seen = 0
    for seed in range(100):
        past, stage = stays(np.random.default_rng([2, seed]), weeks=0.0, slower=1.0, each=150, bursts=0.3 * (seed % 2))
        seen += weeks_since_turn(past, stage) is not None
    assert seen <= 1


def test_what_moves_no_chance_is_no_turn() -> None:
    """A tenth slower, of so many stays that any difference would be seen."""
    past, stage = stays(np.random.default_rng(3), weeks=10.0, slower=1.1, each=20_000)
    assert weeks_since_turn(past, stage) is None


def test_few_ends_are_no_turn() -> None:
    """Four ends of a stage in a repository in half a year say nothing of its pace; nor does no stay at all."""
    past, stage = stays(np.random.default_rng(4), weeks=4.0, slower=0.01, each=4)
    assert weeks_since_turn(past, stage) is None
    nothing = past.take(np.zeros(0, np.int64))
    assert weeks_since_turn(nothing, stage[:0]) is None


def test_the_expected_ends_of_a_week_are_those_of_the_hazard_worked_out_change_by_change() -> None:
    """Forty stays, some begun before the half year: each end is spread over those that were as old, by when."""
    dice = np.random.default_rng(5)
    seen = dice.uniform(0.0, 30.0 * WEEK, 40)
    whole = dice.exponential(2.0 * WEEK, 40)
    hours = np.minimum(whole, seen)
    ended, expected = ends_by_week(hours, seen)
    entry = np.maximum(seen - 26.0 * WEEK, 0.0)
    by_hand_ended, by_hand = np.zeros(26), np.zeros(26)
    for change in np.flatnonzero((whole < seen) & (hours > entry)):
        age = hours[change]
        at_risk = np.flatnonzero((entry < age) & (hours >= age))
        by_hand_ended[int((seen[change] - age) // WEEK)] += 1
        for other in at_risk:
            by_hand[int((seen[other] - age) // WEEK)] += 1.0 / at_risk.size
    np.testing.assert_array_equal(ended, by_hand_ended)
    np.testing.assert_allclose(expected, by_hand, atol=1e-9)


@pytest.mark.parametrize(("turn", "in_doubt"), [(None, False), (1, True), (4, True), (5, False), (30, False)])
def test_chances_are_in_doubt_until_it_is_known_what_came_since_the_turn(turn: int | None, in_doubt: bool) -> None:
    """Times are 3, 5, 7 … weeks ago, with fifteen changes each: of two of them there is a base rate."""
    dice = np.random.default_rng(6)
    time = 1 + np.repeat(np.arange(12), 15)
    told = HeldOut(with_bounds(dice.uniform(0.1, 0.9, time.size)), dice.random(time.size) < 0.5, time)
    choice = told.choice(turn=turn)
    assert (choice is IN_DOUBT) is in_doubt
    assert np.isnan(choice.told(with_bounds(np.array([0.5])))).all() == in_doubt
    if turn == 5:
        since = HeldOut(told.chance[time <= 2], told.came[time <= 2], time[time <= 2])
        assert (choice.is_base, choice.base) == (True, since.base())


@pytest.mark.slow
def test_what_waits_after_a_turn_has_no_chance_that_is_not_known_and_says_so() -> None:
    """Sixteen days after work became twice as slow: a chance for 7 days, none for 14 and 30, and the note has why."""
    found = requests(np.random.default_rng(33), World(turn=260.0, slower=2.0, changes=400, days=300.0))
    table, earlier = snapshot(found, 24.0 * 276.0)
    rows = table.filter((pl.col("outcome") == "waiting") & pl.col("current_stage").is_in(["pickup", "review"]))
    told = worklist(table, rows, earlier=earlier)
    assert told["chance_7d"].null_count() < len(told)
    assert told["chance_14d"].null_count() == told["chance_30d"].null_count() == len(told)
    words = r"in doubt \(14, 30 days\): work moves at another pace for about 2 weeks, and too little was followed"
    assert told["note"].str.contains(words).all()
    before, earlier = snapshot(found, 24.0 * 255.0)
    steady = worklist(before, before.filter(pl.col("outcome") == "waiting"), earlier=earlier)
    assert not steady["note"].str.contains("in doubt").any()
