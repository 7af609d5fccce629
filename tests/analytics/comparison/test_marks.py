from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.comparison import ai_beside_other, compare
from analytics.comparison.marks import QUALITY, Quality, corrected, sentence, tipping_point
from analytics.comparison.results import ALL, Comparison, Measure
from tests.builders.companies import company

PARTS = st.floats(0.05, 0.95)


@given(PARTS, PARTS, st.floats(0.1, 0.6), st.floats(0.5, 1.0), st.floats(0.7, 1.0))
def test_the_correction_undoes_the_mixture(
    ai: float, other: float, true: float, recall: float, precision: float
) -> None:
    """Groups mixed by marks of a precision and recall have, corrected, the difference that they were mixed from."""
    marked = true * recall / precision
    if marked >= 0.9:
        return
    missed = (true - marked * precision) / (1.0 - marked)
    if precision - missed < 0.05:
        return
    of_marked = precision * ai + (1.0 - precision) * other
    of_unmarked = missed * ai + (1.0 - missed) * other
    found = corrected(of_marked - of_unmarked, marked, Quality(precision, recall))
    assert found is not None
    assert found.most == pytest.approx(ai - other, abs=1e-9)


def test_range_and_interval_by_hand() -> None:
    """M = ¼, V = 0.9: at r = 1 u is 0, at r = ½ it is 0.3; so −9 points are −10 to −15, and bounds are those of −15."""
    found = corrected(-0.09, 0.25, Quality(0.9, 0.5), -0.12, -0.06)
    assert found is not None
    assert (found.least, found.most, found.lower, found.upper) == pytest.approx((-0.1, -0.15, -0.2, -0.1))


def test_marks_no_better_than_chance_correct_nothing() -> None:
    """Half of all work marked, at a recall of one third: more unmarked than marked work would be AI work."""
    assert corrected(-0.09, 0.5, Quality(0.9, 1 / 3)) is None


@given(PARTS, st.floats(0.1, 1.0), st.floats(0.1, 1.0))
def test_tipping_point_of_no_difference_is_the_ratio_of_marking(share: float, quick: float, slow: float) -> None:
    """AI work fares as other work does, and is marked at one rate if it arrived and at another if not: their ratio."""
    arrived = share * quick
    found = tipping_point(arrived / (arrived + (1.0 - share) * slow), share)
    assert found == pytest.approx(slow / quick, rel=1e-6)


def test_simulated_marks_that_depend_on_the_outcome() -> None:
    """Of 400,000 changes without a difference, slow AI work marked 1.5 times as often: that is what is found."""
    dice = np.random.default_rng(16)
    arrived, ai = dice.random(400_000) < 0.7, dice.random(400_000) < 0.3
    mark = ai & (dice.random(400_000) < np.where(arrived, 0.5, 0.75))
    assert tipping_point(float(arrived[mark].mean()), float(arrived.mean())) == pytest.approx(1.5, abs=0.03)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_there_is_no_tipping_point_at_none_or_all(share: float) -> None:
    """Odds of none and of all are no numbers."""
    assert tipping_point(share, 0.5) is None
    assert tipping_point(0.5, share) is None


def measure(name: str, unit: str, ai: float, other: float, *, p_value: float = 0.001, basis: str = "within") -> Measure:
    """A difference of 250 marked and 750 other changes."""
    gap = ai - other
    return Measure(name, basis, unit, ai, other, gap, gap * 1.3, gap * 0.7, p_value, 250, 750)


@pytest.fixture(scope="module")
def compared() -> Comparison:
    """A comparison in whose mean cell a quarter of the work is marked."""
    made = compare(company(1, 6, 300), ai_beside_other())
    assert made.within is not None
    return replace(made, within=replace(made.within, odds=1.0 / 3.0))


def test_a_sentence_has_the_range_and_the_tipping_point(compared: Comparison) -> None:
    """46 and 80 %: V − u is 0.93 and 0.803 at recalls of 1 and 0.71; odds of all are 2.509, of AI work 0.852: 2.9."""
    said = sentence(measure("share_arrived_7d", "share", 0.46, 0.80), compared)
    assert said == (
        "if 71% to 100% of AI work is marked, the difference is −36.6 to −42.3 points; it vanishes if slow AI work is"
        " marked 2.9 times as often as quick"
    )
    quicker = sentence(measure("share_arrived_7d", "share", 0.80, 0.46), compared)
    assert "quick AI work is marked 3.3 times as often as slow" in quicker


def test_a_ratio_of_times_is_corrected_as_a_difference_of_logarithms(compared: Comparison) -> None:
    """Log 1.3 is 0.2624: over 0.93 that is 0.2821, over 0.8034 0.3266."""
    said = sentence(measure("time_ratio", "ratio", 1.3, 1.0), compared)
    assert said == "if 71% to 100% of AI work is marked, the ratio is 1.33 to 1.39"


def test_hours_have_a_range_alone_and_others_nothing(compared: Comparison) -> None:
    """Hours have no odds; what is not significant, of all changes or on no axis of marks has no sentence."""
    how, team = (
        replace(compared, contrast=replace(compared.contrast, axis=axis)) for axis in ("built_with_ai", "team")
    )
    said = sentence(measure("mean_hours_waiting", "hours", 130.0, 100.0), how)
    assert said == "if 50% to 100% of AI work is marked, the difference is 30 to 45 hours"
    for other in (
        sentence(measure("share_arrived_7d", "share", 0.46, 0.80), team),
        sentence(measure("share_arrived_7d", "share", 0.46, 0.80, p_value=0.2), compared),
        sentence(measure("share_arrived_7d", "share", 0.46, 0.80, basis=ALL), compared),
        sentence(measure("rate_ratio_adjusted", "ratio", 0.5, 1.0, basis=ALL), compared),
    ):
        assert other == ""
    assert set(QUALITY) == {"builds_ai", "built_with_ai"}
