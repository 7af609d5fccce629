"""Notes that qualify each figure of a comparison."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from analytics.comparison.cells import QUARTER, REPOSITORY
from analytics.comparison.marks import sentence
from analytics.comparison.results import ALL, Comparison, Measure

__all__ = ["annotated", "controlled", "unlike"]

STAGE_FAMILIES = ("mean_hours_", "share_of_wait_")
NOT_STAGES = ("mean_hours_waiting", "mean_hours_in_production")
_DAYS = 14.0
OVERLAP = 0.8
"""Less overlap than this, of the distributions over repositories or over quarters, gets a note."""


def annotated(comparison: Comparison) -> tuple[Measure, ...]:
    """Return the measures with their q-values and notes."""
    controlled = _controlled(comparison.measures)
    return tuple(replace(measure, note="; ".join(_notes(measure, comparison))) for measure in controlled)


def unlike(comparison: Comparison) -> str:
    """How the first group differs from the second in repositories and time; empty where it hardly does."""
    support, cells = comparison.support, comparison.contrast.cells
    if support is None:
        return ""
    parts = []
    if REPOSITORY in cells and support.repositories_overlap < OVERLAP:
        parts.append(f"in other repositories (overlap {support.repositories_overlap:.0%})")
    if QUARTER in cells and support.quarters_overlap < OVERLAP:
        if abs(support.newer_days) < _DAYS:
            parts.append(f"of other times (overlap {support.quarters_overlap:.0%})")
        else:
            word = "newer" if support.newer_days > 0.0 else "older"
            parts.append(f"{word} by {abs(support.newer_days):.0f} days at the median")
    return " and ".join(parts)


def controlled(p_values: Sequence[float]) -> list[float]:
    """The q-value of each, as `false_discovery_control` of scipy.stats has it, which takes a second to import."""
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p)
    tests = np.arange(1, p.size + 1)
    q = np.empty_like(p)
    q[order] = np.clip(np.minimum.accumulate((p[order] * (p.size / tests))[::-1])[::-1], 0.0, 1.0)
    q_values: list[float] = q.tolist()
    return q_values


def _controlled(measures: Sequence[Measure]) -> list[Measure]:
    """Stages are many tests of one question: each family by Benjamini & Hochberg (1995), JRSS B 57, 289."""
    result = list(measures)
    families: dict[tuple[str, str], list[int]] = {}
    for place, measure in enumerate(result):
        prefix = next((family for family in STAGE_FAMILIES if measure.name.startswith(family)), None)
        if prefix and measure.name not in NOT_STAGES and measure.p_value is not None:
            families.setdefault((prefix, measure.basis), []).append(place)
    for places in families.values():
        q_values = controlled([result[place].p_value or 0.0 for place in places])
        for place, q_value in zip(places, q_values, strict=True):
            result[place] = replace(result[place], q_value=q_value)
    return result


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
        yield f"one of several stages tested: q-value {measure.q_value:.3g} (Benjamini–Hochberg)"
    if measure.lower is not None and not measure.significant:
        counted = measure.p_value is not None and measure.p_value <= 0.05
        yield (
            "not significant after correction for testing several stages"
            if counted
            else ("no significant difference; any value in the interval remains possible")
        )
        if measure.n_needed and measure.n_needed > measure.n_ai:
            yield f"about {measure.n_needed:,} changes of {comparison.contrast.group} would show {_size(measure)}"
    yield from _about_place_and_marks(measure, comparison)


def _about_place_and_marks(measure: Measure, comparison: Comparison) -> Iterator[str]:
    if marks := sentence(measure, comparison.contrast.axis):
        yield marks
    if measure.basis == ALL:
        if measure.unit in {"share", "hours"} and (differs := unlike(comparison)):
            yield f"{comparison.contrast.group} is {differs}: see common support"
    elif comparison.support:
        yield (
            f"cells with both groups: {comparison.support.ai_share:.0%} of {comparison.contrast.group},"
            f" {comparison.support.other_share:.0%} of {comparison.contrast.beside},"
            " weighted to the mix of the first group"
        )


def _size(measure: Measure) -> str:
    size = measure.smallest_difference or 0.0
    if measure.unit == "share":
        return f"a difference of {100.0 * size:.0f} points"
    return f"a difference of {size:.3g} hours" if measure.unit == "hours" else f"a ratio of {1.0 + size:.2f}"
