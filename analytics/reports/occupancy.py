"""The report `occupancy`: the share of work in each stage, by hours since code complete."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import numpy as np
import polars as pl

from analytics.cohort.cohort import ENDS, LEAD_STAGES, STATES
from analytics.cohort.filters import Filters
from analytics.cohort.groups import Group, read_groups
from analytics.cohort.options import Options
from analytics.survival import occupancy as state_occupancy

__all__ = ["GRID_HOURS", "occupancy"]

GRID_HOURS = (0, 1, 2, 4, 8, 12, 24, 48, 72, 96, 120, 144, 168, 240, 336, 504, 720, 1440)
"""Close at first, then days, then weeks: most of what happens, happens early."""

_ROUNDING = 1e-12
_NUMBER, _COUNT, _TEXT = pl.Float64(), pl.Int64(), pl.String()
# The first seven are fixed: users' scripts depend on them. New columns go to the end.
_SCHEMA = {
    "group": _TEXT,
    "hours": _NUMBER,
    "state": _TEXT,
    "probability": _NUMBER,
    "lower": _NUMBER,
    "upper": _NUMBER,
    "at_risk": _COUNT,
    "changes": _COUNT,
    "repositories": _COUNT,
    "interval_by": _TEXT,
    "unknown": _COUNT,
    "no_deployments": _COUNT,
    "automation": _COUNT,
    "as_of": pl.Datetime("us"),
    "clock": _TEXT,
    "releases": _COUNT,
    "nothing_to_deploy": _COUNT,
    "intervals": _TEXT,
}


def occupancy(connection: duckdb.DuckDBPyConnection, filters: Filters, options: Options | None = None) -> pl.DataFrame:
    """One row per group, hour of the grid and state: the probability of being there, with its interval.

    `at_risk`: changes seen in the state just before that hour. The probabilities of a group at an hour add up to 1.
    Absent: those of a stage that no repository of the group has, of a group with too few changes, and of hours at which
    no change is watched any more while work still waited; the interval where the probability is 0 or 1.
    """
    options = options or Options()
    rows = [row for group in read_groups(connection, filters, options) for row in _rows(group, options)]
    return pl.DataFrame(rows, schema=_SCHEMA).with_columns(pl.col(pl.Float64).fill_nan(None))


def _rows(group: Group, options: Options) -> Iterator[dict[str, Any]]:
    cohort = group.cohort
    common = {
        "group": group.name,
        "changes": len(cohort.changes),
        "repositories": cohort.cluster[1],
        **cohort.intervals(options.intervals),
        "unknown": cohort.unknown,
        "no_deployments": cohort.no_deployments,
        "nothing_to_deploy": cohort.nothing_to_deploy,
        "automation": group.excluded.bots,
        "releases": group.excluded.releases,
        "as_of": cohort.changes["as_of"].max(),
        "clock": options.clock,
    }
    if not group.enough:
        yield from ({**common, "hours": hour, "state": state} for hour in GRID_HOURS for state in STATES)
        return
    estimate = state_occupancy(cohort.moves(options.intervals, until_hours=float(GRID_HOURS[-1])), GRID_HOURS)
    present = (*cohort.present, *ENDS)
    observed_hours = cohort.hours.max(initial=0.0)
    waits = estimate.probability[:, : len(LEAD_STAGES)].sum(axis=1) > _ROUNDING
    estimable = ~waits | (np.array(GRID_HOURS) <= observed_hours)
    for row, hour in enumerate(GRID_HOURS):
        for column, state in enumerate(STATES):
            cells: dict[str, Any] = {**common, "hours": hour, "state": state}
            if state in present:
                cells["at_risk"] = int(estimate.at_risk[row, column])
                if estimable[row]:
                    names = ("probability", "lower", "upper")
                    cells |= {name: getattr(estimate, name)[row, column] for name in names}
            yield cells
