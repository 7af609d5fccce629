"""Tables that the small builds of one process share.

A model is a pure function: from the same tables it makes the same tables. So a build takes what an earlier one made of
equal inputs, and runs only the models whose inputs differ. Most tests of a file have most of their rows in common, and
most tables are empty in most of them. `tests/warehouse/test_shelf.py` compares such builds with builds anew.
"""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, Self, cast

import duckdb
import pyarrow as pa

from warehouse.build import make
from warehouse.checks import check_keys, checks, run_checks
from warehouse.engines import DuckDBEngine
from warehouse.model import Model, PythonModel, SqlModel

__all__ = ["MOST", "Place", "SharedEngine", "Shelf", "names_in", "prepare", "shelf"]

MOST = 1500
"""How many tables a shelf retains; one takes some 0.1 MB."""


Make = Callable[[Collection[str] | None], None]
_WITHOUT_TABLES = frozenset({"close", "fetchall", "fetchone", "interrupt", "register", "unregister"})
_ANY_TABLE = frozenset({"insert", "update", "delete", "information_schema", "duckdb_columns", "duckdb_tables"})


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Set DuckDB for tables of a few rows."""
    # They gain nothing by a second core, which another test is using.
    connection.execute("set threads = 1")
    # Nor by weighing orders of joins, which is most of what building them takes.
    connection.execute("set disabled_optimizers = 'join_order,statistics_propagation'")


class Place(NamedTuple):
    """A table on the shelf: its schema there, and a name for its content."""

    schema: str
    token: str


class Shelf:
    """The tables made so far, by what they were made of; the one that was used last is dropped last."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self.connection = duckdb.connect()
        prepare(self.connection)
        self.connection.execute("create schema nothing")  # each table that was ever empty, by its name
        self.places: OrderedDict[str, Place] = OrderedDict()
        self.runs: dict[str, dict[str, Place]] = {}
        self.checked: set[str] = set()
        self.counts: dict[str, Mapping[str, int]] = {}
        self.fetched: OrderedDict[tuple[object, ...], pa.Table] = OrderedDict()
        self.empty: set[str] = set()
        self.using = 0
        self._schemas = 0

    def schema(self, prefix: str) -> str:
        """A new schema of this database."""
        self._schemas += 1
        name = f"{prefix}{self._schemas}"
        self.connection.execute(f"create schema {name}")
        return name

    def drop(self, schema: str) -> None:
        """Drop a schema with all that is in it."""
        self.connection.execute(f"drop schema {schema} cascade")

    def leave(self) -> None:
        """Drop the oldest tables beyond what a shelf retains, if no build is using any."""
        self.using -= 1
        while not self.using and len(self.places) > self.most:
            _, place = self.places.popitem(last=False)
            if place.schema != "nothing":
                self.drop(place.schema)
                self.runs = {key: made for key, made in self.runs.items() if place not in made.values()}


@cache
def shelf() -> Shelf:
    """The shelf of this process."""
    return Shelf()


class SharedEngine(DuckDBEngine):
    """Makes the tables of one build, or finds them on the shelf.

    `given` is all that models know beside their inputs.
    """

    def __init__(self, store: Shelf, raw: Mapping[str, pa.Table], given: object) -> None:
        self._shelf = store
        self._raw = raw
        self._given = repr(given)
        self._schema = store.schema("build")
        store.using += 1
        super().__init__(store.connection.cursor())
        self.path = f"set search_path = '{self._schema},nothing'"
        self.connection.execute(self.path)
        self.places: dict[str, Place] = {}
        self._copied: set[str] = set()

    def close(self) -> None:
        """End the build."""
        self.connection.close()
        self._shelf.drop(self._schema)
        self._shelf.leave()

    def scan(self, name: str, files: Sequence[Path], schema: pa.Schema) -> None:
        """Raw rows that were never written to a file."""
        self.put(name, self._raw[name.removeprefix("raw_")])

    def respell(self, name: str, spellings: Mapping[str, str]) -> None:
        """See `Engine.respell`; an empty table has nothing to spell."""
        place = self.places[name]
        if place.schema != "nothing":
            self._read[name] = f'{place.schema}."{name}"'
            super().respell(name, spellings)
            self.places[name] = Place(place.schema, _digest(place.token, *spellings, *spellings.values()))

    def put(self, name: str, table: pa.Table, *, temporary: bool = False) -> None:
        """See `Engine.put`; tables of equal rows share a place."""

        def fill(target: str) -> int:
            self.connection.register("_arriving", table)
            try:
                self.connection.execute(f"create table {target} as select * from _arriving")
            finally:
                self.connection.unregister("_arriving")
            return int(table.num_rows)

        self._place(name, _digest(name, _content(table)), fill)

    def create(self, name: str, sql: str) -> None:
        """See `Engine.create`; equal queries on equal tables share a place."""

        def fill(target: str) -> int:
            ((rows,),) = self.connection.execute(f"create table {target} as {sql}").fetchall()
            return int(rows)

        self._place(name, self._token(SqlModel(name, sql)), fill)

    def fetch(
        self, name: str, columns: Sequence[str], *, order: Sequence[str] = (), repositories: Sequence[str] | None = None
    ) -> pa.Table:
        """See `Engine.fetch`; equal tables are read once."""
        among = tuple(repositories) if repositories is not None else None
        key = (self.places[name].token, tuple(columns), tuple(order), among)
        fetched = self._shelf.fetched
        if key not in fetched:
            fetched[key] = super().fetch(name, columns, order=order, repositories=repositories)
            if len(fetched) > self._shelf.most:
                fetched.popitem(last=False)
        fetched.move_to_end(key)
        return fetched[key]

    def counts(self, name: str) -> Mapping[str, int]:
        """See `Engine.counts`; equal tables are counted once."""
        token = self.places[name].token
        if token not in self._shelf.counts:
            self._shelf.counts[token] = super().counts(name)
        return self._shelf.counts[token]

    def reading(self, make: Make) -> duckdb.DuckDBPyConnection:
        """A connection whose queries find the tables that they name, which `make` makes."""

        def ready(names: Collection[str] | None) -> None:
            make(names)
            self._copy(self.places if names is None else names)

        return cast(duckdb.DuckDBPyConnection, SharedConnection(self.connection, self.path, ready))

    def _copy(self, names: Collection[str]) -> None:
        """Copy tables of this build: reports read row numbers, which a view has not."""
        for name in names:
            if name not in self._copied and name in self.places and not name.startswith("raw_"):
                self.connection.execute(f'drop view if exists {self._schema}."{name}"')
                self.connection.execute(
                    f'create table {self._schema}."{name}" as from {self.places[name].schema}."{name}"'
                )
                self._copied.add(name)

    def make(self, model: Model) -> None:
        """Make the tables of a model, or find them."""
        if not isinstance(model, PythonModel):
            make(self, model)
            return
        # A function that was made for these settings knows more than its inputs.
        alone = getattr(model.function, "__closure__", self) is None
        run = _digest(self._token(model), "" if alone else self._given)
        made = self._shelf.runs.get(run)
        if made is None:
            make(self, model)
            self._shelf.runs[run] = {table: self.places[table] for table in model.outputs}
        else:
            for table, place in made.items():
                self._view(table, place)

    def check(self, made: Sequence[Model]) -> None:
        """Check the keys of the tables of these models, and the invariants, where no build did so before."""
        headers = [(header, self.places[header.table].token) for model in made for header in model.headers]
        new = [(header, token) for header, token in headers if token not in self._shelf.checked]
        check_keys(self.connection, [header for header, _ in new])
        self._shelf.checked.update(token for _, token in new)

    def check_invariants(self) -> None:
        """Run the checks of whole tables, unless a build did so on equal ones."""
        token = _digest(*(self._token(SqlModel(name, query)) for name, query in checks().items()))
        if token not in self._shelf.checked:
            run_checks(self.connection, [])
            self._shelf.checked.add(token)

    def _token(self, model: Model) -> str:
        text = model.sql if isinstance(model, SqlModel) else ""
        return _digest(model.name, text, *(self.places[table].token for table in sorted(model.reads)))

    def _place(self, name: str, token: str, fill: Callable[[str], int]) -> None:
        place = self._shelf.places.get(token)
        if place is None:
            schema = self._shelf.schema("kept")
            if fill(f'{schema}."{name}"'):
                place = Place(schema, token)
            else:
                if name not in self._shelf.empty:
                    self.connection.execute(f'create table nothing."{name}" as from {schema}."{name}"')
                    self._shelf.empty.add(name)
                self._shelf.drop(schema)
                place = Place("nothing", f"no {name}")
            self._shelf.places[token] = place
        self._shelf.places.move_to_end(token)
        self._view(name, place)

    def _view(self, name: str, place: Place) -> None:
        self.places[name] = place
        self._counts.pop(name, None)
        if place.schema != "nothing":  # an empty table is found there by its name
            self.connection.execute(f'create view {self._schema}."{name}" as from {place.schema}."{name}"')


class SharedConnection:
    """A connection whose cursors look for tables where it does, and whose queries wait for the tables that they name.

    A query that writes, or that names no table, waits for all: what a test changes must be in no table made later.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: str, ready: Make) -> None:
        self._connection = connection
        self._path = path
        self._ready = ready

    def cursor(self) -> SharedConnection:
        """Another connection to the same tables."""
        cursor = self._connection.cursor()
        cursor.execute(self._path)
        return SharedConnection(cursor, self._path, self._ready)

    def execute(self, query: Any, *rest: Any) -> duckdb.DuckDBPyConnection:
        """As the method of this name, when the tables are there."""
        self._ready(names_in(query))
        return self._connection.execute(query, *rest)

    def sql(self, query: Any, **rest: Any) -> duckdb.DuckDBPyRelation:
        """As the method of this name, when the tables are there."""
        self._ready(names_in(query))
        return self._connection.sql(query, **rest)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def __getattr__(self, name: str) -> Any:
        if name not in _WITHOUT_TABLES:
            self._ready(None)
        return getattr(self._connection, name)


def names_in(query: object) -> frozenset[str] | None:
    """The words of a query that reads, names of tables among them; nothing of one that may write or read any table."""
    words = frozenset(re.findall(r"\w+", query)) if isinstance(query, str) else frozenset()
    reads = isinstance(query, str) and re.match(r"\s*(select|with|from|values)\b", query) is not None
    return words if reads and not words & _ANY_TABLE else None


def _digest(*texts: str) -> str:
    whole = hashlib.sha256()
    for text in texts:
        whole.update(f"{len(text)} {text}".encode())
    return whole.hexdigest()


def _content(table: pa.Table) -> str:
    if not table.num_rows:
        return "nothing"
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return hashlib.sha256(sink.getvalue()).hexdigest()
