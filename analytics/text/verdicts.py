"""Verdicts: the one sentence that answers a question, from the comparison of like with like.

A verdict claims a difference only where a finding does. What it rests on is in `basis`, in one unit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from analytics.comparison import Comparison, Measure
from analytics.comparison.discoveries import HEADLINE
from analytics.text.findings import claims
from analytics.text.intervals import ci

__all__ = ["Verdict", "differs_from_medians", "lead_time", "trend", "within_a_week"]

WEEK = "share_arrived_7d"
NO_DIFFERENCE = "No significant difference"
TOO_FEW = "Too few changes to compare"
_TWICE = 2.0


@dataclass(frozen=True)
class Verdict:
    """A sentence without a full stop, what it rests on, and whether it claims a difference.

    `pair`: both groups like for like, the first group first; None where it has no such figures.
    """

    sentence: str
    basis: str = ""
    significant: bool = False
    pair: tuple[float, float] | None = None


def lead_time(comparison: Comparison) -> Verdict:
    """How much longer the first group takes to production than the second, like for like."""
    measure = comparison.like_with_like(HEADLINE)
    if measure is None or measure.ai is None:
        return _not_compared(comparison)
    size = f"{_times(measure.ai)} as long"
    if measure.lower is None and measure.upper is None:
        return Verdict(TOO_FEW, f"Like for like {size}, too few for an interval")
    bounds = _ratio_bounds(measure)
    if claims(measure):
        first, second = (side.name for side in comparison.both)
        return Verdict(f"{_capital(first)} takes {size} as {second}", f"Like for like ({bounds})", significant=True)
    return Verdict(NO_DIFFERENCE, f"Like for like {size} ({bounds})")


def differs_from_medians(comparison: Comparison) -> bool:
    """Whether the medians of all changes would give another verdict than like for like, by more than its interval."""
    measure, medians = comparison.like_with_like(HEADLINE), comparison.measure("median_hours")
    if measure is None or medians is None or measure.lower is None or measure.upper is None:
        return False
    if medians.ai is None or not medians.other:
        return False
    apart = medians.ai / medians.other - 1.0
    if claims(measure):
        return apart * (measure.difference or 0.0) < 0.0
    return not measure.lower <= apart <= measure.upper


def within_a_week(comparison: Comparison) -> Verdict:
    """How many more of the first group than of the second reach production in a week, like for like.

    It describes the same times as `lead_time`, so it claims a difference only where that does, and in the same
    direction: then no further test is among those that are corrected.
    """
    measure, headline = comparison.like_with_like(WEEK), comparison.like_with_like(HEADLINE)
    if measure is None or measure.ai is None or measure.other is None or measure.difference is None:
        return _not_compared(comparison)
    if measure.lower is None and measure.upper is None:
        return replace(_not_compared(comparison), pair=(measure.ai, measure.other))
    points = 100.0 * measure.difference
    lower, upper = (None if bound is None else 100.0 * bound for bound in (measure.lower, measure.upper))
    bounds = ci(lower, upper, "points", decimals=0, signed=True)
    pair = measure.ai, measure.other
    slower = headline is not None and claims(headline) and ((headline.ai or 1.0) > 1.0) == (points < 0.0)
    if slower and measure.p_value is not None and measure.p_value <= 0.05:
        size = f"{abs(points):.0f} points {'lower' if points < 0.0 else 'higher'}"
        return Verdict(
            f"{_capital(comparison.ai.name)}: {size}", f"Like for like ({bounds})", significant=True, pair=pair
        )
    sign = "+" if points > 0.0 else ""
    size = f"{sign}{points:z.0f} points".replace("-", "−")
    return Verdict(NO_DIFFERENCE, f"Like for like {size} ({bounds})", pair=pair)


def trend(comparison: Comparison, period: str) -> Verdict | None:
    """How much longer all work takes than in the period before, named `period`; None where that is not estimated."""
    measure = comparison.like_with_like(HEADLINE)
    if measure is None or measure.ai is None or (measure.lower is None and measure.upper is None):
        return None
    bounds = _ratio_bounds(measure)
    if not claims(measure):
        return Verdict(f"All work, last {period}: no significant change", bounds)
    size = f"{_times(measure.ai)} as long as in the {period} before ({bounds})"
    return Verdict(f"All work: {size}", bounds, significant=True, pair=(measure.ai, 1.0))


def _not_compared(comparison: Comparison) -> Verdict:
    first, second = comparison.both
    if not first.changes or not second.changes:
        return Verdict(f"No {(second if first.changes else first).name} to compare")
    if not comparison.enough:
        return Verdict(TOO_FEW, f"{first.changes:,} of {first.name}, {second.changes:,} of {second.name}")
    return Verdict(TOO_FEW, f"Too few changes are in a {' and '.join(comparison.contrast.cells)} that has both")


def _times(ratio: float) -> str:
    return f"{ratio:.1f} times" if ratio >= _TWICE else f"{ratio:.2f} times"


def _ratio_bounds(measure: Measure) -> str:
    lower, upper = (None if bound is None else 1.0 + bound for bound in (measure.lower, measure.upper))
    return ci(lower, upper, "", decimals=1 if (measure.ai or 0.0) >= _TWICE else 2)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
