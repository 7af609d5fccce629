"""The five DORA measures, each with its 95 % interval and its counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from analytics.cohort.cohort import ENDS
from analytics.cohort.units import QUESTIONS, THESE, Units, interval_columns, units_of
from analytics.dora.definitions import Definition
from analytics.dora.facts import SHIPS_NOTHING, Facts, failures, judged, shipped
from analytics.dora.levels import level
from analytics.dora.windows import Window
from analytics.survival import CENSORED, incidence
from analytics.survival.arrays import FloatArray, IntArray
from analytics.survival.proportions import Estimate, clustered_share, rate, wilson

__all__ = [
    "FEWEST_CHANGES",
    "FEWEST_FAILURES",
    "Counted",
    "Measure",
    "cluster_codes",
    "lead_times",
    "measures",
    "share",
    "within",
]

FEWEST_CHANGES = 20
"""As in every report: fewer changes have no median, for its interval would say nothing."""
FEWEST_FAILURES = 5
"""Failures are rarer than changes: from five on a median has an interval that excludes something."""
_WEEK_DAYS = 7.0


@dataclass(frozen=True)
class Measure:
    """One measure in one window.

    `numerator` of `denominator`: deployments over days, arrived changes of all, failed deployments of all, recoveries
    of failures, unplanned deployments of all. `open`: what may still change: changes that wait, deployments young
    enough to fail yet, failures that last. `interval_by`: what the interval takes as independent;
    `intervals`: its question.
    """

    name: str
    estimate: Estimate
    unit: str
    numerator: float
    denominator: float
    open: int
    repositories: int
    interval_by: str
    level: str | None = None
    intervals: str = QUESTIONS[THESE]


@dataclass(frozen=True)
class Counted:
    """The facts of a group under one definition: what counts as deployed, and what failed."""

    facts: Facts
    definition: Definition
    deployments: pl.DataFrame
    failed: pl.DataFrame

    @classmethod
    def of(cls, facts: Facts, definition: Definition) -> Counted:
        """These facts under that definition."""
        return cls(facts, definition, shipped(facts, definition), failures(facts, definition))


def measures(
    counted: Counted,
    window: Window,
    failure_days: float,
    leads: list[Measure] | None = None,
    intervals: str = THESE,
) -> list[Measure]:
    """Estimate the five measures, with lead time in both readings (`leads`, where they were estimated already).

    Changes belong to the window in which they were code complete, deployments and their failures to that in which they
    were deployed. Without a deployment there is no failure rate rather than one of zero. `failure_days`: for how many
    days a failure counts against a deployment. `intervals`: their question (`units.INTERVALS`).
    """
    deployments, failed = (within(rows, "deployed_at", window) for rows in (counted.deployments, counted.failed))
    return [
        _frequency(deployments, window),
        *(lead_times(counted.facts, window, intervals) if leads is None else leads),
        _failure_rate(judged(deployments, counted.definition), failed, failure_days, intervals),
        _recovery(failed, intervals),
        _rework_rate(within(counted.facts.deployments, "deployed_at", window), counted.definition, intervals),
    ]


def lead_times(facts: Facts, window: Window, intervals: str = THESE) -> list[Measure]:
    """Lead time from code complete and from the first commit: the same under every definition of a failure."""
    complete = within(facts.changes, "code_complete_at", window)
    return [
        _lead_time("lead_time", complete, "lead_time_hours", "code_complete_at", intervals),
        _lead_time("dora_lead_time", complete, "dora_lead_time_hours", "first_commit_at", intervals),
    ]


def within(rows: pl.DataFrame, time: str, window: Window) -> pl.DataFrame:
    """The rows of a window by that column; the last one of all includes its end, because the data end there."""
    closed: Literal["both", "left"] = "both" if window.last else "left"
    return rows.filter(pl.col(time).is_between(window.begin, window.end, closed=closed))


def _frequency(counted: pl.DataFrame, window: Window) -> Measure:
    done = counted.filter(pl.col("succeeded"))
    estimate = rate(len(done), window.days / _WEEK_DAYS)
    return Measure(
        "deployment_frequency",
        estimate,
        "per week",
        len(done),
        window.days,
        0,
        counted["repo_id"].n_unique(),
        "deployment",
        level("deployment_frequency", estimate.value),
    )


def _lead_time(name: str, changes: pl.DataFrame, hours: str, since: str, intervals: str) -> Measure:
    """Median hours of all changes: waiting ones are censored, abandonment competes; none where it is not reached."""
    rows = changes.filter(pl.col("outcome").is_in([*ENDS, "waiting"]) & pl.col(since).is_not_null())
    ended = pl.when(pl.col("outcome") == "abandoned").then(pl.col("abandoned_at")).otherwise(pl.col("as_of"))
    so_far = (ended - pl.col(since)).dt.total_microseconds() / 3.6e9
    at = rows.select(pl.col(hours).fill_null(so_far).clip(lower_bound=0.0)).to_series().to_numpy()
    codes = {end: code for code, end in enumerate(ENDS)} | {"waiting": CENSORED}
    how = rows["outcome"].replace_strict(codes, return_dtype=pl.Int64).to_numpy()
    estimate, by = Estimate(), ("", "")
    if len(rows) >= FEWEST_CHANGES:
        units = _units(rows, "code_complete_at", intervals)
        estimate, by = _median(at, how, ENDS, units), _by(units, "change")
    arrived, waiting = (int((rows["outcome"] == outcome).sum()) for outcome in ("production", "waiting"))
    repositories = rows["repo_id"].n_unique()
    reached = level(name, estimate.value)
    return Measure(name, estimate, "hours", arrived, len(rows), waiting, repositories, by[0], reached, by[1])


def _median(at: FloatArray, how: IntArray, ends: tuple[str, ...], units: Units | None) -> Estimate:
    curve = (
        incidence(at, how, ends)
        if units is None
        else incidence(at, how, ends, cluster=units.code, clusters=units.size, stratum=units.stratum)
    )
    (median,) = curve.quantiles(ends[0], [0.5])
    return Estimate(median.hours, median.lower_hours, median.upper_hours)


def _units(rows: pl.DataFrame, time: str, intervals: str) -> Units | None:
    return units_of(cluster_codes(rows["repo_id"])[0], rows[time].to_numpy(), intervals)


def _by(units: Units | None, otherwise: str) -> tuple[str, str]:
    """What the interval takes as independent, and its question."""
    columns = interval_columns(units, otherwise)
    return columns["interval_by"], columns["intervals"]


def cluster_codes(names: pl.Series) -> tuple[IntArray, int]:
    """A code for each name, and how many there are."""
    codes = names.rank("dense").cast(pl.Int64).to_numpy() - 1
    return codes, int(codes.max(initial=-1)) + 1


def _failure_rate(counted: pl.DataFrame, failed: pl.DataFrame, failure_days: float, intervals: str) -> Measure:
    age = (pl.col("as_of") - pl.col("deployed_at")).dt.total_microseconds() / 8.64e10
    young = int(counted.filter(pl.col("succeeded") & (age < failure_days)).height)
    keys = ["repo_id", "deployment_id"]
    hit = counted.join(failed.select(*keys, pl.lit(1.0).alias("hit")), on=keys, how="left")["hit"].fill_null(0.0)
    return share("change_failure_rate", hit, counted, young, intervals)


def _rework_rate(deployments: pl.DataFrame, definition: Definition, intervals: str) -> Measure:
    """Unplanned successful deployments: rollbacks, and those made to fix what ran. The waves of a roll-out are one."""
    done = deployments.filter(pl.col("succeeded") & (pl.col("opens_rollout") | SHIPS_NOTHING))
    all_urgent = (pl.col("urgent") > 0) & (pl.col("urgent") == pl.col("changes"))
    mends = pl.col("urgent") > 0 if definition.mixed else all_urgent
    unplanned = (pl.col("kind").fill_null("") == "rollback") | mends
    return share("rework_rate", done.select(unplanned.cast(pl.Float64)).to_series(), done, 0, intervals)


def share(name: str, hit: pl.Series, deployments: pl.DataFrame, still_open: int, intervals: str = THESE) -> Measure:
    """The share of `deployments` (repo_id, deployed_at) that were hit, 0 or 1 each, with its interval."""
    units = _units(deployments, "deployed_at", intervals)
    if units is None:
        estimate: Estimate = wilson(float(hit.sum()), len(hit))
    else:
        estimate = clustered_share(hit.to_numpy(), units.code, stratum=units.stratum)
    value = Estimate(estimate.value, estimate.lower, estimate.upper)
    by, question = _by(units, "deployment" if len(hit) else "")
    repositories = deployments["repo_id"].n_unique()
    return Measure(name, value, "share", float(hit.sum()), len(hit), still_open, repositories, by, intervals=question)


def _recovery(failed: pl.DataFrame, intervals: str) -> Measure:
    """Median hours from the begin of a failure to its recovery; failures that last are censored at the report."""
    until = pl.col("recovered_at").fill_null(pl.col("as_of"))
    hours = failed.select((until - pl.col("began_at")).dt.total_microseconds() / 3.6e9).to_series()
    over = failed["recovered_at"].is_not_null()
    estimate, by = Estimate(), ("", "")
    if len(failed) >= FEWEST_FAILURES:
        how = np.where(over.to_numpy(), 0, CENSORED)
        units = _units(failed, "began_at", intervals)
        estimate = _median(hours.clip(lower_bound=0.0).to_numpy(), how, ("recovered",), units)
        by = _by(units, "failure")
    done, repositories = int(over.sum()), failed["repo_id"].n_unique()
    counts = done, len(failed), len(failed) - done, repositories
    return Measure("recovery_time", estimate, "hours", *counts, by[0], intervals=by[1])
