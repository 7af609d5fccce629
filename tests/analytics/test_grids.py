from __future__ import annotations

from itertools import pairwise

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.cohort import cohort as observations
from analytics.cohort import columns as lead_columns
from analytics.cohort.cohort import LEAD_STAGES, STATES, read_cohort
from analytics.cohort.filters import Filters
from analytics.cohort.grids import Grid
from analytics.cohort.histories import Histories, counted_ends, counted_moves
from analytics.cohort.units import LIKE_THESE
from analytics.survival import occupancy, restricted_mean_hours
from tests.analytics.lead_times import histories, lead_times

HOURS = [1.0, 5.0, 24.0, 60.0, 200.0]
YEAR = Grid.of(24 * 365.0, coarse=True)


@given(st.integers(0, 60 * 24 * 365))
def test_a_coarse_grid_keeps_its_bound(minute: int) -> None:
    """No minute moves by more than half a cell, 1 % of its hours, and none over a whole hour."""
    told = float(YEAR.hours[YEAR.cell[minute]]) * 60
    width = next(
        width for until, width in ((4, 1), (24, 5), (168, 15), (720, 30), (np.inf, 60)) if minute <= until * 60
    )
    assert abs(told - minute) <= (width - 1) / 2 + 1e-9
    assert abs(told - minute) <= 0.01 * minute + 1e-9
    assert np.ceil(told / 60 - 1e-9) == np.ceil(minute / 60)


@pytest.mark.parametrize("coarse", [False, True])
@pytest.mark.parametrize("longest", [0.0, 0.4, 8.0, 47.99, 800.0])
def test_every_minute_has_a_cell(longest: float, coarse: bool) -> None:
    """Cells climb with the minutes, from hour 0 to beyond the longest."""
    grid = Grid.of(longest, coarse=coarse)
    told = grid.hours[grid.cell[: round(longest * 60) + 1]]
    assert told[0] == 0.0
    assert all(one <= other for one, other in pairwise(told))
    assert grid.last(None) >= int(grid.cell.max())
    assert grid.hours[grid.last(longest)] <= longest


def test_very_many_changes_are_told_closely(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the coarse grid means move by minutes, and occupation by what moves within minutes of its hour."""
    monkeypatch.setattr(observations, "COARSE_CHANGES", 0)
    with duckdb.connect() as connection:
        lead_times(connection, histories(5, 2000))
        exact = read_cohort(connection, Filters())
        monkeypatch.setattr(lead_columns, "EXACT_CHANGES", 0)
        counted = read_cohort(connection, Filters(), columns=())
    one, other = (cohort.moves(LIKE_THESE) for cohort in (exact, counted))
    assert np.unique(other.hours).size < np.unique(one.hours).size / 2
    times = [restricted_mean_hours(moves, 200.0) for moves in (one, other)]
    np.testing.assert_allclose(times[1].mean_hours, times[0].mean_hours, atol=0.05)
    np.testing.assert_allclose(times[1].standard_error, times[0].standard_error, rtol=0.01, atol=0.002)
    shares = [occupancy(moves, HOURS).probability for moves in (one, other)]
    np.testing.assert_allclose(shares[1], shares[0], atol=0.01)


def test_equal_changes_are_counted_together() -> None:
    """The same changes twice have the same moves and ends, each counted twice."""
    rng = np.random.default_rng(3)
    stages = len(LEAD_STAGES)
    hours = [np.where(rng.random(300) < 0.7, rng.exponential(9.0, 300).round(1), np.nan) for _ in range(stages)]
    hours[0] = np.nan_to_num(hours[0])
    ended, unit, grid = rng.integers(-1, 2, 300), rng.integers(0, 4, 300), Grid.of(400.0, coarse=True)
    twice = Histories([np.tile(one, 2) for one in hours], np.tile(ended, 2))
    once = counted_moves(Histories(hours, ended), STATES, unit, 4, grid)
    other = counted_moves(twice, STATES, np.tile(unit, 2), 4, grid)
    for name in ("start_unit", "start_state", "unit", "hours", "from_state", "to_state"):
        np.testing.assert_array_equal(getattr(once, name), getattr(other, name), err_msg=name)
    for name in ("start_count", "count"):
        np.testing.assert_array_equal(2.0 * getattr(once, name), getattr(other, name), err_msg=name)
    whole = np.nansum(hours, axis=0)
    *rows, count = counted_ends(whole, ended, 2, unit, 4, grid)
    *others, count_twice = counted_ends(np.tile(whole, 2), np.tile(ended, 2), 2, np.tile(unit, 2), 4, grid)
    for row, expected in zip(rows, others, strict=True):
        np.testing.assert_array_equal(row, expected)
    np.testing.assert_array_equal(2.0 * count, count_twice)
