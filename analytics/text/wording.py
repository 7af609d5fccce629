"""Numbers in words, the same in the terminal and on a page. An absent number says why it is absent."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analytics.initiatives import Initiative
    from analytics.pulse.pulse import Estimate, Group, Pulse, StageTime

__all__ = [
    "NOT_REACHED",
    "NOT_SEEN",
    "TOO_FEW",
    "alone",
    "bottleneck",
    "bottleneck_hours",
    "capital",
    "counted",
    "gone",
    "hours",
    "how_long",
    "how_sure",
    "initiatives",
    "interval",
    "left_out",
    "median",
    "plain",
    "share",
    "share_interval",
    "stalled",
    "with_interval",
    "work",
]

TOO_FEW = "too few to say"
NOT_REACHED = "not reached"
NOT_SEEN = "not seen"
TWO_DAYS = 48.0


def hours(number: float, clock: str = "wall") -> str:
    """A duration in hours, from two days on in days; in working time always in hours: a day of work is no day."""
    per, unit = _unit(number, clock)
    return f"{number / per:z,.1f} {unit}"


def alone(number: float, clock: str) -> str:
    """A duration where nothing beside it says which hours they are."""
    return f"{hours(number, clock)}{' of work' if clock == 'working' else ''}"


def with_interval(estimate: Estimate, clock: str = "wall") -> str:
    """Hours with their interval, in one unit; a bound that is not reached is left open."""
    if estimate.value is None:
        return NOT_REACHED
    inside = interval(estimate, clock)
    return f"{hours(estimate.value, clock)} [{inside}]" if inside else hours(estimate.value, clock)


def interval(estimate: Estimate, clock: str = "wall") -> str:
    """Both bounds in the unit of the value; empty where neither is known."""
    if estimate.value is None or (estimate.lower is None and estimate.upper is None):
        return ""
    per, _ = _unit(estimate.value, clock)
    low, high = (f"{bound / per:z,.1f}" if bound is not None else "…" for bound in (estimate.lower, estimate.upper))
    return f"{low} – {high}".replace("-", "−")


def median(group: Group, clock: str = "wall") -> str:
    """The time after which half of a group is in production, without its interval."""
    return NOT_REACHED if group.median_hours.value is None else alone(group.median_hours.value, clock)


def share(estimate: Estimate) -> str:
    """A share with its interval; empty where there is none."""
    if estimate.value is None:
        return ""
    inside = share_interval(estimate)
    return f"{estimate.value:.0%} [{inside}]" if inside else f"{estimate.value:.0%}"


def share_interval(estimate: Estimate) -> str:
    """Both bounds of a share; empty where they are not known."""
    if estimate.lower is None or estimate.upper is None:
        return ""
    return f"{estimate.lower:.0%} – {estimate.upper:.0%}"


def counted(number: int, noun: str) -> str:
    """A number of things: `1 repository`, `2 repositories`."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"


def plain(text: str) -> str:
    """Text from outside on one line, with nothing in it that steers a terminal or turns the direction of reading."""
    return "".join(character if character.isprintable() else " " for character in text)


def capital(name: str) -> str:
    """A name at the beginning of a line."""
    return name[:1].upper() + name[1:]


def gone(group: Group, *, closed_work_is_seen: bool) -> str:
    """How many were abandoned, where any source would tell."""
    return f"{group.abandoned:,}" if closed_work_is_seen else NOT_SEEN


def how_long(found: Pulse) -> str:
    """When half of the work has arrived: the answer as one sentence."""
    if not found.everything.enough:
        return f"{counted(found.everything.changes, 'change')}: {TOO_FEW} how long work takes"
    first, *rest = found.compared
    if any(group.median_hours.value is None for group in found.compared):
        return ". ".join(_half(group, found.clock) for group in found.compared)
    return _half(first, found.clock) + "".join(
        f", of {work(group)} after {median(group, found.clock)}" for group in rest
    )


def _half(group: Group, clock: str) -> str:
    if group.median_hours.value is None:
        return f"Less than half of {work(group)} is seen to reach production"
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
    return f"{with_interval(stage.mean_hours, clock)} of a change's first {first}, {stage.share:.0%} of its waiting"


def how_sure(group: Group, clock: str = "wall") -> str:
    """How sure it is that the first of its stages is the biggest, as a sentence; empty where there is but one."""
    first, ahead = group.bottleneck, group.ahead
    if first is None or ahead is None:
        return ""
    lead = with_interval(ahead.hours, clock).replace("-", "−")
    more = f"it takes {lead} more than {ahead.stage}, which comes next"
    if ahead.hours.lower is None:
        return f"How sure: that cannot be told; {more}."
    if ahead.hours.lower > 0.0:
        return f"How sure: {more}, so it is ahead beyond chance."
    return f"How sure: {more}; the interval holds zero, so that it is the biggest is not sure."


def initiatives(known: Sequence[Initiative]) -> str:
    """How many initiatives are in use, pilots, and stalled; empty where there is none."""
    if not known:
        return ""
    on = Counter(one.rung for one in known)
    stalling = sum(bool(one.stalled) for one in known)
    return f"Initiatives: {on['in use']} of {len(known):,} in use, {counted(on['pilot'], 'pilot')}, {stalling} stalled"


def stalled(known: Sequence[Initiative]) -> str:
    """How many of all initiatives stall, whichever rung they are on, as a sentence."""
    number = sum(bool(one.stalled) for one in known)
    if not number:
        return "None of them is stalled."
    return f"{number:,} of the {len(known):,} stalled: longer on their rung than most that left it."


_WEAK = {
    "builds_ai": "with weak evidence of what they build",
    "built_with_ai": "with weak evidence of how they were made",
}


def left_out(found: Pulse, *others: Pulse) -> str:
    """What takes no part in the numbers, counted; empty where nothing was. `others`: the same work on other axes."""
    parts = [
        (found.automation, "by bots"),
        (found.unknown, "whose arrival could not have been seen"),
        (found.no_deployments, "in repositories without deployments"),
        *((one.weak, _WEAK[one.axis]) for one in (found, *others)),
    ]
    told = ", ".join(f"{count:,} {what}" for count, what in parts if count)
    return f"Left out and counted: {told}." if told else ""


def _unit(number: float, clock: str) -> tuple[float, str]:
    return (1.0, "h") if number < TWO_DAYS or clock == "working" else (24.0, "d")
