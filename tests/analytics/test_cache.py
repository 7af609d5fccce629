"""The cache of a published file changes no answer."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from polars.testing import assert_frame_equal

from analytics.cohort import cache
from analytics.cohort import columns as lead_columns
from analytics.cohort.cache import Cache, using_cache
from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.reports.stages import stages
from analytics.reports.trend import trend
from tests.analytics.lead_times import histories, lead_times

BY = Options(by="builds_ai")
FILTERS = [Filters(), Filters(repo="*-3"), Filters(names=("acme/service-1", "acme/service-2"))]


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Some hundred changes."""
    with duckdb.connect() as database:
        lead_times(database, histories(3, 400))
        yield database


@pytest.mark.slow
@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("most_bytes", [0, 10_000, 10**9])
def test_answers_are_the_same_from_the_cache(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch, large: bool, most_bytes: int
) -> None:
    """Reports over cached columns equal those of a fresh read, however small the cache is."""
    monkeypatch.setattr(lead_columns, "EXACT_CHANGES", 0 if large else 10**6)
    shared = Cache(most_bytes)
    for filters in FILTERS:
        for report, options in ((stages, BY), (trend, Options(clock="working"))):
            fresh = report(connection, filters, options)
            with using_cache(shared):
                assert_frame_equal(report(connection, filters, options), fresh)
    assert shared.bytes <= most_bytes


@pytest.mark.slow
@pytest.mark.parametrize("large", [False, True])
def test_a_file_is_read_once(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch, large: bool
) -> None:
    """Columns read for one question serve the next, with other filters too."""
    monkeypatch.setattr(lead_columns, "EXACT_CHANGES", 0 if large else 10**6)
    before = [stages(connection, filters, BY) for filters in FILTERS]
    with using_cache(Cache()):
        stages(connection, Filters(), BY)
        connection.execute("update lead_times set pickup_hours = 99")
        for filters, expected in zip(FILTERS, before, strict=True):
            assert_frame_equal(stages(connection, filters, BY), expected)
    assert not stages(connection, Filters(), BY).equals(before[0])


def test_an_answer_is_cached_by_its_query(connection: duckdb.DuckDBPyConnection) -> None:
    """The same query of the same file runs once; outside the block nothing is cached."""
    query = "select count(*) as changes from lead_times"
    with using_cache(Cache()):
        assert cache.read(connection, query).item() == 400
        connection.execute("delete from lead_times")
        assert cache.read(connection, query).item() == 400
    assert cache.read(connection, query).item() == 0
