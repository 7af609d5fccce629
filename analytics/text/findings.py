"""Findings: what the results say, as plain sentences that are never stronger than they are.

Each has its number, its interval and how many changes it rests on. Where no difference is seen, the sentence gives what
remains possible: not seeing one is not that there is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import duckdb

from analytics.cohort.cohort import read_cohort
from analytics.cohort.filters import Filters
from analytics.cohort.working_time import WorkingCalendar
from analytics.comparison import ALL, SUPPORTED, Comparison, Friction, Measure, ai_beside_other, compare
from analytics.comparison.compare import AFTER_HOURS
from analytics.comparison.contrasts import AI_AXES
from analytics.comparison.notes import unlike
from analytics.comparison.report import COMPARED

__all__ = ["Finding", "by_importance", "findings_in", "findings_of"]

_ELSEWHERE = 0.7
"""How much less a difference matters that is not seen where both groups are."""
_STAGE = "mean_hours_"
_NOT_STAGES = ("mean_hours_waiting", "mean_hours_in_production")


@dataclass(frozen=True)
class Finding:
    """One sentence.

    `kind`: what it is about. `axis`: the comparison or report that it is from. `importance`: the more, the earlier it
    is told. `seen`: whether it claims anything. `changes`: how many it rests on.
    """

    kind: str
    axis: str
    sentence: str
    importance: float
    seen: bool
    changes: int


def by_importance(findings: Iterable[Finding]) -> list[Finding]:
    """The most important first; what is as important, by kind and axis in the order given."""
    return sorted(findings, key=lambda one: -one.importance)


def findings_in(
    connection: duckdb.DuckDBPyConnection,
    filters: Filters,
    calendar: WorkingCalendar | None = None,
    *,
    axes: Sequence[str] = AI_AXES,
) -> list[Finding]:
    """What can be said of AI work beside other work, on both axes or some, the most important first."""
    any_evidence = replace(filters, evidence="any")
    wanted = (*COMPARED, *filters.verdict_columns)
    cohort = read_cohort(connection, any_evidence, columns=wanted, calendar=calendar)
    after = AFTER_HOURS if calendar is None else calendar.arrived_after_hours
    compared = (compare(cohort.sure(filters, axis), ai_beside_other(axis), after_hours=after) for axis in axes)
    return by_importance(finding for one in compared for finding in findings_of(one))


def findings_of(found: Comparison) -> list[Finding]:
    """What a comparison says, the most important first."""
    if not found.enough:
        return [_too_few(found)]
    return by_importance([*_arrival(found), *_stage(found), *_friction(found), *_abandoned(found), *_adjusted(found)])


def _too_few(found: Comparison) -> Finding:
    ai, other = found.both
    if not ai.changes or not other.changes:
        missing = ai if not ai.changes else other
        sentence = f"No {missing.name} is seen: there is nothing to compare."
        return Finding("too_few", found.contrast.axis, sentence, 0.1, seen=False, changes=ai.changes + other.changes)
    needed = next((one.n_needed for one in found.measures if one.n_needed), None)
    sentence = f"Too few changes to compare {ai.name} with {other.name}: {_counts(found)}."
    if needed:
        sentence += f" Some {needed:,} of the first would show 10 points of difference in what arrives."
    return Finding("too_few", found.contrast.axis, sentence, 0.2, seen=False, changes=ai.changes + other.changes)


def _arrival(found: Comparison) -> Iterator[Finding]:
    """When work reaches production: the medians, or the share that arrived where half of it did not."""
    one = found.measure("median_hours")
    if one is None or one.difference is None:
        one = next((m for m in map(found.measure, _SHARES) if m and m.lower is not None), None)
    if one is None or one.difference is None or one.ai is None or one.other is None:
        return
    ai, other = (side.name for side in found.both)
    if one.unit == "hours":
        pair = f"half is in production after {_hours(one.ai, found)}, half of {other} after {_hours(one.other, found)}"
    else:
        after = _after(one.name, found)
        pair = f"{_percent(one.ai)} is in production after {after}, {_percent(one.other)} of {other}"
    if one.seen:
        later = (one.difference > 0.0) == (one.unit == "hours")
        head = f"{_capital(ai)} arrives {'later' if later else 'sooner'}: {pair}, {_difference(one, found)}"
    else:
        head = f"No difference seen in when {ai} arrives: {pair}; {_range(one, found)} remains possible"
    yield _told(found, "arrival", f"{head} ({_counts(found)}).{_in_common(found, one)}", one, 1.0)


_SHARES = {"share_arrived_30d": 30.0, "share_arrived_7d": 7.0, "share_arrived_24h": 1.0}


def _after(name: str, found: Comparison) -> str:
    """How long after code complete a share was asked for."""
    days = _SHARES[name]
    if found.clock == "working":
        return f"the working hours of {'a day' if days == 1.0 else f'{days:.0f} days'}"
    return "a day" if days == 1.0 else f"{days:.0f} days"


def _stage(found: Comparison) -> Iterator[Finding]:
    """The stage that takes most of the hours by which the groups differ, all stages being tested."""
    stages = [m for m in found.measures if m.basis == ALL and m.name.startswith(_STAGE) and m.name not in _NOT_STAGES]
    seen = [one for one in stages if one.seen]
    if not seen:
        return
    one = max(seen, key=lambda m: abs(m.difference or 0.0))
    ai, other = (side.name for side in found.both)
    more = "more" if (one.difference or 0.0) > 0.0 else "less"
    others = ", ".join(m.name.removeprefix(_STAGE) for m in seen if m is not one)
    sentence = (
        f"{_capital(ai)} waits {_hours(abs(one.difference or 0.0), found)} {more} in {one.name.removeprefix(_STAGE)}"
        f" than {other} does {_interval(one, found)}, of {_horizon(found)}"
        f" ({_counts(found)}; {len(stages)} stages tested)"
    )
    sentence += f"; it also differs in {others}." if others else "."
    yield _told(found, "stage", sentence + _in_common(found, one), one, 0.8)


def _friction(found: Comparison) -> Iterator[Finding]:
    """Whether both groups lose their time in the same stages, on common support where there is one."""
    friction, basis = found.friction, ALL
    if found.supported_friction:
        friction, basis = found.supported_friction, SUPPORTED
    one = found.measure("same_friction", basis)
    if friction is None or one is None:
        return
    ai, other = (side.name for side in found.both)
    where = f" Compared {_where(found)}." if basis == SUPPORTED else ""
    counts = f"{one.n_ai:,} and {one.n_other:,} changes"
    if friction.p_value <= 0.05:
        sentence = (
            f"Not the same friction: for {ai} and {other} to wait in the same stages, {_percent(friction.distance)} of"
            f" the waiting would have to move [{_percent(friction.lower)} – {_percent(friction.upper)}]; most differs"
            f" {_most(friction)} ({counts}).{where}"
        )
    else:
        sentence = (
            f"No difference seen in which stages {ai} and {other} wait; up to {_percent(friction.upper)} of the waiting"
            f" could still lie elsewhere ({counts}).{where}"
        )
    yield _told(found, "same_friction", sentence, one, 0.7)


def _most(friction: Friction) -> str:
    differences = [ai - other for ai, other in zip(friction.ai, friction.other, strict=True)]
    place = max(range(len(differences)), key=lambda stage: abs(differences[stage]))
    return f"{friction.stages[place]}, {_percent(friction.ai[place])} against {_percent(friction.other[place])}"


def _abandoned(found: Comparison) -> Iterator[Finding]:
    one = found.measure("share_abandoned")
    if one is None or not one.seen or one.ai is None or one.other is None:
        return
    ai = found.ai.name
    often = "more" if one.ai > one.other else "less"
    sentence = (
        f"{_capital(ai)} is abandoned {often} often: {_percent(one.ai)} against {_percent(one.other)} within"
        f" {_horizon(found)}, {_difference(one, found)} ({_counts(found)}).{_in_common(found, one)}"
    )
    yield _told(found, "abandoned", sentence, one, 0.75)


def _adjusted(found: Comparison) -> Iterator[Finding]:
    one, steady = found.measure("rate_ratio_adjusted"), found.measure("proportional_hazards")
    if one is None or one.ai is None or one.lower is None or one.upper is None:
        return
    ai, other = (side.name for side in found.both)
    bounds = f"[{1.0 + one.lower:.2f} – {1.0 + one.upper:.2f}]"
    average = ", on average over a change's life" if steady and (steady.p_value or 1.0) <= 0.05 else ""
    alike = "" if one.seen else ", which is not told from 1"
    sentence = (
        f"Within repositories, size and time held equal, {ai} arrives at {one.ai:.2f} times the rate of {other}"
        f" {bounds}{alike}{average} ({_counts(found)})."
    )
    yield _told(found, "adjusted", sentence, one, 0.85)


def _told(found: Comparison, kind: str, sentence: str, one: Measure, importance: float) -> Finding:
    """What is seen comes before what is not, what work builds before how it was made."""
    weight = importance * (1.0 if one.seen else 0.5) * (0.9 if found.contrast.axis == "built_with_ai" else 1.0)
    supported = found.measure(one.name, SUPPORTED)
    # The adjusted effect is within repositories already.
    elsewhere = kind != "adjusted" and one.basis == ALL and unlike(found)
    if one.seen and elsewhere and not (supported and supported.seen):
        weight *= _ELSEWHERE
    return Finding(kind, found.contrast.axis, sentence, weight, one.seen, one.n_ai + one.n_other)


def _in_common(found: Comparison, one: Measure) -> str:
    """What becomes of a difference where both groups are, told where they are in unlike places or times."""
    differs = unlike(found)
    if not differs:
        return ""
    head = f" But {found.ai.name} is {differs}"
    supported, does = found.measure(one.name, SUPPORTED), _does(one)
    if supported is None:
        return f"{head}, and too few changes are {_where(found)} to compare there."
    if one.name == "median_hours" and (supported.lower is None or supported.upper is None):
        supported, does = found.measure("mean_hours_waiting", SUPPORTED), f"it waits, of {_horizon(found)}, "
    if supported is None or supported.lower is None or supported.upper is None:
        return f"{head}; {_where(found)} nothing can be told."
    if supported.seen:
        return f"{head}; {_where(found)} {does}{_difference(supported, found)}."
    return f"{head}; {_where(found)} it is not told from chance: {_range(supported, found)} is possible."


def _does(one: Measure) -> str:
    """What a difference of this measure is a difference in, before how large it is."""
    if one.unit == "share":
        return "its share is "
    return "it waits " if one.name.startswith(_STAGE) else "half of it takes "


def _where(found: Comparison) -> str:
    cells = {("repository", "quarter"): "repositories and quarters", ("quarter",): "quarters"}
    return f"in {cells.get(found.contrast.cells, 'repositories')} with both"


def _difference(one: Measure, found: Comparison) -> str:
    """How much more or less, with its interval."""
    size = abs(one.difference or 0.0)
    more = "more" if (one.difference or 0.0) > 0.0 else "less"
    told = _hours(size, found) if one.unit == "hours" else f"{100.0 * size:.0f} points"
    return f"{told} {more} {_interval(one, found)}"


def _interval(one: Measure, found: Comparison) -> str:
    """The bounds of the size of a difference, in the unit in which the size is told."""
    sign = -1.0 if (one.difference or 0.0) < 0.0 else 1.0
    per = _per(one, found)
    bounds = [None if bound is None else sign * bound / per for bound in (one.lower, one.upper)]
    low, high = reversed(bounds) if sign < 0.0 else bounds
    return f"[{_bound(low, one)} – {_bound(high, one)}]"


def _range(one: Measure, found: Comparison) -> str:
    """Everything from one bound to the other, in words."""
    per = _per(one, found)
    unit = "points" if one.unit == "share" else _unit(abs(one.difference or 0.0), found)[1]
    bounds = (None if bound is None else bound / per for bound in (one.lower, one.upper))
    low, high = (None if bound is None else _bound(bound, one, signed=True) for bound in bounds)
    if low is None or high is None:
        return "anything" if low == high else f"{high} {unit} or less" if low is None else f"{low} {unit} or more"
    return f"anything from {low} to {high} {unit}"


def _per(one: Measure, found: Comparison) -> float:
    return 0.01 if one.unit == "share" else _unit(abs(one.difference or 0.0), found)[0]


def _bound(bound: float | None, one: Measure, *, signed: bool = False) -> str:
    if bound is None:
        return "…"
    told = f"{bound:+z,.1f}" if signed else f"{bound:z,.1f}"
    if one.unit == "share":
        told = f"{bound:+z.0f}" if signed else f"{bound:z.0f}"
    return told.replace("-", "−")


def _hours(number: float, found: Comparison) -> str:
    per, unit = _unit(number, found)
    return f"{number / per:,.1f} {unit}"


def _unit(hours: float, found: Comparison) -> tuple[float, str]:
    """Days from two days on; what is told in working hours stays in them, for their days have other lengths."""
    if found.clock == "working":
        return 1.0, "working h"
    return (1.0, "h") if hours < 48.0 else (24.0, "d")


def _percent(share: float) -> str:
    return f"{share:.0%}"


def _horizon(found: Comparison) -> str:
    if found.clock == "working":
        return f"its first {found.horizon_hours:.0f} working hours"
    return f"its first {found.horizon_hours / 24.0:.0f} days"


def _counts(found: Comparison) -> str:
    return f"{found.ai.changes:,} and {found.other.changes:,} changes"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
