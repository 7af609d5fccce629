"""Numbers as text, the same in the terminal and on a page. An absent number says why it is absent."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from analytics.text.intervals import ci

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analytics.initiatives import Initiative
    from analytics.pulse.pulse import Estimate, Group, Pulse, StageTime

__all__ = [
    "NOT_REACHED",
    "NO_DATA",
    "TOO_FEW",
    "alone",
    "bottleneck",
    "bottleneck_hours",
    "capital",
    "counted",
    "gone",
    "hours",
    "how_long",
    "initiatives",
    "interval",
    "lead_of_bottleneck",
    "left_out",
    "median",
    "plain",
    "share",
    "share_interval",
    "stalled",
    "with_ci",
    "with_interval",
    "work",
]

TOO_FEW = "too few to say"
NOT_REACHED = "not reached"
NO_DATA = "no data"
TWO_DAYS = 48.0


def hours(number: float, clock: str = "wall") -> str:
    """A duration in hours, from two days on in days; in working time always in hours."""
    per, unit = _unit(number, clock)
    return f"{number / per:z,.1f} {unit}"


def alone(number: float, clock: str) -> str:
    """A duration that names its clock, for where nothing beside it does."""
    return f"{hours(number, clock)}{' of work' if clock == 'working' else ''}"


def with_interval(estimate: Estimate, clock: str = "wall", *, beside: float | None = None) -> str:
    """Hours with their interval in square brackets, in one unit; `…` for a bound that is not reached.

    `beside`: hours in the same column, whose unit holds for all of it if they are more.
    """
    if estimate.value is None:
        return NOT_REACHED
    per, unit = _unit(max(abs(estimate.value), beside or 0.0), clock)
    inside, value = interval(estimate, clock, beside=beside), f"{estimate.value / per:z,.1f} {unit}"
    return f"{value} [{inside}]" if inside else value


def with_ci(estimate: Estimate, clock: str = "wall", more: str = "", *, beside: float | None = None) -> str:
    """Hours with their interval as in a sentence: `30.0 h (95 % CI 20.0–41.5 h)`, `more` before the bracket.

    `beside`: hours in the same sentence, whose unit holds for both if they are more.
    """
    if estimate.value is None:
        return NOT_REACHED
    per, unit = _unit(max(estimate.value, beside or 0.0), clock)
    value = f"{estimate.value / per:z,.1f} {unit}{more}".replace("-", "−")
    if estimate.lower is None and estimate.upper is None:
        return value
    lower, upper = (None if bound is None else bound / per for bound in (estimate.lower, estimate.upper))
    return f"{value} ({ci(lower, upper, unit)})"


def interval(estimate: Estimate, clock: str = "wall", *, beside: float | None = None) -> str:
    """Both bounds in the unit of the value, or of what is `beside` it and more; empty where there is neither."""
    if estimate.value is None or (estimate.lower is None and estimate.upper is None):
        return ""
    per, _ = _unit(max(abs(estimate.value), beside or 0.0), clock)
    low, high = (f"{bound / per:z,.1f}" if bound is not None else "…" for bound in (estimate.lower, estimate.upper))
    return f"{low} – {high}".replace("-", "−")


def median(group: Group, clock: str = "wall") -> str:
    """The time after which half of a group is in production, without its interval."""
    return NOT_REACHED if group.median_hours.value is None else alone(group.median_hours.value, clock)


def share(estimate: Estimate) -> str:
    """A share with its interval; empty where there is no share."""
    if estimate.value is None:
        return ""
    inside = share_interval(estimate)
    return f"{estimate.value:.0%} [{inside}]" if inside else f"{estimate.value:.0%}"


def share_interval(estimate: Estimate) -> str:
    """Both bounds of a share; empty where one is missing."""
    if estimate.lower is None or estimate.upper is None:
        return ""
    return f"{estimate.lower:.0%} – {estimate.upper:.0%}"


def counted(number: int, noun: str) -> str:
    """A number of things: `1 repository`, `2 repositories`."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def plain(text: str) -> str:
    """Text from outside on one line, without control characters and marks that change the reading direction."""
    return "".join(character if character.isprintable() else " " for character in text)


def capital(name: str) -> str:
    """A name at the beginning of a line."""
    return name[:1].upper() + name[1:]


def gone(group: Group, *, closed_work_is_seen: bool) -> str:
    """How many were abandoned, where a source reports closed work."""
    return f"{group.abandoned:,}" if closed_work_is_seen else NO_DATA


def how_long(pulse: Pulse) -> str:
    """When half of the work is in production, as one sentence."""
    if not pulse.everything.enough:
        return f"{counted(pulse.everything.changes, 'change')}: {TOO_FEW} how long work takes"
    first, *rest = pulse.compared
    if any(group.median_hours.value is None for group in pulse.compared):
        return ". ".join(_half(group, pulse.clock) for group in pulse.compared)
    return _half(first, pulse.clock) + "".join(
        f", half of {work(group)} after {median(group, pulse.clock)}" for group in rest
    )


def _half(group: Group, clock: str) -> str:
    if group.median_hours.value is None:
        return f"Less than half of {work(group)} has reached production"
    return f"Half of {work(group)} is in production after {median(group, clock)}"


def work(group: Group) -> str:
    """The name of a group inside a sentence."""
    return {"made with AI": "work made with AI", "no AI mark": "work with no AI mark"}.get(group.name, group.name)


def bottleneck(group: Group, horizon_hours: float, clock: str = "wall") -> str:
    """The stage that takes the most of a group's time, and how much; empty where there is none."""
    stage = group.bottleneck
    if stage is None:
        return ""
    return f"Biggest bottleneck for {work(group)}: {stage.stage}, {bottleneck_hours(stage, horizon_hours, clock)}"


def bottleneck_hours(stage: StageTime, horizon_hours: float, clock: str = "wall") -> str:
    """How much of a change's time a stage takes."""
    first = f"{horizon_hours / 24:.0f} days" if clock == "wall" else f"{horizon_hours:.0f} working hours"
    return f"{with_ci(stage.mean_hours, clock)} of a change's first {first}, {stage.share:.0%} of its waiting"


def lead_of_bottleneck(group: Group, clock: str = "wall") -> str:
    """The stage that comes next, how much less it is, and whether the order may change; empty where there is but one.

    In the unit of the bottleneck, which it is compared with.
    """
    if group.bottleneck is None or group.ahead is None:
        return ""
    lead, most = group.ahead.hours, group.bottleneck.mean_hours.value or 0.0
    per, unit = _unit(most, clock)
    next_hours = next((stage.mean_hours.value for stage in group.stages if stage.stage == group.ahead.stage), None)
    size = "" if next_hours is None else f", {next_hours / per:,.1f} {unit}"
    text = f"Next is {group.ahead.stage}{size}: {with_ci(lead, clock, ' less', beside=most)}"
    if lead.lower is None:
        return f"{text}. Confidence: not enough data."
    return f"{text}, {'significant' if lead.lower > 0.0 else 'so the order may change'}."


def initiatives(portfolio: Sequence[Initiative]) -> str:
    """How many initiatives are in use, pilots, and stalled; empty where there is none."""
    if not portfolio:
        return ""
    on = Counter(initiative.rung for initiative in portfolio)
    stalling = sum(bool(initiative.stalled) for initiative in portfolio)
    pilots = counted(on["pilot"], "pilot")
    return f"Initiatives: {on['in use']} of {len(portfolio):,} in use, {pilots}, {stalling} stalled"


def stalled(portfolio: Sequence[Initiative]) -> str:
    """How many of all initiatives are stalled, on any rung, as a sentence."""
    number = sum(bool(initiative.stalled) for initiative in portfolio)
    if not number:
        return "No initiative is stalled."
    verb = "is" if number == 1 else "are"
    return f"{number:,} of {len(portfolio):,} {verb} stalled: longer on the same rung than most that left it."


_WEAK = {
    "builds_ai": "with weak evidence of what they build",
    "built_with_ai": "with weak evidence of how they were made",
}


def left_out(pulse: Pulse, *others: Pulse) -> str:
    """What the numbers exclude, counted; empty where nothing was. `others`: the same work on other axes."""
    parts = [
        (pulse.excluded.bots, "by bots"),
        (pulse.excluded.releases, "release" if pulse.excluded.releases == 1 else "releases"),
        (pulse.unknown, "whose arrival could not be observed"),
        (pulse.no_deployments, "in repositories without deployments"),
        (pulse.nothing_to_deploy, "with nothing to deploy"),
        *((axis.weak, _WEAK[axis.axis]) for axis in (pulse, *others)),
    ]
    text = ", ".join(f"{count:,} {what}" for count, what in parts if count)
    return f"Left out and counted: {text}." if text else ""


def _unit(number: float, clock: str) -> tuple[float, str]:
    return (1.0, "h") if number < TWO_DAYS or clock == "working" else (24.0, "d")
