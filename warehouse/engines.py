"""Where models run: DuckDB on one machine, Spark (or anything that speaks Spark Connect) beyond it.

An engine knows raw files, Arrow tables and SQL in the subset that both share. DuckDB needs two macros for that, Spark
nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

__all__ = ["DuckDBEngine", "Engine", "files_without"]

_SHORT_ROWS = 1_000


class Engine(Protocol):
    """What the build needs of an engine. Names are ours; texts from outside only ever travel as values."""

    def scan(self, name: str, files: Sequence[Path], schema: pa.Schema) -> None:
        """Make Parquet files readable as one table; without files an empty one.

        A column of the schema that a file lacks, because an earlier version wrote it, is null in its rows.
        """

    def repositories(self, names: Sequence[str]) -> list[str]:
        """The ids of repositories in these scanned tables, each once."""

    def respell(self, name: str, spellings: Mapping[str, str]) -> None:
        """Replace ids of repositories in a scanned table by the spelling to use; the files stay."""

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
        self._read: dict[str, str] = {}
        # A query takes milliseconds, whatever it finds: of a table without rows nothing is asked, and a short list
        # that every model asks for is asked for once.
        self._empty: dict[str, pa.Schema | None] = {}
        self._short: dict[str, dict[tuple[tuple[str, ...], tuple[str, ...]], pa.Table]] = {}
        connection.execute("create or replace temp macro unix_micros(ts) as epoch_us(ts)")
        connection.execute("set preserve_insertion_order = false")

    def scan(self, name: str, files: Sequence[Path], schema: pa.Schema) -> None:
        """See `Engine.scan`."""
        if not files:
            self.put(name, schema.empty_table(), temporary=True)
            return
        self._made(name)
        # As text, for a view takes no parameters; the names are paths of our own making, and quoted.
        listed = ", ".join(_literal(str(file)) for file in files)
        self._read[name] = f"read_parquet([{listed}])"
        if files_without(files, schema):
            self.put(f"{name}_columns", schema.empty_table(), temporary=True)
            self._read[name] = (
                f'(select * from "{name}_columns" union all by name '  # noqa: S608
                f"select * from read_parquet([{listed}], union_by_name = true))"
            )
        self.connection.execute(f'create or replace temp view "{name}" as select * from {self._read[name]}')  # noqa: S608

    def repositories(self, names: Sequence[str]) -> list[str]:
        """See `Engine.repositories`."""
        ids = " union ".join(f'select repo_id from "{name}"' for name in names)  # noqa: S608
        return [repo_id for (repo_id,) in self.connection.sql(f"{ids} order by repo_id").fetchall()]

    def respell(self, name: str, spellings: Mapping[str, str]) -> None:
        """See `Engine.respell`."""
        if (read := self._read.get(name)) is None:
            read = f'"{name}_as_read"'
            self.connection.execute(f"drop table if exists {read}")
            self.connection.execute(f'alter table "{name}" rename to {read}')
        self._short.pop(name, None)
        others = ", ".join(map(_literal, spellings))
        cases = " ".join(f"when {_literal(other)} then {_literal(used)}" for other, used in spellings.items())
        # Apart, so that a condition on the repository still skips the files and row groups without it.
        self.connection.execute(
            f'create or replace temp view "{name}" as select * from {read} where repo_id not in ({others})'  # noqa: S608
            f" union all select * replace (case repo_id {cases} end as repo_id) from {read} where repo_id in ({others})"
        )

    def put(self, name: str, table: pa.Table, *, temporary: bool = False) -> None:
        """See `Engine.put`."""
        kind = "temp table" if temporary else "table"
        self.connection.register("_arriving", table)
        try:
            self.connection.execute(f'create or replace {kind} "{name}" as select * from _arriving')  # noqa: S608
        finally:
            self.connection.unregister("_arriving")
        self._made(name, table.num_rows, table.schema)

    def create(self, name: str, sql: str) -> None:
        """See `Engine.create`."""
        ((rows,),) = self.connection.execute(f'create or replace table "{name}" as {sql}').fetchall()
        self._made(name, rows)

    def fetch(
        self, name: str, columns: Sequence[str], *, order: Sequence[str] = (), repo_id: str | None = None
    ) -> pa.Table:
        """See `Engine.fetch`."""
        if name in self._empty:
            return self._without_rows(name).select(columns)
        key = (tuple(columns), tuple(order))
        if repo_id is None and key in (known := self._short.get(name, {})):
            return known[key]
        table = self._query(name, columns, order, repo_id)
        if repo_id is None and table.num_rows <= _SHORT_ROWS:
            self._short.setdefault(name, {})[key] = table
        return table

    def _made(self, name: str, rows: int | None = None, schema: pa.Schema | None = None) -> None:
        """Forget what was known of a table, and note whether it has no rows."""
        self._short.pop(name, None)
        self._empty.pop(name, None)
        if rows == 0:
            self._empty[name] = schema

    def _without_rows(self, name: str) -> pa.Table:
        """All columns of a table that has no rows."""
        schema = self._empty[name]
        if schema is None:
            schema = self._empty[name] = self.connection.sql(f'select * from "{name}"').to_arrow_table().schema  # noqa: S608
        return schema.empty_table()

    def _query(self, name: str, columns: Sequence[str], order: Sequence[str], repo_id: str | None) -> pa.Table:
        chosen = ", ".join(f'"{column}"' for column in columns)
        condition = " where repo_id = $repo_id" if repo_id is not None else ""
        ordered = " order by " + ", ".join(f'"{column}"' for column in order) if order else ""
        parameters: dict[str, Any] = {"repo_id": repo_id} if repo_id is not None else {}
        relation = self.connection.sql(f'select {chosen} from "{name}"{condition}{ordered}', params=parameters)  # noqa: S608
        return relation.to_arrow_table()


def _literal(text: str) -> str:
    # As text, for a view takes no parameters; the texts are paths of our own making and ids of repositories, quoted.
    return "'" + text.replace("'", "''") + "'"
