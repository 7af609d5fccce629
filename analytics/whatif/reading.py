"""What what-ifs and chances rest on: changes exact to the microsecond, and no more of them than help."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import polars as pl

from analytics.cohort.cache import read
from analytics.cohort.cohort import LEAD_STAGES, Cohort, cohort_of
from analytics.cohort.columns import EXACT_CHANGES, observed
from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.cohort.services import SERVICE, at_home, by_service, changes_of
from analytics.whatif.clock import Clock, lifetimes

__all__ = ["MOST_CHANGES", "clock_of", "read_changes", "sample_of"]

MOST_CHANGES = 50_000
"""Of more changes, an even sample is taken: its error is a fraction of the one that repositories bring."""

_COLUMNS = (
    "repo",
    "builds_ai",
    "built_with_ai",
    "kind",
    "outcome",
    "current_stage",
    "mapped_by",
    "code_complete_at",
    "production_at",
    "abandoned_at",
    "as_of",
    *(f"{stage}_hours" for stage in LEAD_STAGES),
)


def read_changes(
    connection: duckdb.DuckDBPyConnection,
    filters: Filters,
    *,
    group: str | None = None,
    most: int = MOST_CHANGES,
    by: str | None = None,
    ids: bool = False,
) -> tuple[Cohort, int]:
    """The cohort of `filters`, and that it is one change in so many.

    `group`: an expression over `lead_times`, read as a column of that name. `ids`: with `change_id`. Which changes are
    taken goes by their id, so that it is the same every time. `by` service, and of one service, `repo` is the service
    (`services.at_home`).
    """
    source, services = changes_of(filters, by), [SERVICE] * by_service(filters, by)
    every, sample = sample_of(connection, source, most)
    chosen = ", ".join((*_COLUMNS, *services, *filters.verdict_columns, *(("change_id",) if ids else ())))
    chosen += f', {group} as "group"' if group is not None else ""
    order = ", ".join(("change_id", *services))
    rows = read(connection, f"select {chosen} from {source} where {sample} order by {order}")  # noqa: S608  (ours)
    table = at_home(filters.apply(observed(connection, rows), time="code_complete_at"))
    return cohort_of(table, filters=filters, axis="builds_ai"), every


def sample_of(
    connection: duckdb.DuckDBPyConnection, source: str, most: int, change_id: str = "change_id"
) -> tuple[int, str]:
    """One change in how many of `source` is taken, and the condition on its `change_id`."""
    size = read(connection, f"select count(*) from {source}").item()  # noqa: S608  (ours)
    every = max(1, -(-size // most))
    # What spreads ids as evenly in a tenth of the time is worth it where there are millions.
    number = "hash" if size > EXACT_CHANGES else "md5_number_lower"
    return every, "true" if every == 1 else f"{number}({change_id}) % {every} = 0"


def clock_of(company: Cohort, options: Options) -> Clock:
    """The clock that `options` ask for, up to the horizon that suits the changes of the company (on the wall clock)."""
    clock = Clock.of(company.changes, options.working)
    if clock.opening is not None:
        hours = pl.Series("hours", clock.hours(*lifetimes(company.changes)))
        company = replace(company, changes=company.changes.with_columns(hours))
    return replace(clock, horizon_hours=options.horizon_hours(company))
