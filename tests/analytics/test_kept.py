"""What is kept of a published file changes no answer."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest
from polars.testing import assert_frame_equal

from analytics.cohort import cache as kept
from analytics.cohort import columns as lead_columns
from analytics.cohort.cache import Kept, keeping
from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.reports.stages import stages
from analytics.reports.trend import trend
from tests.analytics.lead_times import histories, lead_times

BY = Options(by="builds_ai")
ASKED = [Filters(), Filters(repo="*-3"), Filters(names=("acme/service-1", "acme/service-2"))]


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Some hundred changes."""
    with duckdb.connect() as made:
        lead_times(made, histories(3, 400))
        yield made


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("most_bytes", [0, 10_000, 10**9])
def test_answers_are_the_same_from_what_is_kept(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch, large: bool, most_bytes: int
) -> None:
    """Reports over kept columns are those of a fresh reading, however little may be kept."""
    monkeypatch.setattr(lead_columns, "EXACT_CHANGES", 0 if large else 10**6)
    mine = Kept(most_bytes)
    for filters in ASKED:
        for report, asked in ((stages, BY), (trend, Options(clock="working"))):
            fresh = report(connection, filters, asked)
            with keeping(mine):
                assert_frame_equal(report(connection, filters, asked), fresh)
    assert mine.bytes <= most_bytes


@pytest.mark.parametrize("large", [False, True])
def test_a_file_is_read_once(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch, large: bool
) -> None:
    """What was read for one question is there for the next, whatever is asked for."""
    monkeypatch.setattr(lead_columns, "EXACT_CHANGES", 0 if large else 10**6)
    before = [stages(connection, filters, BY) for filters in ASKED]
    with keeping(Kept()):
        stages(connection, Filters(), BY)
        connection.execute("update lead_times set pickup_hours = 99")
        for filters, told in zip(ASKED, before, strict=True):
            assert_frame_equal(stages(connection, filters, BY), told)
    assert not stages(connection, Filters(), BY).equals(before[0])


def test_an_answer_is_kept_by_its_query(connection: duckdb.DuckDBPyConnection) -> None:
    """The same query of the same file is asked once; outside the block nothing is kept."""
    query = "select count(*) as changes from lead_times"
    with keeping(Kept()):
        assert kept.read(connection, query).item() == 400
        connection.execute("delete from lead_times")
        assert kept.read(connection, query).item() == 400
    assert kept.read(connection, query).item() == 0
