from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.survival.proportions import clustered_share, difference_of_shares, rate, wilson
from headway.errors import AnalysisError


# Newcombe 1998, Statistics in Medicine 17, 857, table I: method 3.
@pytest.mark.parametrize(
    ("hits", "of", "lower", "upper"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_is_that_of_the_literature(hits: int, of: int, lower: float, upper: float) -> None:
    """Four shares and their intervals, as published."""
    found = wilson(hits, of)
    assert (found.value, round(found.lower or 0.0, 4), round(found.upper or 0.0, 4)) == (hits / of, lower, upper)


def test_nothing_is_no_share() -> None:
    """Of nothing there is no share, and more hits than units are an error."""
    assert wilson(0, 0).value is None
    assert clustered_share([], []).value is None
    assert rate(0, 0.0).value is None
    with pytest.raises(AnalysisError):
        wilson(3, 2)


# Garwood's exact limits, as tables of the Poisson distribution have them.
@pytest.mark.parametrize(("count", "lower", "upper"), [(0, 0.0, 3.6889), (1, 0.0253, 5.5716), (10, 4.7954, 18.3904)])
def test_rate_has_the_exact_interval(count: int, lower: float, upper: float) -> None:
    """Of no events the rate is 0 and its upper limit is not."""
    found = rate(count, 1.0)
    assert (found.value, round(found.lower or 0.0, 4), round(found.upper or 0.0, 4)) == (count, lower, upper)


def test_clusters_that_are_alike_widen_the_interval() -> None:
    """Ten clusters of ten equal units know as much as ten units: the design effect is ten, but for few clusters."""
    cluster = np.repeat(np.arange(10), 10)
    hit = np.repeat([1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0], 10)
    found = clustered_share(hit, cluster, few=False)
    alone = wilson(30, 100)
    assert found.design_effect == pytest.approx(10.0 * 10 / 9)
    assert (found.lower or 0.0) < (alone.lower or 0.0) < 0.3 < (alone.upper or 0.0) < (found.upper or 0.0)
    apart = clustered_share(hit, np.arange(100), few=False)
    assert apart.lower == pytest.approx(alone.lower, abs=1e-3)
    assert apart.upper == pytest.approx(alone.upper, abs=1e-3)


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 8)), min_size=1, max_size=60))
def test_share_stays_inside_its_interval(units: list[tuple[float, int]]) -> None:
    """Whatever the units, 0 ≤ lower ≤ share ≤ upper ≤ 1; a single cluster has no interval."""
    found = clustered_share([hit for hit, _ in units], [cluster for _, cluster in units])
    assert found.value is not None
    if len({cluster for _, cluster in units}) == 1:
        assert found.lower is None
    else:
        assert found.lower is not None
        assert found.upper is not None
        assert 0.0 <= found.lower <= found.value + 1e-12
        assert found.value - 1e-12 <= found.upper <= 1.0


def test_difference_is_that_of_mantel_and_haenszel() -> None:
    """Two strata pooled, worked by hand; a stratum with one side alone says nothing."""
    # Stratum 1: 3 of 10 against 1 of 20; stratum 2: 4 of 8 against 6 of 12; stratum 3 has one side alone.
    hit = [1] * 3 + [0] * 7 + [1] + [0] * 19 + [1] * 4 + [0] * 4 + [1] * 6 + [0] * 6 + [1] * 5
    first = [True] * 10 + [False] * 20 + [True] * 8 + [False] * 12 + [True] * 5
    stratum = [1] * 30 + [2] * 20 + [3] * 5
    found, p_value = difference_of_shares(hit, first, stratum)
    # Σ (a n₀ - b n₁)/n over Σ n₁n₀/n = ((3·20 - 1·10)/30 + (4·12 - 6·8)/20) / (200/30 + 96/20)
    value = (50 / 30 + 0.0) / (200 / 30 + 96 / 20)
    assert found.value == pytest.approx(value)
    # Sato 1989: P of both strata -100/900 and 0, Q 64/60 and 48/40.
    error = math.sqrt((value * (-100 / 900) + 64 / 60 + 48 / 40) / (200 / 30 + 96 / 20) ** 2)
    assert found.value is not None
    assert found.upper == pytest.approx(found.value + 1.959964 * error, rel=1e-6)
    assert p_value == pytest.approx(math.erfc(value / error / math.sqrt(2.0)))


def test_difference_by_cluster_needs_them_to_vary() -> None:
    """Five repositories with the same difference leave nothing to tell an error from; without two sides, no answer."""
    hit, first = [1, 0, 0, 0] * 5, [True, True, False, False] * 5
    repository = np.repeat(np.arange(5), 4)
    same, p_value = difference_of_shares(hit, first, repository, repository)
    assert (same.value, same.lower, p_value) == (0.5, None, None)
    assert difference_of_shares([1, 0], [True, True], [0, 0])[0].value is None
    assert difference_of_shares([], [], [])[0].value is None


def test_difference_by_cluster_is_that_of_the_jackknife() -> None:
    """Leaving out each repository in turn gives the error, whatever strata a repository has."""
    rng = np.random.default_rng(7)
    repository = np.repeat(np.arange(6), [40, 60, 80, 30, 50, 70])
    stratum = repository * 3 + rng.integers(0, 3, repository.size)
    first, hit = rng.random(repository.size) < 0.4, (rng.random(repository.size) < 0.3).astype(float)
    found, _ = difference_of_shares(hit, first, stratum, repository)
    left: list[float] = []
    for one in range(6):
        kept = repository != one
        value = difference_of_shares(hit[kept], first[kept], stratum[kept])[0].value
        assert value is not None
        left.append(value)
    assert found.value is not None
    assert found.upper is not None
    error = math.sqrt(sum((value - found.value) ** 2 for value in left))
    # Six repositories that are not alike amount to fewer: the quantile of t lies between those of 2 and of 5 degrees.
    assert 2.571 * error < found.upper - found.value < 4.303 * error


@pytest.mark.parametrize("by_repository", [True, False])
def test_difference_covers_the_truth_of_deployments(by_repository: bool) -> None:
    """In 300 made-up companies of uneven repositories the interval holds the true difference about 95 times of 100."""
    covered = 0
    for seed in range(300):
        rng = np.random.default_rng(seed)
        repository = np.repeat(np.arange(7), [450, 300, 220, 150, 80, 40, 30])
        changes = 1 + rng.poisson(np.array([0.5, 2, 6, 12, 2, 0.5, 6])[repository])
        ai = rng.binomial(changes, 0.25) > 0
        failed = rng.random(repository.size) < np.where(ai, 0.2, 0.05)
        stratum = repository * 6 + np.searchsorted((1, 2, 4, 8, 16), changes)
        found, _ = difference_of_shares(failed, ai, stratum, repository if by_repository else None)
        assert found.lower is not None
        assert found.upper is not None
        covered += found.lower <= 0.15 <= found.upper
    # Three standard errors of 95 % of 300, and no more than a few too many.
    assert 0.91 <= covered / 300 <= 0.995
