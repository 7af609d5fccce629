from __future__ import annotations

import numpy as np
import pytest

from analytics.cohort.units import LIKE_THESE, THESE, interval_columns, units_of

DAYS = np.datetime64("2026-01-01T00:00:00", "us") + np.arange(360) * np.timedelta64(1, "D")


def repositories(number: int, days: np.ndarray = DAYS) -> tuple[np.ndarray, np.ndarray]:
    """A change of each repository on each of the days."""
    return np.tile(np.arange(number), days.size), np.repeat(days, number)


@pytest.mark.parametrize("number", [1, 2, 5, 20])
def test_these_repositories_are_by_their_months(number: int) -> None:
    """The months of each repository, within it, however many repositories there are."""
    units = units_of(*repositories(number), THESE)
    assert units is not None
    assert (units.name, units.intervals, units.size) == ("repository and month", THESE, 12 * number)
    assert units.stratum is not None
    assert units.stratum.tolist() == np.repeat(np.arange(number), 12).tolist()
    assert units.sizes.sum() == 360 * number


def test_repositories_like_these_need_five() -> None:
    """From five on units are repositories, in no stratum; with fewer it is these, and the columns say so."""
    assert units_of(*repositories(4), LIKE_THESE).intervals == THESE  # type: ignore[union-attr]
    units = units_of(*repositories(5), LIKE_THESE)
    assert units is not None
    assert (units.name, units.size, units.stratum) == ("repository", 5, None)
    assert interval_columns(units) == {"interval_by": "repository", "intervals": "repositories like these"}


def test_too_few_months_are_fortnights_then_weeks_then_changes() -> None:
    """Of one month of two repositories fortnights, of one its weeks, from Monday on; of a day nothing but changes."""
    # 1 January 2026 is a Thursday: weeks begin on the 5th, 12th, 19th and 26th, fortnights on the 12th and 26th.
    for number, name, days in ((2, "fortnight", [11, 14, 6]), (1, "week", [4, 7, 7, 7, 6])):
        units = units_of(*repositories(number, DAYS[:31]), THESE)
        assert units is not None
        assert (units.name, np.bincount(units.code).tolist()) == (f"repository and {name}", days * number)
    assert units_of(*repositories(9, DAYS[:1]), THESE) is None
    assert interval_columns(None) == {"interval_by": "change", "intervals": "these repositories"}


def test_a_large_repository_of_one_month_takes_fortnights() -> None:
    """Where a fifth of the changes lie in a single month of a repository, months say too little of it."""
    small, at = repositories(2)
    large = np.full(300, 2)
    units = units_of(np.concatenate([small, large]), np.concatenate([at, np.resize(DAYS[:28], 300)]), THESE)
    assert units is not None
    assert units.name == "repository and fortnight"


def test_very_many_months_are_taken_together() -> None:
    """Of 120 repositories and 12 months two months are a unit, and the columns say so."""
    units = units_of(*repositories(120), THESE)
    assert units is not None
    assert (units.name, units.size) == ("repository and 2 months", 720)
    assert (units.sizes >= 56).all()


def test_no_change_has_no_units() -> None:
    """Without changes there is nothing to number."""
    assert units_of(np.zeros(0, dtype=np.int64), DAYS[:0], THESE) is None


def test_units_of_a_part_are_those_of_the_whole_that_it_has() -> None:
    """Of the changes of some repositories and months these; of a single month nothing, nor without strata."""
    home, at = repositories(3)
    units = units_of(home, at, THESE)
    assert units is not None
    among = (home != 1) & (at >= np.datetime64("2026-03-01"))
    part = units.of(among)
    assert part is not None
    fresh = units_of(np.where(home[among] == 2, 1, 0), at[among], THESE)
    assert fresh is not None
    assert (part.name, part.intervals, part.size) == (fresh.name, fresh.intervals, fresh.size)
    np.testing.assert_array_equal(part.code, fresh.code)
    assert part.stratum is not None
    assert part.stratum.tolist() == [0] * 10 + [2] * 10
    assert units.of((home == 0) & (at < np.datetime64("2026-02-01"))) is None
    like_these = units_of(*repositories(5), LIKE_THESE)
    assert like_these is not None
    assert like_these.of(np.ones(5 * 360, np.bool_)) is None


@pytest.mark.parametrize("unit", ["s", "ms", "us"])
def test_months_are_those_of_the_calendar(unit: str) -> None:
    """A leap day, the ends of a month and days before 1970 lie in their months, whatever the unit of time."""
    texts = ["1969-12-31T23:59", "1970-01-01", "2024-02-29T12:00", "2024-03-01", "2026-12-31T23:59"] * 5
    at = np.array(texts, dtype=f"datetime64[{unit}]")
    units = units_of(np.zeros(25, np.int64), at, THESE)
    assert units is not None
    assert units.name == "repository and month"
    assert units.code.tolist() == list(range(5)) * 5
