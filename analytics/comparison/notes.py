"""What must be said beside each figure, so that nobody takes it for more than it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from analytics.comparison.cells import QUARTER, REPOSITORY
from analytics.comparison.results import ALL, Comparison, Measure

__all__ = ["annotated", "controlled", "unlike"]

STAGE_FAMILIES = ("mean_hours_", "share_of_wait_")
NOT_STAGES = ("mean_hours_waiting", "mean_hours_in_production")
_DAYS = 14.0
OVERLAP = 0.8
"""Less overlap than this, of the distributions over repositories or over quarters, is worth a word."""


def annotated(found: Comparison) -> tuple[Measure, ...]:
    """The measures with their q-values and notes."""
    controlled = _controlled(found.measures)
    return tuple(replace(one, note="; ".join(_notes(one, found))) for one in controlled)


def unlike(found: Comparison) -> str:
    """In what the first group differs from the second beside what names it; empty where in nothing much."""
    support, cells = found.support, found.contrast.cells
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
    told: list[float] = q.tolist()
    return told


def _controlled(measures: Sequence[Measure]) -> list[Measure]:
    """Stages are many tests of one question: each family by Benjamini & Hochberg (1995), JRSS B 57, 289."""
    told = list(measures)
    families: dict[tuple[str, str], list[int]] = {}
    for place, one in enumerate(told):
        prefix = next((family for family in STAGE_FAMILIES if one.name.startswith(family)), None)
        if prefix and one.name not in NOT_STAGES and one.p_value is not None:
            families.setdefault((prefix, one.basis), []).append(place)
    for places in families.values():
        q_values = controlled([told[place].p_value or 0.0 for place in places])
        for place, q_value in zip(places, q_values, strict=True):
            told[place] = replace(told[place], q_value=q_value)
    return told


def _notes(one: Measure, found: Comparison) -> Iterator[str]:
    if not found.enough:
        yield "too few to say"
        if one.n_needed:
            yield f"some {one.n_needed:,} changes of {found.contrast.group} would show a difference of 10 points"
        return
    if one.note:
        yield one.note
    if one.q_value is not None:
        yield f"one of several stages: q-value by Benjamini and Hochberg {one.q_value:.3g}"
    if one.lower is not None and not one.seen:
        counted = one.p_value is not None and one.p_value <= 0.05
        yield (
            "not told from chance, so many stages being tested"
            if counted
            else ("no difference seen, and any in the interval remains possible")
        )
        if one.n_needed and one.n_needed > one.n_ai:
            yield f"some {one.n_needed:,} changes of {found.contrast.group} would show {_size(one)}"
    if one.basis == ALL:
        if one.unit in {"share", "hours"} and (differs := unlike(found)):
            yield f"{found.contrast.group} is {differs}: see common support"
    elif found.support:
        yield (
            f"in cells with both: {found.support.ai_share:.0%} of {found.contrast.group},"
            f" {found.support.other_share:.0%} of {found.contrast.beside}, weighted to the mix of the first"
        )


def _size(one: Measure) -> str:
    size = one.smallest_difference or 0.0
    if one.unit == "share":
        return f"a difference of {100.0 * size:.0f} points"
    return f"a difference of {size:.3g} hours" if one.unit == "hours" else f"a ratio of {1.0 + size:.2f}"
