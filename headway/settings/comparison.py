"""The section `[comparison]`: which differences matter."""

from __future__ import annotations

from dataclasses import dataclass

from headway.errors import UsageError
from headway.settings.field import setting

__all__ = ["ComparisonSettings"]


@dataclass(frozen=True)
class ComparisonSettings:
    """The smallest difference between groups that findings report; a smaller one is called too small."""

    smallest_hours: float = setting(1.0, "of waiting: so many hours")
    smallest_percent: float = setting(
        5.0, "of waiting: so many percent of that of the other group, if that is more; also of ratios"
    )
    smallest_points: float = setting(2.0, "of shares: so many percentage points")

    def __post_init__(self) -> None:
        """UsageError for a difference below zero."""
        for name in ("smallest_hours", "smallest_percent", "smallest_points"):
            if getattr(self, name) < 0.0:
                raise UsageError(f"[comparison] {name} is below zero", hint="write 0 to report every difference")
