from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from analytics.whatif.departures import Departures

DAY = 24 * 3_600_000_000


def left(**days: list[float]) -> Departures:
    """Departures of repositories on these days."""
    rows = [(repo, int(day * DAY)) for repo, every in days.items() for day in every]
    return Departures.of(pl.DataFrame(rows, schema=["repo", "left_at"], orient="row"))


@pytest.mark.parametrize(
    ("changes", "gap"),
    [
        ([0, 0, 0, 1], 2.0),
        ([0, 1, 1, 1], 10.0),
        ([0, 0, 1, 1, 2], 2.0),
        ([2, 2, 2, 1], 10.0),
        ([-1, -1, -1, 1], 10.0),
    ],
)
def test_typical_gap_is_that_of_the_change_in_the_middle(changes: list[int], gap: float) -> None:
    """Every 2 days in one repository, every 10 in another; one with a single release has no gap. In days."""
    departures = left(a=[0, 1, 4, 6], b=[3, 13], c=[5])
    assert departures.typical_gap_days(np.array(changes)) == pytest.approx(gap)


@pytest.mark.parametrize("changes", [[], [2], [-1]])
def test_no_gap_without_two_releases(changes: list[int]) -> None:
    """Where no repository with changes released twice there is no gap."""
    assert math.isnan(left(a=[0, 1], b=[3], c=[5]).typical_gap_days(np.array(changes, dtype=np.int64)))


def test_usual_hour_is_the_one_of_most_releases() -> None:
    """The hour of the day of most releases, UTC; 14:00 where there are none."""
    assert left(a=[0.5, 1.5, 2.25]).usual_hour() == 12.0
    assert left().usual_hour() == 14.0
