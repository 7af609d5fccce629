"""Numbers in words, the same in the terminal and on a page. An absent number says why it is absent."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analytics.pulse import Estimate, Group, Pulse

__all__ = ["NOT_REACHED", "NOT_SEEN", "TOO_FEW", "gone", "hours", "interval", "left_out", "share", "with_interval"]

TOO_FEW = "too few to say"
NOT_REACHED = "not reached"
NOT_SEEN = "not seen"
TWO_DAYS = 48.0


def hours(number: float) -> str:
    """A duration in hours, from two days on in days."""
    per, unit = _unit(number)
    return f"{number / per:,.1f} {unit}"


def with_interval(estimate: Estimate) -> str:
    """Hours with their interval, in one unit; a bound that is not reached is left open."""
    if estimate.value is None:
        return NOT_REACHED
    inside = interval(estimate)
    return f"{hours(estimate.value)} [{inside}]" if inside else hours(estimate.value)


def interval(estimate: Estimate) -> str:
    """Both bounds in the unit of the value; empty where neither is known."""
    if estimate.value is None or (estimate.lower is None and estimate.upper is None):
        return ""
    per, _ = _unit(estimate.value)
    low, high = (f"{bound / per:,.1f}" if bound is not None else "…" for bound in (estimate.lower, estimate.upper))
    return f"{low} – {high}"


def share(estimate: Estimate) -> str:
    """A share with its interval; empty where there is none."""
    if estimate.value is None:
        return ""
    inside = f" [{estimate.lower:.0%} – {estimate.upper:.0%}]" if None not in {estimate.lower, estimate.upper} else ""
    return f"{estimate.value:.0%}{inside}"


def gone(group: Group, *, closed_work_is_seen: bool) -> str:
    """How many were abandoned, where any source would tell."""
    return f"{group.abandoned:,}" if closed_work_is_seen else NOT_SEEN


def left_out(found: Pulse) -> str:
    """What takes no part in the numbers, counted; empty where nothing was left out."""
    parts = [
        (found.automation, "by bots"),
        (found.unknown, "whose arrival could not have been seen"),
        (found.no_deployments, "in repositories without deployments"),
    ]
    told = ", ".join(f"{count:,} {what}" for count, what in parts if count)
    return f"Left out and counted: {told}." if told else ""


def _unit(number: float) -> tuple[float, str]:
    return (1.0, "h") if number < TWO_DAYS else (24.0, "d")
