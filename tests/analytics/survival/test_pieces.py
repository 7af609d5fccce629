from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analytics.survival.intervals import (
    ALIKE,
    chi_squared_tail,
    critical_value,
    log_log_interval,
    logit_interval,
    normal_tails,
)
from analytics.survival.quantiles import crossing_hours
from analytics.survival.scan import linear_scan


@given(st.integers(0, 70), st.integers(1, 3), st.integers(0, 2**32 - 1))
def test_scan_is_the_loop(steps: int, rows: int, seed: int) -> None:
    """The blocked scan equals the recurrence step by step, zeros among the factors included."""
    rng = np.random.default_rng(seed)
    factor = rng.choice([0.0, 0.3, 0.9, 1.0], steps)
    addend, first = rng.normal(size=(rows, steps)), rng.normal(size=rows)
    expected, value = np.empty((rows, steps)), first
    for step in range(steps):
        value = factor[step] * value + addend[:, step]
        expected[:, step] = value
    np.testing.assert_allclose(linear_scan(factor, addend, first), expected, atol=1e-12)


@pytest.mark.parametrize(
    ("clusters", "expected"),
    # Tables of the normal and of Student's t: 1.959964, and 2.262157 with 9 degrees of freedom.
    [(None, 1.959964), (10, 2.262157 * np.sqrt(10 / 9))],
)
def test_critical_values(clusters: int | None, expected: float) -> None:
    """The reach of a 95 % interval is the printed quantile."""
    assert critical_value(0.95, clusters) == pytest.approx(expected, rel=1e-6)


def test_critical_value_of_unlike_clusters() -> None:
    """Degrees of freedom and factor are those of the matrix of the quadratic form; like clusters are counted."""
    assert critical_value(0.95, np.full(7, 31.0)) == pytest.approx(critical_value(0.95, 7), rel=1e-12)
    assert critical_value(0.95, np.array([31.0, 0.0, 31.0])) == pytest.approx(critical_value(0.95, 2), rel=1e-12)
    sizes = np.array([3.0, 10.0, 40.0, 41.0, 200.0])
    w, variance = sizes / sizes.sum(), np.diag(ALIKE + (1 - ALIKE) / sizes)
    centred = np.eye(5) - np.outer(np.ones(5), w)
    form = centred.T @ np.diag(w**2) @ centred
    seen = np.trace(form @ variance)
    degrees = seen**2 / np.trace(form @ variance @ form @ variance)
    expected = stats.t.ppf(0.975, degrees) * np.sqrt(w @ variance @ w / seen)
    assert critical_value(0.95, sizes) == pytest.approx(expected, rel=1e-10)
    assert 1.0 < degrees < 4.0


def test_one_cluster_has_no_interval() -> None:
    """With a single cluster nothing can be said."""
    assert np.isnan(critical_value(0.95, 1))


@given(st.floats(0.001, 0.999), st.floats(0.0, 2.0))
def test_log_log_interval_stays_inside(probability: float, error: float) -> None:
    """Bounds of a probability lie around it and inside 0 … 1."""
    lower, upper = log_log_interval(np.array([probability]), np.array([error]), 1.96)
    assert 0.0 <= lower[0] <= probability + 1e-12
    assert probability - 1e-12 <= upper[0] <= 1.0


def test_log_log_interval_says_nothing_at_the_ends() -> None:
    """At exactly 0 or 1 the standard error says nothing, so neither does the interval."""
    lower, upper = log_log_interval(np.array([0.0, 1.0]), np.zeros(2), 1.96)
    assert np.isnan(lower).all()
    assert np.isnan(upper).all()


def test_logit_interval_stays_inside() -> None:
    """Hours in a state are never below zero or above the horizon; small errors reach as far to both sides."""
    lower, upper = logit_interval(np.array([1.0, 9.5, 5.0, 0.0, 10.0]), np.array([1, 1, 1e-4, 0, 0]), 2.0, highest=10.0)
    # By hand: odds of 0.1 are 1/9, and an error of 1 of 10 h is 0.1 / (0.1 · 0.9) = 1.1111 of their logarithm.
    assert lower[0] == pytest.approx(10.0 / (1.0 + 9.0 * np.exp(2.2222222222)))
    assert upper[0] == pytest.approx(10.0 / (1.0 + 9.0 * np.exp(-2.2222222222)))
    assert 0.0 < lower[1] < 9.5 < upper[1] < 10.0
    assert (lower[2], upper[2]) == (pytest.approx(5.0 - 2e-4, rel=1e-9), pytest.approx(5.0 + 2e-4, rel=1e-9))
    assert (lower[3:] == upper[3:]).all()


def test_tails() -> None:
    """Tails are those of the printed tables, and agree with each other."""
    assert chi_squared_tail(3.841459, 1) == pytest.approx(0.05, rel=1e-6)
    assert chi_squared_tail(5.991465, 2) == pytest.approx(0.05, rel=1e-6)
    assert normal_tails(np.array([-1.959964]))[0] == pytest.approx(0.05, rel=1e-6)


def test_crossing() -> None:
    """A share is reached at the first hour at or above it, in the middle of a level at exactly it, or not at all."""
    hours, curve = np.array([0.0, 1, 2, 3]), np.array([0.0, 0.2, np.nan, 0.5])
    assert crossing_hours(hours, curve, 0.1) == 1.0
    assert crossing_hours(hours, curve, 0.2) == 2.0
    assert crossing_hours(hours, curve, 0.5) == 3.0
    assert crossing_hours(hours, curve, 0.6) is None
