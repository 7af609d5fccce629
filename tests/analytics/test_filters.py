"""A filter on rows, and the same one in SQL."""

from __future__ import annotations

from datetime import datetime, timedelta

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from analytics.cohort.filters import Filters

NAMES = ("acme/shop", "acme/*", "o'neill/x", "a[1]", "")
TIMES = [datetime(2026, 1, 1) + timedelta(days=day, microseconds=day) for day in range(5)]
ROWS = pl.DataFrame({"repo": [*NAMES, *NAMES], "at": [*TIMES, *reversed(TIMES)], "row": list(range(10))})


@pytest.mark.slow
@settings(max_examples=40)
@given(
    repo=st.sampled_from([None, *NAMES, "acme/[*]", "a[[]1]", "*", "nobody"]),
    names=st.none() | st.lists(st.sampled_from([*NAMES, "nobody'"]), max_size=3).map(tuple),
    since=st.sampled_from([None, *TIMES]),
    until=st.sampled_from([None, *TIMES]),
    time=st.sampled_from([None, "at"]),
)
def test_the_condition_keeps_what_the_filter_keeps(
    repo: str | None, names: tuple[str, ...] | None, since: datetime | None, until: datetime | None, time: str | None
) -> None:
    """In SQL a filter keeps the rows that it keeps of a table, whatever names are like."""
    asked = Filters(since=since, until=until, repo=repo, names=names)
    with duckdb.connect() as connection:
        connection.register("given", ROWS.to_arrow())
        connection.execute("create table told as from given")
        condition = asked.condition(connection, "told", time=time)
        found = connection.sql(f"select * from told where {condition} order by row").pl()
    assert_frame_equal(found, asked.apply(ROWS, time=time))


def test_period_before_is_as_long_and_ends_where_this_one_begins() -> None:
    """Twelve months are compared with the twelve before them; what has no beginning has no period before."""
    end, since = datetime(2026, 7, 1), datetime(2025, 7, 1)
    before = Filters(since=since, repo="acme/*", evidence="strong").before(end)
    assert before == Filters(since=datetime(2024, 7, 1), until=since, repo="acme/*", evidence="strong")
    week = Filters(since=since, until=since + timedelta(days=7)).before(end)
    assert week is not None
    assert (week.since, week.until) == (since - timedelta(days=7), since)
    assert Filters().before(end) is None
