"""Charts of results: marks, scales and units. Nothing is computed here, and each chart has an alternative text."""

from dashboard.charts.areas import occupancy, outcomes, shares_of_wait
from dashboard.charts.bars import medians, saved, shares, stages
from dashboard.charts.curves import arrived, measure_over_time, month_by_month
from dashboard.charts.grids import hours_of_week, timeline
from dashboard.charts.ladders import climbs, rungs
from dashboard.charts.stream import stream

__all__ = [
    "arrived",
    "climbs",
    "hours_of_week",
    "measure_over_time",
    "medians",
    "month_by_month",
    "occupancy",
    "outcomes",
    "rungs",
    "saved",
    "shares",
    "shares_of_wait",
    "stages",
    "stream",
    "timeline",
]
