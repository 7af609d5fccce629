from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from analytics.comparison.within.design import Codes, Design, design_of, in_shared_cells
from analytics.comparison.within.effect import Outcome, effect_of, reach_in_these
from analytics.comparison.within.wild_bootstrap import Draws, Supposed, WildTest
from tests.analytics.comparison.within import by_hand

SEEDS = st.integers(0, 10_000)


@dataclass(frozen=True, eq=False)
class Made:
    """What a design was made from, (changes,) each."""

    first: NDArray[np.bool_]
    cell: NDArray[np.int64]
    repository: NDArray[np.int64]
    covariates: NDArray[np.float64]

    @property
    def codes(self) -> Codes:
        """Errors by cell."""
        return Codes(self.cell, self.cell, self.repository)


def drawn(seed: int, repositories: int = 4, size: int = 200) -> tuple[Design, np.ndarray, Made]:
    """A design in cells of repository and month with two covariates, an outcome, and what they were made from."""
    rng = np.random.default_rng(seed)
    repository, month = rng.integers(0, repositories, size), rng.integers(0, 4, size)
    first = rng.random(size) < 0.2 + 0.6 * repository / repositories
    cell = repository * 4 + month
    covariates = np.column_stack([rng.normal(size=size) + first, rng.random(size)])
    values = 0.4 * first + repository - 0.3 * month + covariates @ [0.5, -1.0] + rng.standard_t(4, size)
    shared = in_shared_cells(first, cell)
    made = Made(first[shared], cell[shared], repository[shared], covariates[shared])
    design = design_of(made.first, made.codes, made.covariates)
    assert design is not None
    return design, values[shared], made


@given(SEEDS)
def test_difference_is_that_of_a_regression_with_a_column_for_each_cell(seed: int) -> None:
    """The coefficient of the group, its error by cluster and the degrees of freedom, from whole matrices."""
    design, values, parts = drawn(seed)
    matrix = by_hand.design_matrix(parts.first, parts.cell, parts.covariates)
    coefficients, residual = by_hand.regression(values, matrix)
    group = by_hand.group_left(parts.first, parts.cell, parts.covariates)
    error, degrees = by_hand.jackknifed_error(values, group, residual, parts.cell)
    effect = effect_of(design, Outcome.known(values))
    assert effect.difference == pytest.approx(coefficients[0])
    assert np.linalg.norm(effect.moved) == pytest.approx(error)
    assert reach_in_these(design).degrees == pytest.approx(degrees)


@given(SEEDS)
def test_both_groups_weigh_the_same_in_each_cell(seed: int) -> None:
    """Weighted by overlap, the plain difference of means is the difference within cells where nothing else is held."""
    _, values, parts = drawn(seed)
    design = design_of(parts.first, parts.codes, np.zeros((values.size, 0)))
    assert design is not None
    means = [np.average(values[side], weights=design.overlap[side]) for side in (design.first, ~design.first)]
    effect = effect_of(design, Outcome.known(values))
    assert effect.difference == pytest.approx(means[0] - means[1], abs=1e-6)
    assert effect.pair == pytest.approx(tuple(means), abs=1e-6)


@pytest.mark.slow
@given(SEEDS, st.floats(-1.0, 1.0))
def test_wild_bootstrap_is_that_of_one_regression_a_draw(seed: int, supposed: float) -> None:
    """With covariates, under any supposed difference, from sums by repository alone."""
    design, values, parts = drawn(seed, repositories=6, size=160)
    weights = np.random.default_rng(seed).choice([-(1.5**0.5), -1.0, 0.5**0.5, 1.0], (25, int(design.with_both.size)))
    effect = effect_of(design, Outcome.known(values))
    sums = design.repository_information, design.repository_mixed
    test = WildTest(Supposed(sums, weights), (effect.repository_score, effect.repository_held))
    found = test.p_value(supposed)
    matrix = by_hand.design_matrix(parts.first, parts.cell, parts.covariates)
    group = by_hand.group_left(parts.first, parts.cell, parts.covariates)
    brute = by_hand.wild_p_value(supposed, values, design.codes.repository, weights, matrix, group)
    assert found == pytest.approx(brute, abs=1e-12)


def test_interval_and_test_in_repositories_like_these_agree() -> None:
    """Zero is in the interval exactly where the test does not reject it; the same data give the same bounds."""
    for seed in range(20):
        design, values, _ = drawn(seed, repositories=8, size=240)
        effect = effect_of(design, Outcome.known(values))
        found = Draws(design).interval(effect)
        assert found is not None
        assert found == Draws(design).interval(effect)
        inside = (found.lower is None or found.lower <= 0.0) and (found.upper is None or found.upper >= 0.0)
        assert inside == (found.p_value > 0.05)


def test_few_repositories_say_nothing_of_others() -> None:
    """With four that have both groups there is no interval in repositories like these."""
    design, values, _ = drawn(1, repositories=4)
    assert Draws(design).interval(effect_of(design, Outcome.known(values))) is None


def test_copies_of_one_repository_say_nothing_of_others() -> None:
    """Repositories that show the very same difference do not show how others vary, and there is no interval."""
    first = np.array([True, True, False, False] * 8)
    repository = np.repeat(np.arange(8), 4)
    design = design_of(first, Codes(repository, repository, repository), np.zeros((32, 0)))
    assert design is not None
    values = np.where(first, 3.0, 1.0) + np.tile([0.5, -0.5], 16)
    effect = effect_of(design, Outcome.known(values))
    assert effect.difference == pytest.approx(2.0)
    assert Draws(design).interval(effect) is None


def test_few_cells_have_no_interval() -> None:
    """Four cells with both have an estimate, but no reach."""
    first = np.tile([True, False, False], 8)
    cell = np.repeat(np.arange(4), 6)
    design = design_of(first, Codes(cell, cell, cell), np.zeros((24, 0)))
    assert design is not None
    assert np.isnan(reach_in_these(design).degrees)


def test_a_covariate_that_cells_explain_is_left_out() -> None:
    """What is the same throughout each cell cannot be held equal, and does not need to be."""
    design, values, parts = drawn(3)
    with_cells = np.column_stack([parts.covariates, parts.cell / 7.0])
    other = design_of(parts.first, parts.codes, with_cells)
    assert other is not None
    assert other.covariates.shape[1] == 2
    assert effect_of(other, Outcome.known(values)).difference == pytest.approx(
        effect_of(design, Outcome.known(values)).difference
    )


def test_nothing_to_compare_is_no_design() -> None:
    """Cells of one group each identify nothing."""
    first = np.array([True, True, False, False])
    cell = np.array([0, 0, 1, 1])
    assert not in_shared_cells(first, cell).any()
    assert design_of(first[:0], Codes(cell[:0], cell[:0], cell[:0]), np.zeros((0, 1))) is None
