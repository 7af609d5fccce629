"""What a person can move: how often releases leave, and how long a stage takes, each answered in milliseconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import polars as pl

from analytics.cohort.cohort import LEAD_STAGES
from analytics.cohort.filters import Filters
from analytics.cohort.groups import ALL, FEWEST
from analytics.cohort.kinds import WORK
from analytics.cohort.options import Options
from analytics.whatif.cadence import EVERY_MERGE, Cadence
from analytics.whatif.compute import Cadences, StageModel, WhatIf
from analytics.whatif.departures import read_departures
from analytics.whatif.reading import clock_of, read_changes
from analytics.whatif.stages import Changes

__all__ = ["ALL", "Levers", "read_levers"]

AI_WORK, OTHER_WORK = "ai", "other"
_PLAIN = Options()


@dataclass(frozen=True, eq=False)
class Levers:
    """Some changes, to be released by another cadence or held up less in a stage. The same machine as `bottlenecks`.

    `changes`: how many they are. `stages`: those that any of them entered. `usual_hour`: of the day (UTC) at which most
    releases leave. `release_every_days`: how often they do.
    """

    changes: int
    stages: Sequence[str]
    usual_hour: float
    release_every_days: float
    cadences: Cadences | None
    model: StageModel

    def released(self, weekdays: Sequence[int], hour: float, *, besides: bool) -> WhatIf | None:
        """Releases on `weekdays` (Monday is 0; none: on every merge) at `hour` UTC; None without releases at all."""
        if self.cadences is None:
            return None
        cadence = Cadence("", tuple(sorted(weekdays)), hour) if weekdays else EVERY_MERGE
        return self.cadences.what_if(cadence, besides=besides)

    def stage_time(self, stage: str, factor: float) -> WhatIf:
        """A stage whose stays take `factor` of their time."""
        return self.model.stage_time(stage, factor)


def read_levers(
    connection: duckdb.DuckDBPyConnection,
    filters: Filters,
    options: Options = _PLAIN,
    *,
    axis: str = "builds_ai",
    group: str = ALL,
) -> Levers | None:
    """The levers of `group`: all work, or AI work (other work) on `axis`, without bots and releases; None for too few.

    Their hours are on the clock of `options`, as those of `bottlenecks` are.
    """
    sample, _every = read_changes(connection, filters)
    ai = pl.col("builds_ai") if axis == "builds_ai" else pl.col("built_with_ai").is_in(["agent", "assisted"])
    sample = sample.where(WORK)
    company = sample
    if group != ALL:
        sample = sample.where(ai if group == AI_WORK else ~ai)
    if len(sample.changes) < FEWEST:
        return None
    departures, clock = read_departures(connection, filters), clock_of(company, options)
    entered = [stage for stage in LEAD_STAGES if (sample.changes[f"{stage}_hours"].fill_null(0.0) > 0.0).any()]
    codes = {name: code for code, name in enumerate(departures.repositories)}
    repo = sample.changes["repo"].replace_strict(codes, default=-1, return_dtype=pl.Int64).to_numpy()
    return Levers(
        changes=len(sample.changes),
        stages=entered,
        usual_hour=departures.usual_hour(),
        release_every_days=departures.typical_gap_days(repo),
        cadences=Cadences(sample, departures, clock, options.intervals) if "release" in entered else None,
        model=StageModel(Changes.of(sample.changes, clock, options.intervals)),
    )
