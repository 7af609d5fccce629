"""Where models run: DuckDB on one machine, Spark (or anything that speaks Spark Connect) beyond it.

An engine knows raw files, Arrow tables and SQL in the subset that both share. DuckDB needs two macros for that, Spark
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["DuckDBEngine", "Engine", "files_without"]


class Engine(Protocol):
    """What the build needs of an engine. Names are ours; texts from outside only ever travel as values."""

    def scan(self, name: str, files: Sequence[Path], schema: pa.Schema) -> None:
        """Make Parquet files readable as one table; without files an empty one.

        A column of the schema that a file lacks, because an earlier version wrote it, is null in its rows.
        """

    def put(self, name: str, table: pa.Table) -> None:
        """Make a table of an Arrow table."""

    def create(self, name: str, sql: str) -> None:
        """Make a table of a query."""

    def fetch(
        self, name: str, columns: Sequence[str], *, order: Sequence[str] = (), repo_id: str | None = None
    ) -> pa.Table:
        """Columns of a table, of one repository if named, in a fixed order if requested."""


def files_without(files: Sequence[Path], schema: pa.Schema) -> list[Path]:
    """The files that lack a column of the schema: a version that did not have it yet wrote them."""
    columns = set(schema.names)
    return [file for file in files if not columns <= set(pq.read_schema(file).names)] if columns else []


class DuckDBEngine:
    """Tables in one DuckDB connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        connection.execute("create or replace temp macro unix_micros(ts) as epoch_us(ts)")
        connection.execute("set preserve_insertion_order = false")

    def scan(self, name: str, files: Sequence[Path], schema: pa.Schema) -> None:
        """See `Engine.scan`."""
        if not files:
            self.put(name, schema.empty_table(), temporary=True)
            return
        # As text, for a view takes no parameters; the names are paths of our own making, and quoted.
        listed = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
        rows = f"select * from read_parquet([{listed}])"  # noqa: S608
        if files_without(files, schema):
            self.put(f"{name}_columns", schema.empty_table(), temporary=True)
            rows = (
                f'select * from "{name}_columns" union all by name '  # noqa: S608
                f"select * from read_parquet([{listed}], union_by_name = true)"
            )
        self.connection.execute(f'create or replace temp view "{name}" as {rows}')

    def put(self, name: str, table: pa.Table, *, temporary: bool = False) -> None:
        """See `Engine.put`."""
        kind = "temp table" if temporary else "table"
        self.connection.register("_arriving", table)
        try:
            self.connection.execute(f'create or replace {kind} "{name}" as select * from _arriving')  # noqa: S608
        finally:
            self.connection.unregister("_arriving")

    def create(self, name: str, sql: str) -> None:
        """See `Engine.create`."""
        self.connection.execute(f'create or replace table "{name}" as {sql}')

    def fetch(
        self, name: str, columns: Sequence[str], *, order: Sequence[str] = (), repo_id: str | None = None
    ) -> pa.Table:
        """See `Engine.fetch`."""
        chosen = ", ".join(f'"{column}"' for column in columns)
        condition = " where repo_id = $repo_id" if repo_id is not None else ""
        ordered = " order by " + ", ".join(f'"{column}"' for column in order) if order else ""
        parameters: dict[str, Any] = {"repo_id": repo_id} if repo_id is not None else {}
        relation = self.connection.sql(f'select {chosen} from "{name}"{condition}{ordered}', params=parameters)  # noqa: S608
        return relation.to_arrow_table()
