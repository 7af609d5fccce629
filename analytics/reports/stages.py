"""The report `stages`: how long work stays in each stage, and how many of a change's first hours each takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import numpy as np
import polars as pl

from analytics.cohort.cohort import ENDS, LEAD_STAGES, MOVED_ON, STATES
from analytics.cohort.filters import Filters
from analytics.cohort.groups import Group, read_groups
from analytics.cohort.options import Options
from analytics.survival import Incidence, Quantile, TimeInState, restricted_mean_hours

__all__ = ["stages"]

_NUMBER, _COUNT, _TEXT = pl.Float64(), pl.Int64(), pl.String()
_SHARES = (0.5, 0.85)

# The first twelve are fixed: users' scripts depend on them. New columns go to the end.
_SCHEMA = {
    "group": _TEXT,
    "stage": _TEXT,
    "changes": _COUNT,
    "reached": _COUNT,
    "median_hours": _NUMBER,
    "p85_hours": _NUMBER,
    "mean_hours_in_state": _NUMBER,
    "share_of_wait": _NUMBER,
    "lower": _NUMBER,
    "upper": _NUMBER,
    "horizon_hours": _NUMBER,
    "as_of": pl.Datetime("us"),
    "median_lower": _NUMBER,
    "median_upper": _NUMBER,
    "p85_lower": _NUMBER,
    "p85_upper": _NUMBER,
    "seen_hours": _NUMBER,
    "repositories": _COUNT,
    "interval_by": _TEXT,
    "unknown": _COUNT,
    "no_deployments": _COUNT,
    "automation": _COUNT,
    "clock": _TEXT,
    "releases": _COUNT,
    "nothing_to_deploy": _COUNT,
    "intervals": _TEXT,
}


def stages(connection: duckdb.DuckDBPyConnection, filters: Filters, options: Options | None = None) -> pl.DataFrame:
    """One row per group and state, stages in their order, then `production` and `abandoned`.

    `reached`: changes that entered the state. `median_hours`, `p85_hours` with `median_lower` …: of a stage, the hours
    since it was entered by which that share of those who entered it had moved on, abandonment competing, what is
    still there right-censored; of `production` and `abandoned`, the hours from code complete by which that share of all
    changes was there; absent where that is not reached. `mean_hours_in_state` with `lower`, `upper`: restricted mean
    hours up to the horizon; those of a group add up to `horizon_hours`. `share_of_wait`: of the hours in all stages.
    `seen_hours`: the longest that any change was watched; beyond it the mean is a guess. `intervals`: their question,
    `interval_by`: what they take as independent; of a stage's median and p85 among the changes that entered it. A stage
    that no repository of the group has is null. A group with fewer than `groups.FEWEST` changes is counted and not
    estimated.
    """
    options = options or Options()
    rows = [row for group in read_groups(connection, filters, options) for row in _rows(group, options)]
    return pl.DataFrame(rows, schema=_SCHEMA).with_columns(pl.col(pl.Float64).fill_nan(None))


def _rows(group: Group, options: Options) -> Iterator[dict[str, Any]]:
    cohort = group.cohort
    present = (*cohort.present, *ENDS)
    time = curve = None
    if group.enough:
        moves = cohort.moves(options.intervals, until_hours=group.horizon_hours)
        time, curve = restricted_mean_hours(moves, group.horizon_hours), cohort.incidence(options.intervals)
    common = {
        "group": group.name,
        "changes": len(cohort.changes),
        "horizon_hours": group.horizon_hours,
        "as_of": cohort.changes["as_of"].max(),
        "seen_hours": cohort.hours.max(initial=0.0),
        "repositories": cohort.cluster[1],
        **cohort.intervals(options.intervals),
        "unknown": cohort.unknown,
        "no_deployments": cohort.no_deployments,
        "nothing_to_deploy": cohort.nothing_to_deploy,
        "automation": group.excluded.bots,
        "releases": group.excluded.releases,
        "clock": options.clock,
    }
    for position, state in enumerate(STATES):
        row = {**common, "stage": state}
        if state in present:
            row |= _arrivals(group, state, curve) if state in ENDS else _stay(group, state, options)
            row |= {} if time is None else _time(time, position)
        yield row


def _stay(group: Group, stage: str, options: Options) -> dict[str, Any]:
    if not group.enough:
        return {"reached": group.cohort.changes[f"{stage}_hours"].count()}
    stay = group.cohort.stay(stage, options.intervals)
    return {"reached": stay.entered} | _quantiles(*stay.incidence.quantiles(MOVED_ON, _SHARES))


def _arrivals(group: Group, end: str, curve: Incidence | None) -> dict[str, Any]:
    reached = {"reached": int((group.cohort.changes["outcome"] == end).sum())}
    return reached if curve is None else reached | _quantiles(*curve.quantiles(end, _SHARES))


def _quantiles(median: Quantile, p85: Quantile) -> dict[str, Any]:
    return {
        "median_hours": median.hours,
        "median_lower": median.lower_hours,
        "median_upper": median.upper_hours,
        "p85_hours": p85.hours,
        "p85_lower": p85.lower_hours,
        "p85_upper": p85.upper_hours,
    }


def _time(time: TimeInState, state: int) -> dict[str, Any]:
    mean = float(time.mean_hours[state])
    wait = float(np.sum(time.mean_hours[: len(LEAD_STAGES)]))
    return {
        "mean_hours_in_state": mean,
        "share_of_wait": mean / wait if state < len(LEAD_STAGES) and wait > 0.0 else None,
        "lower": time.lower[state],
        "upper": time.upper[state],
    }
