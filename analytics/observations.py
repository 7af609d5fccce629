"""From lead times to what the estimators take: each change with its hours and how, or whether, it ended."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np
import polars as pl

from analytics.filters import Filters
from analytics.survival import CENSORED, Incidence, Moves, Spells, incidence, moves_from_spells
from analytics.survival.arrays import FloatArray, IntArray

__all__ = ["ENDS", "LEAD_STAGES", "STATES", "Cohort", "read_cohort"]

LEAD_STAGES = ("pickup", "review", "merge", "build", "staging", "release", "deploy")
ENDS = ("production", "abandoned")
STATES = (*LEAD_STAGES, *ENDS)

FEWEST_CLUSTERS = 5
"""With fewer repositories than this, an interval by repository is wider than any answer: changes are taken as units."""

_COLUMNS = [
    "change_id",
    "repo",
    "provider",
    "team",
    "title",
    "url",
    "author",
    "number",
    "builds_ai",
    "built_with_ai",
    "ai_confidence",
    "outcome",
    "current_stage",
    "last_stage",
    "code_complete_at",
    "merged_at",
    "lead_time_hours",
    "age_hours",
    "as_of",
    "additions",
    "deletions",
]


@dataclass(frozen=True)
class Cohort:
    """Code-complete changes whose arrival could be observed, one row each, and how many could not.

    `changes`: rows of `lead_times` with outcome production, waiting or abandoned, and `hours`, the time from code
    complete to that outcome (as of the report, for what waits). `unknown`, `no_deployments`: changes left out, counted.
    """

    changes: pl.DataFrame
    unknown: int
    no_deployments: int

    def where(self, condition: pl.Expr) -> Cohort:
        """The part of the cohort for which `condition` holds."""
        return Cohort(self.changes.filter(condition), self.unknown, self.no_deployments)

    @property
    def hours(self) -> FloatArray:
        """Hours from code complete to the outcome, (changes,)."""
        return self.changes["hours"].to_numpy()

    @property
    def ended_as(self) -> IntArray:
        """Position of the outcome in `ENDS`, or `CENSORED` for what waits, (changes,)."""
        codes = {name: code for code, name in enumerate(ENDS)} | {"waiting": CENSORED}
        return self.changes["outcome"].replace_strict(codes, return_dtype=pl.Int64).to_numpy()

    @property
    def cluster(self) -> tuple[IntArray, int]:
        """A code for each change's repository, and how many there are."""
        codes = self.changes["repo"].rank("dense").cast(pl.Int64).to_numpy() - 1
        return codes, int(codes.max(initial=-1)) + 1

    def incidence(self, *, by_repository: bool = False) -> Incidence:
        """Cumulative incidence of both ends; intervals by change, or by repository if there are enough."""
        cluster, clusters = self.cluster
        if by_repository and clusters >= FEWEST_CLUSTERS:
            return incidence(self.hours, self.ended_as, ENDS, cluster=cluster, clusters=clusters)
        return incidence(self.hours, self.ended_as, ENDS)

    def moves(self, *, by_repository: bool = False) -> Moves:
        """The changes as moves between `STATES`; units are changes, or repositories if there are enough."""
        change, start, end, source, target = _spells(self.changes)
        cluster, clusters = self.cluster
        spells = Spells.of(change, start, end, source, target)
        if by_repository and clusters >= FEWEST_CLUSTERS:
            return moves_from_spells(spells, STATES, cluster=cluster[change], clusters=clusters)
        return moves_from_spells(spells, STATES)


def read_cohort(connection: duckdb.DuckDBPyConnection, filters: Filters) -> Cohort:
    """The cohort of changes code complete in the period of `filters`."""
    names = [*_COLUMNS, *(f"{stage}_hours" for stage in LEAD_STAGES)]
    chosen = ", ".join(f'"{name}"' for name in names)
    table: pl.DataFrame = connection.cursor().sql(f"select {chosen} from lead_times order by change_id").pl()  # noqa: S608
    table = filters.apply(table, time="code_complete_at")
    outcome = table["outcome"]
    hours = pl.sum_horizontal(f"{stage}_hours" for stage in LEAD_STAGES)
    seen = table.filter(pl.col("outcome").is_in([*ENDS, "waiting"])).with_columns(hours.alias("hours"))
    return Cohort(seen, int((outcome == "unknown").sum()), int((outcome == "no_deployments").sum()))


def _spells(changes: pl.DataFrame) -> tuple[IntArray, FloatArray, FloatArray, IntArray, IntArray]:
    """One row per change and stage that it entered: change, start, end (hours), state, next state."""
    hours = np.column_stack([changes[f"{stage}_hours"].to_numpy() for stage in LEAD_STAGES])
    if not len(changes):
        hours = hours.reshape(0, len(LEAD_STAGES))
    entered = ~np.isnan(hours)
    ends = np.cumsum(np.where(entered, hours, 0.0), axis=1)
    starts = np.column_stack([np.zeros(len(changes)), ends[:, :-1]])
    ended_as = Cohort(changes, 0, 0).ended_as
    final = np.where(ended_as == CENSORED, CENSORED, ended_as + len(LEAD_STAGES))
    following = np.empty(hours.shape, dtype=np.int64)
    after = final.copy()
    for stage in range(len(LEAD_STAGES) - 1, -1, -1):
        following[:, stage] = after
        after = np.where(entered[:, stage], stage, after)
    change, stage_of = np.nonzero(entered)
    return change, starts[entered], ends[entered], stage_of, following[entered]
