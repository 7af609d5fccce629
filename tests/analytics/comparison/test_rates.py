from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy import stats

from analytics.cohort.cohort import Cohort
from analytics.cohort.columns import GRID_HOURS
from analytics.comparison import Measure, ai_beside_other, before_beside_after
from analytics.comparison.contrasts import Contrast
from analytics.comparison.rates import rate_measures
from tests.analytics.comparison.trains import sizes_of, trains

BUILDS = ai_beside_other()


def score_test(cohort: Cohort, contrast: Contrast = BUILDS) -> Measure:
    """The first of the measures of rates."""
    first = cohort.changes.select(contrast.first).to_series().to_numpy()
    return next(rate_measures(cohort, first, contrast))


def test_score_test_is_that_of_the_scores_of_months() -> None:
    """From the definition: one ending after the other within repository and month, squares of months' scores."""
    cohort = trains(np.random.default_rng(21), np.array([90, 60]), effect=1.5)
    table = cohort.changes.with_columns(
        cell=pl.col("repo") + pl.col("code_complete_at").dt.strftime("%Y-%m"),
        over=pl.col("outcome") == "production",
    )
    score, information, observed, expected = [], [], np.zeros(2), np.zeros(2)
    for (_,), part in table.group_by("cell"):
        hours, over, ai = part["hours"].to_numpy(), part["over"].to_numpy(), part["builds_ai"].to_numpy()
        difference, spread = 0.0, 0.0
        for at in np.unique(hours[over]):
            share = ai[hours >= at].mean()
            ends = (hours == at) & over
            observed += [ends[ai].sum(), ends[~ai].sum()]
            expected += ends.sum() * np.array([share, 1.0 - share])
            difference += (ai[ends] - share).sum()
            spread += ends.sum() * share * (1.0 - share)
        score.append(difference)
        information.append(spread)
    u, i = np.array(score), np.array(information)
    share = i / i.sum()
    error = np.sqrt(((u - share * u.sum()) ** 2).sum())
    # Bell & McCaffrey's inflation and Satterthwaite's degrees by the whole matrix of those that say something.
    a = share[share > 0.0]
    moved = np.diag(a) - np.outer(a, a)
    means = np.diag(0.95 / (a * table["over"].sum()) + 0.05)
    seen = moved @ means @ moved.T
    inflation, degrees = np.sqrt(a @ means @ a / np.trace(seen)), np.trace(seen) ** 2 / np.trace(seen @ seen)
    found = score_test(cohort)
    assert found.p_value == pytest.approx(2.0 * stats.t.sf(abs(u.sum()) / (inflation * error), degrees), rel=1e-9)
    assert f"({degrees:.3g} degrees of freedom)" in found.note
    ratio = observed / expected
    assert (found.ai, found.other, found.difference) == pytest.approx((*ratio, ratio[0] - ratio[1]))


def test_a_large_cohort_is_counted_and_tested_alike() -> None:
    """Counted on the grid, nothing changes but the rounding of hours."""
    cohort = trains(np.random.default_rng(22), np.array([400, 300, 300]), effect=1.4)
    exact, counted = score_test(cohort), score_test(replace(cohort, grid_hours=GRID_HOURS))
    assert counted.ai == pytest.approx(exact.ai, rel=0.01)
    assert counted.p_value == pytest.approx(exact.p_value, rel=0.2)


def test_before_and_after_share_no_month() -> None:
    """So they are compared within repositories; AI work within months of repositories."""
    cohort = trains(np.random.default_rng(23), np.array([300, 300]))
    middle = cohort.changes["code_complete_at"].median()
    assert "within repository and month" in score_test(cohort).note
    since = score_test(cohort, before_beside_after(middle))  # type: ignore[arg-type]
    assert "within repository, errors by repository and month" in since.note
    assert since.p_value is not None


def test_with_few_months_changes_are_taken_as_independent_and_it_says_so() -> None:
    """Of one month in one repository there is one unit: the plain log-rank test, named as such."""
    cohort = trains(np.random.default_rng(24), np.array([600]), bursts=False)
    month = cohort.changes.filter(pl.col("code_complete_at").dt.strftime("%Y-%m") == "2025-03")
    found = score_test(replace(cohort, changes=month))
    assert "as if changes were independent" in found.note


@pytest.mark.slow
def test_bursts_of_ai_work_are_no_difference() -> None:
    """AI work in bursts, released by trains, no effect: at most 12 of 120 companies are significant, not 20."""
    dice = np.random.default_rng(25)
    found = [score_test(trains(dice, sizes_of("even", 2, 700))) for _ in range(120)]
    assert sum((one.p_value or 0.0) <= 0.05 for one in found) <= 12


def test_a_slower_review_is_seen() -> None:
    """Twice as long in review is significant in nearly every company of that kind."""
    dice = np.random.default_rng(26)
    found = [score_test(trains(dice, sizes_of("even", 4, 1600), effect=4.0)) for _ in range(30)]
    assert sum((one.p_value or 1.0) <= 0.05 and (one.ai or 0.0) < 1.0 for one in found) >= 24
