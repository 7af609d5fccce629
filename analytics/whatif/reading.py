"""What what-ifs and chances rest on: changes exact to the microsecond, and no more of them than help."""

from __future__ import annotations

import duckdb

from analytics.cohort.cache import read
from analytics.cohort.cohort import LEAD_STAGES, Cohort, cohort_of
from analytics.cohort.columns import EXACT_CHANGES, observed
from analytics.cohort.filters import Filters

__all__ = ["MOST_CHANGES", "part_of", "read_changes"]

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
    ids: bool = False,
) -> tuple[Cohort, int]:
    """The cohort of `filters`, and that it is one change in so many.

    `group`: an expression over `lead_times`, read as a column of that name. `ids`: with `change_id`. Which changes are
    taken goes by their id, so that it is the same every time.
    """
    cursor = connection.cursor()
    every = max(1, -(-_changes(cursor) // most))
    names = (*_COLUMNS, *filters.verdict_columns, *(("change_id",) if ids else ()))
    chosen = ", ".join(names) + (f', {group} as "group"' if group is not None else "")
    part = f" where {part_of(cursor, every)}"
    rows = read(connection, f"select {chosen} from lead_times{part} order by change_id")  # noqa: S608  (ours)
    table = observed(connection, rows)
    return cohort_of(filters.apply(table, time="code_complete_at"), filters=filters, axis="builds_ai"), every


def part_of(cursor: duckdb.DuckDBPyConnection, every: int, change_id: str = "change_id") -> str:
    """The condition for one change in `every`."""
    if every == 1:
        return "true"
    # What spreads ids as evenly in a tenth of the time is worth it where there are millions.
    number = "hash" if _changes(cursor) > EXACT_CHANGES else "md5_number_lower"
    return f"{number}({change_id}) % {every} = 0"


def _changes(cursor: duckdb.DuckDBPyConnection) -> int:
    ((size,),) = cursor.execute("select count(*) from lead_times").fetchall()
    return int(size)
