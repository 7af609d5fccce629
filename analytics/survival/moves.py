"""Observed moves of changes through states: the input of the multi-state estimators."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analytics.survival.arrays import (
    BoolArray,
    FloatArray,
    IntArray,
    as_codes,
    as_counts,
    as_hours,
    same_length,
    totals,
)
from headway.errors import AnalysisError

__all__ = ["CENSORED", "Moves", "Spells", "moves_from_spells"]

CENSORED = -1
"""The `to_state` of a change that was last seen still in its state."""


@dataclass(frozen=True, eq=False)
class Moves:
    """Starts and moves, each for `count` changes of one independent unit.

    Every change starts at hour 0 in a state, and leaves it, and each further state, by one move, until it is in an
    absorbing state or was last seen (`CENSORED`). A state that is entered and left in the same instant must
    have been skipped (`moves_from_spells` does so). Rows in any order; equal rows may be given as one with their count,
    so that a database can aggregate first.

    `states`: names, in the order in which changes pass them: a move goes to a later one.
    `units`: unit codes are 0 … units-1. The standard errors take units as independent: a unit is a change, or a
    cluster of them (a repository). Codes that do not occur are allowed, so that two groups can share one numbering.
    `start_unit`, `start_state` (codes), `start_count`: (starts,).
    `unit`, `hours` (since the start), `from_state`, `to_state` (codes), `count`: (moves,).
    `clustered`: whether a unit can hold more than one change. `stratum` (units,): codes of the strata that units lie
    in, where these are all there are (`spread`); None where units are drawn from more of their kind.
    `batches`: codes of the states that many changes leave at one moment, such as the wait for a release.
    """

    states: tuple[str, ...]
    units: int
    start_unit: IntArray
    start_state: IntArray
    start_count: FloatArray
    unit: IntArray
    hours: FloatArray
    from_state: IntArray
    to_state: IntArray
    count: FloatArray
    clustered: bool
    stratum: IntArray | None = None
    batches: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        last = len(self.states) - 1
        same_length(start_unit=self.start_unit, start_state=self.start_state, start_count=self.start_count)
        same_length(
            unit=self.unit, hours=self.hours, from_state=self.from_state, to_state=self.to_state, count=self.count
        )
        as_codes(self.start_unit, "start_unit", lowest=0, highest=self.units - 1)
        as_codes(self.start_state, "start_state", lowest=0, highest=last)
        as_codes(self.unit, "unit", lowest=0, highest=self.units - 1)
        as_codes(self.from_state, "from_state", lowest=0, highest=last)
        as_codes(self.to_state, "to_state", lowest=CENSORED, highest=last)
        as_hours(self.hours, "hours")
        as_counts(self.start_count, self.start_count.size, "start_count")
        as_counts(self.count, self.count.size, "count")
        if bool(np.any((self.to_state <= self.from_state) & (self.to_state != CENSORED))):
            raise AnalysisError("a change moves back to an earlier state", hint="put the states in the order of work")

    @property
    def changes(self) -> float:
        """How many changes there are."""
        return float(self.start_count.sum())

    @property
    def seen_hours(self) -> float:
        """The last hour at which any change was seen to move or to wait; estimates after it are extrapolations."""
        return float(self.hours.max(initial=0.0))

    @property
    def clusters(self) -> int | None:
        """How many units carry any change, or None where units are single changes."""
        return int(np.unique(self.start_unit).size) if self.clustered else None

    @property
    def cluster_sizes(self) -> FloatArray | None:
        """How many changes each unit carries, (units,), or None where units are single changes."""
        return totals(self.start_unit, self.start_count, self.units) if self.clustered else None


@dataclass(frozen=True, eq=False)
class Spells:
    """One row per change and stay in a state, (spells,) each, in any order.

    `change`: a whole number for each change. `start_hours`, `end_hours`: since the change's start, which is hour 0;
    the stays of a change follow each other without a gap, and may be of no length. `from_state`: the state of the
    stay; `to_state`: the state after it, or `CENSORED`.
    """

    change: IntArray
    start_hours: FloatArray
    end_hours: FloatArray
    from_state: IntArray
    to_state: IntArray

    @classmethod
    def of(
        cls,
        change: ArrayLike,
        start_hours: ArrayLike,
        end_hours: ArrayLike,
        from_state: ArrayLike,
        to_state: ArrayLike,
    ) -> Spells:
        """Check and convert; AnalysisError where lengths differ or hours are none."""
        whole = np.iinfo(np.int64)
        spells = cls(
            as_codes(change, "change", lowest=whole.min, highest=whole.max),
            as_hours(start_hours, "start_hours"),
            as_hours(end_hours, "end_hours"),
            as_codes(from_state, "from_state", lowest=0, highest=whole.max),
            as_codes(to_state, "to_state", lowest=CENSORED, highest=whole.max),
        )
        same_length(**{name: getattr(spells, name) for name in cls.__dataclass_fields__})
        return spells


def moves_from_spells(
    spells: Spells, states: tuple[str, ...], *, cluster: ArrayLike | None = None, clusters: int | None = None
) -> Moves:
    """The moves behind `spells`: stays of no length are skipped, a last state that goes on is taken as last seen.

    `cluster` (spells,): the cluster of each row's change, codes 0 … clusters-1 (`clusters`: one more than the highest
    when not given); without it each change is a unit of its own, in the order of `change`. AnalysisError where the
    stays of a change do not follow each other.
    """
    order = _in_order(spells)
    change, hours = spells.change[order], spells.end_hours[order]
    from_state, to_state = spells.from_state[order], spells.to_state[order]
    opens = np.r_[True, change[1:] != change[:-1]] if change.size else np.zeros(0, dtype=np.bool_)
    _check_chain(opens, spells.start_hours[order], hours, from_state, to_state)
    if cluster is None:
        unit, units = np.cumsum(opens) - 1, int(opens.sum())
    else:
        unit = as_codes(cluster, "cluster", lowest=0, highest=np.iinfo(np.int64).max)[order]
        units = clusters if clusters is not None else int(unit.max(initial=-1)) + 1
    start_unit, start_state = unit[opens], from_state[opens]
    from_state, keep = _skip_instant_stays(opens, hours, from_state, to_state)
    open_ended = _left_open(opens, from_state, to_state)
    columns = [np.concatenate([column[keep], column[open_ended]]) for column in (unit, hours, from_state, to_state)]
    added = int(open_ended.sum())
    if added:
        columns[2][-added:], columns[3][-added:] = to_state[open_ended], CENSORED
    return Moves(
        states=states,
        units=units,
        start_unit=start_unit,
        start_state=start_state,
        start_count=as_counts(None, start_unit.size, "count"),
        unit=columns[0],
        hours=columns[1],
        from_state=columns[2],
        to_state=columns[3],
        count=as_counts(None, columns[0].size, "count"),
        clustered=cluster is not None,
    )


def _in_order(spells: Spells) -> IntArray | slice:
    """The order by change, then time, then state; a slice where the rows have it already."""
    keys = (spells.change, spells.end_hours, spells.from_state)
    tied = np.ones(max(spells.change.size - 1, 0), dtype=np.bool_)
    for key in keys:
        if bool(np.any(tied & (key[1:] < key[:-1]))):
            return np.lexsort(keys[::-1])
        tied &= key[1:] == key[:-1]
    return slice(None)


def _check_chain(
    opens: BoolArray, start_hours: FloatArray, end_hours: FloatArray, from_state: IntArray, to_state: IntArray
) -> None:
    follows = ~opens[1:]
    if bool(np.any(start_hours[opens] != 0.0)) or bool(np.any(follows & (start_hours[1:] != end_hours[:-1]))):
        raise AnalysisError(
            "the stays of a change leave a gap, overlap, or do not begin at hour 0",
            hint="start each stay where the one before it ends",
        )
    if bool(np.any(follows & (from_state[1:] != to_state[:-1]))):
        raise AnalysisError(
            "a stay is not in the state to which the change had moved", hint="from_state is the to_state before it"
        )


def _skip_instant_stays(
    opens: BoolArray, hours: FloatArray, from_state: IntArray, to_state: IntArray
) -> tuple[IntArray, BoolArray]:
    """Where a change moves on in the instant it came, one move over both: (from_state, rows to keep)."""
    instant = np.zeros(hours.size, dtype=np.bool_)
    instant[1:] = ~opens[1:] & (hours[1:] == hours[:-1]) & (to_state[1:] != CENSORED)
    if not bool(instant.any()):
        return from_state, np.ones(hours.size, dtype=np.bool_)
    keep = np.ones(hours.size, dtype=np.bool_)
    keep[:-1] = ~instant[1:]
    first_of_run = np.maximum.accumulate(np.where(instant, 0, np.arange(hours.size)))
    return from_state[first_of_run], keep


def _left_open(opens: BoolArray, from_state: IntArray, to_state: IntArray) -> BoolArray:
    """The last stays that lead to a state which others leave: nothing more was seen, so it is the end of watching."""
    last = np.r_[opens[1:], True] if opens.size else opens
    left_open: BoolArray = last & (to_state != CENSORED) & np.isin(to_state, np.unique(from_state))
    return left_open
