"""Risk sets, hazards and state probabilities of moves: the Aalen–Johansen estimator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from analytics.survival.arrays import FloatArray, IntArray, totals
from analytics.survival.moves import CENSORED, Moves
from analytics.survival.scan import linear_scan
from analytics.survival.ties import distinct_hours, places
from headway.errors import AnalysisError

__all__ = ["Flow", "StateTable", "Timeline"]


@dataclass(frozen=True, eq=False)
class Flow:
    """The moves from one state to another (or the ends of watching there), by time.

    `unit`, `hours`, `count` (moves,), `hours` ascending; `total` (moves + 1,): changes moved so far, 0 first.
    """

    unit: IntArray
    hours: FloatArray
    count: FloatArray
    total: FloatArray

    def before(self, at: FloatArray) -> FloatArray:
        """How many changes moved before each hour of `at`."""
        return self.total[np.searchsorted(self.hours, at, "left")]


@dataclass(frozen=True, eq=False)
class StateTable:
    """One state, a row for each distinct hour at which a change moved from it to another, ascending.

    `hours` (rows,). `at_risk` (rows,): changes in the state just before. `hazard`: for each later state that is moved
    to, (rows,): moves over at risk. `stay` (rows,): one minus all hazards. `before` (rows,): the probability of the
    state just before. `start`: its probability at the start. `arrived`: for each state that moves here, (rows of that
    state + 1,): what has arrived from it by then, 0 first.
    """

    hours: FloatArray
    at_risk: FloatArray
    hazard: dict[int, FloatArray]
    stay: FloatArray
    before: FloatArray
    start: float
    arrived: dict[int, FloatArray]


class Timeline:
    """The `Flow` between each two states, and a `StateTable` for each state.

    The probabilities are those of Aalen & Johansen (1978), Scandinavian Journal of Statistics 5, 141; see Andersen,
    Borgan, Gill & Keiding (1993), Statistical Models Based on Counting Processes, section IV.4. Because moves only
    go to later states, the product of transition matrices comes apart into one recurrence for each state.
    AnalysisError where there is no change, or more leave a state than came into it.
    """

    def __init__(self, moves: Moves) -> None:
        if moves.start_unit.size == 0:
            raise AnalysisError("there is no change to estimate from", hint="widen the time range or the filter")
        self.moves = moves
        self.states = len(moves.states)
        self.flows = _flows(moves)
        self.starts: list[float] = totals(moves.start_state, moves.start_count, self.states).tolist()
        self.tables: list[StateTable] = []
        for state in range(self.states):
            self.tables.append(self._table(state))

    def leaving(self, state: int) -> dict[int, Flow]:
        """The flows out of `state`, ends of watching included, by where they go."""
        return {to: flow for (left, to), flow in self.flows.items() if left == state}

    def at_risk(self, state: int, at: FloatArray) -> FloatArray:
        """How many changes were seen in `state` just before each hour of `at`."""
        present = np.full(at.size, self.starts[state])
        for (left, to), flow in self.flows.items():
            if to == state:
                present += flow.before(at)
            elif left == state:
                present -= flow.before(at)
        return present

    def probability(self, state: int, at: FloatArray) -> FloatArray:
        """The probability of being in `state` at each hour of `at`, moves of that very hour done."""
        table = self.tables[state]
        arrived = self._arrived(table.arrived, at, "right")
        if table.hours.size == 0:
            return table.start + arrived
        past = np.searchsorted(table.hours, at, "right")
        last = np.maximum(past - 1, 0)
        since = arrived - self._arrived(table.arrived, table.hours, "left")[last]
        return np.where(past > 0, table.before[last] * table.stay[last] + since, table.start + arrived)

    def _arrived(self, arrived: dict[int, FloatArray], at: FloatArray, side: Literal["left", "right"]) -> FloatArray:
        total = np.zeros(at.size)
        for source, probability in arrived.items():
            total += probability[np.searchsorted(self.tables[source].hours, at, side)]
        return total

    def _table(self, state: int) -> StateTable:
        """The table of `state`, when those of all earlier states are there."""
        flows = {to: flow for to, flow in self.leaving(state).items() if to != CENSORED}
        hours = distinct_hours([flow.hours for flow in flows.values()])
        at_risk = self.at_risk(state, hours)
        moved = {to: totals(places(hours, flow.hours), flow.count, hours.size) for to, flow in flows.items()}
        staying = at_risk - sum(moved.values(), np.zeros(hours.size))
        if bool(np.any(staying < 0.0)):
            raise AnalysisError(
                f"more changes leave {self.moves.states[state]} than are there",
                hint="give each change one start, and its moves one after the other in time",
            )
        # From whole counts: when the last one leaves, exactly nothing stays behind.
        stay = staying / at_risk
        start = self.starts[state] / self.moves.changes
        arrived = {
            source: np.concatenate([[0.0], np.cumsum(table.before * table.hazard[state])])
            for source, table in enumerate(self.tables)
            if state in table.hazard
        }
        addend = np.diff(self._arrived(arrived, hours, "left"), prepend=0.0)
        addend[:1] += start
        factor = np.concatenate([[0.0], stay])[: hours.size]
        before = linear_scan(factor, addend[None, :], np.zeros(1))[0]
        return StateTable(hours, at_risk, {to: n / at_risk for to, n in moved.items()}, stay, before, start, arrived)


def _flows(moves: Moves) -> dict[tuple[int, int], Flow]:
    """The moves apart by where from and where to, each by time."""
    width = len(moves.states) + 1
    pair = moves.from_state.astype(np.int16) * width
    pair += (moves.to_state - CENSORED).astype(np.int16)
    flows: dict[tuple[int, int], Flow] = {}
    for code in np.flatnonzero(np.bincount(pair)).tolist():
        rows = np.flatnonzero(pair == code)
        hours = moves.hours[rows]
        if bool(np.any(hours[1:] < hours[:-1])):
            rows = rows[np.argsort(hours)]
        count = moves.count[rows]
        total = np.concatenate([[0.0], np.cumsum(count)])
        flows[code // width, code % width + CENSORED] = Flow(moves.unit[rows], moves.hours[rows], count, total)
    return flows
