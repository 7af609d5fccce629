"""The error of a cumulative incidence at each hour of its curve, by cluster, in one pass forwards.

With one state to leave, the influence of a cluster u on the incidence F of one end is a running sum over the hours s
of ends: with Y at risk, dN ends of this kind and D of any, S the share still waiting just before s,

    U_F(t) = Σ_s≤t  S(s)/Y(s) dN_u(s)  -  S(s) dN(s)/Y(s) (Y_u(s)/Y(s) + G_u(s)),
    G_u(s) = Σ_r<s  (D_u(r) - Y_u(r) D(r)/Y(r)) / (Y(r) - D(r)),

the derivative of the Aalen-Johansen estimate by the weight of u, as in `influence`, which finds it at single hours. An
interval of a quantile asks for it at hundreds of hours.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from analytics.survival.arrays import FloatArray, IntArray, totals
from analytics.survival.moves import CENSORED
from analytics.survival.tables import Timeline
from analytics.survival.ties import places

__all__ = ["errors_along"]

_ROWS = 256


def errors_along(timeline: Timeline, end: int) -> Iterator[FloatArray]:
    """The standard errors of the probability of state `end` at the hours at which state 0 is left, some at a time.

    `timeline`: of clusters that all start in state 0 and leave it once. Each part is (rows,), in the order of hours.
    """
    table, units = timeline.tables[0], timeline.moves.units
    present = np.zeros(units)
    np.add.at(present, timeline.moves.start_unit, timeline.moves.start_count)
    risen, total = np.zeros(units), np.zeros(units)
    leaving = timeline.leaving(0)
    # What went out of sight between two hours of ends is at risk no more at the second, what ended only afterwards.
    row_of = {to: places(table.hours, flow.hours, "left") for to, flow in leaving.items()}
    row_of |= {to: places(table.hours, leaving[to].hours, "right") for to in leaving if to == CENSORED}
    hazard = table.hazard.get(end, np.zeros(table.hours.size))
    for begin in range(0, table.hours.size, _ROWS):
        rows = slice(begin, min(begin + _ROWS, table.hours.size))
        left = {to: _counted(timeline, to, row_of[to], rows) for to in leaving}
        ended = sum((count for to, count in left.items() if to != CENSORED), np.zeros((rows.stop - begin, units)))
        unseen = left.get(CENSORED, np.zeros_like(ended))
        at_risk, stay = table.at_risk[rows, None], table.stay[rows, None]
        gone = np.cumsum(ended + unseen, axis=0)
        here = present - (gone - ended)  # what ends at this very hour is still at risk at it
        share = here / at_risk
        # Where nothing stays, no hour of ends follows.
        step = (ended / at_risk - share * (1.0 - stay)) / np.where(stay > 0.0, stay, 1.0)
        before = risen + np.cumsum(step, axis=0) - step
        own = left.get(end, np.zeros_like(ended)) / at_risk
        gained = table.before[rows, None] * (own - hazard[rows, None] * (share + before))
        influence = total + np.cumsum(gained, axis=0)
        yield np.sqrt(np.einsum("ru,ru->r", influence, influence))
        present, risen, total = present - gone[-1], risen + step.sum(axis=0), influence[-1]


def _counted(timeline: Timeline, to: int, row_of: IntArray, rows: slice) -> FloatArray:
    """How many changes of each unit went to `to` at each of `rows`, (rows, units)."""
    flow, units = timeline.flows[0, to], timeline.moves.units
    part = slice(*np.searchsorted(row_of, [rows.start, rows.stop]))
    place = (row_of[part] - rows.start) * units + flow.unit[part]
    size = (rows.stop - rows.start) * units
    return totals(place, flow.count[part], size).reshape(-1, units)
