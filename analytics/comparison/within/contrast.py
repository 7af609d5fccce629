"""All measures within cells: each outcome's difference, with both of its intervals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from analytics.cohort.cohort import LEAD_STAGES, STATES, Cohort
from analytics.comparison.cells import MONTH, REPOSITORY, numbered, together
from analytics.comparison.contrasts import Contrast
from analytics.comparison.friction import friction_measure, friction_of, share_measures
from analytics.comparison.measured import SMALLEST_PART, SMALLEST_SHARE, Behind, Hours
from analytics.comparison.plain.differences import ARRIVED_AFTER
from analytics.comparison.results import Friction, Measure, Within
from analytics.comparison.within.design import Codes, in_shared_cells
from analytics.comparison.within.held_equal import even_part, held_equal
from analytics.comparison.within.heterogeneity import heterogeneity_of
from analytics.comparison.within.outcomes import Outcomes
from analytics.comparison.within.result import Inside, Result
from analytics.comparison.within.watched import Watched
from analytics.survival.arrays import BoolArray

__all__ = ["MOST_COMPARED", "WithinCells", "within_cells"]

MOST_COMPARED = 200_000
"""Of so many changes the errors are small beside every difference that matters: of more an even part is compared."""


@dataclass(frozen=True)
class WithinCells:
    """What a comparison within cells gives: its measures, what is behind them, and whether the friction is the same."""

    measures: tuple[Measure, ...] = ()
    within: Within | None = None
    friction: Friction | None = None


def within_cells(
    people: Cohort,
    first: BoolArray,
    contrast: Contrast,
    after_hours: tuple[float, float, float],
    horizon: float,
    fewest: int,
) -> WithinCells:
    """Compare two groups within the cells of a contrast.

    Parameters
    ----------
    people:
        The changes of both groups.
    first:
        (changes,) whether each is in the first group.
    contrast:
        What two changes of one cell share, and whether time of code complete can be held equal.
    after_hours:
        Hours at which the share in production is compared.
    horizon:
        Hours up to which time counts.
    fewest:
        Changes that each group must have in cells with both.

    Returns
    -------
    Measures on the basis `contrast.basis`; none where cells with both have too few changes of a group.

    References
    ----------
    Regression with an effect for each cell: Angrist & Pischke (2009), Mostly Harmless Econometrics, ch. 3 and 5. Errors
    for these units or for units like these: Abadie, Athey, Imbens & Wooldridge (2023), QJE 138, 1.
    """
    chosen = even_part(first.size, MOST_COMPARED)
    if chosen is not None:
        people, first = people.where(pl.lit(pl.Series(chosen))), first[chosen]
    codes = _codes(people, contrast)
    shared = in_shared_cells(first, codes.cell)
    if min(int((shared & first).sum()), int((shared & ~first).sum())) < fewest:
        return WithinCells()
    part = people if bool(shared.all()) else people.where(pl.lit(pl.Series(shared)))
    inside = Inside(first[shared], codes.of(shared), held_equal(part.changes, dated=contrast.dated))
    design = inside.design()
    if design is None:
        return WithinCells()
    watched = Watched(
        part.hours, part.ended_as, part.followed_hours, design.first, design.codes.repository, design.overlap
    )
    return _Compared(inside, Outcomes(part, watched, horizon), contrast.basis, fewest).all(after_hours)


def _codes(people: Cohort, contrast: Contrast) -> Codes:
    """Cells by what the contrast shares; errors by repository and month, whatever that is."""
    what = {name: numbered(people, name) for name in (REPOSITORY, MONTH)}
    month = together(what[REPOSITORY], what[MONTH])
    cell = month if contrast.cells == (REPOSITORY, MONTH) else together(*(what[name] for name in contrast.cells))
    return Codes(cell, month, what[REPOSITORY])


class _Compared:
    """The measures of one comparison."""

    def __init__(self, inside: Inside, outcomes: Outcomes, basis: str, fewest: int) -> None:
        self.inside, self.outcomes, self.basis, self.fewest = inside, outcomes, basis, fewest

    def all(self, after_hours: tuple[float, float, float]) -> WithinCells:
        """The ratio of times first, then shares, then hours."""
        ratio = self.inside.result(self.outcomes.log_hours(), self.fewest)
        if ratio is None:
            return WithinCells()
        measures = [*self._times(ratio), *self._shares(after_hours)]
        hours, friction = self._hours()
        return WithinCells((*measures, *hours), self._within(ratio), friction)

    def _within(self, ratio: Result) -> Within:
        spread = heterogeneity_of(ratio.design, ratio.effect)
        degrees = ratio.reach.degrees
        return Within(
            changes=ratio.changes,
            cells=ratio.design.size.size,
            repositories=int(ratio.design.with_both.sum()),
            degrees=degrees if np.isfinite(degrees) else None,
            typical_hours=float(np.exp(ratio.effect.pair[1])),
            odds=ratio.design.odds,
            deviation=spread.deviation if spread else None,
            deviation_p=spread.p_value if spread else None,
        )

    def _times(self, ratio: Result) -> Iterator[Measure]:
        yield ratio.ratio("time_ratio", self.basis)
        spread = heterogeneity_of(ratio.design, ratio.effect)
        if spread:
            note = (
                "standard deviation between repositories of the logarithm of the ratio of times (DerSimonian–Laird);"
                " tests whether it is zero (Welch)"
            )
            nothing = (None, None, None, None, spread.p_value)
            yield Measure("heterogeneity", self.basis, "test", spread.deviation, *nothing, *ratio.changes, note)

    def _shares(self, after_hours: tuple[float, float, float]) -> Iterator[Measure]:
        targets = [
            (f"share_arrived_{name}", "production", hours)
            for name, hours in zip(ARRIVED_AFTER, after_hours, strict=True)
        ]
        for name, end, hours in [*targets, ("share_abandoned", "abandoned", self.outcomes.horizon)]:
            result = self.inside.result(self.outcomes.ended(end, hours), self.fewest)
            if result is not None:
                yield result.measure(name, self.basis, "share", SMALLEST_SHARE)

    def _hours(self) -> tuple[list[Measure], Friction | None]:
        """Hours in stages, their sum, hours in production, and whether stages have the same shares of waiting."""
        stages = {}
        for stage, outcome in self.outcomes.stages():
            result = self.inside.result(outcome, self.fewest)
            if result is not None:
                stages[stage] = result
        measures = [self._in_hours(f"mean_hours_{stage}", result) for stage, result in stages.items()]
        arrived = self.inside.result(self.outcomes.hours_in_production(), self.fewest)
        production = [] if arrived is None else [self._in_hours("mean_hours_in_production", arrived)]
        if not stages:
            return production, None
        whole = _sum(list(stages.values()))
        measures += [self._in_hours("mean_hours_waiting", whole), *production]
        behind, hours = Behind(whole.reach, whole.changes), _as_hours(stages, self.outcomes.horizon)
        if not np.isfinite(whole.reach.degrees):
            return measures, None
        friction = friction_of(behind.reach, hours)
        measures += share_measures(behind, hours, self.basis)
        return measures + ([friction_measure(friction, self.basis, whole.changes)] if friction else []), friction

    def _in_hours(self, name: str, result: Result) -> Measure:
        return result.measure(name, self.basis, "hours", SMALLEST_PART * result.effect.pair[1])


def _sum(results: list[Result]) -> Result:
    """The effect on the sum of outcomes of the same changes: everything in an effect is linear in the outcome."""
    effects = [result.effect for result in results]
    names = type(effects[0]).__dataclass_fields__
    total = {name: sum(getattr(effect, name) for effect in effects) for name in names}
    return replace(results[0], effect=replace(effects[0], **total))


def _as_hours(stages: dict[str, Result], horizon: float) -> Hours:
    """Both groups' hours in all states, and what each cluster adds to them."""
    clusters = next(iter(stages.values())).effect.moved.size
    mean, influence = np.zeros((2, len(STATES))), np.zeros((2, clusters, len(STATES)))
    for stage, result in stages.items():
        place, effect = LEAD_STAGES.index(stage), result.effect
        mean[:, place] = effect.pair
        influence[0, :, place] = effect.moved_mean + effect.moved / 2.0
        influence[1, :, place] = effect.moved_mean - effect.moved / 2.0
    return Hours(horizon, mean, influence)
