from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import duckdb
import numpy as np
import polars as pl
import pytest

from analytics.cohort import columns as lead_columns
from analytics.cohort.cohort import ENDS, LEAD_STAGES, MOVED_ON, Cohort, read_cohort
from analytics.cohort.filters import Filters
from analytics.cohort.units import LIKE_THESE, THESE
from analytics.reports.catalog import REPORTS
from analytics.survival import occupancy, restricted_mean_hours
from analytics.whatif.reading import read_changes
from tests.analytics.lead_times import AS_OF, histories, lead_times
from tests.builders.rows import Raw, built

HOURS = [0.0, 1.0, 5.0, 24.0, 60.0, 200.0]


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty database in memory."""
    with duckdb.connect() as made:
        yield made


def both(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch, table: pl.DataFrame
) -> tuple[Cohort, Cohort]:
    """The cohort read exactly, and as if it were large."""
    lead_times(connection, table)
    exact = read_cohort(connection, Filters())
    monkeypatch.setattr(lead_columns, "EXACT_CHANGES", 0)
    return exact, read_cohort(connection, Filters(), columns=())


@pytest.mark.parametrize("seed", range(3))
def test_counted_changes_are_the_changes(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """On whole minutes a large cohort, counted by repository and minute, gives what its changes one by one give."""
    exact, counted = both(connection, monkeypatch, histories(seed, 300, step_hours=1 / 60))
    assert (exact.grid_hours, counted.grid_hours) == (0.0, 1 / 60)
    one, other = exact.moves(LIKE_THESE), counted.moves(LIKE_THESE, until_hours=200.0)
    for found, expected in [
        (occupancy(other, HOURS).probability, occupancy(one, HOURS).probability),
        (occupancy(other, HOURS).standard_error, occupancy(one, HOURS).standard_error),
        (occupancy(other, HOURS).at_risk, occupancy(one, HOURS).at_risk),
        (restricted_mean_hours(other, 200.0).mean_hours, restricted_mean_hours(one, 200.0).mean_hours),
        (restricted_mean_hours(other, 200.0).standard_error, restricted_mean_hours(one, 200.0).standard_error),
    ]:
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    by_repository = [cohort.incidence(LIKE_THESE) for cohort in (exact, counted)]
    for name in ("probability", "standard_error"):
        one_by_one, together = (getattr(curve.at(HOURS), name) for curve in by_repository)
        np.testing.assert_allclose(together, one_by_one, rtol=1e-9, atol=1e-12)
    for stage in LEAD_STAGES:
        here, there = (cohort.stay(stage, LIKE_THESE) for cohort in (exact, counted))
        assert here.entered == there.entered
        found, expected = (stay.incidence.at(HOURS).probability for stay in (there, here))
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


def test_a_minute_bounds_the_error(connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put on the grid, no change's hours in a stage, and so no mean of them, moves by more than a minute."""
    exact, counted = both(connection, monkeypatch, histories(7, 400))
    for stage in LEAD_STAGES:
        one, other = (np.sort(cohort.changes[f"{stage}_hours"].drop_nulls()) for cohort in (exact, counted))
        assert one.size == other.size
        np.testing.assert_allclose(other, one, atol=1 / 60 + 1e-6)
    means = [restricted_mean_hours(cohort.moves(LIKE_THESE), 200.0).mean_hours for cohort in (exact, counted)]
    np.testing.assert_allclose(means[1], means[0], atol=1 / 60)


def test_random_groups_stand_for_changes(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where changes are units, a large cohort takes its errors from random groups of them: near those by change."""
    exact, counted = both(connection, monkeypatch, histories(3, 4_000, repositories=2))
    errors = [restricted_mean_hours(cohort.moves(LIKE_THESE), 200.0).standard_error for cohort in (exact, counted)]
    np.testing.assert_allclose(errors[1], errors[0], rtol=0.2)
    assert counted.moves().clusters == 200
    assert exact.moves().clusters is None
    assert counted.incidence().clusters == 200


@pytest.mark.parametrize("repositories", [2, 8])
def test_weeks_of_a_large_cohort_are_those_of_a_small_one(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch, repositories: int
) -> None:
    """Intervals for these repositories have the same units, errors and reach in both forms."""
    table = histories(5, 900, repositories=repositories, step_hours=1 / 60)
    exact, counted = both(connection, monkeypatch, table)
    for cohort in (exact, counted):
        by = "month" if repositories == 8 else "week"
        assert cohort.intervals() == {"interval_by": f"repository and {by}", "intervals": "these repositories"}
    one, other = (restricted_mean_hours(cohort.moves(THESE), 200.0) for cohort in (exact, counted))
    for name in ("standard_error", "lower", "upper"):
        np.testing.assert_allclose(getattr(other, name), getattr(one, name), rtol=1e-9, atol=1e-12)
    here, there = (cohort.incidence(THESE).at(HOURS) for cohort in (exact, counted))
    np.testing.assert_allclose(there.upper, here.upper, rtol=1e-9)
    shares = [occupancy(cohort.moves(THESE), HOURS).upper for cohort in (exact, counted)]
    np.testing.assert_allclose(shares[1], shares[0], rtol=1e-9)


def test_a_large_cohort_is_filtered_as_a_small_one(
    connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Repositories by a glob, a period and the asked columns are the same in both forms."""
    lead_times(connection, histories(6, 200))
    filters = Filters(since=AS_OF - timedelta(hours=90), until=AS_OF - timedelta(hours=5), repo="acme/service-[12]")
    exact = read_cohort(connection, filters)
    monkeypatch.setattr(lead_columns, "EXACT_CHANGES", 0)
    large = read_cohort(connection, filters, columns=("change_id", "team"))
    assert large.changes["change_id"].sort().to_list() == exact.changes["change_id"].to_list()
    assert large.where(pl.col("repo") == "acme/service-1").cluster[1] == 1
    assert large.changes["repo"].cast(pl.String).unique().sort().to_list() == ["acme/service-1", "acme/service-2"]
    assert "title" not in large.changes.columns


def test_instants_that_are_one_stay_one(connection: duckdb.DuckDBPyConnection) -> None:
    """The same instant told as sums of different hours is one hour of the curves, not several."""
    pieces = [[0.1, 0.2, 0.3], [0.3, 0.2, 0.1], [0.6, 0.0, 0.0], [0.1, 0.1, 0.4]]
    columns = {
        f"{stage}_hours": [piece[k] for piece in pieces] for k, stage in enumerate(("merge", "release", "deploy"))
    }
    lead_times(connection, pl.DataFrame({"outcome": ["production"] * 4, **columns}))
    cohort = read_cohort(connection, Filters())
    assert cohort.incidence().event_hours.tolist() == [0.6]
    assert np.unique(cohort.moves().hours[cohort.moves().to_state == 7]).size == 1


def test_a_stay_counts_who_entered(connection: duckdb.DuckDBPyConnection) -> None:
    """Of those who entered a stage some move on, some are abandoned there, and some are there still."""
    columns = {"review_hours": [1.0, 2.0, 3.0, 9.0, None], "release_hours": [4.0, None, None, 1.0, 2.0]}
    outcomes = ["production", "abandoned", "waiting", "production", "production"]
    lead_times(connection, pl.DataFrame({"outcome": outcomes, **columns}))
    stay = read_cohort(connection, Filters()).stay("review")
    assert stay.entered == 4
    assert stay.incidence.ends == (MOVED_ON, ENDS[1])
    at = stay.incidence.at([1.0, 2.0, 8.0, 9.0])
    # At hour 2 one of three is abandoned; of the last one, the rest of both shares moves on.
    np.testing.assert_allclose(at.probability, [[1 / 4, 0], [1 / 4, 1 / 4], [1 / 4, 1 / 4], [3 / 4, 1 / 4]])


def test_unknown_is_left_out_and_counted(connection: duckdb.DuckDBPyConnection) -> None:
    """What could not have been seen is no part of the cohort, and its number is."""
    outcomes = ["production", "unknown", "no_deployments", "unknown"]
    lead_times(connection, pl.DataFrame({"outcome": outcomes, "release_hours": [1.0, None, None, None]}))
    cohort = read_cohort(connection, Filters())
    assert (len(cohort.changes), cohort.unknown, cohort.no_deployments) == (1, 2, 1)


def test_a_stage_of_few_repositories(connection: duckdb.DuckDBPyConnection) -> None:
    """Where few of many repositories have a stage, its interval is of these, and of few months by change."""
    table = histories(9, 400).with_columns(
        deploy_hours=pl.when(pl.col("repo") == "acme/service-1").then(pl.col("deploy_hours"))
    )
    lead_times(connection, table)
    cohort = read_cohort(connection, Filters())
    assert cohort.intervals(LIKE_THESE) == {"interval_by": "repository", "intervals": "repositories like these"}
    clusters = [cohort.stay(stage, LIKE_THESE).incidence.clusters for stage in ("release", "deploy")]
    assert clusters == [8, None]


@pytest.mark.slow
def test_closed_work_counts_where_arrivals_could_be_seen() -> None:
    """Closed where nothing is deployed, or complete before the first deployment: left out, as what landed there."""
    ships = Raw("acme/ships").commits("a@1 b@30").deploy("d0", "a", 20).deploy("d1", "b", 40)
    for number, complete, closed in ((5, 3, 10), (6, 3, 35), (8, 25, 35)):
        ships.change(number, opened=2, code_complete=complete, abandoned=closed)
    never = Raw("acme/never").commits("x@1 y@2").change(7, opened=2, code_complete=3, abandoned=30)
    with built(ships, never) as tables:
        outcomes = {row["number"]: row["outcome"] for row in tables("select number, outcome from lead_times")}
        cohort, (sample, _) = read_cohort(tables.connection, Filters()), read_changes(tables.connection, Filters())
        dora = REPORTS["dora"](tables.connection, Filters())
    assert [outcomes[number] for number in (5, 6, 8, 7)] == ["unknown", "unknown", "abandoned", "abandoned"]
    assert sorted(cohort.changes["outcome"].to_list()) == ["abandoned", "production"]
    assert len(sample.changes) == 2
    assert (cohort.unknown, cohort.no_deployments) == (3, 3)
    (lead,) = dora.filter(pl.col("measure") == "lead_time").to_dicts()
    assert (lead["numerator"], lead["repositories"]) == (1, 1)


def test_columns_are_read_by_change_however_the_table_lies(connection: duckdb.DuckDBPyConnection) -> None:
    """A table in another order gives the same rows in the same order; by service they are by change, then service."""
    names = [f"github:acme/shop#{number:03}" for number in range(200)]
    shuffled = [names[(number * 77) % 200] for number in range(200)]
    table = pl.DataFrame({"change_id": shuffled, "outcome": "production", "release_hours": 1.0})
    lead_times(connection, table)
    read, _ = lead_columns.read_columns(connection, ["change_id"])
    assert read["change_id"].to_list() == names
    twice = "(select lead_times.*, unnest(['web', 'api']) as service from lead_times) as lead_times"
    by_service, _ = lead_columns.read_columns(connection, ["change_id"], source=twice)
    pairs = list(zip(by_service["change_id"].to_list(), by_service["service"].to_list(), strict=True))
    assert pairs == [(name, service) for name in names for service in ("api", "web")]
