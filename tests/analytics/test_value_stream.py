from __future__ import annotations

import duckdb
import polars as pl
import pytest

from analytics.cohort.filters import Filters
from analytics.pulse.pulse import pulse
from analytics.pulse.tables import stream_table
from tests.analytics.lead_times import histories, lead_times

HORIZON = 720.0
BY_HAND = """
with stays as (
    select *, coalesce(pickup_hours, 0) + coalesce(review_hours, 0) + coalesce(merge_hours, 0)
        + coalesce(build_hours, 0) + coalesce(staging_hours, 0) + coalesce(release_hours, 0)
        + coalesce(deploy_hours, 0) as hours
    from lead_times
)
select last_stage, count(*) / (select count(*) from lead_times)
from stays where outcome = 'abandoned' and hours <= 720 group by last_stage
"""


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    """Four hundred changes of eight repositories: all of them arrived or were abandoned, some after the horizon."""
    table = histories(11, 400).with_columns(
        pl.when(pl.col("outcome") == "waiting").then(pl.lit("abandoned")).otherwise("outcome").alias("outcome"),
        (pl.col("review_hours") * 20.0).alias("review_hours"),
    )
    made = duckdb.connect()
    lead_times(made, table)
    return made


def test_what_drops_out_in_each_stage_is_what_a_count_gives(connection: duckdb.DuckDBPyConnection) -> None:
    """Where nothing waits, the share abandoned in a stage within the horizon is a count by hand in SQL."""
    found = pulse(connection, Filters())
    assert found.horizon_hours == HORIZON
    everything = found.everything
    counts = dict(connection.execute(BY_HAND).fetchall())
    assert {stage.stage: stage.abandoned for stage in everything.stages} == pytest.approx(counts, abs=1e-12)
    assert sum(stage.abandoned for stage in everything.stages) == pytest.approx(everything.abandoned_share.value)


def test_what_waits_is_neither_dropped_nor_an_end() -> None:
    """With changes that wait, the parts add up to the share abandoned, and the three ends to one."""
    with duckdb.connect() as made:
        lead_times(made, histories(5, 500))
        found = pulse(made, Filters())
    for group in (found.everything, found.ai, found.other):
        assert sum(stage.abandoned for stage in group.stages) == pytest.approx(group.abandoned_share.value, abs=1e-12)
        shares = (group.production_share.value, group.abandoned_share.value, group.waiting_share)
        assert sum(share or 0.0 for share in shares) == pytest.approx(1.0)
        assert group.arrived_after(found.week_hours) == dict(group.arrived)[168.0]
        assert group.arrived_after(3.0).value is None


def test_strip_lays_the_stages_end_to_end(connection: duckdb.DuckDBPyConnection) -> None:
    """A stage begins where those before it end; the strip is as long as the mean wait and thins by what drops out."""
    found = pulse(connection, Filters())
    table = stream_table(found.compared, closed_work_is_seen=True)
    for group in found.compared:
        rows = table.filter(pl.col("group") == group.name)
        assert rows["from_hours"].to_list() == pytest.approx([0.0, *rows["to_hours"][:-1]])
        assert rows["to_hours"][-1] == pytest.approx(group.mean_waiting_hours)
        assert rows["leaving"][-1] == pytest.approx(1.0 - (group.abandoned_share.value or 0.0))
        assert rows.filter("bottleneck")["mean_hours_in_state"].to_list() == [rows["mean_hours_in_state"].max()]


def test_strip_claims_no_drop_out_that_no_source_reports(connection: duckdb.DuckDBPyConnection) -> None:
    """From Git alone nothing drops out: the strip is as thick at its end as at its begin."""
    table = stream_table(pulse(connection, Filters()).compared, closed_work_is_seen=False)
    assert set(table["leaving"]) == {1.0}
    assert table["abandoned"].sum() == 0.0
