from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from analytics.survival import CENSORED, Spells, Timeline, moves_from_spells, occupancy, restricted_mean_hours
from headway.errors import AnalysisError
from tests.analytics.survival.chains import (
    ABANDONED,
    PRODUCTION,
    STATES,
    Stay,
    changes,
    halves,
    portfolios,
    slow_influence,
    slow_mean_hours,
    slow_occupancy,
    spells,
)

HOURS = [0.0, 1.0, 2.0, 2.5, 4.0, 7.0, 30.0]

# Reckoned by hand. Hour 1: one of four leaves review. Hour 2: two of the three left there do, to merge and abandoned.
# Hour 2.5: one in merge is last seen. Hour 3: the only one at risk in merge arrives, and takes the share of both along.
FOUR = [
    Stay(0, 0, 1, 0, 1),
    Stay(0, 1, 3, 1, PRODUCTION),
    Stay(1, 0, 2, 0, 1),
    Stay(1, 2, 2.5, 1, CENSORED),
    Stay(2, 0, 2, 0, ABANDONED),
    Stay(3, 0, 4, 0, CENSORED),
]


def test_occupancy_by_hand() -> None:
    """Four changes give the fractions that one reckons on paper."""
    found = occupancy(moves_from_spells(spells(FOUR), STATES), [0, 1, 2, 2.9, 3, 100])
    expected: list[list[float]] = [
        [1, 0, 0, 0, 0],
        [3 / 4, 1 / 4, 0, 0, 0],
        [1 / 4, 1 / 2, 0, 0, 1 / 4],
        [1 / 4, 1 / 2, 0, 0, 1 / 4],
        [1 / 4, 0, 0, 1 / 2, 1 / 4],
        [1 / 4, 0, 0, 1 / 2, 1 / 4],
    ]
    np.testing.assert_allclose(found.probability, expected, rtol=1e-15, atol=1e-16)
    assert found.at_risk[:, 0].tolist() == [4, 4, 3, 1, 1, 0]
    assert found.at_risk[:, 1].tolist() == [0, 0, 1, 1, 1, 0]
    # Before anyone is out of sight a share has the error of a share: √(p (1-p) / n).
    np.testing.assert_allclose(found.standard_error[1, :2], np.sqrt(3 / 64), rtol=1e-14)
    assert (found.changes, found.clusters, found.influence) == (4.0, None, None)


def test_mean_hours_by_hand() -> None:
    """The hours in each state are the areas that one reckons on paper: 1 + ¾ + ¼·2 in review, and so on."""
    found = restricted_mean_hours(moves_from_spells(spells(FOUR), STATES), 4.0)
    np.testing.assert_allclose(found.mean_hours, [9 / 4, 3 / 4, 0, 1 / 2, 1 / 2], rtol=1e-15, atol=1e-15)
    assert np.all((found.lower >= 0.0) & (found.lower <= found.mean_hours))
    assert np.all((found.upper <= 4.0) & (found.upper >= found.mean_hours))


@pytest.mark.parametrize(
    ("horizon", "hours"),
    [
        (1.5, [11 / 8, 1 / 8, 0, 0, 0]),
        (2.0, [7 / 4, 1 / 4, 0, 0, 0]),
        (3.5, [17 / 8, 3 / 4, 0, 1 / 4, 3 / 8]),
    ],
)
def test_what_happens_after_the_horizon_does_not_count(horizon: float, hours: list[float]) -> None:
    """The areas up to a horizon before the last moves, reckoned on paper."""
    found = restricted_mean_hours(moves_from_spells(spells(FOUR), STATES), horizon)
    np.testing.assert_allclose(found.mean_hours, hours, rtol=1e-15, atol=1e-15)


@pytest.mark.slow
@settings(max_examples=50)
@given(portfolios())
def test_occupancy_is_the_product_of_transition_matrices(stays: list[Stay]) -> None:
    """Probabilities and mean hours equal the slow product of matrices, and add up to one and to the horizon."""
    moves, weight = moves_from_spells(spells(stays), STATES), np.ones(changes(stays))
    found = occupancy(moves, HOURS)
    for hour, row in zip(HOURS, found.probability, strict=True):
        np.testing.assert_allclose(row, slow_occupancy(stays, weight, hour), atol=1e-12)
    np.testing.assert_allclose(found.probability.sum(axis=1), 1.0, rtol=1e-12)
    for horizon in (3.0, 12.0):
        hours = restricted_mean_hours(moves, horizon).mean_hours
        np.testing.assert_allclose(hours, slow_mean_hours(stays, weight, horizon), atol=1e-11)
        assert hours.sum() == pytest.approx(horizon, rel=1e-13)


@pytest.mark.slow
@settings(max_examples=50)
@given(portfolios())
def test_influence_is_the_derivative(stays: list[Stay]) -> None:
    """Each change's influence is the derivative of the estimate by its weight, and their squares add to the error."""
    moves = moves_from_spells(spells(stays), STATES)
    found = occupancy(moves, HOURS, keep_influence=True)
    assert found.influence is not None
    for row, hour in enumerate(HOURS):
        np.testing.assert_allclose(found.influence[:, row], slow_influence(stays, "occupancy", hour), atol=1e-6)
    np.testing.assert_allclose(found.standard_error, np.sqrt((found.influence**2).sum(axis=0)), rtol=1e-12)
    mean = restricted_mean_hours(moves, 9.0, keep_influence=True)
    assert mean.influence is not None
    np.testing.assert_allclose(mean.influence, slow_influence(stays, "mean_hours", 9.0), atol=1e-5)


@pytest.mark.slow
@settings(max_examples=50)
@given(portfolios())
def test_clusters(stays: list[Stay]) -> None:
    """A cluster's influence is the sum of its changes'; clusters of one change give the errors by change."""
    alone = moves_from_spells(spells(stays), STATES)
    single = moves_from_spells(spells(stays), STATES, cluster=[stay.change for stay in stays])
    pair = moves_from_spells(spells(stays), STATES, cluster=halves(stays), clusters=3)
    one, other, both = (occupancy(moves, HOURS, keep_influence=True) for moves in (alone, single, pair))
    np.testing.assert_allclose(other.standard_error, one.standard_error, atol=1e-13)
    assert one.influence is not None
    assert both.influence is not None
    assert both.influence.shape[0] == 3
    assert both.clusters == 2
    np.testing.assert_allclose(both.influence[0], one.influence[::2].sum(axis=0), atol=1e-13)
    np.testing.assert_allclose(both.influence[2], 0.0)


@settings(max_examples=50)
@given(portfolios(censored=False))
def test_nobody_out_of_sight(stays: list[Stay]) -> None:
    """Where every change is seen to its end, a probability is the share of changes there, with a share's error."""
    found = occupancy(moves_from_spells(spells(stays), STATES), HOURS)
    final = {stay.change: stay.to for stay in stays}
    for row, hour in enumerate(HOURS):
        where = dict(final)
        where.update({stay.change: stay.state for stay in stays if stay.start <= hour < stay.end})
        share = np.bincount(list(where.values()), minlength=len(STATES)) / len(where)
        np.testing.assert_allclose(found.probability[row], share, atol=1e-12)
        error = np.sqrt(share * (1 - share) / len(where))
        np.testing.assert_allclose(found.standard_error[row], error, atol=1e-7)


def test_tables_in_several_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the tables of all states do not fit at once, several passes give the same."""
    moves = moves_from_spells(spells(FOUR), STATES)
    whole = restricted_mean_hours(moves, 4.0).standard_error
    monkeypatch.setattr("analytics.survival.errors.influence._TABLE_NUMBERS", 1)
    np.testing.assert_array_equal(restricted_mean_hours(moves, 4.0).standard_error, whole)


def test_timeline_for_several_questions() -> None:
    """Moves that were put in order once answer as the moves themselves do."""
    moves = moves_from_spells(spells(FOUR), STATES)
    timeline = Timeline(moves)
    np.testing.assert_array_equal(occupancy(timeline, [2.0]).lower, occupancy(moves, [2.0]).lower)
    once, again = restricted_mean_hours(timeline, 4.0), restricted_mean_hours(moves, 4.0)
    np.testing.assert_array_equal(once.standard_error, again.standard_error)


def test_one_cluster_says_nothing_of_error() -> None:
    """A single cluster has no error to show: nan, never zero."""
    moves = moves_from_spells(spells(FOUR), STATES, cluster=np.zeros(len(FOUR), np.int64))
    found = occupancy(moves, [2.0])
    assert np.isnan(found.standard_error).all()
    assert np.isnan(found.lower).all()
    assert np.isnan(restricted_mean_hours(moves, 4.0).standard_error).all()
    assert np.isnan(restricted_mean_hours(moves, 4.0).upper).all()


def test_questions_without_an_answer() -> None:
    """No changes, no horizon, and hours that jump back are refused."""
    none = moves_from_spells(Spells.of([], [], [], [], []), STATES)
    with pytest.raises(AnalysisError, match="no change"):
        occupancy(none, [1.0])
    moves = moves_from_spells(spells(FOUR), STATES)
    with pytest.raises(AnalysisError, match="horizon"):
        restricted_mean_hours(moves, 0.0)
    with pytest.raises(AnalysisError, match="ascend"):
        occupancy(moves, [2.0, 1.0])
    with pytest.raises(AnalysisError, match="flat list"):
        occupancy(moves, [[2.0, 1.0]])
