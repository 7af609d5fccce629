from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.survival import kaplan_meier
from headway.errors import AnalysisError

ROWS = st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=30)


def test_curve_by_hand() -> None:
    """Five changes give the fractions that one reckons on paper, with Greenwood's error."""
    curve = kaplan_meier([2, 4, 1, 2, 3], [True, False, True, False, True])
    assert curve.hours.tolist() == [1, 2, 3, 4]
    assert curve.at_risk.tolist() == [5, 4, 2, 1]
    assert curve.ended.tolist() == [1, 1, 1, 0]
    np.testing.assert_allclose(curve.survival, [4 / 5, 3 / 5, 3 / 10, 3 / 10], rtol=1e-15)
    np.testing.assert_allclose(curve.standard_error[2], np.sqrt(0.3**2 * (1 / 20 + 1 / 12 + 1 / 2)), rtol=1e-14)
    assert curve.median() == 3.0


def test_level_at_exactly_a_half() -> None:
    """Where half have ended for a while, the median is the middle of that while."""
    assert kaplan_meier([1, 2, 3, 4], [True] * 4).median() == 2.5
    assert kaplan_meier([1, 2, 3, 6], [True, True, False, False]).median() == 4.0


def test_not_reached() -> None:
    """A median that half have not reached is None, and its earliest possible hour is still told."""
    curve = kaplan_meier(np.arange(1, 31), np.arange(30) < 12)
    assert curve.median() is None
    half, most = curve.quantiles([0.5, 0.9])
    assert half.lower_hours is not None
    assert (half.hours, half.upper_hours) == (None, None)
    assert (most.hours, most.lower_hours, most.upper_hours) == (None, None, None)


def test_read_anywhere() -> None:
    """The curve is 1 before its first row, keeps its value between rows and after the last one."""
    curve = kaplan_meier([2, 4, 1, 2, 3], [True, False, True, False, True])
    at = curve.at([0, 0.5, 1, 2.5, 99])
    np.testing.assert_allclose(at.survival, [1, 1, 0.8, 0.6, 0.3])
    assert at.at_risk.tolist() == [5, 5, 5, 2, 0]
    assert np.isnan(at.lower[:2]).all()
    assert (at.lower[2:] < at.survival[2:]).all()
    assert (at.upper[2:] > at.survival[2:]).all()


@given(ROWS)
def test_without_censoring_it_is_the_share(rows: list[tuple[int, bool]]) -> None:
    """Where all have ended, survival is the share still to end, and its error that of a share."""
    hours = np.array([hour for hour, _ in rows])
    curve = kaplan_meier(hours, np.ones(hours.size, np.bool_))
    share = np.array([(hours > hour).mean() for hour in curve.hours])
    np.testing.assert_allclose(curve.survival, share, atol=1e-14)
    np.testing.assert_allclose(curve.standard_error, np.sqrt(share * (1 - share) / hours.size), atol=1e-8)


@given(ROWS)
def test_rows_with_their_count(rows: list[tuple[int, bool]]) -> None:
    """Equal rows given once with their count give the same curve."""
    single = kaplan_meier(*zip(*rows, strict=True))
    distinct = sorted(set(rows))
    together = kaplan_meier(*zip(*distinct, strict=True), count=[rows.count(row) for row in distinct])
    for name in ("hours", "survival", "standard_error", "lower", "upper", "at_risk", "ended"):
        np.testing.assert_allclose(getattr(together, name), getattr(single, name), rtol=1e-12)
    assert together.changes == single.changes


def test_refused() -> None:
    """No changes, columns of different length, and shares that are none are refused."""
    with pytest.raises(AnalysisError, match="no change"):
        kaplan_meier([], [])
    with pytest.raises(AnalysisError, match="differ in length"):
        kaplan_meier([1.0, 2.0], [True])
    with pytest.raises(AnalysisError, match="between 0 and 1"):
        kaplan_meier([1.0], [True]).quantiles([50])
