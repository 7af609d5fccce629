"""Ascending hours of which many are equal, as counted changes have them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from analytics.survival.arrays import FloatArray, IntArray

__all__ = ["distinct_hours", "places"]


def distinct_hours(flows: Sequence[FloatArray]) -> FloatArray:
    """Each hour that is in any of `flows`, each ascending, once, ascending."""
    if not flows:
        return np.zeros(0)
    return np.unique(np.concatenate([hours[_first_of_ties(hours)] for hours in flows]))


def places(table: FloatArray, hours: FloatArray, side: Literal["left", "right"] = "left") -> IntArray:
    """`np.searchsorted` of ascending `hours` in the ascending `table`, equal hours looked up once."""
    first = _first_of_ties(hours)
    return np.repeat(np.searchsorted(table, hours[first], side), np.diff(first, append=hours.size))


def _first_of_ties(hours: FloatArray) -> IntArray:
    return np.flatnonzero(np.diff(hours, prepend=-1.0))
