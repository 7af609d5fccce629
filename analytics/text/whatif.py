"""What-ifs in sentences, each with its number, interval and count, and no stronger than these."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from analytics.reports.bottlenecks import Bottlenecks
from analytics.whatif.cadence import DAILY
from analytics.whatif.compute import ALL_STAGES, WhatIf
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
    seen: bool


def sentences_of(found: Bottlenecks) -> tuple[Sentence, ...]:
    """What a group's stages and what-ifs say: the biggest bottleneck, then the best what-if of each kind.

    A what-if whose interval holds 0 is not told as a gain; where none of a kind is seen to help, that is said of its
    best.
    """
    return (*_bottleneck(found), *_what_ifs(found))


def _bottleneck(found: Bottlenecks) -> Iterator[Sentence]:
    if not found.stages:
        return
    stage, mean = found.stages[0], found.stages[0].mean_hours
    text = (
        f"{_capital(_work(found.group))} waits longest in {stage.stage}: {_with(mean, found.clock)} of a change's first"
        f" {first_hours(found)}, {stage.share:.0%} of its waiting, n = {found.changes:,}"
    )
    yield Sentence("bottleneck", text, mean.value, mean.lower, mean.upper, found.changes, seen=True)


def _what_ifs(found: Bottlenecks) -> Iterator[Sentence]:
    kinds = dict.fromkeys(what.kind for what in found.what_ifs)
    for kind in kinds:
        some = [what for what in found.what_ifs if what.kind == kind]
        # What helps for sure is told before what might help more.
        best = max(some, key=lambda what: (what.effect.hours_saved.lower > 0.0, what.effect.hours_saved.value))
        # Releasing on every merge always saves most; daily is what a team can decide tomorrow.
        daily = (what for what in some if what.parameter.startswith(DAILY.name))
        yield _sentence(next(daily, best) if kind == "release_cadence" else best, found)


def _sentence(what: WhatIf, found: Bottlenecks) -> Sentence:
    saved, effect = what.effect.hours_saved, what.effect
    seen, earlier = saved.lower > 0.0, f"{_with(saved, found.clock)} earlier"
    if seen:
        week, within = effect.gained[0], "7 days" if found.clock == "wall" else "the working hours of a week"
        more = f"; {_points(week)} more arrive within {within}" if week.lower > 0.0 else ""
        text = f"{_does(what, found)} would bring a change of {_work(found.group)} {earlier}{more}"
    else:
        text = f"{_does(what, found)} is not seen to help {_work(found.group)}: {earlier}"
    text = f"{text}, n = {effect.changes:,}"
    return Sentence(what.kind, text, saved.value, saved.lower, saved.upper, effect.changes, seen=seen)


def _does(what: WhatIf, found: Bottlenecks) -> str:
    name = what.parameter.partition(" (")[0]
    if what.kind == "release_cadence":
        at_least = name if name == "on every merge" else f"at least {name}"
        return f"Releasing {at_least} instead of every {found.release_every_days:.1f} days"
    if what.kind == "best_months":
        return f"{_capital(what.stage)} as in the best quarter of its months"
    if what.kind == "rate_of_others":
        stage = "Every stage" if what.stage == ALL_STAGES else _capital(what.stage)
        return f"{stage} at the {what.parameter}"
    return f"{_capital(what.stage)} in {what.parameter}"


def first_hours(found: Bottlenecks) -> str:
    """The horizon in words."""
    if found.clock == "working":
        return f"{found.horizon_hours:.0f} working hours"
    return f"{found.horizon_hours / 24.0:.0f} days"


def _with(bounds: Bounds, clock: str) -> str:
    per, unit = _unit(bounds.value, clock)
    value = f"{bounds.value / per:z,.1f} {unit}"
    if math.isnan(bounds.lower) or math.isnan(bounds.upper):
        return f"{value} (from too few to say how surely)".replace("-", "−")
    return f"{value} [{bounds.lower / per:z,.1f} – {bounds.upper / per:z,.1f}]".replace("-", "−")


def _points(bounds: Bounds) -> str:
    """A difference of two shares, which is no share of either."""
    return f"{100 * bounds.value:.1f} points [{100 * bounds.lower:.1f} – {100 * bounds.upper:.1f}]"


def _unit(number: float, clock: str) -> tuple[float, str]:
    """Days from two days on; what is told in working hours stays in them, for their days have other lengths."""
    if clock == "working":
        return 1.0, "working h"
    return (1.0, "h") if abs(number) < _TWO_DAYS else (24.0, "d")


def _work(group: str) -> str:
    return {"all": "all work"}.get(group, group)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
