"""Hours as text."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["amount", "in_one_unit", "signed", "span"]

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


def in_one_unit(hours: Sequence[float | None], clock: str = "wall", *, missing: str = "not reached") -> list[str]:
    """Durations that stand beside each other, all in the unit of the longest; `missing` for one that is absent."""
    per, unit = _unit(max((abs(value) for value in hours if value is not None), default=0.0), clock)
    return [missing if value is None else _scaled(value, per, unit) for value in hours]


def _scaled(hours: float, per: float, unit: str) -> str:
    """A short one among long ones is not zero."""
    return f"< 0.1 {unit}" if 0.0 < hours / per < 0.05 else f"{hours / per:,.1f} {unit}"


def _unit(hours: float, clock: str) -> tuple[float, str]:
    if clock == "working":
        return 1.0, "working h"
    return (1.0, "h") if abs(hours) < _TWO_DAYS else (24.0, "d")
