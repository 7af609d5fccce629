"""What-ifs as sentences, each with its number, 95 % confidence interval and count, claiming no more than these."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from analytics.reports.bottlenecks import Bottlenecks
from analytics.text.intervals import ci
from analytics.whatif.cadence import DAILY
from analytics.whatif.compute import ALL_STAGES, NOBODY_BEHIND, WhatIf
from analytics.whatif.effect import Bounds

__all__ = ["Sentence", "first_hours", "sentences_of"]

_TWO_DAYS = 48.0


@dataclass(frozen=True)
class Sentence:
    """A `text` that stands for itself; the `number` in it (hours), its bounds, and how many `changes`.

    `kind`: the kind of what-if, or `bottleneck`. `seen`: whether the interval of the number excludes none.
    """

    kind: str
    text: str
    number: float
    lower: float | None
    upper: float | None
    changes: int
    significant: bool


def sentences_of(bottlenecks: Bottlenecks) -> tuple[Sentence, ...]:
    """Put a group's biggest bottleneck into words, then the best what-if of each kind.

    A what-if whose interval includes 0 is not called a gain.
    """
    return (*_bottleneck(bottlenecks), *_what_ifs(bottlenecks))


def _bottleneck(bottlenecks: Bottlenecks) -> Iterator[Sentence]:
    if not bottlenecks.stages:
        return
    stage, mean = bottlenecks.stages[0], bottlenecks.stages[0].mean_hours
    text = (
        f"{_capital(_work(bottlenecks.group))} waits longest in {stage.stage}: {_with_ci(mean, bottlenecks.clock)} of a"
        f" change's first {first_hours(bottlenecks)}, {stage.share:.0%} of its waiting, n = {bottlenecks.changes:,}"
    )
    yield Sentence("bottleneck", text, mean.value, mean.lower, mean.upper, bottlenecks.changes, significant=True)


def _what_ifs(bottlenecks: Bottlenecks) -> Iterator[Sentence]:
    kinds = dict.fromkeys(what.kind for what in bottlenecks.what_ifs)
    for kind in kinds:
        some = [what for what in bottlenecks.what_ifs if what.kind == kind]
        # A significant gain comes before one that may be larger.
        best = max(some, key=lambda what: (what.effect.hours_saved.lower > 0.0, what.effect.hours_saved.value))
        # Releasing on every merge always saves most; daily is what a team can decide tomorrow.
        daily = (what for what in some if what.parameter.startswith(DAILY.name))
        yield _sentence(next(daily, best) if kind == "release_cadence" else best, bottlenecks)


def _sentence(what: WhatIf, bottlenecks: Bottlenecks) -> Sentence:
    saved, effect, work = what.effect.hours_saved, what.effect, _work(bottlenecks.group)
    significant = saved.lower > 0.0
    if significant:
        week, within = effect.gained[0], "7 days" if bottlenecks.clock == "wall" else "the working hours of a week"
        earlier = _with_ci(saved, bottlenecks.clock, " earlier")
        more = f"; {_points(week)} within {within}" if week.lower > 0.0 else ""
        alone = f" {NOBODY_BEHIND}" if what.assumes_no_queue else ""
        text = f"{_does(what, bottlenecks)} would ship {work} {earlier}{alone}{more}{_queue(what)}"
    else:
        text = f"{_does(what, bottlenecks)}: no significant gain for {work} ({_estimate(saved, bottlenecks.clock)})"
    text = f"{text}, n = {effect.changes:,}"
    return Sentence(what.kind, text, saved.value, saved.lower, saved.upper, effect.changes, significant=significant)


def _queue(what: WhatIf) -> str:
    """Where pickup grows with the load, that others would gain too."""
    if what.queue is None:
        return ""
    longer = what.queue.value
    return f"; pickup takes {longer:.1f} times as long after a week with twice the arrivals, so others would gain too"


def _does(what: WhatIf, bottlenecks: Bottlenecks) -> str:
    name = what.parameter.partition(" (")[0]
    if what.kind == "release_cadence":
        at_least = name if name == "on every merge" else f"at least {name}"
        return f"Releasing {at_least} instead of every {bottlenecks.release_every_days:.1f} days"
    if what.kind == "best_months":
        return f"{_capital(what.stage)} as in the best quarter of its months"
    if what.kind == "rate_of_others":
        stage = "Every stage" if what.stage == ALL_STAGES else _capital(what.stage)
        return f"{stage} at the {what.parameter}"
    return f"{_capital(what.stage)} in {what.parameter}"


def first_hours(bottlenecks: Bottlenecks) -> str:
    """The horizon as text."""
    if bottlenecks.clock == "working":
        return f"{bottlenecks.horizon_hours:.0f} working hours"
    return f"{bottlenecks.horizon_hours / 24.0:.0f} days"


def _with_ci(bounds: Bounds, clock: str, more: str = "") -> str:
    """A duration and, in brackets, its interval."""
    return f"{_value(bounds, clock)}{more} ({_interval(bounds, clock)})"


def _estimate(bounds: Bounds, clock: str) -> str:
    """As `_with_ci`, for use inside brackets."""
    return f"{_value(bounds, clock)} earlier, {_interval(bounds, clock)}"


def _value(bounds: Bounds, clock: str) -> str:
    per, unit = _unit(bounds.value, clock)
    return f"{bounds.value / per:z,.1f} {unit}".replace("-", "−")


def _interval(bounds: Bounds, clock: str) -> str:
    if math.isnan(bounds.lower) or math.isnan(bounds.upper):
        return "confidence: not enough data"
    per, unit = _unit(bounds.value, clock)
    return ci(bounds.lower / per, bounds.upper / per, unit)


def _points(bounds: Bounds) -> str:
    """A difference of two shares in percentage points, with its interval."""
    interval = ci(100.0 * bounds.lower, 100.0 * bounds.upper, "points")
    return f"{100.0 * bounds.value:.1f} points more arrive ({interval})"


def _unit(number: float, clock: str) -> tuple[float, str]:
    """Days from two days on; working hours stay hours, because their days have other lengths."""
    if clock == "working":
        return 1.0, "working h"
    return (1.0, "h") if abs(number) < _TWO_DAYS else (24.0, "d")


def _work(group: str) -> str:
    return {"all": "all work"}.get(group, group)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
