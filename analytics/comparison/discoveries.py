"""False discovery: which differences are significant when many are tested and told together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from analytics.comparison.results import ALL, Comparison, Measure

__all__ = ["HEADLINE", "STAGE", "controlled", "is_stage", "q_values"]

HEADLINE = "time_ratio"
"""The one measure of a comparison that was declared to matter most, before looking."""
STAGE = "mean_hours_"
_NO_STAGES = ("mean_hours_waiting", "mean_hours_in_production")
_SINGLE = ("same_friction", "share_abandoned")
_PLAIN = ("rate_ratio_adjusted",)
HEADLINES_PART = 0.8
"""Of the chance of a false finding that is allowed, the part that headlines get; all other findings share the rest."""


def is_stage(measure: Measure) -> bool:
    """Whether it is about the hours in one stage."""
    return measure.name.startswith(STAGE) and measure.name not in _NO_STAGES


def controlled(comparisons: Sequence[Comparison]) -> list[Comparison]:
    """The comparisons with a q-value for each measure that a finding rests on, of all of them together.

    By Benjamini & Hochberg (1995, JRSS B 57, 289), weighted: a declared headline gets more of the error than a
    measure that is one of many (Genovese, Roeder & Wasserman 2006, Biometrika 93, 509). Where nothing differs, the
    chance that any finding is significant is that of one test; calling it again changes nothing.
    """
    tests = [(place, *tested) for place, comparison in enumerate(comparisons) for tested in _tested(comparison)]
    weight = _weights([measure.name == HEADLINE for _, _, measure in tests])
    weighted = [(measure.p_value or 0.0) / part for (_, _, measure), part in zip(tests, weight, strict=True)]
    measures = [list(comparison.measures) for comparison in comparisons]
    for (place, row, measure), q_value in zip(tests, q_values(weighted), strict=True):
        measures[place][row] = replace(measure, q_value=q_value)
    return [
        replace(comparison, measures=tuple(changed)) for comparison, changed in zip(comparisons, measures, strict=True)
    ]


def _weights(is_headline: Sequence[bool]) -> list[float]:
    """The weight of each test, one on average."""
    tests, headlines = len(is_headline), sum(is_headline)
    if headlines in {0, tests}:
        return [1.0] * tests
    of_headline, of_other = HEADLINES_PART * tests / headlines, (1.0 - HEADLINES_PART) * tests / (tests - headlines)
    return [of_headline if headline else of_other for headline in is_headline]


def q_values(p_values: Sequence[float]) -> list[float]:
    """The q-value of each, as `false_discovery_control` of scipy.stats has it, which takes a second to import."""
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p)
    tests = np.arange(1, p.size + 1)
    q = np.empty_like(p)
    q[order] = np.clip(np.minimum.accumulate((p[order] * (p.size / tests))[::-1])[::-1], 0.0, 1.0)
    values: list[float] = q.tolist()
    return values


def _tested(comparison: Comparison) -> Iterator[tuple[int, Measure]]:
    """The measures that findings rest on and that have a test, with their places."""
    for row, measure in enumerate(comparison.measures):
        if measure.p_value is None:
            continue
        if measure.basis == ALL:
            tested = measure.name in _PLAIN
        else:
            tested = measure.name == HEADLINE or measure.name in _SINGLE or is_stage(measure)
        if tested:
            yield row, measure
