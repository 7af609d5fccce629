"""The smallest difference between two groups that is worth reporting."""

from __future__ import annotations

from dataclasses import dataclass

from headway.settings.comparison import ComparisonSettings

__all__ = ["SmallestDifference"]


@dataclass(frozen=True)
class SmallestDifference:
    """The smallest difference that matters to anybody (Lakens, Scheel & Isager 2018, AMPPS 1, 259).

    Of waiting: `hours`, or `percent` of that of the other group, whichever is more; of ratios: `percent`; of shares:
    `points`. An hour is the least that a person notices of a day's waiting, and 5 % what clocks and samples blur. Two
    points are one change in fifty: of some hundred AI changes a year, two.
    """

    hours: float = 1.0
    percent: float = 5.0
    points: float = 2.0

    @classmethod
    def of(cls, settings: ComparisonSettings) -> SmallestDifference:
        """As the settings have it."""
        return cls(settings.smallest_hours, settings.smallest_percent, settings.smallest_points)

    def of_hours(self, other: float) -> float:
        """In hours, beside a group that waits `other` hours."""
        return max(self.hours, self.percent / 100.0 * other)

    def allows_hours(self, difference: float, other: float) -> bool:
        """Whether a difference in hours matters."""
        return abs(difference) >= self.of_hours(other)

    def allows_share(self, difference: float) -> bool:
        """Whether a difference of shares (0 to 1) matters."""
        return 100.0 * abs(difference) >= self.points

    def allows_ratio(self, ratio: float) -> bool:
        """Whether a ratio is far enough from 1, either way."""
        return max(ratio, 1.0 / ratio) >= 1.0 + self.percent / 100.0 if ratio > 0.0 else True
