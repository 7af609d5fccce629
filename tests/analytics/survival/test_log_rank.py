from __future__ import annotations

import numpy as np
import pytest

from analytics.survival import log_rank
from headway.errors import AnalysisError


def test_two_groups_by_hand() -> None:
    """Four changes in two groups: expected ½ + ⅓ + ½, variance ¼ + 2/9 + ¼, so χ² is (⅔)² / (13/18) = 8/13."""
    found = log_rank([1, 3, 2, 4], [True, True, True, False], [0, 0, 1, 1])
    np.testing.assert_allclose(found.expected, [4 / 3, 5 / 3], rtol=1e-15)
    assert found.observed.tolist() == [2, 1]
    assert found.changes.tolist() == [2, 2]
    assert found.chi_squared == pytest.approx(8 / 13, rel=1e-14)
    assert found.degrees == 1
    assert found.p_value == pytest.approx(0.43276758, rel=1e-6)  # a normal value beyond ±√(8/13)


def test_strata_add_up() -> None:
    """With strata, differences and variances add up over strata: the same four twice give twice the χ²."""
    hours, ended, group = [1, 3, 2, 4] * 2, [True, True, True, False] * 2, [0, 0, 1, 1] * 2
    found = log_rank(hours, ended, group, stratum=[5] * 4 + [-2] * 4)
    assert found.chi_squared == pytest.approx(16 / 13, rel=1e-14)


def test_ties() -> None:
    """Ends at one hour share the hypergeometric variance: two of four, one of them of two in the group: ⅓."""
    found = log_rank([1, 2, 1, 1], [True, False, True, False], [0, 0, 1, 1])
    np.testing.assert_allclose(found.expected, [1, 1])
    assert found.chi_squared == 0.0


def test_a_count_is_so_many_changes() -> None:
    """A row that stands for several changes is those changes."""
    rng = np.random.default_rng(2)
    hours, ended, group, stratum = rng.integers(1, 9, 60), rng.random(60) < 0.7, np.arange(60) % 2, np.arange(60) % 3
    count = rng.integers(1, 5, 60)
    found = log_rank(hours, ended, group, stratum=stratum, count=count)
    rows = (np.repeat(column, count) for column in (hours, ended, group, stratum))
    at, over, code, strata = rows
    one_by_one = log_rank(at, over, code, stratum=strata)
    assert found.chi_squared == pytest.approx(one_by_one.chi_squared, rel=1e-12)
    assert found.changes.tolist() == one_by_one.changes.tolist()
    np.testing.assert_allclose(found.expected, one_by_one.expected, rtol=1e-12)


def test_three_groups_and_one_that_never_meets_another() -> None:
    """A group that is never at risk beside another takes no degree of freedom."""
    hours, ended = [1, 3, 2, 4, 1, 2], [True, True, True, False, True, True]
    found = log_rank(hours, ended, [0, 0, 1, 1, 2, 2], stratum=[0, 0, 0, 0, 1, 1])
    assert found.degrees == 1
    assert found.chi_squared == pytest.approx(8 / 13, rel=1e-14)
    assert log_rank(hours, ended, [0, 0, 1, 1, 2, 2]).degrees == 2


def test_level_without_a_difference() -> None:
    """Under no difference, the test rejects about as often as its level says."""
    rng = np.random.default_rng(11)
    p_values = np.array(
        [log_rank(rng.exponential(1, 80), rng.random(80) < 0.7, np.arange(80) % 2).p_value for _ in range(400)]
    )
    assert 0.02 <= (p_values < 0.05).mean() <= 0.09


@pytest.mark.parametrize(
    ("hours", "ended", "group"), [([], [], []), ([1, 2], [True, True], [0, 0]), ([1, 2], [False, False], [0, 1])]
)
def test_nothing_to_compare(hours: list[float], ended: list[bool], group: list[int]) -> None:
    """One group alone, or two of which nothing ended, cannot be compared."""
    with pytest.raises(AnalysisError, match="fewer than two groups"):
        log_rank(hours, ended, np.array(group, np.int64))


def slow_scores(hours: list[int], ended: list[int], group: list[int], stratum: list[int]) -> list[float]:
    """Each change's part in observed minus expected of group 0, from the definition: one ending after the other."""
    size = len(hours)
    parts = [0.0] * size
    for end in sorted({(stratum[n], hours[n]) for n in range(size) if ended[n]}):
        here = [n for n in range(size) if stratum[n] == end[0] and hours[n] >= end[1]]
        over = [n for n in here if hours[n] == end[1] and ended[n]]
        share = sum(group[n] == 0 for n in here) / len(here)
        for n in here:
            parts[n] += ((group[n] == 0) - share) * ((n in over) - len(over) / len(here))
    return parts


def test_parts_by_cluster_are_lin_and_weis() -> None:
    """They are the sums of the changes' scores, add up to observed minus expected, and counts are so many changes."""
    rng = np.random.default_rng(3)
    hours, ended = rng.integers(1, 12, 70), rng.random(70) < 0.7
    group, stratum, cluster = rng.integers(0, 2, 70), rng.integers(0, 3, 70), rng.integers(0, 6, 70)
    count = rng.integers(1, 4, 70)
    found = log_rank(hours, ended, group, stratum=stratum, cluster=cluster, count=count)
    rows = [np.repeat(column, count).tolist() for column in (hours, ended, group, stratum)]
    parts = np.array(slow_scores(*rows))
    expected = [parts[np.repeat(cluster, count) == code].sum() for code in range(6)]
    np.testing.assert_allclose(found.score, expected, atol=1e-12)
    assert found.score.sum() == pytest.approx(found.observed[0] - found.expected[0], abs=1e-12)


def test_information_by_cluster_by_hand() -> None:
    """Endings of 1 of 4, 1 of 3 and 1 of 2 at risk have ¼, 2/9 and ¼: each in the cluster of what ended."""
    found = log_rank([1, 3, 2, 4], [True, True, True, False], [0, 0, 1, 1], cluster=[0, 0, 1, 1])
    np.testing.assert_allclose(found.information, [1 / 2, 2 / 9])
