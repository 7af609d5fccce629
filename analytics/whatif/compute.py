"""All what-ifs of some changes: pure, from their rows and from when releases left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from analytics.cohort.cohort import LEAD_STAGES, Cohort
from analytics.cohort.units import THESE
from analytics.survival.arrays import BoolArray, IntArray
from analytics.whatif.cadence import CADENCES, Cadence
from analytics.whatif.clock import WALL, Clock
from analytics.whatif.departures import Departures
from analytics.whatif.effect import Bounds, Effect, Outlook, effect, outlook, units_in
from analytics.whatif.flow import Expected, Flow, difference
from analytics.whatif.load import pickup_by_load
from analytics.whatif.replay import HELD, Releases, eligible_at, replay
from analytics.whatif.stages import Changes, Donors, best_quartile, of_others
from analytics.whatif.stays import Counts

__all__ = ["ALL_STAGES", "NOBODY_BEHIND", "Cadences", "StageModel", "WhatIf", "cadences_of", "spanned"]

ALL_STAGES = "all"
NOBODY_BEHIND = "if nobody waits behind it"
_OF_PEOPLE = ("pickup", "review", ALL_STAGES)


@dataclass(frozen=True)
class WhatIf:
    """One what-if: its `kind`, the `stage` that it shortens (`ALL_STAGES`: each), its `parameter`, `effect` and `note`.

    Kinds: `release_cadence` (replay of the real merges), `best_months` (each repository in the quarter of months in
    which the stage was shortest), `rate_of_others` (the rates of the other group in the same repositories),
    `stage_time` (its own times, shorter). `donors`: stays from which rates were borrowed, None where none were.
    `load`: where its flow has no queues, how many times as long pickup takes after a week with twice the arrivals.
    """

    kind: str
    stage: str
    parameter: str
    effect: Effect
    note: str
    donors: int | None = None
    load: Bounds | None = None

    @property
    def assumes_no_queue(self) -> bool:
        """Whether changes are taken to flow without one waiting behind another."""
        return self.kind != "release_cadence"

    @property
    def queue(self) -> Bounds | None:
        """The `load`, where it is significant that pickup grows with it, and the what-if is about people's time."""
        grows = self.load is not None and self.load.lower > 1.0
        return self.load if grows and self.stage in _OF_PEOPLE else None


class Cadences:
    """The real merges of some changes, to be shipped by any cadence: for a slider, each answer takes milliseconds.

    `cohort`: on the wall clock, by which releases leave; `clock` is that of the hours that changes wait for them.
    """

    def __init__(self, cohort: Cohort, departures: Departures, clock: Clock = WALL, intervals: str = THESE) -> None:
        self.departures, self.clock = departures, clock
        self.changes = len(cohort.changes)
        self.units = units_in(cohort.changes, intervals)
        self.releases = Releases.of(cohort.changes, cohort.ended_as, departures)
        self.before = outlook(self.releases.watched(), self.units, clock)
        self.eligible = tuple(eligible_at(self.releases, departures, held) for held in HELD)

    def what_if(self, cadence: Cadence, *, besides: bool = True) -> WhatIf:
        """Releases by `cadence`, beside the real ones or instead of them.

        When a change that missed a release was ready for the next is not known: the estimate takes the middle of the
        time between both, the interval reaches from the one end to the other and takes the sampling error on top.
        """
        early, middle, late = (
            effect(self.before, self._outlook(cadence, held, besides=besides), self.units, self.changes, self.clock)
            for held in self.eligible
        )
        whole = spanned(early, middle, late)
        really = self.departures.typical_gap_days(self.releases.repository)
        beside = ", in addition to the real releases" if besides else ""
        note = f"real merges replayed{beside}; now every {really:.1f} days"
        return WhatIf("release_cadence", "release", f"{cadence.name} ({cadence.when})", whole, note)

    def _outlook(self, cadence: Cadence, held: IntArray, *, besides: bool) -> Outlook:
        """The outlook of the changes replayed with `cadence`."""
        went = replay(self.releases, self.departures, cadence, held=held, besides=besides)
        return outlook(went, self.units, self.clock)


def cadences_of(departures: Departures) -> tuple[Cadence, ...]:
    """The usual cadences, at the hour at which most releases leave."""
    return tuple(replace(cadence, hour=departures.usual_hour()) for cadence in CADENCES)


class StageModel:
    """Some changes flowing through their stages, to be given other rates: each answer takes some ten milliseconds.

    `whose`: of which of the `changes` (their number,) the flow is; all where not given. The others lend their rates.
    """

    def __init__(self, changes: Changes, whose: BoolArray | None = None) -> None:
        self.changes = changes
        self.ours = np.ones(len(changes.frame), dtype=np.bool_) if whose is None else whose
        self.stays = changes.stays if whose is None else changes.stays_where(whose)
        self.flow = Flow(self.stays, changes.strata, changes.clock)
        self.before: Expected = self.flow.expected()
        self.load = pickup_by_load(changes.frame)

    def best_months(self) -> Iterator[WhatIf]:
        """Each stage at its own best quarter, where there is enough to say."""
        for stage in range(len(LEAD_STAGES)):
            donors = best_quartile(self.changes, self.stays, stage)
            if donors is not None:
                yield self._what_if("best_months", stage, "best quarter of its months", donors, donors.words)

    def rates_of_others(self, others: str) -> Iterator[WhatIf]:
        """Each stage, and all of them, at the rates of the changes that are not ours, in the same repositories."""
        borrowed: dict[int, Counts | float] = {}
        used = 0
        for stage in range(len(LEAD_STAGES)):
            donors = of_others(self.changes, self.ours, stage)
            if donors is not None:
                borrowed[stage], used = donors.counts, max(used, donors.stays)
                yield self._what_if("rate_of_others", stage, others, donors, donors.words)
        if borrowed:
            names = ", ".join(LEAD_STAGES[stage] for stage in borrowed)
            saved = self._effect(borrowed)
            yield self._noted(WhatIf("rate_of_others", ALL_STAGES, others, saved, f"together: {names}", used))

    def stage_time(self, stage: str, factor: float) -> WhatIf:
        """A stage whose stays take `factor` of their time."""
        code = LEAD_STAGES.index(stage)
        effect_of = self._effect({code: float(factor)})
        note = "every stay shortened by the same factor"
        return self._noted(WhatIf("stage_time", stage, f"{factor:.0%} of its hours", effect_of, note))

    def _what_if(self, kind: str, stage: int, parameter: str, donors: Donors, note: str) -> WhatIf:
        saved = self._effect({stage: donors.counts})
        return self._noted(WhatIf(kind, LEAD_STAGES[stage], parameter, saved, note, donors.stays))

    def _noted(self, what: WhatIf) -> WhatIf:
        """With its assumption, and where pickup grows with load, by how much."""
        loaded = replace(what, load=self.load)
        queue = loaded.queue
        grows = (
            f"; pickup takes {queue.value:.2f} times as long after a week with twice the arrivals"
            f" (95 % CI {queue.lower:.2f}–{queue.upper:.2f}): reviewers are a queue, and more would be saved"
            if queue
            else ""
        )
        return replace(loaded, note=f"{what.note}; {NOBODY_BEHIND}{grows}")

    def _effect(self, replaced: Mapping[int, Counts | float]) -> Effect:
        after = self.flow.expected(replaced)
        return difference(self.before, after, self.changes.units, int(self.ours.sum()), self.changes.clock)


def spanned(early: Effect, middle: Effect, late: Effect) -> Effect:
    """The middle, with intervals that hold those of all three."""
    return replace(
        middle,
        hours_saved=_span(early.hours_saved, middle.hours_saved, late.hours_saved),
        gained=tuple(_span(*bounds) for bounds in zip(early.gained, middle.gained, late.gained, strict=True)),
    )


def _span(early: Bounds, middle: Bounds, late: Bounds) -> Bounds:
    """The middle, with an interval that holds those of all three."""
    parts = (early, middle, late)
    return Bounds(middle.value, min(part.lower for part in parts), max(part.upper for part in parts))
