"""Turns: since when chances come true otherwise than before."""

from __future__ import annotations

import numpy as np
import pytest

from analytics.worklist.turns import since_the_turn


def lives(dice: np.random.Generator, shares: list[float], each: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Even chances at as many times as there are shares; at each so many changes, of which that share comes."""
    time = np.repeat(np.arange(len(shares)), each)
    return np.full(time.size, 0.5), dice.random(time.size) < np.asarray(shares)[time], time


@pytest.mark.parametrize("recent", [2, 3, 8, 14])
def test_a_turn_is_seen_where_it_was(recent: int) -> None:
    """Nine of ten come since the turn, three of ten before it."""
    chance, came, time = lives(np.random.default_rng(recent), [0.9] * recent + [0.3] * (16 - recent), 30)
    assert np.flatnonzero(since_the_turn(chance, came, time)).tolist() == np.flatnonzero(time < recent).tolist()


def test_of_two_turns_the_last_counts() -> None:
    """Up nine times ago, and half the way back three times ago."""
    chance, came, time = lives(np.random.default_rng(2), [0.5] * 3 + [0.98] * 6 + [0.05] * 7, 60)
    assert np.unique(time[since_the_turn(chance, came, time)]).tolist() == [0, 1, 2]


def test_where_chances_are_wrong_by_as_much_all_the_time_there_is_no_turn() -> None:
    """Told a half where nine of ten come, from the first time to the last: a bias, that a correction takes away."""
    chance, came, time = lives(np.random.default_rng(3), [0.9] * 16, 30)
    assert since_the_turn(chance, came, time).all()


def test_what_comes_by_whole_trains_is_no_turn() -> None:
    """All of a time come together or not at all, now and then: a turn would be seen in one company of fifty at most."""
    seen = 0
    for seed in range(100):
        dice = np.random.default_rng([4, seed])
        chance, came, time = lives(dice, (dice.random(16) < 0.5).astype(float).tolist(), 20)
        seen += not since_the_turn(chance, came, time).all()
    assert seen <= 2


@pytest.mark.parametrize("odd", [0, 15])
def test_one_odd_time_is_no_turn(odd: int) -> None:
    """However far the latest time lies, or the first: another has to follow."""
    shares = [0.3] * 16
    shares[odd] = 1.0
    chance, came, time = lives(np.random.default_rng(7), shares, 30)
    assert since_the_turn(chance, came, time).all()


def test_with_five_times_there_is_no_turn() -> None:
    """Too few to know how much times differ by chance; with six it is seen."""
    for times, turned in ((5, False), (6, True)):
        chance, came, time = lives(np.random.default_rng(5), [0.95] * 2 + [0.1] * (times - 2), 50)
        assert since_the_turn(chance, came, time).all() != turned


def test_one_surprise_of_what_was_sure_is_no_turn() -> None:
    """A change that had a chance of one in a million came: nothing has turned."""
    time = np.repeat(np.arange(16), 20)
    came = np.arange(time.size) == 0
    assert since_the_turn(np.full(time.size, 1e-6), came, time).all()


def test_times_of_which_nothing_is_known_are_left_out() -> None:
    """Numbers of times may have gaps: the turn is where it was."""
    chance, came, time = lives(np.random.default_rng(6), [0.9] * 4 + [0.2] * 12, 30)
    some = time % 3 != 1
    since = since_the_turn(chance[some], came[some], time[some])
    assert np.unique(time[some][since]).tolist() == [0, 2, 3]
