"""The schema `reports` of the published file: reports as commented views, so that other tools need no Headway.

Reports that are rows of a published table are views of it. The others are estimates or lists that take time: they are
made, with default options, where the settings say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from analytics.cohort.service_column import NO_SERVICE, SERVICE
from analytics.cohort.working_time import WorkingCalendar
from analytics.reports.catalog import REPORTS, Report
from analytics.reports.published.columns import TABLES, meanings
from analytics.reports.published.contract import WORKING, columns_of
from analytics.reports.published.joins import keys

if TYPE_CHECKING:
    from analytics.cohort.options import Options

__all__ = ["ROWS", "SCHEMA", "add_views", "view_of"]

SCHEMA = "reports"
ROWS = "report_rows"
"""The schema with the rows of views that are no query."""
_WORKING_HOURS = f"{ROWS}.working_hours"


def view_of(report: str) -> str:
    """The name of a report's view."""
    return report.replace("-", "_")


def add_views(
    connection: duckdb.DuckDBPyConnection,
    calendar: WorkingCalendar,
    explained: Mapping[str, Mapping[str, str]],
    every_report: Options | None = None,
) -> None:
    """Make both schemas again from the tables that are there.

    `explained`: the meaning of each column of a table in `TABLES`. `every_report`: with which options the other
    reports are estimated, on a connection whose cursors have the tables by their names; None for without them.
    """
    for name in (SCHEMA, ROWS):
        connection.execute(f"drop schema if exists {name} cascade")
        connection.execute(f"create schema {name}")
    comments: list[str] = []
    for report in REPORTS.values():
        table = TABLES.get(report.name, "")
        if table:
            columns = _view_of_table(connection, report, table, calendar)
        elif every_report is not None:
            columns = _view_of_rows(connection, report, every_report)
        else:
            continue
        comments += _comments(report, columns, explained.get(table, {}))
    _run(connection, comments)


def _view_of_table(
    connection: duckdb.DuckDBPyConnection, report: Report, table: str, calendar: WorkingCalendar
) -> tuple[str, ...]:
    """Make a view of a table; returns its columns."""
    columns, source = columns_of(connection, report.name), f"main.{table}"
    if not set(WORKING).isdisjoint(columns):
        _put(connection, _WORKING_HOURS, _working_hours(connection, calendar))
        source += f" left join {_WORKING_HOURS} using (change_id)"
    none = NO_SERVICE if table == TABLES["lead-time"] else SERVICE
    selected = ", ".join(none if column == SERVICE else f'"{column}"' for column in columns)
    connection.execute(f"create view {SCHEMA}.{view_of(report.name)} as select {selected} from {source}")  # noqa: S608
    return columns


def _view_of_rows(connection: duckdb.DuckDBPyConnection, report: Report, options: Options) -> tuple[str, ...]:
    """Make a view of the rows of a report; returns its columns."""
    from analytics.cohort.filters import Filters

    rows = report(connection, Filters(), options)
    name = view_of(report.name)
    _put(connection, f"{ROWS}.{name}", rows.to_arrow())
    selected = ", ".join(f'"{column}"' for column in rows.columns)
    connection.execute(f"create view {SCHEMA}.{name} as select {selected} from {ROWS}.{name}")  # noqa: S608
    return tuple(rows.columns)


def _working_hours(connection: duckdb.DuckDBPyConnection, calendar: WorkingCalendar) -> pa.Table:
    """One row per change that is in production or waits: the two columns of `lead-time` in working hours."""
    ends = ("production_at", "as_of")
    needed = "change_id, lead_time_hours, age_hours, production_at, as_of"
    some = "lead_time_hours is not null or age_hours is not null"
    rows = connection.sql(f"select {needed} from lead_times where {some} order by change_id").to_arrow_table()  # noqa: S608
    hours = {"change_id": rows["change_id"]}
    for column, name, end in zip(WORKING, ("lead_time_hours", "age_hours"), ends, strict=True):
        worked = calendar.hours_until(rows[end].to_numpy(), rows[name].to_numpy())
        hours[column] = pa.array(worked, from_pandas=True)
    return pa.table(hours)


def _put(connection: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
    connection.register("_rows", table)
    connection.execute(f"create table {name} as select * from _rows")  # noqa: S608  (names of ours)
    connection.unregister("_rows")


def _comments(report: Report, columns: Iterable[str], table: Mapping[str, str]) -> Iterator[str]:
    view = f"{SCHEMA}.{view_of(report.name)}"
    about = f"{report.summary}; key: {', '.join(keys()[report.name])}"
    yield f"comment on view {view} is {_literal(about)}"
    for column, meaning in meanings(report.name, columns, table).items():
        yield f'comment on column {view}."{column}" is {_literal(meaning)}'


def _run(connection: duckdb.DuckDBPyConnection, statements: Iterable[str]) -> None:
    """In one transaction, parsed at once, with no plan to improve."""
    script = ("pragma disable_optimizer", "begin", *statements, "commit", "pragma enable_optimizer")
    for statement in connection.extract_statements(";\n".join(script)):
        connection.execute(statement)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
