"""The schema `reports` of the published file: reports as commented views, so that other tools need no Headway.

Reports that are rows of a published table are views of it. The others are estimates or lists that take time: they are
made, with default options, where the settings say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import duckdb
import polars as pl

from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.cohort.services import NO_SERVICE, SERVICE
from analytics.cohort.working_time import WorkingCalendar
from analytics.reports.catalog import REPORTS, Report
from analytics.reports.published.columns import TABLES, meanings
from analytics.reports.published.joins import keys
from analytics.reports.published.tables import WORKING, columns_of, working_hours

__all__ = ["ROWS", "SCHEMA", "add_views", "view_of"]

SCHEMA = "reports"
ROWS = "report_rows"
"""The schema with the rows of views that are no query."""
_WORKING_HOURS = f"{ROWS}.working_hours"


def view_of(report: str) -> str:
    """The name of a report's view."""
    return report.replace("-", "_")


def add_views(connection: duckdb.DuckDBPyConnection, options: Options, *, every_report: bool) -> None:
    """Make both schemas again from the tables that are there; `options`: with which reports are estimated."""
    for name in (SCHEMA, ROWS):
        connection.execute(f"drop schema if exists {name} cascade")
        connection.execute(f"create schema {name}")
    comments = _comments_of_tables(connection)
    for report in REPORTS.values():
        table = TABLES.get(report.name, "")
        if table:
            _view_of_table(connection, report, table, options.calendar)
        elif every_report:
            _view_of_rows(connection, report, options)
        else:
            continue
        _comment(connection, report, comments.get(table, {}))


def _view_of_table(
    connection: duckdb.DuckDBPyConnection, report: Report, table: str, calendar: WorkingCalendar
) -> None:
    columns, source = columns_of(connection, report.name), f"main.{table}"
    if not set(WORKING).isdisjoint(columns):
        _put(connection, _WORKING_HOURS, working_hours(connection, calendar))
        source += f" left join {_WORKING_HOURS} using (change_id)"
    none = NO_SERVICE if table == TABLES["lead-time"] else SERVICE
    selected = ", ".join(none if column == SERVICE else f'"{column}"' for column in columns)
    connection.execute(f"create view {SCHEMA}.{view_of(report.name)} as select {selected} from {source}")  # noqa: S608


def _view_of_rows(connection: duckdb.DuckDBPyConnection, report: Report, options: Options) -> None:
    table = report(connection, Filters(), options)
    name = view_of(report.name)
    _put(connection, f"{ROWS}.{name}", table)
    selected = ", ".join(f'"{column}"' for column in table.columns)
    connection.execute(f"create view {SCHEMA}.{name} as select {selected} from {ROWS}.{name}")  # noqa: S608


def _put(connection: duckdb.DuckDBPyConnection, name: str, table: pl.DataFrame) -> None:
    connection.register("_rows", table.to_arrow())
    connection.execute(f"create table {name} as select * from _rows")  # noqa: S608  (names of ours)
    connection.unregister("_rows")


def _comments_of_tables(connection: duckdb.DuckDBPyConnection) -> Mapping[str, Mapping[str, str]]:
    tables = ", ".join(f"'{table}'" for table in set(TABLES.values()))
    query = (
        "select table_name, column_name, comment from duckdb_columns()"  # noqa: S608  (names of ours)
        f" where schema_name = 'main' and table_name in ({tables})"
    )
    comments: dict[str, dict[str, str]] = {}
    for table, column, comment in connection.execute(query).fetchall():
        comments.setdefault(table, {})[column] = comment or ""
    return comments


def _comment(connection: duckdb.DuckDBPyConnection, report: Report, table: Mapping[str, str]) -> None:
    view = f"{SCHEMA}.{view_of(report.name)}"
    columns = [row[0] for row in connection.execute(f"describe {view}").fetchall()]
    about = f"{report.summary}; key: {', '.join(keys()[report.name])}"
    statements = [f"comment on view {view} is {_literal(about)}"]
    statements += _of_columns(view, meanings(report.name, columns, table).items())
    connection.execute(";\n".join(("begin", *statements, "commit")))


def _of_columns(view: str, known: Iterable[tuple[str, str]]) -> Iterable[str]:
    return (f'comment on column {view}."{column}" is {_literal(meaning)}' for column, meaning in known)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
