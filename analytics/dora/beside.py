"""Failure rates of deployments with and without AI work, compared within repositories and classes of size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import polars as pl

from analytics.cohort.groups import is_ai
from analytics.cohort.kinds import WORK
from analytics.cohort.units import FEWEST_CLUSTERS, THESE
from analytics.comparison.cells import together
from analytics.dora.definitions import Definition
from analytics.dora.facts import Facts, carried, failures, judged, shipped
from analytics.dora.measures import Measure, cluster_codes, share, within
from analytics.dora.per_change import ratio_per_change
from analytics.dora.windows import Window
from analytics.survival.proportions import difference_of_shares

__all__ = ["DIFFERENCE", "RATIO", "WITH", "WITHOUT", "beside", "loads"]

WITH, WITHOUT, DIFFERENCE, RATIO = "with AI", "without AI", "AI less other", "AI against other"
"""The groups of this comparison."""
# Releases of more changes fail more often, and more of them have AI work: each is compared with those of its size.
_SIZES = (1, 2, 4, 8, 16)


def loads(facts: Facts, definition: Definition, axis: str) -> pl.DataFrame:
    """Deployments that were to ship something: whether each `failed`, how many `changes` it carried, and whether `ai`.

    `ai_changes`: how many of them are AI work. Those without a change made by people are left out: the work of bots is
    on neither side. So are those with a change whose verdict is too weak: without it they might change sides.
    """
    key = ["repo_id", "deployment_id"]
    people = facts.changes.filter(WORK)
    sides = people.select("change_id", is_ai(axis).alias("ai"))
    rows = carried(replace(facts, changes=people)).join(sides, on="change_id", how="inner")
    load = rows.group_by(key).agg(pl.len().alias("changes"), pl.col("ai").any(), pl.col("ai").sum().alias("ai_changes"))
    failed = failures(facts, definition).select(*key, pl.lit(1.0).alias("failed"))
    counted = judged(shipped(facts, definition), definition).drop("changes")
    if facts.unsure is not None:
        counted = counted.join(carried(replace(facts, changes=facts.unsure.filter(WORK))), on=key, how="anti")
    table = counted.join(load, on=key, how="inner").join(failed, on=key, how="left")
    return table.with_columns(pl.col("failed").fill_null(0.0)).sort("repo_id", "deployed_at", "deployment_id")


def beside(rows: pl.DataFrame, window: Window, intervals: str = THESE) -> Iterator[tuple[str, Measure, float | None]]:
    """Estimate the failure rate of each side in a window, and their difference with its p-value; `rows` as of `loads`.

    The difference is within repositories and classes of size (1, 2, 3 to 4, 5 to 8, 9 to 16 and more changes), by
    Mantel and Haenszel's weights; its interval rests on repositories from five on, else on deployments. After it comes
    the ratio of failures per change (`ratio_per_change`).
    """
    in_window = within(rows, "deployed_at", window)
    for name, side in ((WITH, pl.col("ai")), (WITHOUT, ~pl.col("ai"))):
        side_rows = in_window.filter(side)
        yield name, share("change_failure_rate", side_rows["failed"], side_rows, 0, intervals), None
    yield DIFFERENCE, *_difference(in_window)
    yield RATIO, *_ratio(in_window)


def _difference(rows: pl.DataFrame) -> tuple[Measure, float | None]:
    repository, repositories = cluster_codes(rows["repo_id"])
    size = np.searchsorted(_SIZES, rows["changes"].to_numpy())
    many = repositories >= FEWEST_CLUSTERS
    estimate, p_value = difference_of_shares(
        rows["failed"].to_numpy(),
        rows["ai"].to_numpy(),
        repository * (len(_SIZES) + 1) + size,
        repository if many else None,
    )
    by = "repository" if many else "deployment"
    count = float(rows["ai"].sum())
    return Measure("change_failure_rate_difference", estimate, "share", count, len(rows), 0, repositories, by), p_value


def _ratio(rows: pl.DataFrame) -> tuple[Measure, float | None]:
    """By repository from five on, else by repository and month of the deployment."""
    repository, repositories = cluster_codes(rows["repo_id"])
    many = repositories >= FEWEST_CLUSTERS
    month = rows["deployed_at"].dt.year().cast(pl.Int64) * 12 + rows["deployed_at"].dt.month().cast(pl.Int64)
    unit = repository if many or rows.is_empty() else together(repository, (month - month.min()).to_numpy())
    ai = rows["ai_changes"].cast(pl.Float64).to_numpy()
    failed = rows["failed"].to_numpy()
    estimate, p_value = ratio_per_change(failed, rows["changes"].to_numpy() - ai, ai, repository, unit)
    by = "repository" if many else "repository and month"
    count = float(failed[rows["ai"].to_numpy()].sum())
    return Measure(
        "failure_ratio_per_change", estimate, "ratio", count, float(failed.sum()), 0, repositories, by
    ), p_value
