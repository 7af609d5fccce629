"""Companies that release by trains, with the truth of both questions that an interval can answer.

A change waits for pickup, review and merge, each a lognormal time at its repository's own pace, and then for the next
train of its repository that is not cancelled; some are abandoned before the merge. What ships with one train arrives
together, so changes are not independent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analytics.cohort.cohort import LEAD_STAGES, Cohort

__all__ = ["MIXED", "STAGES", "WEEKLY", "Lives", "Repositories", "TrainCompany"]

Floats = NDArray[np.float64]
STAGES = ("pickup", "review", "merge", "release", "deploy")
WEEKLY, MIXED = (168.0,), (168.0, 24.0, 1.2, 72.0)
"""Hours between trains; of several each repository has one by chance."""

_MEDIANS, _SPREAD = np.array([10.0, 14.0, 4.0]), 1.3
_DEPLOY_HOURS = 0.5
_CANCELLED, _ABANDONED = 0.15, 0.06
_BEGINS = datetime(2025, 1, 1)


@dataclass(frozen=True, eq=False)
class Repositories:
    """What repositories are like, (repositories,) each: `weight`, `pace` of three stages, hours between trains."""

    weight: Floats
    pace: Floats
    gap: Floats


@dataclass(frozen=True, eq=False)
class Lives:
    """What happens to changes: `ends` (changes, stages), hours since code complete; `gone`, when given up, or never."""

    ends: Floats
    gone: Floats

    @property
    def arrived(self) -> Floats:
        """Hours to production; infinite for what was abandoned."""
        arrived: Floats = np.where(np.isfinite(self.gone), np.inf, self.ends[:, -1])
        return arrived

    def hours_in(self, stage: str, horizon: float) -> Floats:
        """Hours of each change in a stage within the horizon."""
        at = STAGES.index(stage)
        until = np.minimum(self.gone, horizon)
        begin = self.ends[:, at - 1] if at else np.zeros(len(self.gone))
        spent: Floats = np.maximum(np.minimum(self.ends[:, at], until) - np.minimum(begin, until), 0.0)
        return spent

    def inside(self, stage: str, hours: float) -> NDArray[np.bool_]:
        """Which changes are in a stage then."""
        at = STAGES.index(stage)
        begin = self.ends[:, at - 1] if at else np.zeros(len(self.gone))
        return (begin <= hours) & (hours < np.minimum(self.ends[:, at], self.gone))

    def stays(self, stage: str) -> Floats:
        """Hours until those that entered a stage moved on; infinite for what was abandoned there."""
        at = STAGES.index(stage)
        begin = self.ends[:, at - 1] if at else np.zeros(len(self.gone))
        entered = begin < self.gone
        return np.where(self.ends[:, at] > self.gone, np.inf, self.ends[:, at] - begin)[entered]


@dataclass(frozen=True)
class TrainCompany:
    """`changes` of a year in so many `repositories`.

    `sizes`: `even`, `uneven` (log scale .8) or `one with 80 %`. `gaps`: of its trains. `shocks`: how much paces differ
    by repository and month (log scale). `differ`: by repository.
    """

    repositories: int
    changes: int
    sizes: str = "even"
    gaps: tuple[float, ...] = WEEKLY
    shocks: float = 0.0
    differ: float = 0.5
    days: int = field(default=365)

    def draw(self, rng: np.random.Generator) -> Repositories:
        """The repositories of one company."""
        weight = {
            "even": np.ones(self.repositories),
            "uneven": np.exp(0.8 * np.random.default_rng(self.repositories).normal(size=self.repositories)),
            "one with 80 %": np.r_[4.0 * max(self.repositories - 1, 1), np.ones(self.repositories - 1)],
        }[self.sizes]
        pace = np.exp(rng.normal(0.0, self.differ, (self.repositories, 3)))
        return Repositories(weight / weight.sum(), pace, rng.choice(self.gaps, self.repositories))

    def truth(self, of: Repositories, rng: np.random.Generator, draws: int = 60_000) -> Lives:
        """What happens in these repositories in endless years: each change with trains of its own chance.

        Ten years of the same trains would leave a third of the error of one year in the truth itself.
        """
        repository = np.repeat(np.arange(of.weight.size), _parts(of.weight, draws))
        return self._endless(of.pace[repository], of.gap[repository], rng)

    def superpopulation(self, rng: np.random.Generator, draws: int = 400_000) -> Lives:
        """What happens in endless repositories like these, a change of each."""
        pace = np.exp(rng.normal(0.0, self.differ, (draws, 3)))
        return self._endless(pace, rng.choice(self.gaps, draws), rng)

    def seen(self, of: Repositories, rng: np.random.Generator) -> Cohort:
        """The changes of a year, up to its last day."""
        hours = self.days * 24.0
        repository = np.repeat(np.arange(of.weight.size), _parts(of.weight, self.changes))
        begin = rng.uniform(0.0, hours, repository.size)
        pace = of.pace[repository]
        if self.shocks:
            month = np.exp(rng.normal(0.0, self.shocks, (of.weight.size, self.days // 30 + 1, 3)))
            pace = pace * month[repository, (begin // 720.0).astype(np.int64)]
        ends, gone = _until_merge(pace, rng)
        released = np.empty(repository.size)
        for code in range(of.weight.size):
            here = repository == code
            released[here] = _next_train(begin[here] + ends[here, 2], float(of.gap[code]), rng) - begin[here]
        lives = Lives(np.column_stack([ends, released, released + _DEPLOY_HOURS]), gone)
        return _cohort(repository, begin, lives, hours)

    def _endless(self, pace: Floats, gap: Floats, rng: np.random.Generator) -> Lives:
        if self.shocks:
            pace = pace * np.exp(rng.normal(0.0, self.shocks, pace.shape))
        ends, gone = _until_merge(pace, rng)
        missed = rng.geometric(1.0 - _CANCELLED, gap.size) - 1
        released = ends[:, 2] + gap * (rng.uniform(size=gap.size) + missed)
        return Lives(np.column_stack([ends, released, released + _DEPLOY_HOURS]), gone)


def _parts(weight: Floats, whole: int) -> NDArray[np.int64]:
    """So many changes dealt by weight, at least one each."""
    return np.maximum(np.rint(weight * whole), 1.0).astype(np.int64)


def _until_merge(pace: Floats, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """When each change leaves its first three stages, and when it is given up."""
    ends = np.cumsum(rng.lognormal(np.log(_MEDIANS), _SPREAD, pace.shape) * pace, axis=1)
    gone = np.where(rng.random(len(pace)) < _ABANDONED, rng.lognormal(np.log(60.0), 1.2, len(pace)), np.inf)
    return ends, np.where(gone < ends[:, 2], gone, np.inf)


def _next_train(ready: Floats, gap: float, rng: np.random.Generator) -> Floats:
    """The first train from then on that is not cancelled."""
    phase = rng.uniform(0.0, gap)
    number = np.ceil((ready - phase) / gap).astype(np.int64)
    runs = rng.random(int(number.max(initial=0)) + 50) >= _CANCELLED
    runs[-1] = True
    following = np.flatnonzero(runs)
    leaves: Floats = phase + gap * following[np.searchsorted(following, np.maximum(number, 0))].astype(np.float64)
    return leaves


def _cohort(repository: NDArray[np.int64], begin: Floats, lives: Lives, until: float) -> Cohort:
    stop = np.minimum(lives.gone, until - begin)
    starts = np.column_stack([np.zeros(begin.size), lives.ends[:, :-1]])
    entered = starts < stop[:, None]
    spent = np.where(entered, np.minimum(lives.ends, stop[:, None]) - starts, np.nan)
    outcome = np.where(lives.ends[:, -1] <= stop, "production", np.where(lives.gone <= stop, "abandoned", "waiting"))
    last: list[str | None] = np.array(STAGES)[entered.sum(axis=1) - 1].tolist()
    hours = {stage: pl.Series(spent[:, at]).fill_nan(None) for at, stage in enumerate(STAGES)}
    nothing = pl.Series([None] * begin.size, dtype=pl.Float64)
    first = pl.Series([_BEGINS] * begin.size).dt.cast_time_unit("us")
    frame = pl.DataFrame(
        {
            "repo": pl.Series(repository).cast(pl.String).str.zfill(4),
            "outcome": outcome,
            "last_stage": [None if end == "production" else stage for end, stage in zip(outcome, last, strict=True)],
            "code_complete_at": first + pl.Series((begin * 3.6e9).astype(np.int64)).cast(pl.Duration("us")),
            "as_of": first + timedelta(hours=until),
            **{f"{stage}_hours": hours.get(stage, nothing) for stage in LEAD_STAGES},
        }
    )
    return Cohort(frame.with_columns(hours=pl.sum_horizontal(f"{stage}_hours" for stage in LEAD_STAGES)), 0, 0)
