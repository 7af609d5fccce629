"""From an outcome to its effect with both intervals, and from that to a measure."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analytics.comparison.measured import Behind, measured
from analytics.comparison.needed import changes_needed
from analytics.comparison.results import Measure
from analytics.comparison.within.design import Codes, Design, design_of, in_shared_cells
from analytics.comparison.within.effect import Effect, Outcome, effect_of, reach_in_these
from analytics.comparison.within.wild_bootstrap import Draws
from analytics.survival.arrays import BoolArray, FloatArray
from analytics.survival.errors.small_samples import Reach

__all__ = ["Inside", "Result"]

SMALLEST_RATIO = 1.25
"""The ratio of times that the number of changes needed is for."""
TOO_FEW_CELLS = "too few cells with both groups for an interval"


@dataclass(frozen=True, eq=False)
class Result:
    """An effect, the `design` that it rests on with its `draws`, how far its error reaches, each group's changes."""

    effect: Effect
    design: Design
    draws: Draws
    reach: Reach
    changes: tuple[int, int]

    def measure(self, name: str, basis: str, unit: str, smallest: float) -> Measure:
        """As a difference of means; `smallest`: the difference that the number of changes needed is for."""
        behind = Behind(self.reach, self.changes)
        measure = measured(behind, name, basis, unit, self.effect.pair, self.effect.moved, smallest)
        if not np.isfinite(self.reach.degrees):
            return replace(measure, note=TOO_FEW_CELLS)
        bounds = self.draws.interval(self.effect) if measure.lower is not None else None
        return measure if bounds is None else _with_bounds(measure, bounds.lower, bounds.upper, bounds.p_value)

    def ratio(self, name: str, basis: str) -> Measure:
        """As a ratio of geometric means, the outcome being a logarithm; the second group is 1."""
        on_logs = self.measure(name, basis, "ratio", float(np.log(SMALLEST_RATIO)))
        ratio = float(np.exp(self.effect.difference))
        measure = replace(
            on_logs,
            ai=ratio,
            other=1.0,
            difference=ratio - 1.0,
            lower=_from_log(on_logs.lower),
            upper=_from_log(on_logs.upper),
            n_needed=self._needed(on_logs),
            smallest_difference=None if on_logs.smallest_difference is None else SMALLEST_RATIO - 1.0,
        )
        lower, upper = (_from_log(bound) for bound in (on_logs.lower_like_these, on_logs.upper_like_these))
        return _with_bounds(measure, lower, upper, on_logs.p_like_these)

    def _needed(self, measure: Measure) -> int | None:
        error = float(np.linalg.norm(self.effect.moved))
        return None if measure.lower is None else changes_needed(self.changes[0], error, float(np.log(SMALLEST_RATIO)))


class Inside:
    """Changes in cells with both groups, and the designs of those of which an outcome is known or estimated."""

    def __init__(self, first: BoolArray, codes: Codes, covariates: FloatArray) -> None:
        self._first, self._codes, self._covariates = first, codes, covariates
        self._designs: dict[bytes, tuple[BoolArray, Design | None, Draws | None]] = {}

    def design(self) -> Design | None:
        """The design of all changes."""
        return self._of(np.ones(self._first.size, dtype=np.bool_))[1]

    def result(self, outcome: Outcome, fewest: int) -> Result | None:
        """The effect on an outcome; None where too few changes of a group have one."""
        rows, design, draws = self._of(~np.isnan(outcome.values))
        counts = int((self._first & rows).sum()), int((~self._first & rows).sum())
        if design is None or draws is None or min(counts) < fewest:
            return None
        return Result(effect_of(design, outcome.of(rows)), design, draws, reach_in_these(design), counts)

    def _of(self, usable: BoolArray) -> tuple[BoolArray, Design | None, Draws | None]:
        key = np.packbits(usable).tobytes()
        if key not in self._designs:
            rows = usable.copy()
            rows[usable] = in_shared_cells(self._first[usable], self._codes.cell[usable])
            design = design_of(self._first[rows], self._codes.of(rows), self._covariates[rows])
            self._designs[key] = rows, design, None if design is None else Draws(design)
        return self._designs[key]


def _with_bounds(measure: Measure, lower: float | None, upper: float | None, p_value: float | None) -> Measure:
    return replace(measure, lower_like_these=lower, upper_like_these=upper, p_like_these=p_value)


def _from_log(bound: float | None) -> float | None:
    return None if bound is None else float(np.expm1(bound))
