"""Hours as text."""

from __future__ import annotations

__all__ = ["amount", "signed", "span"]

_TWO_DAYS = 48.0


def amount(hours: float, clock: str = "wall") -> str:
    """Hours, from two days on in days; in working time always in hours."""
    per, unit = _unit(hours, clock)
    return f"{hours / per:,.1f} {unit}"


def signed(hours: float, clock: str = "wall") -> str:
    """As `amount`, with its sign."""
    return f"{'−' if hours < 0.0 else '+'}{amount(abs(hours), clock)}"


def span(lower: float, upper: float, value: float, clock: str = "wall") -> str:
    """Both bounds without a unit, in that of the value."""
    per, _ = _unit(value, clock)
    return f"{lower / per:z,.1f} – {upper / per:z,.1f}"


def _unit(hours: float, clock: str) -> tuple[float, str]:
    if clock == "working":
        return 1.0, "working h"
    return (1.0, "h") if abs(hours) < _TWO_DAYS else (24.0, "d")
