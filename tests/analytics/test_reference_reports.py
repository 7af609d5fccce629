"""The reports against what an independent package made of a cohort; skipped where it is not beside us."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
from scipy import stats

from analytics.cohort.cohort import ENDS, Cohort, read_cohort
from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.cohort.units import LIKE_THESE
from analytics.reports.catalog import REPORTS
from analytics.survival import kaplan_meier, occupancy, restricted_mean_hours
from tests.analytics.lead_times import lead_times

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "reference"
# Twelve repositories, nearly alike in size.
CRITICAL = float(stats.t.ppf(0.975, 11) * np.sqrt(12 / 11))
GRID = [24, 72, 168, 336, 720, 1440]
STATES = ("review", "merge", "build", "release", "deploy", "production", "abandoned")
STAGES = STATES[:5]
OPTIONS = Options(by="builds_ai", intervals=LIKE_THESE, horizon_days=30)
"""As the reference was made: errors by repository, hours up to 720."""

pytestmark = pytest.mark.skipif(not REFERENCE.is_dir(), reason="the reference cohort is not here")


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """The reference cohort as `lead_times`."""
    table = pl.read_csv(REFERENCE / "cohort_dev.csv")
    ends = [pl.col(f"{stage}_end") for stage in STAGES]
    before = [pl.lit(0.0), *ends[:-1]]
    hours = {f"{stage}_hours": ends[place] - before[place] for place, stage in enumerate(STAGES)}
    with duckdb.connect() as made:
        chosen = table.select("repo", "outcome", pl.col("change").alias("change_id"), pl.col("builds_ai") == 1, **hours)
        lead_times(made, chosen)
        yield made


def reference(name: str, **wanted: object) -> pl.DataFrame:
    """Rows of a file of the reference."""
    table = pl.read_csv(REFERENCE / name)
    for column, value in wanted.items():
        table = table.filter(pl.col(column) == value)
    return table


def half(connection: duckdb.DuckDBPyConnection, group: str) -> Cohort:
    """One of the two groups, as every statistic reads it."""
    return read_cohort(connection, Filters()).where(pl.col("builds_ai") == (group == "true"))


@pytest.mark.parametrize("group", ["false", "true"])
def test_mean_hours_of_the_report(connection: duckdb.DuckDBPyConnection, group: str) -> None:
    """`stages` has the restricted mean hours of every state, with the interval that errors by repository make."""
    table = REPORTS["stages"](connection, Filters(), OPTIONS).filter(pl.col("group") == group)
    expected = reference("dev_mean_hours_in_state_720_se.csv", builds_ai=int(group == "true"), se_by="repo")
    found = expected.select("state", "mean_hours", "se").join(table, left_on="state", right_on="stage")
    assert found["state"].to_list() == list(STATES)
    np.testing.assert_allclose(found["mean_hours_in_state"], found["mean_hours"], rtol=1e-9)
    some = found.filter(pl.col("se") > 1e-9)
    odds = {name: np.log(some[name] / (720.0 - some[name])) for name in ("lower", "mean_hours", "upper")}
    on_odds = some["se"] * 720.0 / (some["mean_hours"] * (720.0 - some["mean_hours"]))
    reach = np.asarray((odds["upper"] - odds["mean_hours"]) / on_odds)
    np.testing.assert_allclose(reach, reach[0], rtol=1e-8)
    assert reach[0] == pytest.approx(CRITICAL, rel=0.03)
    np.testing.assert_allclose((odds["mean_hours"] - odds["lower"]) / on_odds, reach, rtol=1e-8)
    absent = table.filter(pl.col("stage").is_in(["pickup", "staging"]))
    assert absent["mean_hours_in_state"].to_list() == absent["reached"].to_list() == [None, None]
    assert table["mean_hours_in_state"].sum() == pytest.approx(720.0, rel=1e-12)


@pytest.mark.parametrize("group", ["false", "true"])
def test_occupancy_of_the_report(connection: duckdb.DuckDBPyConnection, group: str) -> None:
    """`occupancy` has the probability of every state, with the log-log interval that errors by repository make."""
    table = REPORTS["occupancy"](connection, Filters(), OPTIONS).filter(pl.col("group") == group)
    probabilities = reference("dev_occupancy.csv", builds_ai=int(group == "true"))
    errors = reference("dev_occupancy_se_by.csv", builds_ai=int(group == "true"), se_by="repo")
    for state in STATES:
        found = table.filter((pl.col("state") == state) & pl.col("hours").is_in([float(hour) for hour in GRID]))
        p, se = probabilities[state].to_numpy(), errors[state].to_numpy()
        known = found["probability"].is_not_null().to_numpy()
        np.testing.assert_allclose(found["probability"].to_numpy()[known], p[known], rtol=1e-9, atol=1e-13)
        inside = known & (p > 1e-9)
        reach = CRITICAL * se[inside] / ((1 - p[inside]) * -np.log1p(-p[inside]))
        for side, sign in (("lower", -1), ("upper", 1)):
            bound = 1 - (1 - p[inside]) ** np.exp(sign * reach)
            np.testing.assert_allclose(found[side].to_numpy()[inside], bound, rtol=0.05)


@pytest.mark.parametrize("group", ["false", "true"])
@pytest.mark.parametrize("by", ["change", "repo"])
def test_errors_of_the_cohort(connection: duckdb.DuckDBPyConnection, group: str, by: str) -> None:
    """Standard errors of occupancy and time in state, by change and by repository, from the table to the estimate."""
    moves = half(connection, group).moves(LIKE_THESE if by == "repo" else None)
    position = [moves.states.index(state) for state in STATES]
    wanted = {"builds_ai": int(group == "true"), "se_by": by}
    errors = reference("dev_occupancy_se_by.csv", **wanted).select(STATES).to_numpy()
    np.testing.assert_allclose(occupancy(moves, GRID).standard_error[:, position], errors, rtol=1e-8, atol=1e-12)
    hours = reference("dev_mean_hours_in_state_720_se.csv", **wanted)["se"].to_numpy()
    np.testing.assert_allclose(restricted_mean_hours(moves, 720.0).standard_error[position], hours, rtol=1e-8)


@pytest.mark.parametrize("group", ["false", "true"])
def test_incidence_and_survival_of_the_cohort(connection: duckdb.DuckDBPyConnection, group: str) -> None:
    """Cumulative incidence with its errors, and Kaplan–Meier with its bounds, from the table to the estimate."""
    cohort, code = half(connection, group), int(group == "true")
    at, expected = cohort.incidence().at(GRID), reference("dev_cif.csv", builds_ai=code)
    for column, end in enumerate(ENDS):
        np.testing.assert_allclose(at.probability[:, column], expected[f"p_{end}"], rtol=1e-9)
        np.testing.assert_allclose(at.standard_error[:, column], expected[f"se_{end}"], rtol=1e-8)
    curve, said = kaplan_meier(cohort.hours, cohort.ended_as == 0).at(GRID), reference("dev_km.csv", builds_ai=code)
    np.testing.assert_allclose(curve.survival, said["not_in_production"], rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(curve.at_risk, said["at_risk"])
