"""What imperfect AI marks do to a difference: the range it would have with better marks, and when it would vanish.

Marked work has a part V that truly is AI work (precision), and of all AI work a part r is marked (recall). With m the
share of all work that is marked, u = (mV / r - mV) / (1 - m) of the unmarked work is AI work too, and if marking does
not depend on how a change fares, a difference seen is the true one times V - u (Barron 1977, Biometrics 33, 414).
Recall is not known, so there is a range of it. If marking does depend on it, no correction is possible, but one thing
is known without any model: all work together needs no mark. If AI work that arrived by some time is marked at the rate
q and the rest of it at the rate s, the odds of AI work are those of marked work times s / q, and there is no
difference where these are the odds of all work.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from analytics.comparison.results import ALL, Comparison, Measure

__all__ = ["QUALITY", "Corrected", "Quality", "corrected", "sentence", "tipping_point"]


@dataclass(frozen=True)
class Quality:
    """How good marks are: their `precision`, and from which `recall` on; all may be marked."""

    precision: float
    recall: float


QUALITY = {"builds_ai": Quality(0.93, 0.71), "built_with_ai": Quality(1.0, 0.5)}
"""By axis. What is built: as on labelled changes of repositories whose errors nobody has read (docs/ai_rules.md), which
is what a company's own are. How: a mark is one, and half may leave none."""
_SIZES = {"share": "difference", "hours": "difference", "ratio": "ratio"}


@dataclass(frozen=True)
class Corrected:
    """A difference with better marks: `least` at full recall, `most` at the lowest.

    `lower`, `upper`: the 95 % interval of the latter. Both are of one sign, and `most` is farther from zero.
    """

    least: float
    most: float
    lower: float | None = None
    upper: float | None = None


def corrected(
    difference: float, marked: float, quality: Quality, lower: float | None = None, upper: float | None = None
) -> Corrected | None:
    """The range of the true difference of shares or mean hours, where marking does not depend on how a change fares.

    `marked`: the share of all work that is marked, between 0 and 1. The interval is that of the lowest recall, the
    widest. None where marks so few or so poor tell the groups apart no better than chance.
    """
    factors = [_factor(marked, quality.precision, recall) for recall in (1.0, quality.recall)]
    if min(factors) <= 0.0:
        return None
    least, most = (difference / factor for factor in factors)
    return Corrected(least, most, *(None if bound is None else bound / factors[1] for bound in (lower, upper)))


def _factor(marked: float, precision: float, recall: float) -> float:
    """V - u, by which a true difference appears smaller."""
    return precision - marked * precision * (1.0 / recall - 1.0) / (1.0 - marked)


def tipping_point(share_marked: float, share_all: float) -> float | None:
    """How many times as often AI work that had not arrived was marked as what had, if there were no difference.

    `share_marked`, `share_all`: arrived by some time, of marked work and of all work. None at 0 and 1. Checked by
    odds(share_all) / odds(share_marked).
    """
    if not (0.0 < share_marked < 1.0 and 0.0 < share_all < 1.0):
        return None
    return (share_all / (1.0 - share_all)) / (share_marked / (1.0 - share_marked))


def sentence(measure: Measure, comparison: Comparison) -> str:
    """What imperfect marks do to a significant difference of AI work within cells; empty for any other measure.

    The share of work that is marked is that of the mean cell; a ratio of geometric means is corrected as what it is,
    a difference of mean logarithms.
    """
    quality, within = QUALITY.get(comparison.contrast.axis), comparison.within
    if quality is None or within is None or measure.basis == ALL or measure.unit not in _SIZES:
        return ""
    if not measure.significant or measure.difference is None or measure.ai is None or measure.other is None:
        return ""
    marked = within.odds / (1.0 + within.odds)
    seen = math.log(measure.ai) if measure.unit == "ratio" else measure.difference
    result = corrected(seen, marked, quality) if seen else None
    if result is None:
        return ""
    text = (
        f"if {quality.recall:.0%} to 100% of AI work is marked, the {_SIZES[measure.unit]} is {_range(result, measure)}"
    )
    if not measure.name.startswith("share_arrived"):
        return text
    tip = tipping_point(measure.ai, marked * measure.ai + (1.0 - marked) * measure.other)
    if tip is None:
        return text
    slow, quick = ("slow", "quick") if tip > 1.0 else ("quick", "slow")
    return f"{text}; it vanishes if {slow} AI work is marked {max(tip, 1.0 / tip):.2g} times as often as {quick}"


def _range(result: Corrected, measure: Measure) -> str:
    if measure.unit == "ratio":
        return f"{math.exp(result.least):.3g} to {math.exp(result.most):.3g}"
    scale, unit = (100.0, "points") if measure.unit == "share" else (1.0, "hours")
    return f"{scale * result.least:.3g} to {scale * result.most:.3g} {unit}".replace("-", "−")
