"""Work flowing through the stages: a semi-Markov process, whose stays last as the counted ones did.

How long a change stays in a stage depends on the stage and on how long it has been there, not on how it came there.
That is what a what-if needs: what leaves one stage earlier starts the next one earlier, and stays there as long as
ever.
(The Aalen–Johansen estimate counts hours from code complete; with one stage's rates replaced it would let work into the
next one at hours for which nothing was seen there.) Stays are convolved on a grid of steps, so no draw adds noise:
Howard (1971), Dynamic Probabilistic Systems II, ch. 10; the Kaplan–Meier-type estimate of stays that are not over and
can end in two ways is that of Lagakos, Sommer & Zelen (1978), Biometrika 65, 311.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import fft

from analytics.cohort.cohort import LEAD_STAGES
from analytics.cohort.units import Units
from analytics.survival.arrays import FloatArray
from analytics.survival.intervals import critical_value
from analytics.whatif.clock import WALL, Clock
from analytics.whatif.effect import Bounds, Effect
from analytics.whatif.stays import GRID, SHIPPED, Counts, Stays, Strata, count_stays

__all__ = ["Expected", "Flow", "difference"]

_LENGTH = fft.next_fast_len(2 * GRID, real=True)


@dataclass(frozen=True, eq=False)
class Expected:
    """What is to be expected of a change; the first replicate rests on all groups, the others lack one each.

    `stage_hours` (replicates, stages): mean hours in each stage within the horizon. `ended_hours` (replicates, 2): mean
    hours in production, and abandoned; all add up to the horizon. `arrived` (replicates, times): share in production.
    """

    stage_hours: FloatArray
    ended_hours: FloatArray
    arrived: FloatArray

    @property
    def waiting_hours(self) -> FloatArray:
        """Mean hours before production or abandonment, (replicates,)."""
        waiting: FloatArray = self.stage_hours.sum(axis=1)
        return waiting


class Flow:
    """The process that some changes' stays follow, by pattern of stages, and with each group of units left out."""

    def __init__(self, stays: Stays, strata: Strata, clock: Clock = WALL) -> None:
        self.strata, self.clock = strata, clock
        step = clock.step_hours
        self.counts = [count_stays(stays.of(stage), strata, step_hours=step) for stage in range(len(LEAD_STAGES))]
        first = stays.begun_hours == 0.0
        started = np.zeros(strata.pattern.size, dtype=np.bool_)
        self.starts = np.zeros((strata.groups + 1, strata.patterns, len(LEAD_STAGES)))
        for stage in range(len(LEAD_STAGES)):
            rows = stays.change[first & (stays.stage == stage)]
            rows = rows[~started[rows]]
            started[rows] = True
            cell = strata.group[rows] * strata.patterns + strata.pattern[rows]
            began = np.bincount(cell, minlength=strata.groups * strata.patterns)
            self.starts[:, :, stage] = _replicates(began.reshape(strata.groups, strata.patterns).astype(np.float64))
        self.size = self.starts.sum(axis=2)
        self.kernels = [_Kernel.of(counts) for counts in self.counts]

    def expected(self, replaced: Mapping[int, Counts | float] | None = None) -> Expected:
        """What is to be expected, with the stays of some stages `replaced`; where they lead to stays as it was.

        Replaced by others (patterns of which there are none keep their own), or by a factor on their hours.
        """
        kernels = [self._kernel(stage, (replaced or {}).get(stage)) for stage in range(len(LEAD_STAGES))]
        stages = len(LEAD_STAGES)
        share = self.size / np.maximum(self.size.sum(axis=1, keepdims=True), 1e-300)
        entry = np.zeros((stages + 2, *self.size.shape, GRID))
        entry[:stages, :, :, 0] = np.moveaxis(self.starts / np.maximum(self.size, 1e-300)[:, :, None], 2, 0)
        rest = np.arange(GRID)[::-1] * self.clock.step_hours
        stage_hours = np.zeros((self.size.shape[0], stages))
        for stage in range(stages):
            if not entry[stage].any():
                continue
            arriving = fft.rfft(entry[stage], _LENGTH)
            moved = _back(arriving * fft.rfft(kernels[stage].onward, _LENGTH))
            lost = _back(arriving * fft.rfft(kernels[stage].gone, _LENGTH))
            to = _shares(_replicates(self.counts[stage].targets))
            for target in range(stage + 1, SHIPPED + 1):
                if to[:, :, target].any():
                    entry[target] += to[:, :, target, None] * moved
            entry[stages + 1] += lost
            stage_hours[:, stage] = (share * ((entry[stage] - moved - lost) @ rest)).sum(axis=1)
        shipped = (share[:, :, None] * entry[stages]).sum(axis=1)
        left = (share[:, :, None] * entry[stages + 1]).sum(axis=1)
        upto = self._by_then(np.cumsum(shipped, axis=1))
        return Expected(stage_hours, np.stack([shipped @ rest, left @ rest], axis=1), upto)

    def _by_then(self, arrived: FloatArray) -> FloatArray:
        """What had `arrived` (replicates, steps) after the clock's hours, (replicates, times)."""
        # Rounded, so that what is a whole step is one: 168 of 720 hours, whatever their length.
        steps = np.round(np.array(self.clock.arrived_after_hours) / self.clock.step_hours, 9)
        low = np.floor(steps).astype(np.int64)
        part = steps - low
        return arrived[:, low] * (1.0 - part) + arrived[:, np.minimum(low + 1, GRID - 1)] * part

    def _kernel(self, stage: int, instead: Counts | float | None) -> _Kernel:
        if instead is None:
            return self.kernels[stage]
        if isinstance(instead, float):
            return self.kernels[stage].scaled(instead)
        return _Kernel.of(instead.or_where_none(self.counts[stage]))


def difference(before: Expected, after: Expected, units: Units, changes: int, clock: Clock = WALL) -> Effect:
    """What `after` saves, both on `clock`.

    Intervals are by the delete-a-group jackknife (Kott 2001, J. Official Statistics 17, 521).
    """
    groups = before.arrived.shape[0] - 1
    critical = critical_value(0.95, groups)

    def bounds(values: FloatArray) -> Bounds:
        spread = values[1:] - values[1:].mean() if groups > 1 else np.full(1, np.nan)
        reach = critical * float(np.sqrt((groups - 1) / groups * (spread**2).sum()))
        return Bounds(float(values[0]), float(values[0]) - reach, float(values[0]) + reach)

    return Effect(
        hours_saved=bounds(before.waiting_hours - after.waiting_hours),
        gained=tuple(bounds(gained) for gained in (after.arrived - before.arrived).T),
        before=tuple(before.arrived[0].tolist()),
        waiting_hours=float(before.waiting_hours[0]),
        arrived_after_hours=clock.arrived_after_hours,
        changes=changes,
        units=units.size,
        unit=units.name,
    )


def _replicates(by_group: FloatArray) -> FloatArray:
    """The sum over groups (axis 0), and the sums without each."""
    total = by_group.sum(axis=0, keepdims=True)
    # Rounding must not leave a shadow of what was taken away.
    without = np.where(np.abs(total - by_group) < 1e-9 * np.maximum(total, 1.0), 0.0, total - by_group)
    return np.concatenate([total, without])


@dataclass(frozen=True, eq=False)
class _Kernel:
    """How likely a stay ends forwards, and by being abandoned, at each hour: (replicates, patterns, hours) each."""

    onward: FloatArray
    gone: FloatArray

    @classmethod
    def of(cls, counts: Counts) -> _Kernel:
        """By the shares of those still there that left at each hour, one after the other (Kaplan–Meier)."""
        return cls(*_densities(counts))

    def scaled(self, factor: float) -> _Kernel:
        """Every stay `factor` times as long; what was longer than the horizon stays so."""
        hours = np.minimum(np.arange(GRID) * factor, GRID)
        low = np.floor(hours).astype(np.int64)
        spread = np.zeros((GRID, GRID + 2))
        spread[np.arange(GRID), low] += 1.0 - (hours - low)
        spread[np.arange(GRID), low + 1] += hours - low
        return _Kernel(self.onward @ spread[:, :GRID], self.gone @ spread[:, :GRID])


def _densities(counts: Counts) -> tuple[FloatArray, FloatArray]:
    onward, gone, unended = (_replicates(part) for part in (counts.onward, counts.gone, counts.open))
    leaving = onward + gone
    at_risk = np.cumsum((leaving + unended)[..., ::-1], axis=-1)[..., ::-1]
    at_risk = np.maximum(at_risk, 1e-9)
    stay = np.cumprod(np.clip(1.0 - leaving / at_risk, 0.0, 1.0), axis=-1)
    before = np.concatenate([np.ones((*stay.shape[:-1], 1)), stay[..., :-1]], axis=-1) / at_risk
    return (before * onward)[..., :GRID], (before * gone)[..., :GRID]


def _back(transformed: FloatArray) -> FloatArray:
    back: FloatArray = np.maximum(fft.irfft(transformed, _LENGTH)[..., :GRID], 0.0)
    return back


def _shares(counts: FloatArray) -> FloatArray:
    shares: FloatArray = counts / np.maximum(counts.sum(axis=-1, keepdims=True), 1e-300)
    return shares
