"""Where models run: DuckDB on one machine, Spark (or anything that speaks Spark Connect) beyond it.

An engine knows raw files, Arrow tables and SQL in the subset that both share. DuckDB needs two macros for that, Spark
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow as pa

from headway.raw_tables.table import BOOL, INT, NUMBER, TEXT, TIME
from warehouse.upkeep.file_schemas import files_unlike

__all__ = ["DuckDBEngine", "Engine"]

_SQL_TYPES = {TEXT: "varchar", TIME: "timestamp", INT: "bigint", BOOL: "boolean", NUMBER: "double"}


class Engine(Protocol):
    """What the build needs of an engine. Names are ours; texts from outside only ever travel as values."""

    def scan(self, name: str, files: Sequence[Path], schema: pa.Schema) -> None:
        """Make Parquet files readable as one table; without files an empty one.

        A column of the schema that a file lacks, because an earlier version wrote it, is null in its rows; one that a
        newer version added is left out.
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
        self, name: str, columns: Sequence[str], *, order: Sequence[str] = (), repositories: Sequence[str] | None = None
    ) -> pa.Table:
        """Columns of a table, in a fixed order if requested.

        With `repositories`, which are in order, only their rows, one repository after the other.
        """

    def counts(self, name: str) -> Mapping[str, int]:
        """How many rows of a table each repository has, in order; those without a row are not there."""


class DuckDBEngine:
    """Tables in one DuckDB connection."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self._read: dict[str, str] = {}
        self._scanned: dict[str, pa.Schema] = {}
        self.spellings: Mapping[str, str] = {}
        self._counts: dict[str, dict[str, int]] = {}
        self._schemas: dict[str, pa.Schema] = {}
        self.empty: set[str] = set()
        """Tables that were made without a row; whether others have one is not known."""
        connection.execute("create or replace temp macro unix_micros(ts) as epoch_us(ts)")
        connection.execute("set preserve_insertion_order = false")

    def scan(self, name: str, files: Sequence[Path], schema: pa.Schema) -> None:
        """See `Engine.scan`."""
        self.forget(name)
        if not files:
            self.put(name, schema.empty_table(), temporary=True)
            return
        self._scanned[name] = schema
        self._read[name] = self._source(name, files)
        self.connection.execute(f'create or replace temp view "{name}" as select * from {self._read[name]}')  # noqa: S608

    def _source(self, name: str, files: Sequence[Path]) -> str:
        """What to read some files of a scanned table from."""
        schema = self._scanned[name]
        # As text, for a view takes no parameters; the names are paths of our own making, and quoted.
        listed = ", ".join(_literal(str(file)) for file in files)
        if files and not files_unlike(files, schema):
            return f"read_parquet([{listed}])"
        self.put(f"{name}_columns", schema.empty_table(), temporary=True)
        if not files:
            return f'"{name}_columns"'
        columns = ", ".join(f'"{column}"' for column in schema.names)
        return (
            f'(select {columns} from (select * from "{name}_columns" union all by name '  # noqa: S608
            f"select * from read_parquet([{listed}], union_by_name = true)))"
        )

    def repositories(self, names: Sequence[str]) -> list[str]:
        """See `Engine.repositories`."""
        ids = " union ".join(f'select repo_id from "{name}"' for name in names)  # noqa: S608
        return [repo_id for (repo_id,) in self.connection.sql(f"{ids} order by repo_id").fetchall()]

    def respell(self, name: str, spellings: Mapping[str, str]) -> None:
        """See `Engine.respell`."""
        self.forget(name)
        self.spellings = spellings
        if (read := self._read.get(name)) is None:
            read = f'"{name}_as_read"'
            self.connection.execute(f"drop table if exists {read}")
            self.connection.execute(f'alter table "{name}" rename to {read}')
        self.connection.execute(f'create or replace temp view "{name}" as {self._respelled(read)}')

    def _respelled(self, read: str) -> str:
        others = ", ".join(map(_literal, self.spellings))
        if not others:
            return f"select * from {read}"  # noqa: S608
        cases = " ".join(f"when {_literal(other)} then {_literal(used)}" for other, used in self.spellings.items())
        # Apart, so that a condition on the repository still skips the files and row groups without it.
        return (
            f"select * from {read} where repo_id not in ({others})"  # noqa: S608
            f" union all select * replace (case repo_id {cases} end as repo_id) from {read} where repo_id in ({others})"
        )

    @contextmanager
    def narrowed(self, tables: Mapping[str, Sequence[Path] | None], condition: str) -> Iterator[None]:
        """Let these tables have only the rows that meet a condition, meanwhile.

        Of scanned tables only these files are read; those without any file stay as they are.
        """
        made = {name: files for name, files in tables.items() if files is None or name in self._scanned}
        (database,) = self.connection.execute("select current_database()").fetchall()[0]
        try:
            for name, files in made.items():
                source = f'select * from {database}.main."{name}"'  # noqa: S608
                if files is not None:
                    source = self._respelled(self._source(name, files))
                self.connection.execute(
                    f'create or replace temp view "{name}" as select * from ({source}) where {condition}'  # noqa: S608
                )
            yield
        finally:
            for name, files in made.items():
                if files is None:
                    self.connection.execute(f'drop view if exists temp."{name}"')
                else:
                    whole = self._respelled(self._read[name])
                    self.connection.execute(f'create or replace temp view "{name}" as {whole}')

    def put(self, name: str, table: pa.Table, *, temporary: bool = False) -> None:
        """See `Engine.put`."""
        self.forget(name)
        self._schemas[name] = table.schema
        if table.num_rows == 0:
            self._note_empty(name)
        kind = "temp table" if temporary else "table"
        if table.num_rows == 0 and _SQL_TYPES.keys() >= set(table.schema.types):  # a quarter of the cost; most are
            columns = ", ".join(f'"{field.name}" {_SQL_TYPES[field.type]}' for field in table.schema)
            self.connection.execute(f'create or replace {kind} "{name}" ({columns})')
            return
        self.connection.register("_arriving", table)
        try:
            self.connection.execute(f'create or replace {kind} "{name}" as select * from _arriving')  # noqa: S608
        finally:
            self.connection.unregister("_arriving")

    def create(self, name: str, sql: str) -> None:
        """See `Engine.create`."""
        self.forget(name)
        ((rows,),) = self.connection.execute(f'create or replace table "{name}" as {sql}').fetchall()
        if rows == 0:
            self._note_empty(name)

    def fetch(
        self, name: str, columns: Sequence[str], *, order: Sequence[str] = (), repositories: Sequence[str] | None = None
    ) -> pa.Table:
        """See `Engine.fetch`."""
        if name in self.empty or (repositories is not None and not repositories):  # a query takes milliseconds
            return self._columns_of(name).empty_table().select(columns)
        chosen = ", ".join(f'"{column}"' for column in columns)
        sql = f'select {chosen} from "{name}"'  # noqa: S608 - names of ours
        parameters: dict[str, Any] = {}
        if repositories is not None:
            sql += " where " + _among(repositories, self.counts(name), parameters)
            order = (*["repo_id"] * (len(repositories) > 1), *order)
        if order:
            sql += " order by " + ", ".join(f'"{column}"' for column in order)
        return self.connection.sql(sql, params=parameters).to_arrow_table()

    def _columns_of(self, name: str) -> pa.Schema:
        if name not in self._schemas:
            self._schemas[name] = self.connection.sql(f'select * from "{name}" limit 0').to_arrow_table().schema  # noqa: S608
        return self._schemas[name]

    def forget(self, name: str) -> None:
        """Forget what was known of a table that is made anew."""
        self._counts.pop(name, None)
        self._schemas.pop(name, None)
        self.empty.discard(name)

    def _note_empty(self, name: str) -> None:
        self._counts[name] = {}
        self.empty.add(name)

    def counts(self, name: str) -> Mapping[str, int]:
        """See `Engine.counts`."""
        if name not in self._counts:
            sql = f'select repo_id, count(*) from "{name}" group by repo_id order by repo_id'  # noqa: S608
            self._counts[name] = dict(self.connection.execute(sql).fetchall())
        return self._counts[name]


def _among(repositories: Sequence[str], counts: Mapping[str, int], parameters: dict[str, Any]) -> str:
    """A condition that finds the rows of these repositories, and its parameters."""
    if len(repositories) == len(counts):  # all that there are
        return "true"
    if len(repositories) == 1:  # files and row groups without it are skipped
        parameters["repo_id"] = repositories[0]
        return "repo_id = $repo_id"
    parameters["repo_ids"] = list(repositories)
    return "repo_id in (select unnest($repo_ids))"


def _literal(text: str) -> str:
    # As text, for a view takes no parameters; the texts are paths of our own making and ids of repositories, quoted.
    return "'" + text.replace("'", "''") + "'"
