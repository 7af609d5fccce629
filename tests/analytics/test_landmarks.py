"""Chances at landmarks, worked out change by change with the formulas of the papers."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from statistics import median

import numpy as np
import pytest
from scipy import stats

from analytics.worklist.landmarks import CHANCE_HOURS, LANDMARK_HOURS, Past, chances

HALF_LIFE = 75 * 24.0


def company(dice: np.random.Generator, repositories: int, each: int, *, shared: float = 0.0) -> Past:
    """Stays of unlike repositories; `shared`: how far the months of a repository lie apart (log odds)."""
    home = np.repeat(np.arange(repositories), each * (1 + np.arange(repositories)))
    seen = dice.uniform(50.0, 9000.0, home.size)
    month = (seen // 730.5).astype(np.int64)
    level = dice.normal(0.5, 0.7, repositories)[home] + shared * dice.normal(0.0, 1.0, (repositories, 13))[home, month]
    stay = np.minimum(dice.exponential(150.0, home.size), seen)
    end = np.minimum(stay + dice.exponential(200.0, home.size), seen)
    arrived = (dice.random(home.size) < 1.0 / (1.0 + np.exp(-level))) & (end < seen)
    return Past(home, repositories, home * 13 + month, stay, end, seen, arrived)


def by_hand(past: Past, home: int, hours: float, ahead: float) -> tuple[float, float, float] | None:
    """Mean and 95 % bounds of the beta posterior of one repository; None with fewer than twenty changes."""
    mark = max(value for value in LANDMARK_HOURS.tolist() if value <= hours)
    youngest = min(past.seen_hours.tolist())
    rows = [
        (int(there), int(month), 0.5 ** ((seen - youngest) / HALF_LIFE), float(came and end - mark <= ahead))
        for there, month, stay, end, seen, came in zip(
            *(values.tolist() for values in (past.repository, past.batch, past.hours, past.end_hours, past.seen_hours)),
            past.arrived.tolist(),
            strict=True,
        )
        if stay > mark and seen - mark >= ahead
    ]
    if len(rows) < 20:
        return None
    effect, amount, came = {}, {}, {}
    for there in range(past.repositories):
        here = [row for row in rows if row[0] == there]
        if not here:
            continue
        weights, squares = sum(row[2] for row in here), sum(row[2] ** 2 for row in here)
        share = sum(row[2] * row[3] for row in here) / weights
        months: dict[int, float] = defaultdict(float)
        for _, month, weight, arrived in here:
            months[month] += weight * (arrived - share)
        chance = squares * share * (1.0 - share)
        spread = sum(value**2 for value in months.values())
        effect[there] = spread / chance if len(months) >= 6 and chance > 0.0 else None
        amount[there], came[there] = weights**2 / squares, weights**2 / squares * share
    known = [value for value in effect.values() if value is not None]
    usual = median(known) if known else 1.0
    divided = {there: min(max(usual if value is None else value, 1.0), 30.0) for there, value in effect.items()}
    size = {there: amount[there] / divided[there] for there in amount}
    arrivals = {there: came[there] / divided[there] for there in amount}
    mean, prior = kleinman(list(size.values()), list(arrivals.values()))
    yes = prior * mean + arrivals.get(home, 0.0)
    no = prior * (1.0 - mean) + size.get(home, 0.0) - arrivals.get(home, 0.0)
    of_home = stats.beta(max(yes, 1e-6), max(no, 1e-6))
    return float(of_home.mean()), float(of_home.ppf(0.025)), float(of_home.ppf(0.975))


def kleinman(size: list[float], came: list[float]) -> tuple[float, float]:
    """Mean and weight of the beta prior by moments; between 1 and 200 changes, half a change each way."""
    if len(size) < 2:
        return 0.5, 1.0
    total = sum(size)
    mean = sum(came) / total
    within = mean * (1.0 - mean)
    between = sum(n * (y / n - mean) ** 2 for n, y in zip(size, came, strict=True)) - (len(size) - 1) * within
    variance = between / (total - sum(n**2 for n in size) / total)
    prior = min(max(within / variance - 1.0, 1.0), 200.0) if variance > 0.0 else 200.0
    weights = [n / (n + prior) for n in size]
    top = sum(weight * y / n for weight, n, y in zip(weights, size, came, strict=True)) + 0.5 / total
    return top / (sum(weights) + 1.0 / total), prior


@pytest.mark.parametrize(
    ("repositories", "each", "shared"),
    [(1, 60, 0.0), (2, 40, 1.0), (4, 12, 0.0), (5, 30, 2.0), (3, 200, 4.0), (6, 5, 0.5)],
)
def test_chances_are_those_worked_out_change_by_change(repositories: int, each: int, shared: float) -> None:
    """Kish's numbers, months' design effects, Kleinman's prior and the beta's quantiles, for each horizon and bound."""
    past = company(np.random.default_rng([repositories, each]), repositories, each, shared=shared)
    hours = [0.0, 7.9, 8.0, 55.0, 400.0]
    for wait in hours:
        told = chances(past, np.arange(repositories), np.full(repositories, wait))
        for home in range(repositories):
            for column, ahead in enumerate(CHANCE_HOURS):
                expected = by_hand(past, home, wait, ahead)
                values = (told.chance[home, column], told.lower[home, column], told.upper[home, column])
                if expected is None:
                    assert np.isnan(values).all()
                elif column == 0:
                    assert values == pytest.approx(expected, rel=1e-9)
                elif not np.isnan(values[0]):
                    shorter = (told.chance, told.lower, told.upper)
                    grown = [max(one, part[home, column - 1]) for one, part in zip(expected, shorter, strict=True)]
                    assert values == pytest.approx(tuple(grown), rel=1e-9)


def test_a_repository_alone_or_without_stays_has_the_chance_of_the_formulas() -> None:
    """One that is new, and one of which nothing waited so long, have the prior of the others."""
    past = company(np.random.default_rng(5), 4, 30)
    past = replace(past, hours=np.where(past.repository == 2, np.minimum(past.hours, 3.0), past.hours), repositories=5)
    told = chances(past, np.array([2, 4, -1]), np.full(3, 20.0))
    assert told.in_repository.tolist() == [0, 0, 0]
    for row in range(3):
        values = (told.chance[row, 0], told.lower[row, 0], told.upper[row, 0])
        assert values == pytest.approx(by_hand(past, 2, 20.0, 168.0), rel=1e-9)


def test_months_of_long_ago_are_as_alike_as_recent_ones() -> None:
    """A repository that rested for two years: its months still came as wholes, and its interval is that of months."""
    dice = np.random.default_rng(9)
    month = np.repeat(np.arange(8), 20)
    old = (dice.random(8) < 0.5)[month]
    stay = np.full(old.size, 50.0)
    ages = np.asarray(700.0 * month, np.float64)
    rested = Past(np.zeros(160, np.int64), 2, month, stay, stay, 17_000.0 + ages, old)
    steady = Past(np.ones(160, np.int64), 2, 8 + month, stay, stay, 700.0 + ages, dice.random(160) < 0.5)
    names = ("repository", "batch", "hours", "end_hours", "seen_hours", "arrived")
    both = Past(
        repositories=2, **{name: np.concatenate([getattr(rested, name), getattr(steady, name)]) for name in names}
    )
    told = chances(both, np.array([0, 1]), np.array([20.0, 20.0]))
    width = told.upper[:, 0] - told.lower[:, 0]
    assert width[0] > 1.5 * width[1]


def test_the_hours_themselves_count() -> None:
    """Who left at the landmark was not there; who arrived at the horizon came; who was watched until it counts."""
    size = 40
    at_mark = Past(
        np.zeros(size, np.int64),
        1,
        np.arange(size),
        np.r_[np.full(20, 10.0), np.full(20, 10.5)],
        np.r_[np.full(20, 10.0), np.full(20, 178.0)],
        np.full(size, 178.0),
        np.ones(size, bool),
    )
    told = chances(at_mark, np.array([0]), np.array([10.0]))
    assert told.in_repository.tolist() == told.in_all.tolist() == [20]
    assert told.chance[0, 0] == pytest.approx(20.5 / 21.0)
    assert np.isnan(told.chance[0, 1])
