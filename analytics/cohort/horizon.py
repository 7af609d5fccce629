"""Up to when hours of waiting count: long enough for most of the work to arrive.

A mean up to a horizon hides what comes after it: within 30 days a company that releases each quarter waits for reviews
as much as for releases, within 180 mostly for releases (Royston & Parmar 2013, BMC Medical Research Methodology 13,
152, on how to choose the horizon of a restricted mean).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analytics.cohort.cohort import ENDS, Cohort
from analytics.cohort.kinds import WORK
from analytics.survival.quantiles import crossing_hours

__all__ = ["HORIZON_DAYS", "horizon_days"]

HORIZON_DAYS = (30, 90, 180)
"""The horizons to choose from, in days; the first for cohorts too small to say."""

_SHARE = 0.85
_FEWEST = 20


def horizon_days(cohort: Cohort, hours_in: Callable[[int], float]) -> int:
    """The shortest of `HORIZON_DAYS` within which 85 % of the work that is not abandoned is in production.

    The last where none is. Of all work of a company, so that its groups share a horizon; what waits is right-censored.
    `hours_in`: so many days in hours on the clock of the cohort.
    """
    kind = cohort.changes["kind"] if "kind" in cohort.changes.columns else None
    work = cohort if kind is None or bool((kind == "work").all()) else cohort.where(WORK)
    if len(work.changes) < _FEWEST:
        return HORIZON_DAYS[0]
    curve = work.incidence()
    if not curve.event_hours.size:
        return HORIZON_DAYS[-1]
    arrived, abandoned = (curve.probability[:, ENDS.index(end)] for end in ENDS)
    reached = crossing_hours(curve.event_hours, arrived, _SHARE * (1.0 - float(abandoned[-1])))
    if reached is None:
        return HORIZON_DAYS[-1]
    ends = np.array([hours_in(days) for days in HORIZON_DAYS])
    return HORIZON_DAYS[min(int(np.searchsorted(ends, reached)), len(HORIZON_DAYS) - 1)]
