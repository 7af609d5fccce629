"""Changes numbered by where and when they were made."""

from __future__ import annotations

import numpy as np

from analytics.cohort.cohort import Cohort
from analytics.survival.arrays import IntArray

__all__ = ["MONTH", "QUARTER", "REPOSITORY", "numbered", "together"]

REPOSITORY, QUARTER, MONTH = "repository", "quarter", "month"


def numbered(cohort: Cohort, what: str) -> IntArray:
    """A code 0, 1, … for each change: its repository, or the calendar quarter or month (UTC) of code complete."""
    if what == REPOSITORY:
        return cohort.cluster[0]
    months = cohort.changes["code_complete_at"].to_numpy().astype("datetime64[M]").astype(np.int64)
    places = months if what == MONTH else months // 3
    return _dense(places - places.min(initial=places[0] if places.size else 0))


def together(*codes: IntArray) -> IntArray:
    """A code 0, 1, … for each combination of codes that occurs."""
    joint = codes[0]
    for code in codes[1:]:
        joint = _dense(joint * (int(code.max(initial=0)) + 1) + code)
    return joint


def _dense(codes: IntArray) -> IntArray:
    """Codes (none below zero) as 0, 1, … without gaps; they are few numbers, or as many as changes."""
    if int(codes.max(initial=0)) > 100 * codes.size + 1_000_000:
        return np.asarray(np.unique(codes, return_inverse=True)[1], dtype=np.int64)
    occupied = np.bincount(codes) > 0
    return (np.cumsum(occupied) - 1)[codes]
