"""Findings: what a comparison shows, each in at most two sentences that claim no more than the data.

A sentence gives the result, its size, its 95 % confidence interval and how many changes it rests on. What qualifies it
further is in `details`. "No significant difference" is not "no difference": the interval shows what remains possible.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import duckdb

from analytics.cohort.cohort import read_cohort
from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.comparison import ALL, SUPPORTED, Comparison, Friction, Measure, ai_beside_other, compare
from analytics.comparison.contrasts import AI_AXES
from analytics.comparison.notes import unlike
from analytics.comparison.report import COMPARED
from analytics.text.intervals import ci

__all__ = ["Finding", "by_importance", "findings_in", "findings_of"]

_PLAIN = Options()
_UNSUPPORTED = 0.7
"""Weight of a difference that is not significant on common support."""
_STAGE = "mean_hours_"
_NOT_STAGES = ("mean_hours_waiting", "mean_hours_in_production")
_SHARES = {"share_arrived_30d": 30.0, "share_arrived_7d": 7.0, "share_arrived_24h": 1.0}


@dataclass(frozen=True)
class Finding:
    """One result in words.

    `kind`: what it is about. `axis`: the comparison that it is from. `sentence`: the result, at most two sentences.
    `importance`: sorts findings, highest first. `significant`: whether it claims a difference. `changes`: how many it
    rests on. `details`: further qualifications, as sentences; empty for none.
    """

    kind: str
    axis: str
    sentence: str
    importance: float
    significant: bool
    changes: int
    details: str = ""


def by_importance(findings: Iterable[Finding]) -> list[Finding]:
    """Sort by importance, highest first; equals keep their order."""
    return sorted(findings, key=lambda finding: -finding.importance)


def findings_in(
    connection: duckdb.DuckDBPyConnection,
    filters: Filters,
    options: Options = _PLAIN,
    *,
    axes: Sequence[str] = AI_AXES,
) -> list[Finding]:
    """Compare AI work with other work on `axes` and return the findings, most important first."""
    any_evidence = replace(filters, evidence="any")
    columns = (*COMPARED, *filters.verdict_columns)
    cohort = read_cohort(connection, any_evidence, columns=columns, calendar=options.working)
    after, horizon = options.arrived_after_hours, options.horizon_hours(cohort)
    comparisons = (
        compare(cohort.sure(filters, axis), ai_beside_other(axis), after_hours=after, horizon_hours=horizon)
        for axis in axes
    )
    return by_importance(finding for comparison in comparisons for finding in findings_of(comparison))


def findings_of(comparison: Comparison) -> list[Finding]:
    """Return the findings of a comparison, most important first."""
    if not comparison.enough:
        return [_too_few(comparison)]
    makers = (_arrival, _stage, _friction, _abandoned, _adjusted)
    return by_importance(finding for make in makers for finding in make(comparison))


def _too_few(comparison: Comparison) -> Finding:
    ai, other = comparison.both
    changes, importance = ai.changes + other.changes, 0.2
    if not ai.changes or not other.changes:
        missing = ai if not ai.changes else other
        sentence, importance = f"Nothing to compare: there is no {missing.name}.", 0.1
    else:
        counts = f"{ai.changes:,} and {other.changes:,}"
        sentence = f"Too few changes to compare {ai.name} with {other.name} ({counts})."
        needed = next((measure.n_needed for measure in comparison.measures if measure.n_needed), None)
        if needed:
            sentence += (
                f" About {needed:,} changes of {ai.name} would show a difference of 10 points in the share that reaches"
                " production."
            )
    return Finding("too_few", comparison.contrast.axis, sentence, importance, significant=False, changes=changes)


def _arrival(comparison: Comparison) -> Iterator[Finding]:
    """When work reaches production: the medians, or the share that arrived where a median is not reached."""
    measure = comparison.measure("median_hours")
    if measure is None or measure.difference is None:
        shares = map(comparison.measure, _SHARES)
        measure = next((share for share in shares if share and share.lower is not None), None)
    if measure is None or measure.difference is None or measure.ai is None or measure.other is None:
        return
    ai, other = (side.name for side in comparison.both)
    if measure.unit == "hours":
        values = f"median {_hours(measure.ai, comparison)} against {_hours(measure.other, comparison)}"
    else:
        values = f"after {_after(measure.name, comparison)} {_percent(measure.ai)} against {_percent(measure.other)}"
    if measure.significant:
        later = (measure.difference > 0.0) == (measure.unit == "hours")
        text = f"{_capital(ai)} reaches production {'later' if later else 'sooner'} than {other}: {values}"
        text += f", {' '.join(_difference(measure, comparison, _counts(comparison)))}."
    else:
        text = f"No significant difference in when {ai} and {other} reach production: {values}"
        text += f" ({_interval(measure, comparison)} for the difference; {_counts(comparison)})."
    yield _finding(comparison, "arrival", text, measure, 1.0)


def _after(name: str, comparison: Comparison) -> str:
    """How long after code complete a share was taken."""
    days = _SHARES[name]
    if comparison.clock == "working":
        return f"the working hours of {'a day' if days == 1.0 else f'{days:.0f} days'}"
    return "a day" if days == 1.0 else f"{days:.0f} days"


def _stage(comparison: Comparison) -> Iterator[Finding]:
    """The stage with the largest significant difference in hours, corrected for testing all stages."""
    stages = [
        measure
        for measure in comparison.measures
        if measure.basis == ALL and measure.name.startswith(_STAGE) and measure.name not in _NOT_STAGES
    ]
    significant = [measure for measure in stages if measure.significant]
    if not significant:
        return
    largest = max(significant, key=lambda measure: abs(measure.difference or 0.0))
    ai, other = (side.name for side in comparison.both)
    size, interval = _difference(largest, comparison, _counts(comparison))
    rest = ", ".join(measure.name.removeprefix(_STAGE) for measure in significant if measure is not largest)
    sentence = (
        f"In {_horizon(comparison)} {ai} waits {size} in {largest.name.removeprefix(_STAGE)} than {other} {interval}."
    )
    details = f"{len(stages)} stages were tested, corrected for multiple testing."
    details += f" Hours in {rest} differ significantly too." if rest else ""
    yield _finding(comparison, "stage", sentence, largest, 0.8, details)


def _friction(comparison: Comparison) -> Iterator[Finding]:
    """Whether both groups wait in the same stages, on common support where there is one."""
    friction, basis = comparison.friction, ALL
    if comparison.supported_friction:
        friction, basis = comparison.supported_friction, SUPPORTED
    measure = comparison.measure("same_friction", basis)
    if friction is None or measure is None:
        return
    ai, other = (side.name for side in comparison.both)
    counts = f"{measure.n_ai:,} and {measure.n_other:,} changes"
    within = f", {_where(comparison)}" if basis == SUPPORTED else ""
    interval = f"95 % CI {100.0 * friction.lower:.0f}–{_percent(friction.upper)}"
    if friction.p_value <= 0.05:
        text = f"{_capital(ai)} and {other} wait in different stages{within}: {_percent(friction.distance)} of the"
        text += f" waiting differs ({interval}; {counts}), most in {_largest(friction)}."
    else:
        text = f"No significant difference in the stages where {ai} and {other} wait{within}:"
        text += f" {_percent(friction.distance)} of the waiting differs ({interval}; {counts})."
    details = "The part that differs is half the sum of the absolute differences of the shares of waiting."
    yield _finding(comparison, "same_friction", text, measure, 0.7, details)


def _largest(friction: Friction) -> str:
    differences = [ai - other for ai, other in zip(friction.ai, friction.other, strict=True)]
    place = max(range(len(differences)), key=lambda stage: abs(differences[stage]))
    return f"{friction.stages[place]}, {_percent(friction.ai[place])} against {_percent(friction.other[place])}"


def _abandoned(comparison: Comparison) -> Iterator[Finding]:
    measure = comparison.measure("share_abandoned")
    if measure is None or not measure.significant or measure.ai is None or measure.other is None:
        return
    often = "more" if measure.ai > measure.other else "less"
    sentence = (
        f"{_capital(comparison.ai.name)} is abandoned {often} often: {_percent(measure.ai)} against"
        f" {_percent(measure.other)} within {_horizon(comparison)},"
        f" {' '.join(_difference(measure, comparison, _counts(comparison)))}."
    )
    yield _finding(comparison, "abandoned", sentence, measure, 0.75)


def _adjusted(comparison: Comparison) -> Iterator[Finding]:
    measure, steady = comparison.measure("rate_ratio_adjusted"), comparison.measure("proportional_hazards")
    if measure is None or measure.ai is None or measure.lower is None or measure.upper is None:
        return
    ai, other = (side.name for side in comparison.both)
    ratio = f"{measure.ai:.2f} (95 % CI {1.0 + measure.lower:.2f}–{1.0 + measure.upper:.2f}; {_counts(comparison)})"
    text = f"Adjusted for repository, size and time, {ai}"
    if measure.significant:
        rate = "higher" if measure.ai > 1.0 else "lower"
        text += f" reaches production at a {rate} rate than {other}: hazard ratio {ratio}."
    else:
        text += f" reaches production with a hazard ratio of {ratio}: no significant difference."
    details = f"Hazard ratio: the rate at which waiting changes reach production, {other} being 1."
    if steady and (steady.p_value or 1.0) <= 0.05:
        details += " Hazards are not proportional: the ratio is an average over a change's life."
    yield _finding(comparison, "adjusted", text, measure, 0.85, details)


def _finding(
    comparison: Comparison, kind: str, sentence: str, measure: Measure, importance: float, details: str = ""
) -> Finding:
    """Weight and qualify a result: significant ones come first, what work builds before how it was made."""
    axis = comparison.contrast.axis
    weight = importance * (1.0 if measure.significant else 0.5) * (0.9 if axis == "built_with_ai" else 1.0)
    if kind != "adjusted" and measure.basis == ALL and (differs := unlike(comparison)):
        # The hazard ratio is within repositories already.
        supported = comparison.measure(measure.name, SUPPORTED)
        if measure.significant and not (supported and supported.significant):
            weight *= _UNSUPPORTED
        if kind != "same_friction":
            sentence = f"{sentence} {_on_common_support(comparison, measure)}"
        details = f"{_capital(comparison.ai.name)} is {differs}. {details}".rstrip()
    changes = measure.n_ai + measure.n_other
    return Finding(kind, axis, sentence, weight, measure.significant, changes, details)


def _on_common_support(comparison: Comparison, measure: Measure) -> str:
    """What becomes of a difference where both groups are, as a sentence."""
    where, supported = _capital(_where(comparison)), comparison.measure(measure.name, SUPPORTED)
    what = "the difference"
    if supported is None:
        return f"{where} there are too few changes to compare."
    if measure.name == "median_hours" and (supported.lower is None or supported.upper is None):
        supported = comparison.measure("mean_hours_waiting", SUPPORTED)
        what = f"the difference in waiting over {_horizon(comparison)}"
    if supported is None or supported.lower is None or supported.upper is None:
        return f"{where} the difference cannot be estimated."
    if supported.significant:
        return f"{where} {what} is {' '.join(_difference(supported, comparison))}."
    return f"{where} {what} is not significant ({_interval(supported, comparison)})."


def _where(comparison: Comparison) -> str:
    cells = {("repository", "quarter"): "repositories and quarters", ("quarter",): "quarters"}
    return f"within the same {cells.get(comparison.contrast.cells, 'repositories')}"


def _difference(measure: Measure, comparison: Comparison, counts: str = "") -> tuple[str, str]:
    """How much more or less, and its interval with `counts`: `24.1 d less`, `(95 % CI 4.4–61.4 d; 9 and 8 changes)`."""
    sign = -1.0 if (measure.difference or 0.0) < 0.0 else 1.0
    size = abs(measure.difference or 0.0)
    value = _hours(size, comparison) if measure.unit == "hours" else f"{100.0 * size:.0f} points"
    bounds = [None if bound is None else sign * bound for bound in (measure.lower, measure.upper)]
    low, high = reversed(bounds) if sign < 0.0 else bounds
    interval = _ci((low, high), measure, comparison, size)
    return f"{value} {'more' if sign > 0.0 else 'less'}", f"({interval}{'; ' + counts if counts else ''})"


def _interval(measure: Measure, comparison: Comparison) -> str:
    """The signed interval of a difference: `95 % CI −2.3 to +0.5 h`."""
    bounds = measure.lower, measure.upper
    widest = max((abs(bound) for bound in bounds if bound is not None), default=0.0)
    return _ci(bounds, measure, comparison, widest, signed=True)


def _ci(
    bounds: tuple[float | None, float | None],
    measure: Measure,
    comparison: Comparison,
    size: float,
    *,
    signed: bool = False,
) -> str:
    """Both bounds in the unit in which a number of this `size` is written."""
    per, unit = (0.01, "points") if measure.unit == "share" else _unit(size, comparison)
    lower, upper = (None if bound is None else bound / per for bound in bounds)
    return ci(lower, upper, unit, decimals=0 if measure.unit == "share" else 1, signed=signed)


def _hours(number: float, comparison: Comparison) -> str:
    per, unit = _unit(number, comparison)
    return f"{number / per:,.1f} {unit}"


def _unit(hours: float, comparison: Comparison) -> tuple[float, str]:
    """Days from two days on; working hours stay hours, because their days have other lengths."""
    if comparison.clock == "working":
        return 1.0, "working h"
    return (1.0, "h") if hours < 48.0 else (24.0, "d")


def _percent(share: float) -> str:
    return f"{share:.0%}"


def _horizon(comparison: Comparison) -> str:
    if comparison.clock == "working":
        return f"the first {comparison.horizon_hours:.0f} working hours"
    return f"the first {comparison.horizon_hours / 24.0:.0f} days"


def _counts(comparison: Comparison) -> str:
    return f"{comparison.ai.changes:,} and {comparison.other.changes:,} changes"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
