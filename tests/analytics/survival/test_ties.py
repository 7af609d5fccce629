from __future__ import annotations

from typing import Literal

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from analytics.survival.ties import distinct_hours, places

ASCENDING = st.lists(st.integers(0, 12), max_size=40).map(sorted)


@given(ASCENDING, ASCENDING, st.sampled_from(["left", "right"]))
def test_ties_are_looked_up_once(table: list[int], hours: list[int], side: Literal["left", "right"]) -> None:
    """The place of each hour, equal ones included, is that of a search for each of them."""
    at, there = np.array(hours, np.float64), np.array(table, np.float64)
    assert places(there, at, side).tolist() == np.searchsorted(there, at, side).tolist()


@given(st.lists(ASCENDING, max_size=4))
def test_each_hour_is_there_once(flows: list[list[int]]) -> None:
    """Distinct hours of several lists are those of all lists together."""
    found = distinct_hours([np.array(hours, np.float64) for hours in flows])
    assert found.tolist() == sorted({float(hour) for hours in flows for hour in hours})
