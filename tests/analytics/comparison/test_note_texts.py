"""What notes say of a figure, word by word and at the limits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from analytics.comparison import ai_beside_other, compare
from analytics.comparison.notes import note_of, unlike
from analytics.comparison.results import ALL, Comparison, Measure, Support
from tests.builders.companies import company

NOTHING_SEEN = "no significant difference; any value in the interval remains possible"
CELLS = "cells with both groups: 60% of AI work, 35% of other work"


@pytest.fixture(scope="module")
def compared() -> Comparison:
    """A comparison of two groups that share few cells of five repositories."""
    comparison = compare(company(1, 6, 300), ai_beside_other())
    assert comparison.within is not None
    support = Support(0.6, 0.35, 0.9, 0.9, 3.0, 40)
    return replace(comparison, support=support, within=replace(comparison.within, repositories=5))


def measure(comparison: Comparison, **facts: Any) -> Measure:
    """A difference of 250 and 750 changes within cells."""
    plain = Measure("any", comparison.contrast.basis, "share", 0.5, 0.4, 0.1, -0.1, 0.3, 0.2, 250, 750)
    return replace(plain, **facts)


@pytest.mark.parametrize(
    ("unit", "size", "words"),
    [
        ("share", 0.05, "a difference of 5 points"),
        ("share", 0.1, "a difference of 10 points"),
        ("hours", 1.5, "a difference of 1.5 hours"),
        ("ratio", 0.05, "a ratio of 1.05"),
    ],
)
def test_note_says_how_many_changes_would_show_which_difference(
    compared: Comparison, unit: str, size: float, words: str
) -> None:
    """In the unit of the figure; where there are as many already, nothing is said."""
    needed = measure(compared, unit=unit, n_needed=2600, smallest_difference=size)
    assert note_of(needed, compared) == f"{NOTHING_SEEN}; about 2,600 changes of AI work would show {words}; {CELLS}"
    assert note_of(replace(needed, n_needed=251), compared).count("would show") == 1
    assert note_of(replace(needed, n_needed=250), compared) == f"{NOTHING_SEEN}; {CELLS}"


def test_note_says_what_a_test_allows(compared: Comparison) -> None:
    """Significant or not, before and after correction, and worth reporting or not."""
    compared = replace(compared, contrast=replace(compared.contrast, axis="team"))  # no marks to correct for
    several = "one of several findings tested: q-value 0.0612 (weighted Benjamini–Hochberg)"
    corrected = measure(compared, p_value=0.05, q_value=0.0612)
    assert note_of(corrected, compared) == (
        f"{several}; not significant after correction for testing several findings; {CELLS}"
    )
    assert note_of(replace(corrected, p_value=0.0501), compared) == f"{several}; {NOTHING_SEEN}; {CELLS}"
    small = "significant, but smaller than the smallest difference worth reporting"
    significant = measure(compared, p_value=0.05)
    assert note_of(replace(significant, worth_reporting=False), compared) == f"{small}; {CELLS}"
    assert note_of(replace(significant, worth_reporting=True), compared) == CELLS
    assert note_of(significant, compared) == CELLS
    assert note_of(measure(compared, p_value=None), compared) == CELLS
    assert note_of(measure(compared, lower=None, note="the interval is open"), compared) == (
        f"the interval is open; {CELLS}"
    )


def test_note_says_where_repositories_are_too_few(compared: Comparison) -> None:
    """Fewer than five with both groups say nothing of others like them."""
    assert compared.within is not None
    few = replace(compared, within=replace(compared.within, repositories=4))
    told = measure(compared)
    too_few = "4 repositories with both are too few to say anything of repositories like these"
    assert note_of(told, few) == f"{NOTHING_SEEN}; {CELLS}; {too_few}"
    assert note_of(told, compared) == f"{NOTHING_SEEN}; {CELLS}"
    assert note_of(replace(told, p_like_these=0.5), few) == f"{NOTHING_SEEN}; {CELLS}"


def test_note_of_all_changes_says_that_nothing_is_tested(compared: Comparison) -> None:
    """Shares and hours of all changes describe; a ratio of rates has no such note."""
    plain = measure(compared, basis=ALL, p_value=None)
    described = "description: not tested, because where and when a group works is part of it"
    assert note_of(plain, compared) == described
    assert note_of(replace(plain, unit="hours"), compared) == described
    assert note_of(replace(plain, unit="ratio"), compared) == ""
    apart = replace(compared, support=Support(0.6, 0.35, 0.5, 0.9, 3.0, 40))
    differs = f"AI work is in other repositories (overlap 50%): see the rows {compared.contrast.basis}"
    assert note_of(plain, apart) == f"{described}; {differs}"


def test_note_of_too_few_changes_says_how_many_are_needed(compared: Comparison) -> None:
    """Nothing else is said of them."""
    few = replace(compared, enough=False)
    assert note_of(measure(compared, n_needed=1234, note="any"), few) == (
        "too few to say; about 1,234 changes of AI work would show a difference of 10 points"
    )
    assert note_of(measure(compared), few) == "too few to say"


@pytest.mark.parametrize(
    ("repositories", "quarters", "days", "words"),
    [
        (0.8, 0.8, 100.0, ""),
        (0.79, 0.8, 0.0, "in other repositories (overlap 79%)"),
        (0.8, 0.79, 13.9, "of other times (overlap 79%)"),
        (0.8, 0.79, -13.9, "of other times (overlap 79%)"),
        (0.8, 0.5, 14.0, "newer by 14 days at the median"),
        (0.8, 0.5, -20.0, "older by 20 days at the median"),
        (0.3, 0.5, 20.0, "in other repositories (overlap 30%) and newer by 20 days at the median"),
    ],
)
def test_groups_of_other_places_and_times_are_unlike(
    compared: Comparison, repositories: float, quarters: float, days: float, words: str
) -> None:
    """From an overlap of less than four fifths on; by days from two weeks on."""
    assert unlike(replace(compared, support=Support(0.6, 0.35, repositories, quarters, days, 40))) == words
    assert unlike(replace(compared, support=None)) == ""
