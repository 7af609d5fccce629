"""Two groups of changes beside each other: how they differ, how sure that is, and what may be behind it."""

from analytics.comparison.compare import compare
from analytics.comparison.contrasts import Contrast, ai_beside_other, before_beside_after, team_beside_rest
from analytics.comparison.report import comparison, comparison_table
from analytics.comparison.results import ALL, Comparison, Friction, Measure, Side, Support, Within

__all__ = [
    "ALL",
    "Comparison",
    "Contrast",
    "Friction",
    "Measure",
    "Side",
    "Support",
    "Within",
    "ai_beside_other",
    "before_beside_after",
    "compare",
    "comparison",
    "comparison_table",
    "team_beside_rest",
]
