"""Survival statistics: pure functions over arrays with right-censoring.

Hours count from the start of a change. A duration always comes with whether, or how, it ended.
"""

from analytics.survival.cox import Cox, Proportionality, cox
from analytics.survival.incidence import Incidence, IncidenceAt, incidence
from analytics.survival.kaplan_meier import SurvivalAt, SurvivalCurve, kaplan_meier
from analytics.survival.log_rank import LogRank, log_rank
from analytics.survival.moves import CENSORED, Moves, Spells, moves_from_spells
from analytics.survival.occupancy import Occupancy, TimeInState, occupancy, restricted_mean_hours
from analytics.survival.quantiles import Quantile
from analytics.survival.tables import Timeline

__all__ = [
    "CENSORED",
    "Cox",
    "Incidence",
    "IncidenceAt",
    "LogRank",
    "Moves",
    "Occupancy",
    "Proportionality",
    "Quantile",
    "Spells",
    "SurvivalAt",
    "SurvivalCurve",
    "TimeInState",
    "Timeline",
    "cox",
    "incidence",
    "kaplan_meier",
    "log_rank",
    "moves_from_spells",
    "occupancy",
    "restricted_mean_hours",
]
