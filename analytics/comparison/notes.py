"""Notes that qualify each figure of a comparison."""

from __future__ import annotations

from collections.abc import Iterator

from analytics.comparison.cells import MONTH, REPOSITORY
from analytics.comparison.marks import sentence
from analytics.comparison.results import ALL, Comparison, Measure
from analytics.comparison.within.wild_bootstrap import FEWEST_REPOSITORIES

__all__ = ["note_of", "unlike"]

_DAYS = 14.0
OVERLAP = 0.8
"""Less overlap than this, of the distributions over repositories or over quarters, gets a note."""


def note_of(measure: Measure, comparison: Comparison) -> str:
    """What qualifies a measure of a comparison, parts apart by semicolons."""
    return "; ".join(_notes(measure, comparison))


def unlike(comparison: Comparison) -> str:
    """How the first group differs from the second in repositories and time; empty where it hardly does."""
    support, cells = comparison.support, comparison.contrast.cells
    if support is None:
        return ""
    parts = []
    if REPOSITORY in cells and support.repositories_overlap < OVERLAP:
        parts.append(f"in other repositories (overlap {support.repositories_overlap:.0%})")
    if MONTH in cells and support.quarters_overlap < OVERLAP:
        if abs(support.newer_days) < _DAYS:
            parts.append(f"of other times (overlap {support.quarters_overlap:.0%})")
        else:
            word = "newer" if support.newer_days > 0.0 else "older"
            parts.append(f"{word} by {abs(support.newer_days):.0f} days at the median")
    return " and ".join(parts)


def _notes(measure: Measure, comparison: Comparison) -> Iterator[str]:
    if not comparison.enough:
        yield "too few to say"
        if measure.n_needed:
            group = comparison.contrast.group
            yield f"about {measure.n_needed:,} changes of {group} would show a difference of 10 points"
        return
    if measure.note:
        yield measure.note
    if measure.q_value is not None:
        yield f"one of several findings tested: q-value {measure.q_value:.3g} (weighted Benjamini–Hochberg)"
    if measure.p_value is not None and measure.lower is not None:
        yield from _about_size(measure, comparison)
    if marks := sentence(measure, comparison):
        yield marks
    yield from _about_place(measure, comparison)


def _about_size(measure: Measure, comparison: Comparison) -> Iterator[str]:
    if measure.significant:
        if measure.worth_reporting is False:
            yield "significant, but smaller than the smallest difference worth reporting"
        return
    alone = measure.p_value is not None and measure.p_value <= 0.05
    yield (
        "not significant after correction for testing several findings"
        if alone
        else "no significant difference; any value in the interval remains possible"
    )
    if measure.n_needed and measure.n_needed > measure.n_ai:
        yield f"about {measure.n_needed:,} changes of {comparison.contrast.group} would show {_size(measure)}"


def _about_place(measure: Measure, comparison: Comparison) -> Iterator[str]:
    if measure.basis == ALL:
        if measure.unit in {"share", "hours"}:
            yield "description: not tested, because where and when a group works is part of it"
            if differs := unlike(comparison):
                yield f"{comparison.contrast.group} is {differs}: see the rows {comparison.contrast.basis}"
        return
    if comparison.support:
        yield (
            f"cells with both groups: {comparison.support.ai_share:.0%} of {comparison.contrast.group},"
            f" {comparison.support.other_share:.0%} of {comparison.contrast.beside}"
        )
    if measure.lower is not None and measure.p_like_these is None and comparison.within:
        count = comparison.within.repositories
        if count < FEWEST_REPOSITORIES:
            yield f"{count} repositories with both are too few to say anything of repositories like these"


def _size(measure: Measure) -> str:
    size = measure.smallest_difference or 0.0
    if measure.unit == "share":
        return f"a difference of {100.0 * size:.0f} points"
    return f"a difference of {size:.3g} hours" if measure.unit == "hours" else f"a ratio of {1.0 + size:.2f}"
