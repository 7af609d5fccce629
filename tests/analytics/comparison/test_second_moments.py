"""Errors and covariances of two groups, each reckoned another way: on paper, or by whole matrices."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from analytics.comparison.friction import _bounds, _degrees
from analytics.comparison.needed import changes_needed
from analytics.comparison.plain.differences import _Medians, _put_together
from analytics.survival import Incidence, incidence
from analytics.survival.arrays import FloatArray
from analytics.survival.errors.small_samples import BETWEEN_UNITS, reach_of


@pytest.mark.parametrize(
    ("correlation", "reach"), [(0.0, 5.0), (1.0, 1.0), (-1.0, 7.0), (0.5, np.sqrt(13.0)), (-0.5, np.sqrt(37.0))]
)
def test_two_reaches_are_put_together_as_the_sides_of_a_triangle(correlation: float, reach: float) -> None:
    """3 and 4: 5 where they are independent, 1 where they move together, 7 where they move apart."""
    assert _put_together(3.0, 4.0, correlation) == pytest.approx(reach)
    assert _put_together(3.0, float("inf"), correlation) == float("inf")


def medians(repositories: int, *, turned: bool) -> _Medians:
    """Two groups in the same repositories, of which each has its own pace for both; `turned`: the opposite ones."""
    code = np.repeat(np.arange(repositories), 12)
    pace = 10.0 + 5.0 * code + np.tile(np.linspace(0.0, 4.0, 12), repositories)
    other = pace[::-1] if turned else pace
    curves = [_curve(hours, code, repositories) for hours in (pace.astype(np.float64), other.astype(np.float64))]
    at = float(np.median(pace))
    return _Medians((curves[0], curves[1]), (at, at))


def _curve(hours: FloatArray, code: np.ndarray[tuple[int], np.dtype[np.int64]], size: int) -> Incidence:
    return incidence(hours, np.zeros(hours.size, np.int64), ("production",), cluster=code, clusters=size)


def test_groups_that_share_their_repositories_take_the_luck_of_these_away() -> None:
    """Alike in every repository, two medians differ by exactly nothing; turned round, by more than if independent."""
    alike, turned = medians(8, turned=False), medians(8, turned=True)
    assert [alike.together, turned.together] == pytest.approx([1.0, -1.0])
    assert list(alike.bounds(2.0)) == pytest.approx([0.0, 0.0], abs=1e-6)
    lower, upper = turned.bounds(1.0)
    turned.together = 0.0
    independent = turned.bounds(1.0)
    assert upper - lower == pytest.approx((independent[1] - independent[0]) * np.sqrt(2.0), rel=0.05)


def test_median_of_a_group_that_does_not_vary_has_no_correlation() -> None:
    """A group whose units all arrive at once has no error, and none that it shares."""
    code = np.repeat(np.arange(4), 5)
    still, moving = np.full(20, 7.0), 1.0 + np.arange(20.0)
    found = _Medians((_curve(still, code, 4), _curve(moving, code, 4)), (7.0, 10.0))
    assert (found.error[0], found.together) == (0.0, 0.0)


def test_distance_of_friction_has_bounds_on_both_sides() -> None:
    """Two stages, 0.3 apart with an error of 0.01, ten degrees: both sets weigh, so the lower one takes two tests."""
    difference, covariance = np.array([0.3, -0.3]), 1e-4 * np.array([[1.0, -1.0], [-1.0, 1.0]])
    lower, upper = _bounds(difference, covariance, 10.0)
    assert lower == pytest.approx(0.3 - stats.t.ppf(1 - 0.025 / 2, 10) * 0.01)
    assert upper == pytest.approx(0.3 + stats.t.ppf(0.975, 10) * 0.01)
    assert _bounds(difference, 1e4 * covariance, 10.0) == (0.0, 1.0)


def test_distance_of_friction_takes_covariances_into_account() -> None:
    """Three stages by brute force: the error of each sum of stages is that of the sum, not of its parts."""
    dice = np.random.default_rng(7)
    moved = dice.normal(size=(30, 3)) * [0.01, 0.02, 0.005]
    moved -= moved.mean(axis=1, keepdims=True)
    difference, covariance = np.array([0.2, -0.15, -0.05]), moved.T @ moved
    sums = [(0,), (1,), (2,), (0, 1), (0, 2), (1, 2)]
    value = [sum(difference[stage] for stage in chosen) for chosen in sums]
    error = [np.sqrt((moved[:, list(chosen)].sum(axis=1) ** 2).sum()) for chosen in sums]
    simultaneous = stats.t.ppf(1 - 0.025 / 6, 5)
    single = stats.t.ppf(1 - 0.025, 5)
    found = _bounds(difference, covariance, 5.0)
    expected = (
        max(v - simultaneous * e for v, e in zip(value, error, strict=True)),
        max(v + single * e for v, e in zip(value, error, strict=True)),
    )
    assert found == pytest.approx(expected)
    assert found[0] > 0.0


def test_degrees_of_friction_are_those_of_its_own_covariance() -> None:
    """Two shares that add up to one have a single degree, three alike ones of no covariance three."""
    assert _degrees(1e-4 * np.array([[1.0, -1.0], [-1.0, 1.0]])) == pytest.approx(1.0)
    assert _degrees(0.01 * np.eye(3)) == pytest.approx(3.0)
    assert _degrees(np.diag([1.0, 4.0])) == pytest.approx(25.0 / 17.0)


def whole(groups: list[tuple[FloatArray, FloatArray]]) -> tuple[float, float]:
    """Inflation and degrees of freedom of Bell & McCaffrey, with the whole matrices."""
    true, seen = 0.0, np.zeros((groups[0][0].size,) * 2)
    for share, changes in groups:
        means = np.diag(
            [(1 - BETWEEN_UNITS) / count + BETWEEN_UNITS if count > 0 else 0.0 for count in changes.tolist()]
        )
        moved = np.diag(share) - np.outer(share, share)
        seen += moved @ means @ moved.T
        true += float(share @ means @ share)
    return float(np.sqrt(true / np.trace(seen))), float(np.trace(seen) ** 2 / np.trace(seen @ seen))


def test_reach_is_that_of_the_whole_matrices() -> None:
    """Two groups over the same units, unequal, one of which a group has nothing in."""
    first = np.array([0.5, 0.3, 0.2, 0.0]), np.array([50.0, 30.0, 20.0, 0.0])
    second = np.array([0.1, 0.2, 0.3, 0.4]), np.array([4.0, 8.0, 12.0, 16.0])
    for groups in ([first], [second], [first, second]):
        found = reach_of(groups)
        assert (found.inflation, found.degrees) == pytest.approx(whole(groups))
        assert found.critical(0.95) == pytest.approx(found.inflation * stats.t.ppf(0.975, found.degrees))
        p_value = 2 * stats.t.sf(1.5 / (found.inflation * 0.7), found.degrees)
        assert found.p_value(-1.5, 0.7) == found.p_value(1.5, 0.7) == pytest.approx(p_value)


@pytest.mark.parametrize("share", [[1.0], [1.0, 0.0], [0.0, 0.0, 1.0], [1 - 1e-13, 1e-13], [1e-15, 1 - 2e-15, 1e-15]])
def test_one_unit_has_no_reach(share: list[float]) -> None:
    """What a single unit is about cannot be told from chance: nan, and never a number."""
    for changes in (1.0, 7.0, 1e6):
        found = reach_of([(np.array(share), np.ceil(changes * np.array(share)))])
        assert np.isnan([found.inflation, found.degrees, found.critical(0.95), found.p_value(1.0, 1.0)]).all()


def test_changes_needed_by_hand() -> None:
    """(1.96 + 0.84)² · n · (error / difference)²: 785 of 100 with the error of the difference; at least 20."""
    assert changes_needed(100, 1.0, 1.0) == 785
    assert changes_needed(100, 0.5, 1.0) == 197
    assert changes_needed(100, 0.01, 1.0) == 20
    assert changes_needed(100, 1.0, 0.0) is changes_needed(100, 0.0, 1.0) is changes_needed(100, 1.0, 1e-6) is None


def test_a_significant_result_is_one_of_at_most_five_percent() -> None:
    """Exactly 5 % is significant; the q-value goes before the p-value."""
    from analytics.comparison.results import Measure

    measure = Measure("x", "all changes", "hours", 1.0, 2.0, -1.0, None, None, 0.05, 10, 10)
    assert measure.significant
    assert not replace(measure, p_value=0.0501).significant
