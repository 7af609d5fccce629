"""Changes numbered by where and when they were made."""

from __future__ import annotations

import numpy as np

from analytics.cohort.cohort import Cohort
from analytics.cohort.units import together
from analytics.survival.arrays import IntArray

__all__ = ["MONTH", "QUARTER", "REPOSITORY", "numbered", "together"]

REPOSITORY, QUARTER, MONTH = "repository", "quarter", "month"


def numbered(cohort: Cohort, what: str) -> IntArray:
    """A code 0, 1, … for each change: its repository, or the calendar quarter or month (UTC) of code complete."""
    if what == REPOSITORY:
        return cohort.cluster[0]
    months = cohort.changes["code_complete_at"].to_numpy().astype("datetime64[M]").astype(np.int64)
    places = months if what == MONTH else months // 3
    return together(np.zeros_like(places), places - places.min(initial=places[0] if places.size else 0))
