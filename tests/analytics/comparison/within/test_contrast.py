from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np
import polars as pl
import pytest
from scipy import stats

from analytics.cohort.smallest import SmallestDifference
from analytics.comparison import Comparison, ai_beside_other, before_beside_after, compare, team_beside_rest
from analytics.comparison.discoveries import HEADLINE, controlled
from analytics.comparison.within.design import Codes, design_of
from analytics.comparison.within.effect import Outcome, effect_of
from analytics.comparison.within.heterogeneity import heterogeneity_of
from tests.analytics.comparison.trains import sizes_of, trains
from tests.builders.companies import EFFECT, company

BUILDS = ai_beside_other()


def compared(repositories: int, *, effect: float = 1.0, seed: int = 1, kind: str = "even") -> Comparison:
    """A company that releases weekly."""
    return compare(trains(np.random.default_rng(seed), sizes_of(kind, repositories, 1200), effect=effect), BUILDS)


@pytest.mark.parametrize("repositories", [1, 2, 3])
def test_a_few_repositories_are_compared_and_nothing_is_said_of_others(repositories: int) -> None:
    """One repository over a year has an interval in these repositories, none in repositories like these."""
    found = compared(repositories, effect=2.0)
    ratio = found.like_with_like("time_ratio")
    assert ratio is not None
    assert ratio.lower is not None
    assert (ratio.lower_like_these, ratio.upper_like_these, ratio.p_like_these) == (None, None, None)
    assert found.within is not None
    assert found.within.repositories == repositories


def test_many_repositories_have_both_intervals() -> None:
    """With eight, both hold the estimate, and so with one that has 80 % of the work."""
    for kind in ("uneven", "one has 80 %"):
        ratio = compared(8, effect=2.0, kind=kind).like_with_like("time_ratio")
        assert ratio is not None
        assert ratio.p_like_these is not None
        assert (ratio.lower or 0.0) < (ratio.difference or 0.0) < (ratio.upper or 0.0)
        assert (ratio.lower_like_these or -1.0) < (ratio.difference or 0.0) < (ratio.upper_like_these or np.inf)


def test_groups_with_no_repository_in_common_are_not_compared() -> None:
    """AI work in repositories of its own: plain figures, and nothing within cells."""
    cohort = company(5, 8, 600)
    apart = cohort.changes.with_columns(builds_ai=pl.col("repo") < "0004")
    found = compare(replace(cohort, changes=apart), BUILDS)
    assert found.within is None
    assert found.like_with_like("time_ratio") is None
    assert found.measure("mean_hours_waiting") is not None
    assert found.support is not None
    assert found.support.cells == 0


def test_what_is_shared_depends_on_what_distinguishes() -> None:
    """Teams share months, before and after share repositories; each says so as its basis."""
    cohort = company(6, 12, 900)
    owned = cohort.changes.with_columns(team=pl.when(pl.col("repo") < "0004").then(pl.lit("a")).otherwise(pl.lit("b")))
    team = compare(replace(cohort, changes=owned), team_beside_rest("a"))
    since = compare(cohort, before_beside_after(datetime(2026, 2, 1)))
    assert {one.basis for one in team.measures} == {"all changes", "within month"}
    assert {one.basis for one in since.measures} == {"all changes", "within repository"}
    for found in (team, since):
        ratio = found.like_with_like("time_ratio")
        assert ratio is not None
        assert ratio.lower is not None


def test_the_time_ratio_is_the_effect_that_was_put_in() -> None:
    """Twice as long in every stage: two, within its interval."""
    cohort = company(11, 10, 4000, np.full(5, 2.0), trains=False)
    ratio = compare(cohort, BUILDS).like_with_like("time_ratio")
    assert ratio is not None
    assert (ratio.lower or 0.0) < 1.0 < (ratio.upper or 0.0)
    assert (ratio.ai or 0.0) == pytest.approx(2.0, abs=0.15)


def test_a_headline_counts_more_than_one_of_many() -> None:
    """Weighted as Genovese and others: each p-value over its weight, then Benjamini–Hochberg by scipy."""
    found = compare(company(1, 12, 800, EFFECT), BUILDS)
    tested = [one for one in found.measures if one.q_value is not None]
    count = len(tested)
    weight = [0.8 * count if one.name == HEADLINE else 0.2 * count / (count - 1) for one in tested]
    p_values = [(one.p_value or 0.0) / part for one, part in zip(tested, weight, strict=True)]
    order = np.argsort(p_values)
    expected = np.minimum.accumulate((np.array(p_values)[order] * count / np.arange(1, count + 1))[::-1])[::-1]
    np.testing.assert_allclose(np.array([one.q_value for one in tested])[order], np.minimum(expected, 1.0))
    assert {"time_ratio", "same_friction", "share_abandoned", "rate_ratio_adjusted", "mean_hours_review"} < {
        one.name for one in tested
    }


def test_findings_told_together_are_controlled_together() -> None:
    """Beside an axis without a difference a headline needs a smaller p-value; calling again changes nothing."""
    ones = [compare(company(1, 12, 800, EFFECT), BUILDS), compare(company(20, 12, 800), BUILDS)]
    both = controlled(ones)
    alone, together = (found.like_with_like(HEADLINE) for found in (ones[0], both[0]))
    assert alone is not None
    assert together is not None
    assert (alone.q_value or 0.0) < (together.q_value or 0.0)
    assert controlled(both) == both


def test_a_small_difference_is_significant_and_not_worth_reporting() -> None:
    """The same difference beside a larger smallest one; hours beside the whole waiting, never beside one stage."""
    cohort = company(1, 12, 800, EFFECT**2)
    ordinary, strict = compare(cohort, BUILDS), compare(cohort, BUILDS, smallest=SmallestDifference(hours=500.0))
    for found, worth in ((ordinary, True), (strict, False)):
        review = found.like_with_like("mean_hours_review")
        assert review is not None
        assert review.significant
        assert review.worth_reporting is worth
    deploy = ordinary.like_with_like("mean_hours_deploy")
    assert deploy is not None
    assert deploy.worth_reporting is False


def test_smallest_difference_is_the_larger_of_hours_and_percent() -> None:
    """Beside ten hours an hour, beside a hundred five; two points of a share; a ratio either way."""
    smallest = SmallestDifference()
    assert (smallest.of_hours(10.0), smallest.of_hours(100.0)) == (1.0, 5.0)
    assert [smallest.allows_hours(size, 100.0) for size in (4.9, -5.0)] == [False, True]
    assert [smallest.allows_share(size) for size in (0.019, -0.02)] == [False, True]
    assert [smallest.allows_ratio(size) for size in (1.04, 1.06, 0.96, 0.94)] == [False, True, False, True]


def test_effects_that_differ_are_seen_to() -> None:
    """Welch's test and the variance between repositories of effects that were drawn; none where there is none."""
    rng = np.random.default_rng(4)
    p_values: dict[float, list[float]] = {0.0: [], 0.5: []}
    deviations = []
    for differ, found in p_values.items():
        for _ in range(60):
            repository, month = np.repeat(np.arange(8), 150), np.tile(np.arange(150) % 10, 8)
            first = rng.random(1200) < 0.3
            effect = rng.normal(0.2, differ, 8)[repository]
            values = effect * first + rng.normal(size=1200)
            cell = repository * 10 + month
            design = design_of(first, Codes(cell, cell, repository), np.zeros((1200, 0)))
            assert design is not None
            spread = heterogeneity_of(design, effect_of(design, Outcome.known(values)))
            assert spread is not None
            found.append(spread.p_value)
            deviations += [spread.deviation] if differ else []
    assert np.mean(np.array(p_values[0.0]) <= 0.05) <= stats.binom.ppf(0.999, 60, 0.05) / 60
    assert np.mean(np.array(p_values[0.5]) <= 0.05) >= 0.8
    assert np.sqrt(np.mean(np.square(deviations))) == pytest.approx(0.5, abs=0.12)
