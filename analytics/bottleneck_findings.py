"""Bottlenecks as findings: the stage that takes most, and what was computed to save most there."""

from __future__ import annotations

from analytics.reports.bottlenecks import Bottleneck, Bottlenecks
from analytics.text.findings import Finding
from analytics.text.whatif import first_hours
from analytics.whatif.compute import WhatIf
from analytics.whatif.effect import Bounds

__all__ = ["bottleneck_finding"]

_IMPORTANCE = 0.65


def bottleneck_finding(found: Bottlenecks) -> Finding | None:
    """The first stage of a group and, of its what-ifs, the one that saves most for certain; None where it is not told.

    A what-if whose interval holds zero is not told: that it would save anything is not known.
    """
    if not found.stages:
        return None
    stage = found.stages[0]
    whose = "a change" if found.group == "all" else f"a change of {found.group}"
    sentence = (
        f"Most waiting is in {stage.stage}: {_hours(stage.mean_hours, found.clock)} of the first {first_hours(found)}"
        f" of {whose}, {stage.share:.0%} of its waiting ({found.changes:,} changes)."
    )
    best = _surest(found, stage)
    if best is not None:
        sentence += f" What if “{best.parameter}”: {_hours(best.effect.hours_saved, found.clock)} less waiting."
    return Finding("bottleneck", found.group, sentence, _IMPORTANCE, seen=True, changes=found.changes)


def _surest(found: Bottlenecks, stage: Bottleneck) -> WhatIf | None:
    saving = [what for what in found.of(stage.stage) if what.effect.hours_saved.lower > 0.0]
    return max(saving, key=lambda what: what.effect.hours_saved.lower, default=None)


def _hours(hours: Bounds, clock: str) -> str:
    per, unit = (1.0, "h") if hours.value < 48.0 else (24.0, "d")
    if clock == "working":
        per, unit = 1.0, "working h"
    value, lower, upper = (f"{each / per:,.1f}" for each in (hours.value, hours.lower, hours.upper))
    return f"{value} {unit} [{lower} – {upper}]"
