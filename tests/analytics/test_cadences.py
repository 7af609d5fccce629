from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import polars as pl
import pytest

from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.pulse.pulse import pulse
from analytics.reports.cadences import AS_NOW, NAMES, cadences, sentence
from analytics.whatif.cadence import DAILY, WEEKLY
from analytics.whatif.compute import Cadences
from analytics.whatif.levers import read_levers
from analytics.whatif.rhythms import rhythms_of
from collectors.simulate.company.plan import Plan, Train
from headway.errors import UsageError
from headway.settings import AiSettings, Settings
from tests.builders.changes import departures_of, simulated
from tests.builders.rows import built, hour
from tests.dashboard.warehouses import busy


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """A repository that releases."""
    with built(busy(), settings=Settings(base=Path(), ai=AiSettings(ai_labels=("ai",)))) as tables:
        yield tables.connection


@pytest.fixture(scope="module")
def rows(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """The report on all work."""
    return cadences(connection, Filters())


def earlier(rows: pl.DataFrame, cadence: str, instead_of: str) -> float:
    """Mean hours that `cadence` brings instead of the other."""
    chosen = (pl.col("cadence") == cadence) & (pl.col("instead_of") == instead_of)
    return float(rows.filter(chosen)["hours_earlier"].item())


@pytest.mark.slow
def test_as_now_is_what_happened(connection: duckdb.DuckDBPyConnection, rows: pl.DataFrame) -> None:
    """The real releases give the median and the share of the pulse check."""
    now = rows.filter(pl.col("cadence") == AS_NOW).row(0, named=True)
    real = pulse(connection, Filters()).everything
    assert now["half_hours"] == pytest.approx(real.median_hours.value, abs=1e-6)
    assert now["arrived_7d"] == pytest.approx(dict(real.arrived)[168.0].value)
    assert now["waiting_hours"] == pytest.approx(real.mean_waiting_hours)
    levers = read_levers(connection, Filters())
    assert levers is not None
    assert now["leaves"] == f"every {levers.release_every_days:.1f} days"


def test_cadence_instead_of_now_is_the_lever(connection: duckdb.DuckDBPyConnection, rows: pl.DataFrame) -> None:
    """A cadence laid against the real releases is the what-if without them."""
    levers = read_levers(connection, Filters())
    assert levers is not None
    for cadence in (WEEKLY, DAILY):
        found = levers.released(cadence.weekdays, levers.usual_hour, besides=False)
        assert found is not None
        assert earlier(rows, cadence.name, AS_NOW) == pytest.approx(found.effect.hours_saved.value)


def test_any_two_cadences_are_the_difference_of_both(rows: pl.DataFrame) -> None:
    """What one brings instead of another is what both bring instead of a third, subtracted, and turns its sign."""
    assert len(rows) == len(NAMES) * (len(NAMES) - 1)
    assert rows["cadence"].unique(maintain_order=True).to_list() == list(NAMES)
    for first in NAMES[1:]:
        for second in NAMES[1:]:
            if first != second:
                both = earlier(rows, first, AS_NOW) - earlier(rows, second, AS_NOW)
                assert earlier(rows, first, second) == pytest.approx(both)
                assert earlier(rows, second, first) == pytest.approx(-both)
    waits = rows.unique("cadence", maintain_order=True).filter(pl.col("cadence") != AS_NOW)["waiting_hours"]
    assert waits.is_sorted(descending=True)


def test_estimates_lie_within_their_bounds(rows: pl.DataFrame) -> None:
    """No estimate leaves its interval, and none of these is wider than the two levels on their own are apart."""
    for name, stem in (("waiting_hours", "waiting"), ("arrived_7d", "arrived_7d"), ("hours_earlier", "earlier")):
        assert (rows[f"{stem}_lower"] <= rows[name]).all()
        assert (rows[name] <= rows[f"{stem}_upper"]).all()


def test_groups_are_asked_for_as_everywhere(connection: duckdb.DuckDBPyConnection) -> None:
    """By a column each value is a group, one that is too small is counted alone, and another column is refused."""
    by = cadences(connection, Filters(), Options(by="builds_ai"))
    assert by["group"].unique(maintain_order=True).to_list() == ["false", "true"]
    few = cadences(connection, Filters(since=hour(700.0)))
    assert few["changes"].item() < 20
    assert few["cadence"].item() is None
    assert few["note"].item() == "too few to say"
    assert sentence(few, few["group"][0], "daily", "weekly") == ""
    with pytest.raises(UsageError, match="title"):
        cadences(connection, Filters(), Options(by="title"))


def told(hours: float, lower: float | None, upper: float | None, clock: str = "wall") -> str:
    """The sentence of daily instead of weekly, with medians of 70 and 150 hours."""
    row = {
        "group": "all",
        "leaves": "",
        "clock": clock,
        "half_hours": 70.0,
        "hours_earlier": hours,
        "earlier_lower": lower,
    }
    table = pl.DataFrame(
        [
            {**row, "cadence": "daily", "instead_of": "weekly", "earlier_upper": upper},
            {**row, "cadence": "weekly", "instead_of": "daily", "earlier_upper": upper, "half_hours": 150.0},
        ],
        schema_overrides={"earlier_lower": pl.Float64(), "earlier_upper": pl.Float64()},
    )
    return sentence(table, "all", "daily", "weekly")


def test_sentence_is_no_stronger_than_the_interval() -> None:
    """A gain and a loss have an interval and medians; one that includes zero is not significant; none is said."""
    assert told(69.6, 62.4, 79.2) == (
        "Releasing daily instead of weekly would bring a change to production 2.9 d (95 % CI 2.6 – 3.3) earlier on"
        " average: median 2.9 d instead of 6.2 d"
    )
    assert "1.2 d (95 % CI 0.8 – 1.7) later on average: median 2.9 d" in told(-30.0, -40.0, -20.0)
    assert "24.0 working h (95 % CI 16.0 – 40.0) earlier on average: median 70.0 working h instead of" in told(
        24.0, 16.0, 40.0, "working"
    )
    assert told(10.0, -4.0, 60.0) == (
        "Releasing daily instead of weekly makes no significant difference (95 % CI −4.0 h to +2.5 d)"
    )
    assert told(10.0, None, None) == (
        "Releasing daily instead of weekly would bring a change to production 0.4 d earlier on average: median 2.9 d"
        " instead of 6.2 d; too few changes for an interval"
    )


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_daily_instead_of_weekly_is_what_the_company_would_have_seen(seed: int) -> None:
    """The simulated company run with either train differs by a number within the interval, and within 6 h of it."""

    def trained(*days: int) -> float:
        def other(plan: Plan) -> Plan:
            return replace(plan, train=Train(days, (14,), plan.train.from_day))

        company = simulated(seed, other)
        return Cadences(company, departures_of(company)).before.waiting_hours

    really = simulated(seed)
    found = {one.name: one for one in rhythms_of(really, departures_of(really))}
    saved = found["daily"].instead_of(found["weekly"]).hours_saved
    truth = trained(1) - trained(0, 1, 2, 3, 4)
    assert saved.lower <= truth <= saved.upper
    assert saved.value == pytest.approx(truth, abs=6.0)
