from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.survival import CENSORED, incidence, kaplan_meier
from analytics.survival.arrays import FloatArray, IntArray
from headway.errors import AnalysisError

ENDS = ("production", "abandoned")
ROWS = st.lists(st.tuples(st.integers(0, 9), st.integers(CENSORED, 1)), min_size=1, max_size=30)


def _columns(rows: list[tuple[int, int]]) -> tuple[FloatArray, IntArray]:
    return np.array([hour for hour, _ in rows], np.float64), np.array([end for _, end in rows])


def test_incidence_by_hand() -> None:
    """Four changes give the fractions that one reckons on paper: the last one takes along the share of one unseen."""
    found = incidence([1, 2, 3, 4], [0, 1, CENSORED, 0], ENDS)
    at = found.at([0, 1, 2, 3, 4, 99])
    np.testing.assert_allclose(at.probability[:, 0], [0, 1 / 4, 1 / 4, 1 / 4, 3 / 4, 3 / 4], rtol=1e-15)
    np.testing.assert_allclose(at.probability[:, 1], [0, 0, 1 / 4, 1 / 4, 1 / 4, 1 / 4], rtol=1e-15)
    np.testing.assert_allclose(at.waiting, [1, 3 / 4, 1 / 2, 1 / 2, 0, 0], atol=1e-16)
    assert at.at_risk.tolist() == [4, 4, 3, 2, 1, 0]
    # With w the weights, abandoned is w2 / (w1 + w2 + w3 + w4) at the end: its error is that of a share of four.
    np.testing.assert_allclose(at.standard_error[-1], [np.sqrt(3 / 64)] * 2, rtol=1e-14)
    assert np.isnan(at.lower[0]).all()
    assert found.changes == 4.0


def test_quantiles_count_all_changes() -> None:
    """The median of arrival is the hour by which half of all changes have arrived, or None where half never do."""
    found = incidence([1, 2, 3, 4], [0, 1, CENSORED, 0], ENDS)
    (median,) = found.quantiles("production", [0.5])
    assert median.hours == 4.0
    assert found.quantiles("abandoned", [0.5])[0].hours is None
    level = incidence([1, 2, 3, 9], [0, 0, 1, 1], ENDS)
    assert level.quantiles("production", [0.5])[0].hours == 5.5


def test_nothing_has_ended() -> None:
    """Where all changes wait, the incidence is zero and no quantile is reached."""
    found = incidence([5, 8], [CENSORED, CENSORED], ENDS)
    assert found.at([9.0]).probability.tolist() == [[0.0, 0.0]]
    assert found.at([9.0]).waiting.tolist() == [1.0]
    (median,) = found.quantiles("production", [0.5])
    assert (median.hours, median.lower_hours, median.upper_hours) == (None, None, None)


@given(ROWS)
def test_all_ends_and_waiting_add_up(rows: list[tuple[int, int]]) -> None:
    """What arrived, what was abandoned and what waits add up to one, and waiting is the Kaplan–Meier of any end."""
    hours, ended_as = _columns(rows)
    at = incidence(hours, ended_as, ENDS).at(np.arange(11))
    np.testing.assert_allclose(at.probability.sum(axis=1) + at.waiting, 1.0, rtol=1e-13)
    survival = kaplan_meier(hours, ended_as != CENSORED).at(np.arange(11)).survival
    np.testing.assert_allclose(at.waiting, survival, atol=1e-13)


@pytest.mark.slow
@given(ROWS)
def test_errors_by_change_equal_clusters_of_one(rows: list[tuple[int, int]]) -> None:
    """The formula for the error by change equals the sum of squared influences of clusters of one change each."""
    hours, ended_as = _columns(rows)
    alone = incidence(hours, ended_as, ENDS).at(np.arange(11))
    single = incidence(hours, ended_as, ENDS, cluster=np.arange(len(rows))).at(np.arange(11))
    if len(rows) > 1:
        np.testing.assert_allclose(single.standard_error, alone.standard_error, atol=1e-7)
    assert alone.influence is None
    assert single.influence is not None
    np.testing.assert_allclose(single.influence.sum(axis=0), 0.0, atol=1e-13)


@given(ROWS)
def test_single_end_is_kaplan_meier(rows: list[tuple[int, int]]) -> None:
    """With one way to end, incidence, error, interval and quantiles are those of Kaplan–Meier."""
    hours, ended_as = _columns(rows)
    ended = ended_as == 0
    found, curve = incidence(hours, np.where(ended, 0, CENSORED), ("production",)), kaplan_meier(hours, ended)
    at, expected = found.at(np.arange(11)), curve.at(np.arange(11))
    np.testing.assert_allclose(at.probability[:, 0], 1 - expected.survival, atol=1e-13)
    np.testing.assert_allclose(at.standard_error[:, 0], expected.standard_error, atol=1e-7)
    median, by_curve = found.quantiles("production", [0.5])[0], curve.quantiles([0.5])[0]
    # A level that lasts to the end of watching has its middle at the last event here, at the last hour seen there.
    if by_curve.hours is None or expected.survival[-1] < 0.4999:
        assert median.hours == by_curve.hours


@pytest.mark.slow
@given(ROWS)
def test_without_censoring_it_is_the_share(rows: list[tuple[int, int]]) -> None:
    """Where every change has ended, the incidence is the share that ended so by then."""
    hours, ended_as = _columns(rows)
    ended_as = np.abs(ended_as)
    at = incidence(hours, ended_as, ENDS).at(np.arange(11))
    for hour in range(11):
        share = [((hours <= hour) & (ended_as == end)).mean() for end in range(2)]
        np.testing.assert_allclose(at.probability[hour], share, atol=1e-14)
        error = np.sqrt(np.array(share) * (1 - np.array(share)) / hours.size)
        np.testing.assert_allclose(at.standard_error[hour], error, atol=1e-8)


def test_rows_with_their_count() -> None:
    """Equal rows given once with their count give the same, by change and by cluster."""
    hours, ended_as, cluster = np.repeat([1.0, 2, 2, 5], 3), np.repeat([0, 1, 0, CENSORED], 3), np.tile([0, 0, 1], 4)
    by_change = incidence(hours[::3], ended_as[::3], ENDS, count=[3, 3, 3, 3]).at([1, 2, 5])
    np.testing.assert_allclose(by_change.standard_error, incidence(hours, ended_as, ENDS).at([1, 2, 5]).standard_error)
    single = incidence(hours, ended_as, ENDS, cluster=cluster).at([1, 2, 5])
    halves = np.tile([0, 1], 4)
    together = incidence(
        np.repeat(hours[::3], 2), np.repeat(ended_as[::3], 2), ENDS, cluster=halves, count=halves * -1 + 2
    )
    np.testing.assert_allclose(together.at([1, 2, 5]).standard_error, single.standard_error)


@pytest.mark.slow
def test_quantiles_are_near_those_by_the_band() -> None:
    """The error at the quantile alone gives nearly the interval in which the band of the curve holds the share.

    That is the one of Brookmeyer & Crowley (1982, Biometrics 38, 29).
    """
    rng = np.random.default_rng(8)
    hours, ended_as = rng.exponential(100.0, 4_000), rng.choice([0, 0, 0, 1, CENSORED], 4_000)
    for cluster in (None, np.arange(4_000) % 40):
        found = incidence(hours, ended_as, ENDS, cluster=cluster)
        band = found.at(found.event_hours)
        for quantile in found.quantiles("production", [0.5, 0.2]):
            bounds = (found.event_hours[np.argmax(edge[:, 0] >= quantile.share)] for edge in (band.upper, band.lower))
            assert (quantile.lower_hours, quantile.upper_hours) == pytest.approx(tuple(bounds), rel=0.03)
    (never,) = found.quantiles("abandoned", [0.9])
    assert (never.hours, never.lower_hours, never.upper_hours) == (None, None, None)


def test_one_cluster_says_nothing_of_error() -> None:
    """A single cluster has no error to show: nan, and no interval of a quantile."""
    found = incidence([1, 2, 3], [0, 1, 0], ENDS, cluster=[0, 0, 0])
    assert np.isnan(found.at([2.0]).standard_error).all()
    (some,) = found.quantiles("production", [0.3])
    assert (some.hours, some.lower_hours, some.upper_hours) == (1.0, None, None)


def test_refused() -> None:
    """No changes, an unknown end, and hours that jump back are refused."""
    with pytest.raises(AnalysisError, match="no change"):
        incidence([], [], ENDS)
    with pytest.raises(AnalysisError, match="ended_as"):
        incidence([1.0], [2], ENDS)
    with pytest.raises(AnalysisError, match="whole numbers"):
        incidence([1.0], [0.5], ENDS)
    with pytest.raises(AnalysisError, match="ascend"):
        incidence([1.0], [0], ENDS).at([2, 1])
