"""How often intervals hold the truth of simulated companies, from the table to the reports' estimates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
import polars as pl

from analytics.cohort.cohort import LEAD_STAGES, STATES, cohort_of
from analytics.cohort.units import LIKE_THESE
from analytics.survival import Timeline, occupancy, restricted_mean_hours
from tests.analytics.simulated import AT_HOURS, ENDS, HORIZON_HOURS, STAGES, Company, FloatArray, Seen, covered

__all__ = ["Coverage", "coverage", "rows"]

_FEWEST_EXPECTED = 10
_PLACES = [STATES.index(state) for state in (*STAGES, *ENDS)]


@dataclass(frozen=True, eq=False)
class Coverage:
    """Share of intervals that hold the truth: `occupancy` (hours, states), `mean_hours` (states,).

    nan where fewer than ten changes of a company are expected to be in the state or not in it: no interval of a share
    holds there what it promises, and reports show the counts beside it.
    """

    occupancy: FloatArray
    mean_hours: FloatArray


def rows(seen: Seen) -> pl.DataFrame:
    """What was seen as rows of `lead_times`, so far as a cohort needs them."""
    names = dict(zip(STAGES, seen.hours.T, strict=True))
    hours = {f"{stage}_hours": names.get(stage, np.full(len(seen.outcome), np.nan)) for stage in LEAD_STAGES}
    about = {"repo": [f"acme/{code}" for code in seen.repository], "outcome": seen.outcome, "kind": "work"}
    table = pl.DataFrame({**about, "code_complete_at": datetime(2026, 1, 1), **hours})
    return table.with_columns(pl.col(pl.Float64).fill_nan(None))


def coverage(company: Company, companies: int) -> Coverage:
    """Over so many companies of a kind, by the seeds 0, 1, …; by repository where there are enough."""
    truth = company.truth()
    held_share, held_hours = [], []
    for seed in range(companies):
        timeline = Timeline(cohort_of(rows(company.seen(seed))).moves(LIKE_THESE))
        found, time = occupancy(timeline, AT_HOURS), restricted_mean_hours(timeline, HORIZON_HOURS)
        held_share.append(covered(found.lower[:, _PLACES], found.upper[:, _PLACES], truth.occupancy))
        held_hours.append(covered(time.lower[_PLACES], time.upper[_PLACES], truth.mean_hours))
    expected = company.changes * np.minimum(truth.occupancy, 1.0 - truth.occupancy)
    return Coverage(
        np.where(expected >= _FEWEST_EXPECTED, np.mean(held_share, axis=0), np.nan), np.mean(held_hours, axis=0)
    )
