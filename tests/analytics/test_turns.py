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


def by_hand(chance: np.ndarray, came: np.ndarray, time: np.ndarray) -> list[int]:
    """The times since the last turn, split by split: sums, levels, spread about them, and 25 for the Wald statistic."""
    times = sorted(set(time.tolist()))
    while len(times) >= 6:
        rows = [
            [
                (min(max(one, 0.01), 0.99), true)
                for one, true, at in zip(chance, came, time, strict=True)
                if at == number
            ]
            for number in times
        ]
        score = [sum(true - one for one, true in row) for row in rows]
        known = [sum(one * (1.0 - one) for one, _ in row) for row in rows]
        statistics = {}
        for split in range(2, len(times) - 1):
            level, spread, information = [], 0.0, []
            for side in (slice(0, split), slice(split, None)):
                information.append(sum(known[side]))
                level.append(sum(score[side]) / information[-1])
                pairs = zip(score[side], known[side], strict=True)
                spread += sum((value - level[-1] * weight) ** 2 / weight for value, weight in pairs)
            spread = max(spread / (len(times) - 2), 1.0)
            variance = spread * (1.0 / information[0] + 1.0 / information[1])
            statistics[split] = (level[0] - level[1]) ** 2 / variance
        best = max(statistics, key=lambda split: statistics[split])
        if statistics[best] <= 25.0:
            break
        times = times[:best]
    return times


def test_turns_are_those_worked_out_split_by_split() -> None:
    """In 150 companies whose shares jump, drift and scatter, by more or less than would be a turn."""
    turned = 0
    for seed in range(150):
        dice = np.random.default_rng([8, seed])
        time = np.sort(dice.integers(0, dice.integers(5, 17), 16 * dice.integers(4, 25)))
        shift = np.where(np.arange(17) < dice.integers(1, 12), dice.normal(0.0, 2.5), 0.0)
        level = dice.normal(0.0, 0.3, 17) + shift
        chance = dice.beta(2.0, 1.0, time.size)
        came = dice.random(time.size) < 1.0 / (1.0 + np.exp(-np.log(chance / (1.0 - chance)) - level[time]))
        since = np.unique(time[since_the_turn(chance, came, time)]).tolist()
        assert since == by_hand(chance, came, time)
        turned += since != np.unique(time).tolist()
    assert 20 < turned < 130


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
