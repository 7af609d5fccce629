"""The columns of `lead_times` that statistics need, small enough for millions of changes."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import polars as pl

from analytics.cohort.cache import read, read_by_column

__all__ = [
    "EXACT_CHANGES",
    "GRID_HOURS",
    "LEAD_STAGES",
    "OBSERVED",
    "RANDOM_GROUPS",
    "as_category",
    "observed",
    "read_columns",
]

LEAD_STAGES = ("pickup", "review", "merge", "build", "staging", "release", "deploy")

EXACT_CHANGES = 200_000
"""Up to so many changes every duration is exact to the microsecond; of more, each milestone is put on a grid."""

GRID_HOURS = 1.0 / 60.0
"""The grid of a large cohort: milestones are rounded to a minute after code complete. No duration of a change moves by
more than a minute (half of one at each end), so no mean does; an occupation probability by no more than the share of
changes that move within half a minute of that hour."""

RANDOM_GROUPS = 200
"""Into so many groups the changes of a large cohort are dealt where they count as independent: an error from so many
groups is itself known to 5 %, 1 in √(2 · 200) (Wolter 2007, Introduction to Variance Estimation, chapter 2)."""

WHOLE = "lead_times"
"""Where whole changes are."""

_NEEDED = ("repo", "builds_ai", "built_with_ai", "kind", "outcome", "last_stage", "code_complete_at", "as_of")
_RANDOM_GROUP = f"cast(hash(change_id) % {RANDOM_GROUPS} as utinyint)"
_LINES = ("additions", "deletions")
_ENDED_AT = "case outcome when 'production' then production_at when 'abandoned' then abandoned_at else as_of end"
# Few values in many rows: as codes with a dictionary they take a byte or two.
_WORDS = (
    "repo",
    "provider",
    "team",
    "built_with_ai",
    "kind",
    "ai_confidence",
    "ai_confidence_how",
    "ai_confidence_what",
    "outcome",
    "current_stage",
    "last_stage",
    "service",
)

OUTCOMES = ("abandoned", "no_deployments", "nothing_to_deploy", "production", "unknown", "waiting")
OUTCOME = pl.Enum(OUTCOMES)
OBSERVED = (
    "(outcome in ('production', 'waiting') or outcome = 'abandoned' and not exists (select 1 from repository_stages"
    " where repository_stages.repo_id = lead_times.repo_id and not repository_stages.has_production))"
)
"""Those rows of `lead_times`, in SQL, of which an arrival could have been seen."""
_DEPLOYING = """
    select repo, bool_or(has_production) as has_production
    from repository_settings inner join repository_stages using (repo_id)
    group by repo order by repo
"""


def read_columns(
    connection: duckdb.DuckDBPyConnection,
    columns: Sequence[str],
    *,
    group: str | None = None,
    ended_at: bool = False,
    source: str = WHOLE,
) -> tuple[pl.DataFrame, float]:
    """Rows of `lead_times`, or of its `source` by service (`services.changes_of`); the grid of hours (0: exact).

    The columns that every cohort needs, those of `columns`, the hours of the stages from code complete on, `group`, the
    value of an expression over `lead_times`, and on demand `ended_at` (when it ended, or as of). By change; but a large
    table in the order of the file, with texts of few values as categories, hours as 32-bit numbers, and `random_group`,
    by the change's id: the order of the file says nothing.
    """
    cursor = connection.cursor()
    size = read(connection, f"select count(*) from {source}").item()  # noqa: S608  (ours)
    large, whole = size > EXACT_CHANGES, source == WHOLE
    names = {name: name for name in dict.fromkeys([*_NEEDED, *columns, *([] if whole else ["service"])])}
    if ended_at:
        names[_ENDED_AT] = "ended_at"
    if group is not None:
        # Under a key of its own: the value of a group may be that of a column.
        names[f"({group})"] = "group"
    if large:
        names[_RANDOM_GROUP] = "random_group"
    hours = dict(zip((f"{stage}_hours" for stage in LEAD_STAGES), _on_grid(), strict=True))
    names |= {name: name for name in hours}
    rows = f"(select *, {_minutes()} from {source}) as lead_times" if large else source  # noqa: S608  (ours)
    # Only a table is read in the order of the file.
    order = f" order by change_id{'' if whole else ', service'}" if not large or not whole else ""
    # In the cache columns of different rows are different columns.
    prefix = "" if whole else f"{source}: "

    def ask(prefixed: list[str]) -> pl.DataFrame:
        keys = [key.removeprefix(prefix) for key in prefixed]
        chosen = [hours[key] if large and key in hours else _chosen(cursor, key, source, large=large) for key in keys]
        # Numbered: what is chosen has names of its own, or none.
        selection = ", ".join(f'{text} as "{place}"' for place, text in enumerate(chosen))
        table: pl.DataFrame = cursor.sql(f"select {selection} from {rows}{order}").pl()  # noqa: S608  (names of ours)
        return table.rename({str(place): key for place, key in enumerate(prefixed)})

    table = read_by_column({f"{prefix}{key}": name for key, name in names.items()}, ask)
    return observed(connection, table), GRID_HOURS if large else 0.0


def observed(connection: duckdb.DuckDBPyConnection, table: pl.DataFrame) -> pl.DataFrame:
    """With the outcome `no_deployments` for what was closed in a repository without any, as for what landed there.

    Else nothing of such a repository would take part but what was given up.
    """
    gone = table.select("repo").with_row_index()
    gone = gone.filter(table["outcome"] == "abandoned").with_columns(pl.col("repo").cast(pl.String))
    closed = gone.join(read(connection, _DEPLOYING), on="repo", how="inner")
    nowhere = closed.filter(~pl.col("has_production"))["index"]
    if nowhere.is_empty():
        return table
    row = pl.int_range(pl.len(), dtype=pl.UInt32)
    outcome = pl.col("outcome").cast(OUTCOME)
    corrected = pl.when(row.is_in(nowhere.implode())).then(pl.lit("no_deployments", dtype=OUTCOME)).otherwise(outcome)
    return table.with_columns(
        (corrected.cast(pl.String) if table.schema["outcome"] == pl.String else corrected).alias("outcome")
    )


def _chosen(cursor: duckdb.DuckDBPyConnection, key: str, source: str, *, large: bool) -> str:
    """The value of a column that is read under this key."""
    if not key.isidentifier():
        return as_category(cursor, key, source) if large and key not in {_ENDED_AT, _RANDOM_GROUP} else key
    return _compact(cursor, key, source) if large else _quoted(key)


def _minutes() -> str:
    """When each stage ended, in minutes since code complete."""
    ends = []
    for position, stage in enumerate(LEAD_STAGES, 1):
        hours = " + ".join(f"coalesce({earlier}_hours, 0)" for earlier in LEAD_STAGES[:position])
        ends.append(f"round(({hours}) * 60) as {stage}_end")
    return ", ".join(ends)


def _on_grid() -> list[str]:
    """Hours of each stage between milestones rounded to the grid: whole minutes fit a 32-bit number for 16 years."""
    begins = ["0", *(f"{stage}_end" for stage in LEAD_STAGES)]
    return [
        f"case when {stage}_hours is not null then (({stage}_end - {begin}) / 60)::float end"
        for begin, stage in zip(begins, LEAD_STAGES, strict=False)
    ]


def _compact(cursor: duckdb.DuckDBPyConnection, name: str, source: str) -> str:
    """A column in as few bytes as it needs; lines are counted up to two thousand millions."""
    if name in _LINES:
        return f"least({_quoted(name)}, 2147483647)::integer"
    return as_category(cursor, _quoted(name), source) if name in _WORDS else _quoted(name)


def as_category(cursor: duckdb.DuckDBPyConnection, value: str, source: str = WHOLE) -> str:
    """A value over `lead_times` in SQL, of which there are few, as a category, in the order of the values."""
    query = f"select distinct {value} from {source} where {value} is not null order by 1"  # noqa: S608  (names of ours)
    values = ", ".join("'" + str(text).replace("'", "''") + "'" for (text,) in cursor.execute(query).fetchall())
    return f"{value}::enum({values or repr('')})"


def _quoted(name: str) -> str:
    return f'"{name}"'
