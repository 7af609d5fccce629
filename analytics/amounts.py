"""Hours in words."""

from __future__ import annotations

__all__ = ["amount", "signed", "span"]

_TWO_DAYS = 48.0


def amount(hours: float) -> str:
    """Hours, from two days on in days."""
    per, unit = _unit(hours)
    return f"{hours / per:,.1f} {unit}"


def signed(hours: float) -> str:
    """As `amount`, with its sign."""
    return f"{'−' if hours < 0.0 else '+'}{amount(abs(hours))}"


def span(lower: float, upper: float, value: float) -> str:
    """Both bounds without a unit, in that of the value."""
    per, _ = _unit(value)
    return f"{lower / per:,.1f} – {upper / per:,.1f}"


def _unit(hours: float) -> tuple[float, str]:
    return (1.0, "h") if abs(hours) < _TWO_DAYS else (24.0, "d")
