"""Initiatives: how far each has come, which of them stall, and the funnel over all of them."""

from analytics.initiatives.funnel import FunnelStep, funnel
from analytics.initiatives.initiative import Initiative, Portfolio, read_portfolio
from analytics.initiatives.rungs import REMOVED, RUNGS, Stay, Use, Work, climb
from analytics.initiatives.stalling import Limit
from analytics.initiatives.table import COLUMNS, initiatives

__all__ = [
    "COLUMNS",
    "REMOVED",
    "RUNGS",
    "FunnelStep",
    "Initiative",
    "Limit",
    "Portfolio",
    "Stay",
    "Use",
    "Work",
    "climb",
    "funnel",
    "initiatives",
    "read_portfolio",
]
