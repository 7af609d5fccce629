from __future__ import annotations

from dataclasses import replace

import pytest

from analytics.comparison import Comparison, Measure, ai_beside_other, compare
from analytics.comparison.discoveries import HEADLINE
from analytics.text import verdicts
from analytics.text.findings import claims, findings_of
from tests.builders.companies import EFFECT, NOTHING, company

BUILDS = ai_beside_other()


@pytest.fixture(scope="module")
def slower() -> Comparison:
    """AI work that takes longer in each of twelve repositories."""
    return compare(company(1, 12, 800, EFFECT**2), BUILDS)


@pytest.fixture(scope="module")
def alike() -> Comparison:
    """AI work that takes as long as other work."""
    return compare(company(20, 12, 800, NOTHING), BUILDS)


def headline(comparison: Comparison) -> Measure:
    """The measure that was declared to matter most."""
    measure = comparison.like_with_like(HEADLINE)
    assert measure is not None
    return measure


def with_measure(comparison: Comparison, name: str, **changed: float | None) -> Comparison:
    """The comparison with other figures in a measure within cells, and in that of all changes."""
    measures = tuple(
        replace(one, **changed) if one.name == name else one  # type: ignore[arg-type]
        for one in comparison.measures
    )
    return replace(comparison, measures=measures)


def test_verdict_is_that_of_the_finding(slower: Comparison, alike: Comparison) -> None:
    """The tile claims what the long sentence claims, with its ratio and its interval, and nothing where it does not."""
    verdict, measure = verdicts.lead_time(slower), headline(slower)
    assert verdict.significant
    assert verdict.sentence == f"AI work takes {measure.ai:.2f} times as long as other work"
    assert f"{1.0 + (measure.lower or 0.0):.2f}–{1.0 + (measure.upper or 0.0):.2f}" in verdict.basis
    arrival = next(finding for finding in findings_of(slower) if finding.kind == "arrival")
    assert f"{measure.ai:.2f} times as long" in arrival.sentence
    nothing = verdicts.lead_time(alike)
    assert (nothing.sentence, nothing.significant) == ("No significant difference", False)
    assert nothing.basis.startswith(f"Like for like {headline(alike).ai:.2f} times as long (95 % CI ")


def test_from_twice_on_a_ratio_has_one_decimal(slower: Comparison) -> None:
    """2.28 times as long is 2.3 times, and its interval likewise."""
    twice = with_measure(slower, HEADLINE, ai=2.28, difference=1.28, lower=0.98, upper=1.63)
    verdict = verdicts.lead_time(twice)
    assert verdict.sentence == "AI work takes 2.3 times as long as other work"
    assert verdict.basis == "Like for like (95 % CI 2.0–2.6)"


def test_share_in_a_week_is_claimed_only_with_the_lead_time(slower: Comparison, alike: Comparison) -> None:
    """The same times are described twice: a second claim needs the first one, in the same direction."""
    week = slower.like_with_like(verdicts.WEEK)
    assert week is not None
    verdict = verdicts.within_a_week(slower)
    assert verdict.pair == (week.ai, week.other)
    assert verdict.significant == ((week.p_value or 1.0) <= 0.05)
    certain = {"p_value": 0.001, "difference": -0.3, "lower": -0.4, "upper": -0.2}
    assert verdicts.within_a_week(with_measure(slower, verdicts.WEEK, **certain)).sentence == "AI work: 30 points lower"
    assert not verdicts.within_a_week(with_measure(alike, verdicts.WEEK, **certain)).significant
    more = {"p_value": 0.001, "difference": 0.3, "lower": 0.2, "upper": 0.4}
    other_way = verdicts.within_a_week(with_measure(slower, verdicts.WEEK, **more))
    assert (other_way.sentence, other_way.basis) == (
        "No significant difference",
        "Like for like +30 points (95 % CI +20 to +40 points)",
    )


def test_trend_says_slower_or_faster_only_where_it_is_significant(slower: Comparison, alike: Comparison) -> None:
    """A period that differs from the one before has its ratio, another no claim, one without interval nothing."""
    verdict = verdicts.trend(slower, "90 days")
    assert verdict is not None
    size = f"All work: {headline(slower).ai:.2f} times as long as in the 90 days before (95 % CI "
    assert verdict.sentence.startswith(size)
    assert verdict.pair is not None
    assert verdict.pair[0] > verdict.pair[1]
    even = verdicts.trend(alike, "12 months")
    assert even is not None
    no_change = "All work, last 12 months: no significant change"
    assert (even.sentence, even.significant, even.pair) == (no_change, False, None)
    open_ended = with_measure(alike, HEADLINE, lower=None, upper=None)
    assert verdicts.trend(open_ended, "90 days") is None


def test_medians_that_would_say_otherwise_are_noticed(slower: Comparison, alike: Comparison) -> None:
    """Where all changes differ by more than like for like allows, or the other way, the mix of the work does."""
    assert not verdicts.differs_from_medians(with_measure(alike, "median_hours", ai=10.0, other=10.0))
    assert verdicts.differs_from_medians(with_measure(alike, "median_hours", ai=90.0, other=10.0))
    assert claims(headline(slower))
    assert not verdicts.differs_from_medians(with_measure(slower, "median_hours", ai=90.0, other=10.0))
    assert verdicts.differs_from_medians(with_measure(slower, "median_hours", ai=8.0, other=10.0))
    assert not verdicts.differs_from_medians(with_measure(slower, "median_hours", ai=None, other=10.0))


def test_without_an_interval_there_is_no_verdict(slower: Comparison) -> None:
    """A ratio of too few cells is described, and neither a difference nor "no difference" is said of it."""
    verdict = verdicts.lead_time(with_measure(slower, HEADLINE, lower=None, upper=None))
    assert verdict.sentence == "Too few changes to compare"
    assert verdict.basis.endswith("times as long, too few for an interval")
    week = verdicts.within_a_week(with_measure(slower, verdicts.WEEK, lower=None, upper=None))
    assert week.sentence == "Too few changes to compare"
    assert week.pair is not None


def test_too_few_are_counted() -> None:
    """Nothing is claimed of a group with fewer than twenty changes, and their number is shown."""
    few = compare(company(3, 3, 40), BUILDS)
    verdict = verdicts.lead_time(few)
    assert verdict.sentence == "Too few changes to compare"
    assert verdict.basis == f"{few.ai.changes} of AI work, {few.other.changes} of other work"
    assert verdicts.within_a_week(few).sentence == "Too few changes to compare"
