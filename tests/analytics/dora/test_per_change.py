from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, stats

from analytics.dora.per_change import ratio_per_change

Deployments = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def deployed(
    dice: np.random.Generator,
    repositories: int,
    each: int,
    *,
    ratio: float = 1.0,
    size: float = 8.0,
    chance: float = 0.02,
) -> Deployments:
    """Deployments of many changes, a fifth of them AI work, each change failing on its own."""
    place = np.repeat(np.arange(repositories), each)
    mean = np.exp(dice.normal(np.log(size), 0.5, repositories))[place]
    count = 1 + dice.negative_binomial(1.0, 1.0 / (1.0 + mean))
    ai = dice.binomial(count, 0.2)
    rate = 0.02 * np.exp(dice.normal(0.0, 0.3, repositories))[place]
    fails = dice.random(place.size) < 1.0 - (1.0 - rate) ** (count - ai) * (1.0 - np.minimum(rate * ratio, 0.9)) ** ai
    return fails.astype(np.float64), (count - ai).astype(np.float64), ai.astype(np.float64), place


def likelihood(given: Deployments, log_ratio: float) -> float:
    """The profile log likelihood from the definition: for each repository scipy finds the best a."""
    failed, other, ai, place = given
    total = 0.0
    for code in np.unique(place):
        rows = place == code
        load = other[rows] + np.exp(log_ratio) * ai[rows]

        def loss(rate: float, load: np.ndarray = load, bad: np.ndarray = failed[rows]) -> float:
            hazard = np.exp(rate) * load
            return -float(np.where(bad > 0, np.log(-np.expm1(-hazard)), -hazard).sum())

        total -= optimize.minimize_scalar(loss, bounds=(-12.0, 3.0), method="bounded", options={"xatol": 1e-10}).fun
    return total


def test_ratio_is_the_maximum_of_the_profile_likelihood() -> None:
    """As scipy finds it, repository by repository."""
    given = deployed(np.random.default_rng(1), 6, 150, ratio=2.0)
    found, _ = ratio_per_change(*given, given[3])
    best = optimize.minimize_scalar(lambda at: -likelihood(given, at), bounds=(-3.0, 3.0), method="bounded").x
    assert found.value is not None
    assert np.log(found.value) == pytest.approx(best, abs=1e-4)


def test_bounds_are_where_the_scaled_likelihood_falls_as_far_at_both_ends() -> None:
    """Both ends are as likely as each other, below the maximum by t² / 2 of a scale that the clusters give."""
    given = deployed(np.random.default_rng(2), 6, 150, ratio=2.0)
    found, p_value = ratio_per_change(*given, given[3])
    assert found.value is not None
    assert found.lower is not None
    assert found.upper is not None
    highest, low, high, none = (likelihood(given, at) for at in (*np.log([found.value, found.lower, found.upper]), 0.0))
    assert highest - low == pytest.approx(highest - high, rel=1e-4)
    # No difference has a p-value below 5 % exactly where it is farther down than the ends are.
    assert p_value is not None
    assert (p_value < 0.05) == (none < low)


def test_deployments_of_one_change_give_the_ratio_of_rates() -> None:
    """Of 100 other changes 10 failed, of 100 of AI work 30: -log(0.7) / -log(0.9), by hand."""
    failed = np.r_[np.arange(100) < 10, np.arange(100) < 30].astype(np.float64)
    ai = np.repeat([0.0, 1.0], 100)
    found, _ = ratio_per_change(failed, 1.0 - ai, ai, np.zeros(200, np.int64), np.arange(200) % 10)
    assert found.value == pytest.approx(np.log(0.7) / np.log(0.9), rel=1e-6)


def test_single_changes_have_the_interval_of_the_likelihood_ratio() -> None:
    """With each deployment a cluster of its own, nearly that of the χ² test of the likelihood."""
    dice = np.random.default_rng(3)
    ai = (np.arange(2000) % 2).astype(np.float64)
    failed = (dice.random(2000) < np.where(ai > 0, 0.1, 0.05)).astype(np.float64)
    zero = np.zeros(2000, np.int64)
    found, p_value = ratio_per_change(failed, 1.0 - ai, ai, zero, np.arange(2000))
    given = failed, 1.0 - ai, ai, zero
    assert found.value is not None
    assert found.lower is not None
    fall = likelihood(given, np.log(found.value)) - likelihood(given, np.log(found.lower))
    assert 2.0 * fall == pytest.approx(stats.chi2.ppf(0.95, 1), rel=0.05)
    fall = likelihood(given, np.log(found.value)) - likelihood(given, 0.0)
    assert p_value == pytest.approx(stats.chi2.sf(2.0 * fall, 1), rel=0.2)


@pytest.mark.slow
def test_large_deployments_without_a_difference_are_rarely_significant() -> None:
    """Of 100 companies of eight repositories at most 11 are, and 89 intervals hold the true ratio of 3 elsewhere."""
    dice = np.random.default_rng(4)
    null = [ratio_per_change(*(given := deployed(dice, 8, 100, size=20.0)), given[3])[1] for _ in range(100)]
    assert sum((p or 1.0) <= 0.05 for p in null) <= 11
    three = [ratio_per_change(*(given := deployed(dice, 8, 100, ratio=3.0)), given[3])[0] for _ in range(100)]
    assert sum((one.lower or 0.0) <= 3.0 <= (one.upper or np.inf) for one in three) >= 89
    assert np.mean([np.log(one.value or 1.0) for one in three]) == pytest.approx(np.log(3.0), abs=0.15)


@pytest.mark.parametrize("case", ["few failed", "all alike", "nothing"])
def test_nothing_is_claimed_where_nothing_can_be(case: str) -> None:
    """Nine failed deployments, AI work in the same part of each, or no deployment at all."""
    size = 0 if case == "nothing" else 200
    failed = (np.arange(size) < (9 if case == "few failed" else 40)).astype(np.float64)
    ai = np.full(size, 2.0) if case == "all alike" else (np.arange(size) % 2).astype(np.float64)
    other = np.full(size, 3.0)
    zero = np.zeros(size, np.int64)
    found, p_value = ratio_per_change(failed, other, ai, zero, np.arange(size) % 10)
    assert (found.value, found.lower, p_value) == (None, None, None)


def test_an_open_bound_is_none() -> None:
    """Where no deployment with AI work failed the ratio has no lower bound, and no value."""
    dice = np.random.default_rng(5)
    ai = (np.arange(400) % 8 == 0).astype(np.float64)
    failed = ((dice.random(400) < 0.1) & (ai == 0.0)).astype(np.float64)
    found, _ = ratio_per_change(failed, 1.0 - ai, ai, np.zeros(400, np.int64), np.arange(400) % 10)
    assert found.value is None
