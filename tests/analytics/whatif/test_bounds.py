from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from analytics.cohort.cohort import LEAD_STAGES
from analytics.whatif.rhythms import rhythms_of
from analytics.whatif.stages import Changes, best_quartile
from tests.builders.changes import START, change, cohort, departures_of

RELEASE = LEAD_STAGES.index("release")
LATER = START + timedelta(days=900)
# Months of 30.4 days since 1970, of which this one begins after `START`; weeks begin on Mondays.
MONTH = 730.5
FIRST = (np.floor((START.timestamp() - 0) / 3600 / MONTH) + 1) * MONTH


def test_bounds_stay_inside_what_is_possible() -> None:
    """Where all but one arrive at once, no more than all arrive; where all but one wait, no longer than 30 days."""
    rows = [change("acme/a", "production", 24.0 * n, [None, None, 1.0, None, None, 1.0, 0.0]) for n in range(40)]
    rows[7] = change("acme/a", "production", 24.0 * 7, [None, None, 1.0, None, None, 900.0, 0.0])
    quick = cohort(rows)
    bounds = [rhythm.arrived_7d for rhythm in rhythms_of(quick, departures_of(quick))]
    assert max(bound.upper for bound in bounds) == 1.0
    slow = [change("acme/a", "waiting", 24.0 * n, [None, None, 1.0, None, None, 2000.0, None]) for n in range(40)]
    slow[7:9] = [change("acme/a", "production", 24.0 * n, [None, None, 1.0, None, None, 1.0, 0.0]) for n in (7, 8)]
    waits = [rhythm.waiting_hours for rhythm in rhythms_of(cohort(slow), departures_of(cohort(slow)))]
    assert max(wait.upper for wait in waits) == 720.0
    assert min(wait.lower for wait in waits) >= 0.0


@pytest.mark.parametrize("watched_days", [29.0, 31.0])
def test_best_months_are_judged_by_stays_watched_for_30_days(watched_days: float) -> None:
    """The shortest stays of a month that is watched for less say nothing of it; month 2 is the best of the others."""
    rows = []
    sizes = (20, 16, 24, 16, 16, 16, 16, 28)
    for month, size in enumerate(sizes):
        hours = {2: 50.0, 7: 5.0}.get(month, 100.0)
        for number in range(size):
            # In turns in weeks that are even and odd.
            at = FIRST + month * MONTH + 168.0 * (number % 2) + number / 64 - START.timestamp() / 3600
            end = START + timedelta(hours=at) + timedelta(days=watched_days) if month == 7 else LATER
            rows.append(change("acme/a", "production", at, [None] * 5 + [hours, 0.0], until=end))
    changes = Changes.of(cohort(rows).changes)
    donors = best_quartile(changes, changes.stays, RELEASE)
    assert donors is not None
    assert donors.stays == (sizes[2] if watched_days < 30 else sizes[7])
