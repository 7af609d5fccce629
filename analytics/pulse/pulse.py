"""The pulse check: how long from code complete to production, what has not arrived, and where the time goes.

Estimates count what waits (right-censored) and what was abandoned (a competing event); see `analytics.survival`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime

import duckdb
import polars as pl

from analytics.cohort.cohort import ENDS, LEAD_STAGES, Cohort, read_cohort
from analytics.cohort.filters import Filters
from analytics.cohort.kinds import WORK, Excluded
from analytics.cohort.options import Options
from analytics.cohort.working_time import WorkingCalendar
from analytics.survival import TimeInState, restricted_mean_hours
from analytics.survival.errors.spread import Spread, kurtosis_of_hours
from analytics.survival.moves import Moves

__all__ = ["AXES", "Ahead", "Estimate", "Group", "Pulse", "StageTime", "pulse", "slowest_waiting"]

AXES = ("builds_ai", "built_with_ai")
_PLAIN = Options()
_AT_ONCE = 2
FEWEST = 20
"""Groups with fewer changes than this are counted and not estimated: their intervals would say nothing."""


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval. None: not reached, or too few changes to estimate."""

    value: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True)
class StageTime:
    """Mean hours that a change spends in a stage within the horizon, and its share of all hours before the end.

    `abandoned`: the share of all changes that is abandoned there within the horizon.
    """

    stage: str
    mean_hours: Estimate
    share: float
    abandoned: float = 0.0


@dataclass(frozen=True)
class Ahead:
    """By how many mean hours the stage that takes most is ahead of the `stage` that comes next."""

    stage: str
    hours: Estimate


@dataclass(frozen=True)
class Group:
    """One group of changes. Hours are from code complete; `enough` says whether there are changes enough to estimate.

    `arrived`: share in production after so many hours. `abandoned_share`, `production_share`: at the horizon; the rest
    still waits then. `mean_waiting_hours`: within the horizon, in all stages.
    `ahead`: how far the first of them is ahead; None where there is no second. `intervals`: their question;
    `interval_by`: what they take as independent.
    """

    name: str
    changes: int
    production: int
    waiting: int
    abandoned: int
    repositories: int
    enough: bool
    median_hours: Estimate
    p85_hours: Estimate
    arrived: Sequence[tuple[float, Estimate]]
    abandoned_share: Estimate
    stages: Sequence[StageTime]
    mean_waiting_hours: float | None
    ahead: Ahead | None = None
    interval_by: str = ""
    intervals: str = ""
    production_share: Estimate = Estimate(None, None, None)

    @property
    def waiting_share(self) -> float | None:
        """The share that is neither in production nor abandoned at the horizon; None where it is not estimated."""
        arrived, gone = self.production_share.value, self.abandoned_share.value
        return None if arrived is None or gone is None else max(0.0, 1.0 - arrived - gone)

    def arrived_after(self, hours: float) -> Estimate:
        """The share in production after so many hours of `arrived`; of none, where it is not estimated."""
        return dict(self.arrived).get(hours, Estimate(None, None, None))

    @property
    def bottleneck(self) -> StageTime | None:
        """The stage that takes the most hours."""
        return max(self.stages, key=lambda stage: stage.mean_hours.value or 0.0, default=None)


@dataclass(frozen=True)
class Pulse:
    """The headline. `everything` is all work, without bots and releases; `ai` and `other` split it on `axis`.

    `weak` counts changes whose verdict on the axis is weak, which are left out where strong evidence was requested.
    `clock`: of all hours, `wall` or `working`. `week_hours`: of a week on it, one of the hours of
    `Group.arrived`.
    """

    axis: str
    everything: Group
    ai: Group
    other: Group
    excluded: Excluded
    unknown: int
    no_deployments: int
    horizon_hours: float
    as_of: tuple[datetime, datetime] | None
    clock: str = "wall"
    week_hours: float = 168.0
    weak: int = 0
    nothing_to_deploy: int = 0

    @property
    def compared(self) -> Sequence[Group]:
        """The groups to compare: AI and other work, or all work where one of them is too small."""
        return (self.ai, self.other) if self.ai.enough and self.other.enough else (self.everything,)


def pulse(
    connection: duckdb.DuckDBPyConnection,
    filters: Filters,
    *,
    axis: str = "builds_ai",
    options: Options = _PLAIN,
) -> Pulse:
    """Estimate the headline numbers of changes that were code complete in the period of `filters`.

    Of `options` its clock, horizon and question of the intervals hold. On the working clock the share arrived is that
    after a day, a week and 30 days of work.
    """
    any_evidence = filters.of_any_evidence()
    cohort = read_cohort(connection, any_evidence, columns=filters.verdict_columns, calendar=options.working)
    horizon_hours, after = options.horizon_hours(cohort), options.arrived_after_hours
    cohort = cohort.sure(filters, axis)
    people, excluded = cohort.where(WORK), Excluded.of(cohort.changes, WORK)
    times = cohort.changes["as_of"]
    # Of millions of changes one copy is enough.
    cohort = replace(cohort, changes=cohort.changes.clear())
    ai = pl.col("builds_ai") if axis == "builds_ai" else pl.col("built_with_ai").is_in(["agent", "assisted"])
    names = ("AI work", "other work") if axis == "builds_ai" else ("made with AI", "no AI mark")
    # Each is a chain of steps over arrays that lets the others run meanwhile.
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        everything, with_ai, other = pool.map(
            lambda name, cohort: _group(name, cohort, horizon_hours, after, options.intervals),
            ("all work", *names),
            (people, people.where(ai), people.where(~ai)),
        )
    return Pulse(
        axis=axis,
        everything=everything,
        ai=with_ai,
        other=other,
        excluded=excluded,
        unknown=cohort.unknown,
        no_deployments=cohort.no_deployments,
        horizon_hours=horizon_hours,
        as_of=(times.min(), times.max()) if len(times) else None,  # type: ignore[arg-type]
        clock=cohort.clock,
        week_hours=after[1],
        weak=cohort.weak,
        nothing_to_deploy=cohort.nothing_to_deploy,
    )


def slowest_waiting(
    connection: duckdb.DuckDBPyConnection, filters: Filters, most: int = 10, *, calendar: WorkingCalendar | None = None
) -> pl.DataFrame:
    """What waits longest: change, stage and age (hours), oldest first; bots and releases left out.

    Weak evidence counts too: nothing is compared.
    """
    waiting = read_cohort(connection, filters.of_any_evidence(), calendar=calendar).changes.filter(
        (pl.col("outcome") == "waiting") & WORK
    )
    columns = [
        "change_id",
        "repo",
        "title",
        "url",
        "author",
        "builds_ai",
        "built_with_ai",
        "current_stage",
        "age_hours",
    ]
    return waiting.sort(["age_hours", "change_id"], descending=[True, False]).head(most).select(columns)


def _group(name: str, cohort: Cohort, horizon_hours: float, after: tuple[float, ...], intervals: str) -> Group:
    outcomes = cohort.changes["outcome"]
    enough = len(outcomes) >= FEWEST
    none = Estimate(None, None, None)
    median = p85 = abandoned = production = none
    arrived: list[tuple[float, Estimate]] = []
    stages: list[StageTime] = []
    waiting_hours: float | None = None
    ahead: Ahead | None = None
    if enough:
        curve = cohort.incidence(intervals)
        median, p85 = (
            Estimate(quantile.hours, quantile.lower_hours, quantile.upper_hours)
            for quantile in curve.quantiles("production", [0.5, 0.85])
        )
        at = curve.at(after)
        arrived = [
            (hours, _estimate(at.probability[row, 0], at.lower[row, 0], at.upper[row, 0]))
            for row, hours in enumerate(after)
        ]
        ends = curve.at([horizon_hours])
        production, abandoned = (
            _estimate(ends.probability[0, end], ends.lower[0, end], ends.upper[0, end]) for end in range(len(ENDS))
        )
        stages, ahead = _stages(cohort, horizon_hours, intervals)
        waiting_hours = sum(stage.mean_hours.value or 0.0 for stage in stages)
    return Group(
        name=name,
        changes=len(outcomes),
        production=int((outcomes == "production").sum()),
        waiting=int((outcomes == "waiting").sum()),
        abandoned=int((outcomes == "abandoned").sum()),
        repositories=cohort.changes["repo"].n_unique(),
        enough=enough,
        median_hours=median,
        p85_hours=p85,
        arrived=arrived,
        abandoned_share=abandoned,
        production_share=production,
        stages=stages,
        mean_waiting_hours=waiting_hours,
        ahead=ahead,
        **cohort.intervals(intervals),
    )


def _stages(cohort: Cohort, horizon_hours: float, intervals: str) -> tuple[list[StageTime], Ahead | None]:
    moves = cohort.moves(intervals, until_hours=horizon_hours)
    time = restricted_mean_hours(moves, horizon_hours, keep_influence=True)
    whole = float(time.mean_hours[: -len(ENDS)].sum())
    present, abandoned = cohort.present, cohort.abandoned_in(horizon_hours)
    stages = [
        StageTime(
            stage,
            _estimate(time.mean_hours[state], time.lower[state], time.upper[state]),
            float(time.mean_hours[state]) / whole if whole > 0.0 else 0.0,
            abandoned[stage],
        )
        for state, stage in enumerate(LEAD_STAGES)
        if stage in present
    ]
    return stages, _ahead(time, moves, [LEAD_STAGES.index(stage) for stage in present])


def _ahead(time: TimeInState, moves: Moves, present: Sequence[int]) -> Ahead | None:
    """The first stage less the second: its interval rests on the difference of both within each unit."""
    if len(present) < 2:
        return None
    # The first of equals is `bottleneck`.
    first, second, *_ = sorted(present, key=lambda state: (-time.mean_hours[state], state))
    assert time.influence is not None  # noqa: S101  (asked for)
    apart = time.influence[:, first] - time.influence[:, second]
    kurtosis = float(kurtosis_of_hours(moves)[[first, second]].max())
    error, critical = Spread.of(moves).errors(apart, time.level, kurtosis=kurtosis)
    reach = float(critical * error)
    hours = float(time.mean_hours[first] - time.mean_hours[second])
    return Ahead(LEAD_STAGES[second], _estimate(hours, hours - reach, hours + reach))


def _estimate(value: float, lower: float, upper: float) -> Estimate:
    def finite(number: float) -> float | None:
        return None if math.isnan(number) else float(number)

    return Estimate(finite(value), finite(lower), finite(upper))
