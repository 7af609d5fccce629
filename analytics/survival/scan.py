"""A first-order linear recurrence over millions of steps without a loop over them."""

from __future__ import annotations

from math import isqrt

import numpy as np

from analytics.survival.arrays import FloatArray

__all__ = ["linear_scan"]


def linear_scan(factor: FloatArray, addend: FloatArray, first: FloatArray) -> FloatArray:
    """x[:, i] = factor[i] · x[:, i-1] + addend[:, i], with x[:, -1] = first.

    `factor` (steps,), `addend` (rows, steps), `first` (rows,); returns (rows, steps). The steps are cut into √steps
    blocks that run side by side from zero, then each block gets what the one before it ends with (Blelloch 1990,
    "Prefix sums and their applications"). Nothing is divided, so a factor of zero is exact.
    """
    rows, steps = addend.shape
    if steps == 0:
        return addend.copy()
    length = isqrt(steps - 1) + 1
    blocks = -(-steps // length)
    factors = np.ones((length, blocks))
    values = np.zeros((rows, length, blocks))
    padding = blocks * length - steps
    factors[:] = np.pad(factor, (0, padding), constant_values=1.0).reshape(blocks, length).T
    values[:] = np.pad(addend, ((0, 0), (0, padding))).reshape(rows, blocks, length).transpose(0, 2, 1)
    for step in range(1, length):
        values[:, step] += factors[step] * values[:, step - 1]
        factors[step] *= factors[step - 1]
    carried = np.empty((rows, blocks))
    carried[:, 0] = first
    for block in range(1, blocks):
        carried[:, block] = factors[-1, block - 1] * carried[:, block - 1] + values[:, -1, block - 1]
    for step in range(length):
        values[:, step] += factors[step] * carried
    return values.transpose(0, 2, 1).reshape(rows, blocks * length)[:, :steps]
