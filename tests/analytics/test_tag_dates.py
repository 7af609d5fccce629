"""Lightweight tags have no date of their own: lead times end at the commit's date, and it is said."""

from __future__ import annotations

import pytest

from analytics.cohort.filters import Filters
from analytics.reports.doubtful.tag_dates import tag_dates
from tests.builders.rows import Raw, built

LINE = "git:acme/shop: lead times IN DOUBT: {} of 4 production deployments are lightweight tags"


def released(lightweight: int) -> Raw:
    """Four releases a day apart, of which the last have no date of their own."""
    raw = Raw().commits(" ".join(f"c{n}@{n * 24}" for n in range(4)))
    for n in range(4):
        raw.tag(f"v1.{n}.0", f"c{n}", n * 24 + 2 if n < 4 - lightweight else None)
    return raw


@pytest.mark.slow
@pytest.mark.parametrize("lightweight", [2, 4])
def test_lead_times_by_lightweight_tags_are_in_doubt(lightweight: int) -> None:
    """Where they are half of the deployments or more, the line counts them; the filter leaves others' out."""
    with built(released(lightweight)) as tables:
        (line,) = tag_dates(tables.connection)
        assert line.startswith(LINE.format(lightweight))
        assert tag_dates(tables.connection, Filters(repo="acme/other")) == []


@pytest.mark.parametrize("lightweight", [0, 1])
def test_tags_with_dates_are_not(lightweight: int) -> None:
    """A few of many change little."""
    with built(released(lightweight)) as tables:
        assert tag_dates(tables.connection) == []
