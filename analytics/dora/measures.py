"""The five measures of some facts, each with its interval and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from analytics.dora.definitions import Definition
from analytics.dora.facts import Facts, failures, judged, shipped
from analytics.dora.levels import level
from analytics.dora.windows import Window
from analytics.observations import ENDS, FEWEST_CLUSTERS
from analytics.proportions import Estimate, Share, clustered_share, rate, wilson
from analytics.survival import CENSORED, incidence
from analytics.survival.arrays import FloatArray, IntArray

__all__ = [
    "FEWEST_CHANGES",
    "FEWEST_FAILURES",
    "Counted",
    "Measure",
    "charged",
    "cluster_codes",
    "failed_change_share",
    "measures",
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
    enough to fail yet, failures that last. `interval_by`: what the interval takes as independent.
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


@dataclass(frozen=True)
class Counted:
    """The facts of a group under one definition: what counts as deployed, what failed, and who is charged with it."""

    facts: Facts
    definition: Definition
    deployments: pl.DataFrame
    failed: pl.DataFrame
    charges: pl.DataFrame

    @classmethod
    def of(cls, facts: Facts, definition: Definition, charges: pl.DataFrame) -> Counted:
        """`charges`: rows of `charged`, of all groups or more: those of other changes are left out."""
        own = charges.join(facts.changes.select("change_id"), on="change_id", how="semi")
        places = judged(facts.deployments, definition).select("repo_id").unique()
        own = own.join(places, on="repo_id", how="semi")
        return cls(facts, definition, shipped(facts, definition), failures(facts, definition), own)


def measures(counted: Counted, window: Window, failure_days: float) -> list[Measure]:
    """The five measures, lead time in both readings, and the share of changes that failed.

    Changes belong to the window in which they were code complete (the share of failed ones: arrived), deployments and
    their failures to that in which they were deployed. Nothing is zero where there is nothing: without a deployment
    there is no failure rate. `failure_days`: how long a deployment is held to account.
    """
    deployments, failed = (_within(rows, "deployed_at", window) for rows in (counted.deployments, counted.failed))
    complete = _within(counted.facts.changes, "code_complete_at", window)
    return [
        _frequency(deployments, window),
        _lead_time("lead_time", complete, "lead_time_hours", "code_complete_at"),
        _lead_time("dora_lead_time", complete, "dora_lead_time_hours", "first_commit_at"),
        _failure_rate(judged(deployments, counted.definition), failed, failure_days),
        _recovery(failed),
        _rework_rate(_within(counted.facts.deployments, "deployed_at", window), counted.definition),
        failed_change_share(_within(counted.charges, "production_at", window)),
    ]


def _within(rows: pl.DataFrame, time: str, window: Window) -> pl.DataFrame:
    """Rows of a window; the last one of all has its end in it, for that is when things were seen last."""
    closed: Literal["both", "left"] = "both" if window.last else "left"
    return rows.filter(pl.col(time).is_between(window.begin, window.end, closed=closed))


def _frequency(counted: pl.DataFrame, window: Window) -> Measure:
    done = counted.filter(pl.col("succeeded"))
    found = rate(len(done), window.days / _WEEK_DAYS)
    return Measure(
        "deployment_frequency",
        found,
        "per week",
        len(done),
        window.days,
        0,
        counted["repo_id"].n_unique(),
        "deployment",
        level("deployment_frequency", found.value),
    )


def _lead_time(name: str, changes: pl.DataFrame, hours: str, since: str) -> Measure:
    """The median of all, what waits censored and what was abandoned competing; none where half never arrived."""
    seen = changes.filter(pl.col("outcome").is_in([*ENDS, "waiting"]) & pl.col(since).is_not_null())
    ended = pl.when(pl.col("outcome") == "abandoned").then(pl.col("abandoned_at")).otherwise(pl.col("as_of"))
    so_far = (ended - pl.col(since)).dt.total_microseconds() / 3.6e9
    at = seen.select(pl.col(hours).fill_null(so_far).clip(lower_bound=0.0)).to_series().to_numpy()
    codes = {end: code for code, end in enumerate(ENDS)} | {"waiting": CENSORED}
    how = seen["outcome"].replace_strict(codes, return_dtype=pl.Int64).to_numpy()
    found, by = Estimate(), ""
    if len(seen) >= FEWEST_CHANGES:
        found, by = _median(at, how, ENDS, seen), _by(seen, "change")
    arrived, waiting = (int((seen["outcome"] == outcome).sum()) for outcome in ("production", "waiting"))
    repositories = seen["repo_id"].n_unique()
    reached = level(name, found.value)
    return Measure(name, found, "hours", arrived, len(seen), waiting, repositories, by, reached)


def _median(at: FloatArray, how: IntArray, ends: tuple[str, ...], rows: pl.DataFrame) -> Estimate:
    cluster, clusters = cluster_codes(rows["repo_id"])
    many = clusters >= FEWEST_CLUSTERS
    curve = incidence(at, how, ends, cluster=cluster, clusters=clusters) if many else incidence(at, how, ends)
    (median,) = curve.quantiles_by_inversion(ends[0], [0.5])
    return Estimate(median.hours, median.lower_hours, median.upper_hours)


def _by(rows: pl.DataFrame, unit: str) -> str:
    return "repository" if rows["repo_id"].n_unique() >= FEWEST_CLUSTERS else unit


def cluster_codes(names: pl.Series) -> tuple[IntArray, int]:
    """A code for each name, and how many there are."""
    codes = names.rank("dense").cast(pl.Int64).to_numpy() - 1
    return codes, int(codes.max(initial=-1)) + 1


def _failure_rate(counted: pl.DataFrame, failed: pl.DataFrame, failure_days: float) -> Measure:
    age = (pl.col("as_of") - pl.col("deployed_at")).dt.total_microseconds() / 8.64e10
    young = int(counted.filter(pl.col("succeeded") & (age < failure_days)).height)
    keys = ["repo_id", "deployment_id"]
    hit = counted.join(failed.select(*keys, pl.lit(1.0).alias("hit")), on=keys, how="left")["hit"].fill_null(0.0)
    return _share("change_failure_rate", hit, counted["repo_id"], young)


def _rework_rate(deployments: pl.DataFrame, definition: Definition) -> Measure:
    """Successful deployments that nobody planned: rollbacks, and those made to mend what ran."""
    done = deployments.filter(pl.col("succeeded"))
    all_urgent = (pl.col("urgent") > 0) & (pl.col("urgent") == pl.col("changes"))
    mends = pl.col("urgent") > 0 if definition.mixed else all_urgent
    unplanned = (pl.col("kind").fill_null("") == "rollback") | mends
    return _share("rework_rate", done.select(unplanned.cast(pl.Float64)).to_series(), done["repo_id"], 0)


def _share(name: str, hit: pl.Series, repositories: pl.Series, still_open: int) -> Measure:
    codes, clusters = cluster_codes(repositories)
    if clusters >= FEWEST_CLUSTERS:
        found: Estimate = clustered_share(hit.to_numpy(), codes)
        by = "repository"
    else:
        found, by = wilson(float(hit.sum()), len(hit)), "deployment"
    value = Estimate(found.value, found.lower, found.upper)
    return Measure(name, value, "share", float(hit.sum()), len(hit), still_open, clusters, by if len(hit) else "")


def _recovery(failed: pl.DataFrame) -> Measure:
    """Hours from when production began to suffer; failures that last are censored at the time of the report."""
    until = pl.col("recovered_at").fill_null(pl.col("as_of"))
    hours = failed.select((until - pl.col("began_at")).dt.total_microseconds() / 3.6e9).to_series()
    over = failed["recovered_at"].is_not_null()
    found, by = Estimate(), ""
    if len(failed) >= FEWEST_FAILURES:
        how = np.where(over.to_numpy(), 0, CENSORED)
        found = _median(hours.clip(lower_bound=0.0).to_numpy(), how, ("recovered",), failed)
        by = _by(failed, "failure")
    done = int(over.sum())
    return Measure(
        "recovery_time", found, "hours", done, len(failed), len(failed) - done, failed["repo_id"].n_unique(), by
    )


def charged(facts: Facts, definition: Definition) -> pl.DataFrame:
    """Changes that arrived, with `charge`: how much of a failure each is held to account for, 0 to 1.

    Where a sign names changes of the deployment, they are charged 1 and the others nothing; where none does, the
    deployment's changes share the blame: of n, each is charged 1/n. (To charge each of them 1 would make changes worse
    the more of them are shipped together.) What arrived with no known deployment is left out.
    A deployment that never succeeded is charged to what it first tried to ship.
    """
    done = facts.changes.filter((pl.col("outcome") == "production") & pl.col("deployment_id").is_not_null())
    failed = failures(facts, definition).select("repo_id", "deployment_id")
    told = facts.signs.filter(pl.col("sign").is_in(sorted(definition.signs)))
    told = told.join(failed, on=["repo_id", "deployment_id"], how="semi")
    named = told.filter(pl.col("change_key") != "").select("repo_id", "deployment_id", "change_key").unique()
    unnamed = failed.join(named, on=["repo_id", "deployment_id"], how="anti")
    columns = ["repo_id", "deployment_id", "change_key"]
    shared = pl.concat(
        [
            done.select(*columns),
            done.filter(pl.col("attempt_deployment_id") != pl.col("deployment_id")).select(
                "repo_id", pl.col("attempt_deployment_id").alias("deployment_id"), "change_key"
            ),
        ]
    ).join(unnamed, on=["repo_id", "deployment_id"], how="semi")
    parts = pl.concat(
        [
            named.select("repo_id", "change_key", pl.lit(1.0).alias("charge")),
            shared.select("repo_id", "change_key", (1.0 / pl.len().over("repo_id", "deployment_id")).alias("charge")),
        ]
    )
    each = parts.group_by("repo_id", "change_key").agg(pl.col("charge").sum().clip(upper_bound=1.0))
    return (
        done.join(each, on=["repo_id", "change_key"], how="left")
        .with_columns(pl.col("charge").fill_null(0.0))
        .sort("change_id")
    )


def failed_change_share(rows: pl.DataFrame) -> Measure:
    """The share of changes that failed, from rows of `charged`; intervals by repository, or by deployment if few."""
    codes, clusters = cluster_codes(rows["repo_id"])
    by = "repository" if clusters >= FEWEST_CLUSTERS else "deployment"
    if by == "deployment":
        codes = cluster_codes(rows.select(pl.concat_str("repo_id", pl.lit(" "), "deployment_id")).to_series())[0]
    found: Share = clustered_share(rows["charge"].to_numpy(), codes, few=by == "repository")
    value = Estimate(found.value, found.lower, found.upper)
    return Measure("failed_change_share", value, "share", found.hits, len(rows), 0, clusters, by if len(rows) else "")
