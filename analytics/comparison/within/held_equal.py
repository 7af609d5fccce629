"""What a model of a comparison takes: size and time, which are held equal, and of very many changes an even part."""

from __future__ import annotations

import numpy as np
import polars as pl

from analytics.survival.arrays import BoolArray, FloatArray

__all__ = ["COVARIATES", "even_part", "held_equal", "size_of", "years_of"]

COVARIATES = ("additions", "deletions", "code_complete_at")
"""The columns of `lead_times` that it takes."""
_YEAR = 365.25 * 86_400.0


def held_equal(changes: pl.DataFrame, *, dated: bool) -> FloatArray:
    """The size, and the time unless it is what distinguishes the groups (not `dated`), (changes, 1 or 2)."""
    columns = [size_of(changes), *([years_of(changes)] if dated else [])]
    return np.column_stack(columns)


def size_of(changes: pl.DataFrame) -> FloatArray:
    """The logarithm of one more than the lines changed; where they are not known, the median of the others."""
    lines = pl.col("additions").cast(pl.Float64) + pl.col("deletions").cast(pl.Float64)
    counts = changes.select(lines.fill_null(lines.median()).fill_null(0.0)).to_series().to_numpy()
    return np.asarray(np.log1p(counts), dtype=np.float64)


def years_of(changes: pl.DataFrame) -> FloatArray:
    """When changes were code complete, in years since the first."""
    at = changes["code_complete_at"].to_numpy().astype("datetime64[s]").astype(np.int64)
    return np.asarray((at - at.min(initial=at[0] if at.size else 0)) / _YEAR, dtype=np.float64)


def even_part(changes: int, most: int) -> BoolArray | None:
    """About `most` of so many changes, evenly, the same every time, (changes,); None for all of them."""
    if changes <= most:
        return None
    # Multiples of the golden ratio fall evenly, whatever period the rows have (Knuth, TAOCP 3, section 6.4).
    chosen: BoolArray = (np.arange(changes) * 0.6180339887498949) % 1.0 < most / changes
    return chosen
