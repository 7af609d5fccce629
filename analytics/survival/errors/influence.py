"""How much each unit moves a multi-state estimate: the infinitesimal jackknife, without a matrix of units by times.

The influence of a unit on p(t) is the derivative of the Aalen–Johansen estimate with respect to the unit's weight; the
sum of its squares over units is the variance, robust against a process that is not Markov, and, with clusters as units,
against what the changes of a cluster have in common (Therneau, "Multi-state models and competing risks" and "Methods",
vignettes of R's survival, section on the infinitesimal jackknife; Lin & Wei 1989, JASA 84, 1074).

With H = I + dA at each hour of moves, the influence u of one change follows u(s) = u(s-) H(s) + p(s-) dH(s), where
row j of dH(s) is (dN_jk - Y_j dA_jk)(s) / at-risk_j(s) for that change. So it is a sum over its own moves and stays,
each carried to t by what comes after:

    u(t) = Σ_moves j→k at s  p_j(s-)/Y_j(s) · (P(s,t)[k] - P(s,t)[j])   -   Σ_stays in j over (a, b]  C_j(b) - C_j(a)

with C_j the running sum of what stands before the minus, over all moves of everybody, by hazard. Both depend on the
hour and the states alone: they are tables over the hours of moves, found backwards from t by one recurrence a state,
and every move of every unit only looks up one number. Between two checkpoints t each move is looked up once; units
are carried over a checkpoint by P. Time in state is the same with ∫ P(s,u) du in place of P(s,t).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from analytics.survival.arrays import FloatArray, IntArray
from analytics.survival.moves import CENSORED
from analytics.survival.scan import linear_scan
from analytics.survival.tables import Flow, Timeline
from analytics.survival.ties import places

__all__ = ["influence_on_hours", "influence_on_probability"]

_TABLE_NUMBERS = 16_000_000
"""How many numbers the tables of one pass may hold; more states or hours take more passes."""


@dataclass(frozen=True, eq=False)
class _Kind:
    """What is carried backwards: the chance of being in a state at the end (1, 0), or the hours spent there (0, 1)."""

    at_end: float
    per_hour: float


_PROBABILITY = _Kind(1.0, 0.0)
_HOURS = _Kind(0.0, 1.0)


def influence_on_probability(timeline: Timeline, at_hours: FloatArray) -> Iterator[FloatArray]:
    """The influence of each unit on each state's probability, (states, units), at each of `at_hours` (ascending)."""
    present = _present_at_start(timeline)
    influence = _influence_at_start(timeline, present)
    span: _Span | None = None
    for hour in at_hours.tolist():
        span = _Span(timeline, span, hour)
        span.count_out(present)
        influence = _carry(span, _PROBABILITY, influence, present)
        yield influence


def influence_on_hours(timeline: Timeline, horizon_hours: float) -> FloatArray:
    """The influence of each unit on the mean hours in each state up to the horizon, (states, units)."""
    present = _present_at_start(timeline)
    influence = _influence_at_start(timeline, present)
    span = _Span(timeline, None, horizon_hours)
    span.count_out(present)
    return _carry(span, _HOURS, influence, present)


def _present_at_start(timeline: Timeline) -> FloatArray:
    """How many changes of each unit start in each state, (states, units)."""
    moves = timeline.moves
    present = np.zeros((timeline.states, moves.units))
    np.add.at(present, (moves.start_state, moves.start_unit), moves.start_count)
    return present


def _influence_at_start(timeline: Timeline, present: FloatArray) -> FloatArray:
    """The influence of each unit on where changes start, (states, units)."""
    mean = np.array([table.start for table in timeline.tables])
    return (present - np.outer(mean, present.sum(axis=0))) / timeline.moves.changes


def _carry(span: _Span, kind: _Kind, before: FloatArray, present: FloatArray) -> FloatArray:
    """The influence of each unit at the end of the span on `kind`, (states, units).

    `before`: on the probability at its begin; `present`: how many changes of each unit are in each state at its end.
    """
    influence = np.empty_like(before)
    for columns in span.passes():
        sweep = _Sweep(span, kind, columns)
        gained = np.zeros((columns.size, before.shape[1]))
        onward, drift = np.zeros((2, before.shape[0], columns.size))
        for state in range(int(columns[-1]), -1, -1):
            sweep.table(state, gained)
            onward[state], drift[state] = sweep.from_begin(state), sweep.drift[state][:, -1]
        influence[columns] = gained + onward.T @ before - drift.T @ present
    return influence


class _Span:
    """The moves between two checkpoints: after the end of the span before, up to and with `end_hours`.

    `flows`: those of the span. `hours[j]`: the distinct hours at which state j is left in it; `part[j]`: their place
    in the state's table. `past[j, k]`: how many of k's hours lie at or before each of j's.
    """

    def __init__(self, timeline: Timeline, previous: _Span | None, end_hours: float) -> None:
        self.timeline = timeline
        self.begin_hours: float = previous.end_hours if previous else 0.0
        self.end_hours: float = end_hours
        self.flows: dict[tuple[int, int], Flow] = {}
        self.seen: dict[tuple[int, int], int] = {}
        for pair, flow in timeline.flows.items():
            self.seen[pair] = int(np.searchsorted(flow.hours, end_hours, "right"))
            part = slice(previous.seen[pair] if previous else 0, self.seen[pair])
            if part.start < part.stop:
                self.flows[pair] = Flow(flow.unit[part], flow.hours[part], flow.count[part], flow.total[part])
        self.part: list[slice] = [
            slice(previous.part[state].stop if previous else 0, int(np.searchsorted(table.hours, end_hours, "right")))
            for state, table in enumerate(timeline.tables)
        ]
        self.hours = [table.hours[part] for table, part in zip(timeline.tables, self.part, strict=True)]
        self.past = {
            (state, to): np.searchsorted(self.hours[to], self.hours[state], "right")
            for state, table in enumerate(timeline.tables)
            for to in table.hazard
        }
        self.place = {
            (state, to): places(self.hours[state], flow.hours, "right") for (state, to), flow in self.flows.items()
        }

    def count_out(self, present: FloatArray) -> None:
        """Let the changes of each unit in each state (states, units) make the moves of the span."""
        for (state, to), flow in self.flows.items():
            np.subtract.at(present[state], flow.unit, flow.count)
            if to != CENSORED:
                np.add.at(present[to], flow.unit, flow.count)

    def passes(self) -> Iterator[IntArray]:
        """The states in groups for which the tables fit."""
        states = len(self.hours)
        size = max(1, _TABLE_NUMBERS // max(1, sum(hours.size for hours in self.hours)))
        for first in range(0, states, size):
            yield np.arange(first, min(first + size, states))


class _Sweep:
    """Backwards over one span: for the states `columns`, tables over the hours at which each state is left.

    `value[j]` (columns, rows + 1): what being in j just before each hour is worth, the end of the span last.
    `drift[j]` (columns, rows + 1): the running sum C_j, zero first.
    """

    def __init__(self, span: _Span, kind: _Kind, columns: IntArray) -> None:
        self.span = span
        self.kind = kind
        self.columns = columns
        self.value: dict[int, FloatArray] = {}
        self.drift: dict[int, FloatArray] = {}

    def table(self, state: int, gained: FloatArray) -> None:
        """Make the tables of `state`, those of later states being there; add to `gained` what its moves mean."""
        span, hours = self.span, self.span.hours[state]
        table, part = span.timeline.tables[state], span.part[state]
        stay, hazard = table.stay[part], {to: values[part] for to, values in table.hazard.items()}
        in_state = (self.columns == state).astype(np.float64)[:, None]
        wait = np.diff(hours, append=span.end_hours) * self.kind.per_hour
        # A state from which none of the columns can be reached any more is worth nothing.
        worth = {to: self._after(to, state) for to in hazard if to <= self.columns[-1]}
        addend = in_state * (stay * wait)
        for to, values in worth.items():
            addend += hazard[to] * values
        end = in_state[:, 0] * self.kind.at_end
        value = np.empty((self.columns.size, hours.size + 1))
        value[:, :-1] = linear_scan(stay[::-1], addend[:, ::-1], end)[:, ::-1]
        value[:, -1] = end
        self.value[state] = value
        staying = value[:, 1:] + in_state * wait
        scale = table.before[part] / table.at_risk[part]
        gain = {to: scale * (worth.get(to, 0.0) - staying) for to in hazard}
        drift = np.zeros_like(value)
        for to, values in gain.items():
            drift[:, 1:] += hazard[to] * values
        self.drift[state] = np.cumsum(drift, axis=1, out=drift)
        self._hand_out(state, gain, gained)

    def from_begin(self, state: int) -> FloatArray:
        """What being in `state` at the beginning of the span is worth, (columns,)."""
        hours = self.span.hours[state]
        first = hours[0] if hours.size else self.span.end_hours
        from_begin: FloatArray = self.value[state][:, 0].copy()
        from_begin[self.columns == state] += (first - self.span.begin_hours) * self.kind.per_hour
        return from_begin

    def _after(self, to: int, state: int) -> FloatArray:
        """What being in `to` is worth just after each hour at which `state` is left, (columns, rows)."""
        past = self.span.past[state, to]
        worth = self.value[to][:, past]
        if self.kind.per_hour:
            following = np.append(self.span.hours[to], self.span.end_hours)[past]
            worth[self.columns == to] += (following - self.span.hours[state]) * self.kind.per_hour
        return worth

    def _hand_out(self, state: int, gain: dict[int, FloatArray], gained: FloatArray) -> None:
        """Each move gains what it is worth, ends its stay here, and begins one there."""
        drift = self.drift[state]
        for (left, to), flow in self.span.flows.items():
            if left != state:
                continue
            place = self.span.place[state, to]
            if to == CENSORED:
                values = -drift
            else:
                values, place = gain[to], place - 1
                values -= drift[:, 1:]
                if to in self.drift:
                    values += self.drift[to][:, self.span.past[state, to]]
            for column in range(self.columns.size):
                np.add.at(gained[column], flow.unit, values[column][place] * flow.count)
