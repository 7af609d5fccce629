"""Levels of speed, as DORA's reports name them."""

from __future__ import annotations

import math

__all__ = ["level"]

# Hours from which on a lead time is of the next level, and weeks between deployments likewise.
_HOURS = ((24.0, "elite"), (168.0, "high"), (720.0, "medium"))
_PER_WEEK = ((7.0, "elite"), (1.0, "high"), (7.0 / 30.0, "medium"))


def level(measure: str, value: float | None) -> str | None:
    """The level of a lead time (hours) or a deployment frequency (per week); None for another measure or no value.

    Less than a day, a week, a month; daily, weekly, monthly. What is exactly a day is of the slower level. DORA's
    reports sort teams by clusters, which move from year to year, and in some years put more failures with more speed
    (Accelerate State of DevOps 2024): failures and recovery get no level.
    """
    if value is None or math.isnan(value):
        return None
    if measure in {"lead_time", "dora_lead_time"}:
        return next((name for below, name in _HOURS if value < below), "low")
    if measure == "deployment_frequency":
        return next((name for at_least, name in _PER_WEEK if value >= at_least), "low")
    return None
