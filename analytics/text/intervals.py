"""Confidence intervals as text, in the style of journals: `95 % CI 4.4–61.4 d`, `95 % CI −2.3 to +0.5 h`."""

from __future__ import annotations

__all__ = ["ci", "interval_text"]


def ci(lower: float | None, upper: float | None, unit: str, *, decimals: int = 1, signed: bool = False) -> str:
    """A 95 % confidence interval in `unit`; a bound that is None is open. `signed`: with a plus where positive."""
    return f"95 % CI {interval_text(lower, upper, unit, decimals=decimals, signed=signed)}"


def interval_text(
    lower: float | None, upper: float | None, unit: str, *, decimals: int = 1, signed: bool = False
) -> str:
    """Both bounds alone, for where the kind of interval is named; an empty `unit` for a pure number."""
    form, after = f"{'+' if signed else ''}z,.{decimals}f", f" {unit}" if unit else ""
    low, high = (None if bound is None else format(bound, form).replace("-", "−") for bound in (lower, upper))
    if low is None and high is None:
        return "not estimable"
    if low is None or high is None:
        return f"{low or high}{after} or {'less' if low is None else 'more'}"
    return f"{low}{' to ' if signed or low.startswith('−') else '–'}{high}{after}"
