from __future__ import annotations

import numpy as np
import pytest

from analytics.survival import CENSORED, Moves, Spells, moves_from_spells, occupancy
from analytics.survival.arrays import FloatArray
from headway.errors import AnalysisError
from tests.analytics.survival.chains import ABANDONED, PRODUCTION, STATES, Stay, spells


def _probability(stays: list[Stay], hour: float) -> FloatArray:
    probability: FloatArray = occupancy(moves_from_spells(spells(stays), STATES), [hour]).probability[0]
    return probability


def test_rows_in_any_order() -> None:
    """The order in which rows arrive changes nothing."""
    stays = [Stay(7, 0, 2, 0, 1), Stay(7, 2, 3, 1, PRODUCTION), Stay(3, 0, 1, 0, CENSORED), Stay(9, 0, 2, 0, ABANDONED)]
    forward, backward = moves_from_spells(spells(stays), STATES), moves_from_spells(spells(stays[::-1]), STATES)
    for name in ("unit", "hours", "from_state", "to_state", "start_unit", "start_state"):
        assert np.array_equal(getattr(forward, name), getattr(backward, name))
    assert (forward.changes, forward.seen_hours) == (3.0, 3.0)
    assert forward.clusters is None


def test_stay_of_no_length_is_skipped() -> None:
    """A change that passes a state in the instant it came was never seen there, and moves at once to where it stays."""
    stays = [
        Stay(0, 0, 5, 0, 1),
        Stay(0, 5, 5, 1, 2),
        Stay(0, 5, 5, 2, PRODUCTION),
        Stay(1, 0, 8, 0, 1),
        Stay(1, 8, 9, 1, PRODUCTION),
    ]
    moves = moves_from_spells(spells(stays), STATES)
    assert moves.from_state.tolist() == [0, 0, 1]
    assert moves.to_state.tolist() == [PRODUCTION, 1, PRODUCTION]
    assert _probability(stays, 5.0).tolist() == [0.5, 0.0, 0.0, 0.5, 0.0]


def test_start_left_at_once() -> None:
    """A change that leaves its first state at hour 0 is elsewhere from the start."""
    stays = [Stay(0, 0, 0, 0, 2), Stay(0, 0, 4, 2, PRODUCTION), Stay(1, 0, 3, 0, 2), Stay(1, 3, 6, 2, PRODUCTION)]
    assert _probability(stays, 0.0).tolist() == [0.5, 0.0, 0.5, 0.0, 0.0]


def test_arrival_at_hour_zero() -> None:
    """A change in production the moment it was complete counts as arrived at hour 0."""
    stays = [Stay(0, 0, 0, 0, PRODUCTION), Stay(1, 0, 3, 0, PRODUCTION)]
    assert _probability(stays, 0.0).tolist() == [0.5, 0.0, 0.0, 0.5, 0.0]


def test_last_seen_on_arrival() -> None:
    """A change whose last known move leads into a stage is last seen there, with or without a row saying so."""
    known = [Stay(0, 0, 2, 0, 1), Stay(1, 0, 1, 0, 1), Stay(1, 1, 5, 1, PRODUCTION)]
    said = [Stay(0, 2, 2, 1, CENSORED), *known]
    assert np.array_equal(_probability(known, 5.0), _probability(said, 5.0))
    moves = moves_from_spells(spells(known), STATES, cluster=[0, 0, 1, 1][: len(known)])
    assert (moves.to_state == CENSORED).sum() == 1


def test_equal_rows_given_once_with_their_count() -> None:
    """Moves aggregated by unit, hour and states give what the single ones give, standard errors included."""
    stays = [Stay(c, 0, 1 + c // 4, 0, 1 if c % 2 else ABANDONED) for c in range(16)]
    stays += [Stay(c, 1 + c // 4, 7, 1, PRODUCTION if c % 3 else CENSORED) for c in range(1, 16, 2)]
    single = moves_from_spells(spells(stays), STATES, cluster=[stay.change // 4 for stay in stays])
    columns = np.stack([single.unit, single.hours, single.from_state, single.to_state], axis=1)
    rows, count = np.unique(columns, axis=0, return_counts=True)
    together = Moves(
        states=STATES,
        units=4,
        start_unit=np.arange(4),
        start_state=np.zeros(4, np.int64),
        start_count=np.full(4, 4.0),
        unit=rows[:, 0].astype(np.int64),
        hours=rows[:, 1],
        from_state=rows[:, 2].astype(np.int64),
        to_state=rows[:, 3].astype(np.int64),
        count=count.astype(np.float64),
        clustered=True,
    )
    assert together.unit.size < single.unit.size
    one, other = occupancy(single, [1, 2, 3, 4, 8]), occupancy(together, [1, 2, 3, 4, 8])
    np.testing.assert_allclose(other.probability, one.probability, rtol=1e-12)
    np.testing.assert_allclose(other.standard_error, one.standard_error, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize(
    ("stays", "said"),
    [
        ([Stay(0, 1, 2, 0, CENSORED)], "do not begin at hour 0"),
        ([Stay(0, 0, 2, 0, 1), Stay(0, 3, 4, 1, CENSORED)], "leave a gap"),
        ([Stay(0, 0, 2, 0, 1), Stay(0, 2, 4, 2, CENSORED)], "not in the state"),
        ([Stay(0, 0, 2, 1, 0)], "moves back"),
        ([Stay(0, 0, 2, 0, len(STATES))], "outside"),
        ([Stay(0, 0, float("nan"), 0, 1)], "negative or missing"),
        ([Stay(0, 0, -1.0, 0, 1)], "negative or missing"),
    ],
)
def test_impossible_stays(stays: list[Stay], said: str) -> None:
    """Stays that cannot be are refused, with what is wrong."""
    with pytest.raises(AnalysisError, match=said):
        moves_from_spells(spells(stays), STATES)


def test_columns_of_different_length() -> None:
    """Columns that do not belong together are refused."""
    with pytest.raises(AnalysisError, match="differ in length"):
        Spells.of([0, 1], [0.0], [1.0], [0], [1])


def test_more_leave_than_came() -> None:
    """Moves of changes that never started are refused."""
    one = np.zeros(1, np.int64)
    two = np.zeros(2, np.int64)
    moves = Moves(STATES, 1, one, one, np.ones(1), two, np.array([1.0, 1.0]), two, two + 1, np.ones(2), clustered=True)
    with pytest.raises(AnalysisError, match="more changes leave review"):
        occupancy(moves, [1.0])


def test_counts_need_clusters() -> None:
    """A unit that stands for several changes is a cluster, and must be called one."""
    one = np.zeros(1, np.int64)
    moves = Moves(STATES, 1, one, one, np.array([2.0]), one, np.ones(1), one, one + 1, np.array([2.0]), clustered=False)
    with pytest.raises(AnalysisError, match="several changes"):
        occupancy(moves, [1.0])


def test_counts_are_positive() -> None:
    """A row that counts nothing is refused."""
    one = np.zeros(1, np.int64)
    with pytest.raises(AnalysisError, match="not positive"):
        Moves(STATES, 1, one, one, np.array([0.0]), one, np.ones(1), one, one + 1, np.ones(1), clustered=True)
