"""The choices that filters offer. All of them are in URLs that people bookmark."""

from __future__ import annotations

__all__ = [
    "ALL_TEAMS",
    "AXES",
    "AXIS_CAPTIONS",
    "CLOCKS",
    "EVERYTHING",
    "EVERY_SERVICE",
    "HORIZONS",
    "INTERVALS",
    "KEYS",
    "PERIODS",
    "TIERS",
]

KEYS = ("team", "repo", "service", "period", "axis", "clock", "strong", "tier", "intervals", "horizon")
"""The parameters of URLs that hold them."""

ALL_TEAMS, EVERYTHING, EVERY_SERVICE = "All teams", "All repositories", "All services"
PERIODS = {"12 months": 365, "6 months": 180, "90 days": 90, "30 days": 30, "All time": None}
"""The first is that of a visitor who chose none."""
AXES = {"What it builds": "builds_ai", "How it was made": "built_with_ai"}
AXIS_CAPTIONS = ("AI work and other work", "Made with AI and no AI mark")
CLOCKS = {"Wall clock": "wall", "Working time": "working"}
TIERS = {"All": "any", "Marks and records": "mark", "Records of commits": "commit"}
INTERVALS = {"These repositories": "these", "Repositories like these": "like-these"}
HORIZONS = {"Automatic": None, "30 days": 30, "90 days": 90, "180 days": 180}
