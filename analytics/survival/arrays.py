"""The array types that the estimators share, and the checks of their input."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from headway.errors import AnalysisError

__all__ = ["BoolArray", "FloatArray", "IntArray", "as_codes", "as_counts", "as_hours", "same_length", "totals"]

FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.int64]
BoolArray: TypeAlias = NDArray[np.bool_]


def as_hours(values: ArrayLike, name: str) -> FloatArray:
    """A one-dimensional array of finite hours, none below zero; AnalysisError otherwise."""
    hours = np.asarray(values, dtype=np.float64)
    if hours.ndim != 1:
        raise AnalysisError(f"{name} is not a flat list of hours", hint="give one number per row")
    if hours.size and not (np.isfinite(hours).all() and hours.min() >= 0):
        raise AnalysisError(f"{name} has negative or missing hours", hint="leave out the rows without a duration")
    return hours


def as_codes(values: ArrayLike, name: str, *, lowest: int, highest: int) -> IntArray:
    """A one-dimensional array of whole numbers in [lowest, highest]; AnalysisError otherwise."""
    codes = np.asarray(values)
    if codes.size == 0:
        return np.zeros(0, dtype=np.int64)
    if codes.ndim != 1 or codes.dtype.kind not in "iub":
        raise AnalysisError(f"{name} is not a flat list of whole numbers", hint="number the values first")
    if codes.min() < lowest or codes.max() > highest:
        raise AnalysisError(f"{name} has a number outside {lowest} … {highest}", hint="check how it was numbered")
    return codes.astype(np.int64, copy=False)


def as_counts(values: ArrayLike | None, size: int, name: str) -> FloatArray:
    """How many changes each row stands for: all one (and no memory) when not given; AnalysisError when not positive."""
    if values is None:
        return np.broadcast_to(np.float64(1.0), size)
    counts = np.asarray(values, dtype=np.float64)
    if counts.ndim != 1 or (counts.size and not (np.isfinite(counts).all() and counts.min() > 0)):
        raise AnalysisError(f"{name} has counts that are not positive", hint="leave out rows that count nothing")
    return counts


def same_length(**columns: FloatArray | IntArray | BoolArray) -> None:
    """AnalysisError unless all columns have as many rows."""
    if len({column.shape[0] for column in columns.values()}) > 1:
        sizes = ", ".join(f"{name} {column.shape[0]}" for name, column in columns.items())
        raise AnalysisError(f"columns differ in length: {sizes}", hint="give every column of the same rows")


def totals(place: IntArray, weights: FloatArray | BoolArray, size: int) -> FloatArray:
    """The sum of `weights` at each place 0 … size-1."""
    return np.asarray(np.bincount(place, weights=weights, minlength=size), dtype=np.float64)
