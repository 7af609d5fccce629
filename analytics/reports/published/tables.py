"""Reports that are published tables, in the columns, order and words of the contract. Nothing is computed here."""

from __future__ import annotations

import duckdb
import polars as pl

from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.cohort.services import LABELS, NO_SERVICE, SERVICE, by_service, changes_of, labelled
from analytics.cohort.working_time import WorkingCalendar

__all__ = [
    "LEAD_TIME_COLUMNS",
    "WORKING",
    "classification",
    "columns_of",
    "coverage",
    "deployments",
    "lead_time",
    "working_hours",
]

# Fixed: users' scripts depend on it. New columns go to the end.
LEAD_TIME_COLUMNS = (
    "change_id",
    "provider",
    "repo",
    "number",
    "sha",
    "title",
    "url",
    "author",
    "team",
    "builds_ai",
    "built_with_ai",
    "ai_evidence",
    "outcome",
    "current_stage",
    "first_commit_at",
    "opened_at",
    "ready_at",
    "first_review_at",
    "code_complete_at",
    "reviewed_at",
    "approved_at",
    "merged_at",
    "integrated_at",
    "staged_at",
    "deploy_started_at",
    "production_at",
    "abandoned_at",
    "deployment_id",
    "mapped_by",
    "lead_time_hours",
    "dora_lead_time_hours",
    "age_hours",
    "coding_hours",
    "rework_hours",
    "pickup_hours",
    "review_hours",
    "merge_hours",
    "build_hours",
    "staging_hours",
    "release_hours",
    "deploy_hours",
    "commits",
    "files",
    "additions",
    "deletions",
    "rolled_back_at",
    "reverted_at",
    "clamped",
    "code_complete_source",
    "as_of",
    "gate_hours",
    "failed_attempts",
    "ci_queue_hours",
    "ci_rerun_hours",
    "lead_time_working_hours",
    "age_working_hours",
    "kind",
    "services",
    "first_production_at",
    "rollout_hours",
    SERVICE,
)
WORKING = ("lead_time_working_hours", "age_working_hours")
_DEPLOYMENT_COLUMNS = (
    "deployment_id",
    "provider",
    "repo",
    "application",
    "environment",
    "production",
    "source",
    "version",
    "sha",
    "created_at",
    "succeeded_at",
    "state",
    "failed_attempts",
    "kind",
    "previous_deployment_id",
    "new_commits",
    "withdrawn_commits",
    "changes",
    "undatable",
    "dated_by",
    "problem",
    "evidence",
    "url",
    "as_of",
    "gate_hours",
    "service",
    "rollout_id",
    "wave",
)
_CLASSIFICATION_COLUMNS = (
    "change_id",
    "provider",
    "repo",
    "number",
    "title",
    "builds_ai",
    "built_with_ai",
    "ai_confidence",
    "ai_evidence",
    "as_of",
    "ai_confidence_how",
    "ai_confidence_what",
    "kind",
    "ai_tier",
    "ai_probability",
)
_COVERAGE_LEFT_OUT = ("repo_id",)
_PLAIN = Options()


def lead_time(connection: duckdb.DuckDBPyConnection, filters: Filters, options: Options = _PLAIN) -> pl.DataFrame:
    """One row per change that is code complete, by `change_id`; the period is that of code complete.

    Two columns are lead time and age in working hours, by the calendar of `options`, whatever its clock. By service,
    one row for each service of a change, in the column `service`, with the arrival there.
    """
    columns = tuple(name for name in LEAD_TIME_COLUMNS if name not in {*WORKING, SERVICE})
    table = _changes(connection, columns, filters, options.by)
    return _with_working_hours(table, options.calendar).select(LEAD_TIME_COLUMNS)


def working_hours(connection: duckdb.DuckDBPyConnection, calendar: WorkingCalendar) -> pl.DataFrame:
    """One row per change that is in production or waits: the two columns of `lead_time` in working hours."""
    needed = "change_id, lead_time_hours, age_hours, production_at, as_of"
    some = "lead_time_hours is not null or age_hours is not null"
    table: pl.DataFrame = connection.sql(f"select {needed} from lead_times where {some} order by change_id").pl()  # noqa: S608
    return _with_working_hours(table, calendar).select("change_id", *WORKING)


def columns_of(connection: duckdb.DuckDBPyConnection, report: str) -> tuple[str, ...]:
    """The columns of one of these reports, in its order."""
    if report == "coverage":
        return tuple(name for name in connection.table("coverage").columns if name not in _COVERAGE_LEFT_OUT)
    return {
        "lead-time": LEAD_TIME_COLUMNS,
        "deployments": _DEPLOYMENT_COLUMNS,
        "classification": _CLASSIFICATION_COLUMNS,
    }[report]


def _with_working_hours(table: pl.DataFrame, calendar: WorkingCalendar) -> pl.DataFrame:
    return table.with_columns(
        _working("lead_time_hours", table["production_at"], table, calendar).alias(WORKING[0]),
        _working("age_hours", table["as_of"], table, calendar).alias(WORKING[1]),
    )


def _working(name: str, end: pl.Series, table: pl.DataFrame, calendar: WorkingCalendar) -> pl.Series:
    """The hours in column `name`, which end at `end`, in working time."""
    micros = (table[name] * 3_600_000_000).round().cast(pl.Int64)
    begin = end - micros.cast(pl.Duration("us"))
    stop = end.zip_with(begin.is_not_null(), begin)
    return pl.Series(calendar.hours(begin.to_numpy(), stop.to_numpy())).fill_nan(None)


def deployments(connection: duckdb.DuckDBPyConnection, filters: Filters, _: Options = _PLAIN) -> pl.DataFrame:
    """One row per deployment, by repository and time; the period is that of the first success.

    Of one service those of its whole repository are there too.
    """
    selected = ", ".join(_DEPLOYMENT_COLUMNS)
    condition = filters.condition(connection, "deployments", time="succeeded_at")
    if filters.service is not None:
        condition += (
            f" and exists (select 1 from ({LABELS}) as labels where labels.repo_id = deployments.repo_id"  # noqa: S608  (ours)
            f" and deployments.service in (labels.name, '') and {labelled(filters)})"
        )
    table: pl.DataFrame = connection.sql(f"select {selected} from deployments where {condition}").pl()  # noqa: S608  (ours)
    return table.sort(["provider", "repo", "succeeded_at", "created_at", "deployment_id"], nulls_last=True)


def coverage(connection: duckdb.DuckDBPyConnection, filters: Filters, _: Options = _PLAIN) -> pl.DataFrame:
    """One row per repository: what its numbers rest on. It has no period."""
    table = filters.apply(connection.sql("select * from coverage").pl(), time=None)
    return table.drop(_COVERAGE_LEFT_OUT).sort("provider", "repo")


def classification(connection: duckdb.DuckDBPyConnection, filters: Filters, _: Options = _PLAIN) -> pl.DataFrame:
    """One row per change: why it is or is not AI work; the period is that of code complete."""
    return _changes(connection, _CLASSIFICATION_COLUMNS, filters).drop(SERVICE)


def _changes(
    connection: duckdb.DuckDBPyConnection, columns: tuple[str, ...], filters: Filters, by: str | None = None
) -> pl.DataFrame:
    """Columns of `lead_times` and `service`, null for whole changes; with strong evidence, what is not weak."""
    needed = ", ".join(dict.fromkeys((*columns, "code_complete_at", *filters.verdict_columns)))
    service = SERVICE if by_service(filters, by) else NO_SERVICE
    condition = filters.condition(connection, "lead_times", time="code_complete_at")
    query = f"select {needed}, {service} from {changes_of(filters, by)} where {condition}"  # noqa: S608  (ours)
    table: pl.DataFrame = connection.sql(query).pl().sort(["change_id", SERVICE], nulls_last=True)
    return filters.sure(table).select(*columns, SERVICE)
