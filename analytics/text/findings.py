"""Findings: what a comparison shows, each in at most two sentences that claim no more than the data.

The first sentence compares like with like: the result, its size, its 95 % confidence intervals, in these repositories
and in repositories like these, and how many changes it rests on. The second describes all changes, and claims nothing.
What qualifies it further is in `details`. "No significant difference" is not "no difference": the intervals show what
remains possible.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import duckdb

from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.comparison import Comparison, Friction, Measure
from analytics.comparison.discoveries import HEADLINE, STAGE, is_stage
from analytics.comparison.marks import sentence as marks_sentence
from analytics.comparison.notes import unlike
from analytics.comparison.report import read_comparisons
from analytics.comparison.within.wild_bootstrap import FEWEST_REPOSITORIES
from analytics.text.intervals import interval_text

__all__ = ["Finding", "by_importance", "claims", "findings_from", "findings_in", "findings_of"]

_PLAIN = Options()
_SHARES = {"share_arrived_30d": 30.0, "share_arrived_7d": 7.0, "share_arrived_24h": 1.0}


@dataclass(frozen=True)
class Finding:
    """One result in words.

    `kind`: what it is about. `axis`: the comparison that it is from. `sentence`: the result, at most two sentences.
    `importance`: sorts findings, highest first. `significant`: whether it claims a difference worth reporting.
    `changes`: how many it rests on. `details`: further qualifications, as sentences; empty for none.
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
) -> list[Finding]:
    """Compare AI work with other work on both axes and return the findings, most important first."""
    return findings_from(read_comparisons(connection, filters, options))


def findings_from(comparisons: Iterable[Comparison]) -> list[Finding]:
    """Return the findings of comparisons, most important first."""
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
    """How much longer work takes to production, within cells; the plain medians or shares beside it."""
    measure, plain = comparison.like_with_like(HEADLINE), _plain_arrival(comparison)
    ai, other = (side.name for side in comparison.both)
    if measure is None or measure.ai is None:
        text = f"{_capital(ai)} and {other} cannot be compared like with like: {_nothing_alike(comparison)}."
        shown = comparison.measure("median_hours") or comparison.measure("share_arrived_7d")
        if shown is not None:
            yield _finding(comparison, "arrival", f"{text}{plain}", shown, 1.0)
        return
    ratio, interval = f"{measure.ai:.2f} times as long", f"({_intervals(measure, comparison)})"
    if claims(measure):
        text = f"{_capital(_where(comparison))}, {ai} takes {ratio} as {other} to reach production {interval}."
    else:
        text = f"{_nothing(measure)} in how long {ai} and {other} take to reach production, {_where(comparison)}:"
        text += f" {ratio} {interval}."
    yield _finding(comparison, "arrival", f"{text}{plain}", measure, 1.0, _about_ratio(measure, comparison))


def _nothing_alike(comparison: Comparison) -> str:
    where = " and ".join(comparison.contrast.cells)
    if comparison.support and comparison.support.cells:
        return f"too few changes are in a {where} that has both"
    return f"no {where} has both"


def _plain_arrival(comparison: Comparison) -> str:
    """The medians of all changes, or a share where a median is not reached, as a sentence; empty for neither."""
    measure = comparison.measure("median_hours")
    if measure is not None and measure.ai is not None and measure.other is not None:
        return f" Over all changes the medians are {_against(measure, comparison)}."
    shares = map(comparison.measure, _SHARES)
    share = next((share for share in shares if share and share.ai is not None), None)
    if share is None:
        return ""
    after = _after(share.name, comparison)
    return f" Over all changes {_against(share, comparison)} are in production after {after}."


def _after(name: str, comparison: Comparison) -> str:
    """How long after code complete a share was taken."""
    days = _SHARES[name]
    if comparison.clock == "working":
        return f"the working hours of {'a day' if days == 1.0 else f'{days:.0f} days'}"
    return "a day" if days == 1.0 else f"{days:.0f} days"


def _about_ratio(measure: Measure, comparison: Comparison) -> str:
    """What the ratio of times holds equal, and how much it differs between repositories."""
    held = "size and time of code complete are" if comparison.contrast.dated else "size is"
    details = f"Time until production, within {_horizon(comparison)}: abandoned work counts as {_until(comparison)};"
    details += f" {held} held equal."
    within = comparison.within
    if within and within.deviation is not None and within.deviation_p is not None:
        differ = "differs" if within.deviation_p <= 0.05 else "does not differ significantly"
        details += f" The ratio {differ} between repositories (standard deviation {100.0 * within.deviation:.0f} %)."
    marks = marks_sentence(measure, comparison)
    return f"{details} {_capital(marks)}." if marks else details


def _stage(comparison: Comparison) -> Iterator[Finding]:
    """The stage with the largest significant difference in hours within cells."""
    stages = [one for one in comparison.measures if one.basis == comparison.contrast.basis and is_stage(one)]
    claimed = [measure for measure in stages if claims(measure)]
    if not claimed:
        return
    largest = max(claimed, key=lambda measure: abs(measure.difference or 0.0))
    ai, other = (side.name for side in comparison.both)
    name, size = largest.name.removeprefix(STAGE), _size(largest, comparison)
    text = (
        f"{_capital(_where(comparison))}, {ai} waits {size} in {name} than {other} in {_horizon(comparison)}"
        f" ({_intervals(largest, comparison)}).{_plain(largest, comparison)}"
    )
    rest = ", ".join(measure.name.removeprefix(STAGE) for measure in claimed if measure is not largest)
    details = f"{len(stages)} stages were tested, corrected for multiple testing."
    details += f" Hours in {rest} differ significantly too." if rest else ""
    yield _finding(comparison, "stage", text, largest, 0.8, details)


def _friction(comparison: Comparison) -> Iterator[Finding]:
    """Whether both groups wait in the same stages, within cells."""
    friction, measure = comparison.friction, comparison.like_with_like("same_friction")
    if friction is None or measure is None:
        return
    ai, other = (side.name for side in comparison.both)
    interval = f"95 % CI in these repositories {100.0 * friction.lower:.0f}–{_percent(friction.upper)}"
    interval += f"; {_counts(measure)}"
    where = _where(comparison)
    if claims(measure):
        text = f"{_capital(where)}, {ai} and {other} wait in different stages: {_percent(friction.distance)} of the"
        text += f" waiting differs ({interval}), most in {_largest(friction)}."
    else:
        text = f"{_nothing(measure)} in the stages where {ai} and {other} wait, {where}:"
        text += f" {_percent(friction.distance)} of the waiting differs ({interval})."
    plain = comparison.measure("same_friction")
    if plain is not None and plain.difference is not None:
        text += f" Over all changes it is {_percent(plain.difference)}."
    details = "The part that differs is half the sum of the absolute differences of the shares of waiting."
    yield _finding(comparison, "same_friction", text, measure, 0.7, details)


def _largest(friction: Friction) -> str:
    differences = [ai - other for ai, other in zip(friction.ai, friction.other, strict=True)]
    place = max(range(len(differences)), key=lambda stage: abs(differences[stage]))
    return f"{friction.stages[place]}, {_percent(friction.ai[place])} against {_percent(friction.other[place])}"


def _abandoned(comparison: Comparison) -> Iterator[Finding]:
    measure = comparison.like_with_like("share_abandoned")
    if measure is None or not claims(measure) or measure.ai is None or measure.other is None:
        return
    often = "more" if measure.ai > measure.other else "less"
    text = (
        f"{_capital(_where(comparison))}, {comparison.ai.name} is abandoned {often} often than {comparison.other.name}:"
        f" {_size(measure, comparison)} in {_horizon(comparison)} ({_intervals(measure, comparison)})."
        f"{_plain(measure, comparison)}"
    )
    yield _finding(comparison, "abandoned", text, measure, 0.75)


def _adjusted(comparison: Comparison) -> Iterator[Finding]:
    measure, steady = comparison.measure("rate_ratio_adjusted"), comparison.measure("proportional_hazards")
    if measure is None or measure.ai is None or measure.lower is None or measure.upper is None:
        return
    ai, other = (side.name for side in comparison.both)
    ratio = f"{measure.ai:.2f} (95 % CI {1.0 + measure.lower:.2f}–{1.0 + measure.upper:.2f}; {_counts(measure)})"
    text = f"Adjusted for repository, size and time, {ai}"
    if claims(measure):
        rate = "higher" if measure.ai > 1.0 else "lower"
        text += f" reaches production at a {rate} rate than {other}: hazard ratio {ratio}."
    else:
        text += f" reaches production with a hazard ratio of {ratio}: {_nothing(measure).lower()}."
    details = f"Hazard ratio: the rate at which waiting changes reach production, {other} being 1."
    if steady and (steady.p_value or 1.0) <= 0.05:
        details += " Hazards are not proportional: the ratio is an average over a change's life."
    yield _finding(comparison, "adjusted", text, measure, 0.85, details)


def claims(measure: Measure) -> bool:
    """Whether a finding may claim the difference: it is significant, and not too small to matter."""
    return measure.significant and measure.worth_reporting is not False


def _nothing(measure: Measure) -> str:
    if measure.significant:
        return "No difference worth reporting"
    alone = measure.p_value is not None and measure.p_value <= 0.05
    return f"No significant difference{' after correction for multiple tests' if alone else ''}"


def _finding(
    comparison: Comparison, kind: str, sentence: str, measure: Measure, importance: float, details: str = ""
) -> Finding:
    """Weight and qualify a result: significant ones come first, what work builds before how it was made."""
    axis, significant = comparison.contrast.axis, claims(measure)
    weight = importance * (1.0 if significant else 0.5) * (0.9 if axis == "built_with_ai" else 1.0)
    if kind != "adjusted" and (differs := unlike(comparison)):
        details = f"{_capital(comparison.ai.name)} is {differs}. {details}".rstrip()
    return Finding(kind, axis, sentence, weight, significant, measure.n_ai + measure.n_other, details)


def _where(comparison: Comparison) -> str:
    plural = {"repository": "repositories", "month": "months"}
    return f"within the same {' and '.join(plural[cell] for cell in comparison.contrast.cells)}"


def _intervals(measure: Measure, comparison: Comparison) -> str:
    """Both intervals, each with its name, and the number of changes; or why there is none."""
    counts = _counts(measure)
    if measure.lower is None and measure.upper is None:
        return f"too few cells have both for an interval; {counts}"
    these = f"95 % CI in these repositories {_bounds((measure.lower, measure.upper), measure, comparison)}"
    if measure.p_like_these is not None:
        like = _bounds((measure.lower_like_these, measure.upper_like_these), measure, comparison)
        return f"{these}, in repositories like these {like}; {counts}"
    count = comparison.within.repositories if comparison.within else 0
    if count < FEWEST_REPOSITORIES:
        few = "1 repository with both is" if count == 1 else f"{count} repositories with both are"
        return f"{these}; {few} too few to say anything of others; {counts}"
    return f"{these}; {counts}"


def _bounds(bounds: tuple[float | None, float | None], measure: Measure, comparison: Comparison) -> str:
    """Bounds of a ratio of times, or of a difference in the direction in which it is told."""
    if measure.unit == "ratio":
        lower, upper = (None if bound is None else 1.0 + bound for bound in bounds)
        return interval_text(lower, upper, "", decimals=2)
    if (measure.difference or 0.0) < 0.0:
        bounds = (None if bounds[1] is None else -bounds[1], None if bounds[0] is None else -bounds[0])
    per, unit = (0.01, "points") if measure.unit == "share" else _unit(abs(measure.difference or 0.0), comparison)
    lower, upper = (None if bound is None else bound / per for bound in bounds)
    return interval_text(lower, upper, unit)


def _size(measure: Measure, comparison: Comparison) -> str:
    """How much more or less: `24.1 d less`."""
    size = abs(measure.difference or 0.0)
    value = _hours(size, comparison) if measure.unit == "hours" else f"{100.0 * size:.1f} points"
    return f"{value} {'less' if (measure.difference or 0.0) < 0.0 else 'more'}"


def _plain(measure: Measure, comparison: Comparison) -> str:
    """Both figures over all changes, as a sentence; empty where there are none."""
    plain = comparison.measure(measure.name)
    if plain is None or plain.ai is None or plain.other is None:
        return ""
    return f" Over all changes it is {_against(plain, comparison)}."


def _against(measure: Measure, comparison: Comparison) -> str:
    ai, other = measure.ai or 0.0, measure.other or 0.0
    if measure.unit == "share":
        return f"{_percent(ai)} against {_percent(other)}"
    return f"{_hours(ai, comparison)} against {_hours(other, comparison)}"


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
    return f"the first {_until(comparison)}"


def _until(comparison: Comparison) -> str:
    if comparison.clock == "working":
        return f"{comparison.horizon_hours:.0f} working hours"
    return f"{comparison.horizon_hours / 24.0:.0f} days"


def _counts(measure: Measure) -> str:
    return f"{measure.n_ai:,} and {measure.n_other:,} changes"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
