"""Reports that are published tables, in the columns, order and words of the contract. Nothing is computed here."""

from __future__ import annotations

import duckdb
import polars as pl

from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.cohort.services import LABELS, NO_SERVICE, SERVICE, by_service, changes_of, labelled
from analytics.cohort.working_time import WorkingCalendar
from analytics.reports.published.contract import (
    CLASSIFICATION_COLUMNS,
    COVERAGE_LEFT_OUT,
    DEPLOYMENT_COLUMNS,
    LEAD_TIME_COLUMNS,
    WORKING,
)

__all__ = ["LEAD_TIME_COLUMNS", "classification", "coverage", "deployments", "lead_time"]

_PLAIN = Options()


def lead_time(connection: duckdb.DuckDBPyConnection, filters: Filters, options: Options = _PLAIN) -> pl.DataFrame:
    """One row per change that is code complete, by `change_id`; the period is that of code complete.

    Two columns are lead time and age in working hours, by the calendar of `options`, whatever its clock. By service,
    one row for each service of a change, in the column `service`, with the arrival there.
    """
    columns = tuple(name for name in LEAD_TIME_COLUMNS if name not in {*WORKING, SERVICE})
    table = _changes(connection, columns, filters, options.by)
    return _with_working_hours(table, options.calendar).select(LEAD_TIME_COLUMNS)


def _with_working_hours(table: pl.DataFrame, calendar: WorkingCalendar) -> pl.DataFrame:
    return table.with_columns(
        _working("lead_time_hours", table["production_at"], table, calendar).alias(WORKING[0]),
        _working("age_hours", table["as_of"], table, calendar).alias(WORKING[1]),
    )


def _working(name: str, end: pl.Series, table: pl.DataFrame, calendar: WorkingCalendar) -> pl.Series:
    """The hours in column `name`, which end at `end`, in working time."""
    return pl.Series(calendar.hours_until(end.to_numpy(), table[name].to_numpy())).fill_nan(None)


def deployments(connection: duckdb.DuckDBPyConnection, filters: Filters, _: Options = _PLAIN) -> pl.DataFrame:
    """One row per deployment, by repository and time; the period is that of the first success.

    Of one service those of its whole repository are there too.
    """
    selected = ", ".join(DEPLOYMENT_COLUMNS)
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
    return table.drop(COVERAGE_LEFT_OUT).sort("provider", "repo")


def classification(connection: duckdb.DuckDBPyConnection, filters: Filters, _: Options = _PLAIN) -> pl.DataFrame:
    """One row per change: why it is or is not AI work; the period is that of code complete."""
    return _changes(connection, CLASSIFICATION_COLUMNS, filters).drop(SERVICE)


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
