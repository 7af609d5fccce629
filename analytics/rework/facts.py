"""Changes in production, and when each was first repaired."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import duckdb
import numpy as np
import polars as pl

from analytics.cohort.filters import Filters
from analytics.cohort.groups import ALL, AXES
from analytics.cohort.kinds import Excluded, taking_part
from analytics.cohort.services import SERVICE, changes_of
from analytics.cohort.units import THESE, Units, together, units_of
from analytics.survival import CENSORED, Incidence, incidence
from analytics.survival.arrays import BoolArray, FloatArray, IntArray
from headway.errors import UsageError

__all__ = ["COLUMNS", "DEFAULT", "DEFINITIONS", "Shipped", "definitions_named", "read_shipped"]

COLUMNS: Mapping[str, str] = {
    "builds_ai": "lead_times.builds_ai::varchar",
    "built_with_ai": "lead_times.built_with_ai",
    "team": "coalesce(nullif(lead_times.team, ''), 'no team')",
    "repo": "lead_times.repo",
    "provider": "lead_times.provider",
    "month": "strftime(lead_times.production_at, '%Y-%m')",
    SERVICE: f"lead_times.{SERVICE}",
}
"""What `--by` understands, and the value of each in SQL."""

DEFAULT = "largest"
DEFINITIONS: Mapping[str, str] = {
    DEFAULT: "a fix repairs the change that wrote most of the lines of code that it removed",
    "any": "a fix repairs every change that wrote one of the lines of code that it removed",
}
"""What a fix repairs, beside what it takes back. Davies, Roper & Wood (2014, Journal of Software: Evolution and Process
26, 107) call the first one the largest bug-introducing commit."""
_AT_FAULT = {DEFAULT: "repairs.at_fault", "any": "true"}

# A repository with fixes of which none was traced says nothing of repairs; one without fixes says that there are none.
_CHANGES = """
    with asked as (
        select *, row_number() over () as row from {source} where outcome = 'production' and {condition}
    ),
    first_repairs as (
        select
            lead_times.row,
            min(case when repairs.repaired_at >= lead_times.production_at then repairs.repaired_at end) as repaired_at,
            min(
                case
                    when repairs.kind = 'revert' and repairs.repaired_at >= lead_times.production_at
                        then repairs.repaired_at
                end
            ) as reverted_at,
            count(case when repairs.repaired_at < lead_times.production_at then 1 end) as before
        from asked as lead_times
        inner join changes on lead_times.change_id = changes.change_id
        inner join repairs on changes.repo_id = repairs.repo_id and changes.change_key = repairs.change_key
            and {at_fault}
        group by lead_times.row
    ),
    tracing as (
        select
            fixes.repo_id,
            count(*) as fixes,
            count(case when traced_fixes.outcome in ('traced', 'nothing') then 1 end) as traced
        from fixes
        left join traced_fixes
            on fixes.repo_id = traced_fixes.repo_id and fixes.landing_sha = traced_fixes.sha
            and fixes.base_sha = traced_fixes.base_sha
        where fixes.kind <> 'revert'
        group by fixes.repo_id
    )
    select
        repositories.rowid as repo, lead_times.builds_ai, lead_times.built_with_ai, lead_times.kind,
        lead_times.production_at,
        lead_times.as_of, lead_times.files, lead_times.additions + lead_times.deletions as lines,
        first_repairs.repaired_at, first_repairs.reverted_at, coalesce(first_repairs.before, 0) as before,
        change_quality.dmm, coalesce(tracing.fixes, 0) as fixes, coalesce(tracing.traced, 0) as traced,
        {group} as "group"{verdicts}
    from asked as lead_times
    inner join (select repo_id, rowid from repository_settings) as repositories
        on lead_times.repo_id = repositories.repo_id
    inner join changes on lead_times.change_id = changes.change_id
    left join first_repairs on lead_times.row = first_repairs.row
    left join tracing on lead_times.repo_id = tracing.repo_id
    left join change_quality
        on changes.repo_id = change_quality.repo_id and changes.change_key = change_quality.change_key
    order by lead_times.row
"""


@dataclass(frozen=True)
class Shipped:
    """Changes that reached production, a row each, with when each was first repaired after that (null: not yet).

    Their repository is a number.
    `untraced`: changes left out because none of their repository's fixes was traced; `excluded`: because of their kind.
    """

    changes: pl.DataFrame
    untraced: int = 0
    excluded: Excluded = field(default_factory=Excluded)

    def where(self, condition: pl.Expr) -> Shipped:
        """The part for which `condition` holds."""
        return replace(self, changes=self.changes.filter(condition))

    def times(self, event: str = "repaired_at") -> tuple[FloatArray, BoolArray]:
        """Hours from production until the event, or as far as was seen, and whether it happened, (changes,)."""
        end = pl.col(event).fill_null(pl.col("as_of"))
        hours = (end - pl.col("production_at")).dt.total_microseconds() / 3.6e9
        at = self.changes.select(hours.clip(lower_bound=0.0)).to_series().to_numpy().astype(np.float64)
        return at, self.changes[event].is_not_null().to_numpy()

    @property
    def cluster(self) -> tuple[IntArray, int]:
        """A code for each change's repository, and how many there are."""
        codes = self.changes["repo"].rank("dense").cast(pl.Int64).to_numpy() - 1
        return codes, int(codes.max(initial=-1)) + 1

    @property
    def batch(self) -> IntArray:
        """A code for each change's repository and month of production: what arrives together fails together."""
        at = self.changes["production_at"].to_numpy().astype("datetime64[M]").astype(np.int64)
        return together(self.cluster[0], at - at.min(initial=at[0] if at.size else 0))

    def units(self, intervals: str = THESE) -> Units | None:
        """What intervals of this question take as independent: months of production; None: each change."""
        return units_of(self.cluster[0], self.changes["production_at"].to_numpy(), intervals)

    def incidence(self, event: str = "repaired_at", intervals: str = THESE) -> Incidence:
        """The share repaired (`reverted_at`: taken back) by hours since production: Kaplan–Meier's, as 1 - S."""
        hours, over = self.times(event)
        how, units = np.where(over, 0, CENSORED), self.units(intervals)
        if units is None:
            return incidence(hours, how, ("repaired",))
        return incidence(hours, how, ("repaired",), cluster=units.code, clusters=units.size, stratum=units.stratum)


def definitions_named(name: str | None) -> list[str]:
    """The definition of this name, the default one for None, all for `all`; UsageError for another name."""
    if name == "all":
        return list(DEFINITIONS)
    if (name or DEFAULT) not in DEFINITIONS:
        raise UsageError(f"unknown definition of a repair: {name!r}", hint=f"choose {', '.join(DEFINITIONS)} or all")
    return [name or DEFAULT]


def read_shipped(
    connection: duckdb.DuckDBPyConnection,
    filters: Filters,
    *,
    by: str | None = None,
    automation: bool = False,
    definition: str = DEFAULT,
) -> Shipped:
    """The changes that reached production in the period of `filters`; column `group` holds the value of `by`.

    UsageError for another column. Changes made by bots, and releases, are left out unless `automation` is true.
    """
    if by is not None and by not in COLUMNS:
        raise UsageError(f"the report rework cannot group by {by!r}", hint=f"choose one of {', '.join(COLUMNS)}")
    query = _CHANGES.format(
        group=COLUMNS[by] if by else f"'{ALL}'",
        at_fault=_AT_FAULT[definition],
        source=changes_of(filters, by),
        condition=filters.condition(connection, "lead_times", time="production_at"),
        verdicts="".join(f", lead_times.{name}" for name in filters.verdict_columns),
    )
    table: pl.DataFrame = connection.cursor().sql(query).pl()
    if by in AXES:
        table = filters.sure(table, by)
    traced = table.filter((pl.col("fixes") == 0) | (pl.col("traced") > 0))
    kept = taking_part(automation=automation, by=by)
    return Shipped(traced.filter(kept), len(table) - len(traced), Excluded.of(traced, kept))
