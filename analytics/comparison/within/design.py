"""Which changes identify a difference within cells, and how much each weighs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analytics.survival.arrays import BoolArray, FloatArray, IntArray, totals

__all__ = ["Codes", "Design", "design_of", "in_shared_cells"]

_PARTS = 2.0**30
_NOTHING = 1e-9
"""A covariate of which the cells leave less than this share of its spread is not held equal: it does not vary there."""


@dataclass(frozen=True, eq=False)
class Codes:
    """What each change belongs to, as codes 0, 1, …, (changes,) each.

    `cell`: within which groups are compared. `cluster`: what is independent of all else, for the errors in these
    repositories. `repository`: for those in repositories like these.
    """

    cell: IntArray
    cluster: IntArray
    repository: IntArray

    def of(self, rows: BoolArray) -> Codes:
        """Those of some changes."""
        return Codes(self.cell[rows], self.cluster[rows], self.repository[rows])


@dataclass(frozen=True, eq=False)
class Design:
    """A regression of an outcome on the group with an effect for each cell, ready for any outcome.

    `first` (changes,): whether a change is in the first group. `codes`: of the changes. `size` (cells,): how many each
    cell has. `group` (changes,): the group less what cells and covariates explain of it. `covariates` (changes, k):
    less their means in cells; orthogonal to each other and to `group`. `information`: the sum of squares of `group`.
    `overlap` (changes,): the weight of each change when covariates are left aside: the share of the other group in its
    cell. Both groups then weigh the same in each cell (overlap weights: Li, Morgan & Zaslavsky 2018, JASA 113, 390).
    """

    first: BoolArray
    codes: Codes
    size: FloatArray
    group: FloatArray
    covariates: FloatArray
    information: float
    overlap: FloatArray

    def less_cells(self, values: FloatArray) -> FloatArray:
        """`values` (changes,) less their means in cells."""
        return _less_means(values, self.codes.cell, self.size)

    def residual(self, values: FloatArray) -> FloatArray:
        """`values` (changes,) less what cells and covariates explain of them."""
        left = self.less_cells(values)
        return left - self.covariates @ (self.covariates.T @ left)

    @cached_property
    def share(self) -> FloatArray:
        """Which part of the information each cluster has, (clusters,)."""
        return totals(self.codes.cluster, self.group**2, int(self.codes.cluster.max()) + 1) / self.information

    @cached_property
    def repository_information(self) -> FloatArray:
        """The information of each repository, (repositories,)."""
        return self.by_repository(self.group**2)

    @cached_property
    def repository_mixed(self) -> FloatArray:
        """The group times each covariate, summed by repository, (repositories, k)."""
        sums = [self.by_repository(self.group * column) for column in self.covariates.T]
        return np.column_stack(sums) if sums else np.zeros((self.repository_information.size, 0))

    @cached_property
    def with_both(self) -> BoolArray:
        """Whether each repository has both groups in one cell, so that it has an estimate of its own."""
        first, second = (self.by_repository(side) for side in (self.first, ~self.first))
        present: BoolArray = (first > 0.0) & (second > 0.0)
        return present & (self.repository_information > _NOTHING * self.information)

    def by_repository(self, values: FloatArray | BoolArray) -> FloatArray:
        """The sums of `values` (changes,) by repository."""
        return totals(self.codes.repository, values, int(self.codes.repository.max()) + 1)

    @property
    def odds(self) -> float:
        """The odds of the first group in the mean cell: n₁/n₀ with the weights of the estimate."""
        first, second = (totals(self.codes.cell, side, self.size.size) for side in (self.first, ~self.first))
        weight = first * second / self.size
        return float((weight * first / second).sum() / weight.sum())


def in_shared_cells(first: BoolArray, cell: IntArray) -> BoolArray:
    """Whether each change is in a cell that has both groups, (changes,)."""
    size = int(cell.max(initial=-1)) + 1
    both = (totals(cell, first, size) > 0.0) & (totals(cell, ~first, size) > 0.0)
    return both[cell]


def design_of(first: BoolArray, codes: Codes, covariates: FloatArray) -> Design | None:
    """The design for changes that are all in shared cells; None where nothing of the group is left to estimate from.

    `covariates` (changes, k): what is held equal beside the cells. What does not vary within cells is left out.
    """
    if not first.size:
        return None
    dense = Codes(*(_dense(code) for code in (codes.cell, codes.cluster, codes.repository)))
    size = np.bincount(dense.cell).astype(np.float64)
    held: list[FloatArray] = []
    for column in covariates.T:
        left = _less_means(column, dense.cell, size)
        spread = float(((column - column.mean()) ** 2).sum())
        for other in held:
            left = left - other * float(other @ left)
        square = float(left @ left)
        if square > _NOTHING * max(spread, 1e-300):
            held.append(left / np.sqrt(square))
    basis = np.column_stack(held) if held else np.zeros((first.size, 0))
    group = _less_means(first.astype(np.float64), dense.cell, size)
    group = group - basis @ (basis.T @ group)
    information = float(group @ group)
    if information <= _NOTHING * first.size:
        return None
    other = totals(dense.cell, ~first, size.size)[dense.cell] / size[dense.cell]
    # In whole parts: sums are exact, and when the last change leaves a state exactly nothing stays behind.
    overlap = np.ceil(np.where(first, other, 1.0 - other) * _PARTS) / _PARTS
    return Design(first, dense, size, group, basis, information, overlap)


def _less_means(values: FloatArray, cell: IntArray, size: FloatArray) -> FloatArray:
    less: FloatArray = values - (totals(cell, values, size.size) / size)[cell]
    return less


def _dense(code: IntArray) -> IntArray:
    occupied = np.bincount(code) > 0
    return (np.cumsum(occupied) - 1)[code]
