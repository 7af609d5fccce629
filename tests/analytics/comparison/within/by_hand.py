"""The comparison within cells by other means: dummy variables, whole matrices, draws one by one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


def design_matrix(first: NDArray[np.bool_], cell: Codes, covariates: Floats) -> Floats:
    """The group, a column for each cell, and the covariates."""
    return np.column_stack([first, cell[:, None] == np.unique(cell), covariates])


def regression(values: Floats, matrix: Floats) -> tuple[Floats, Floats]:
    """Coefficients and residuals of least squares."""
    coefficients: Floats = np.linalg.lstsq(matrix, values, rcond=None)[0].astype(np.float64)
    return coefficients, values - matrix @ coefficients


def group_left(first: NDArray[np.bool_], cell: Codes, covariates: Floats) -> Floats:
    """What cells and covariates do not explain of the group (Frisch–Waugh–Lovell)."""
    return regression(first.astype(np.float64), design_matrix(first, cell, covariates)[:, 1:])[1]


def jackknifed_error(values: Floats, group: Floats, residual: Floats, cluster: Codes) -> tuple[float, float]:
    """The standard error by cluster, each score over one minus its share, and the degrees of freedom."""
    whole = float(group @ group)
    square, shares = 0.0, 0.0
    for code in np.unique(cluster):
        rows = cluster == code
        share = float(group[rows] @ group[rows]) / whole
        square += (float(group[rows] @ residual[rows]) / whole / (1.0 - share)) ** 2
        shares += share**2
    return float(np.sqrt(square)), 1.0 / shares - 1.0


def wild_p_value(
    supposed: float, values: Floats, repository: Codes, draws: Floats, matrix: Floats, group: Floats
) -> float:
    """The share of draws as extreme as the data, each a regression of its own.

    `draws` (draws, repositories); `matrix`: the design, the group first; `group`: what the rest leaves of it.
    """

    def statistic(outcome: Floats) -> float:
        coefficients, residual = regression(outcome, matrix)
        scores = np.array([group[repository == g] @ residual[repository == g] for g in np.unique(repository)])
        return float((coefficients[0] - supposed) / (np.sqrt((scores**2).sum()) / (group @ group)))

    held, residual = regression(values - supposed * matrix[:, 0], matrix[:, 1:])
    fitted = matrix[:, 1:] @ held + supposed * matrix[:, 0]
    seen = abs(statistic(values))
    extreme = [abs(statistic(fitted + weight[repository] * residual)) >= seen * (1.0 - 1e-9) for weight in draws]
    return float(np.mean(extreme))
