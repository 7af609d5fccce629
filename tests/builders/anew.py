"""An engine of a test that makes every table itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from tests.builders.shelf import prepare
from warehouse.build import make
from warehouse.checks import check_keys, run_checks
from warehouse.engines import DuckDBEngine
from warehouse.model import Model

__all__ = ["Anew"]


class Anew(DuckDBEngine):
    """Makes every table of raw rows that were never written to a file, in a database of its own."""

    def __init__(self, raw: Mapping[str, pa.Table]) -> None:
        connection = duckdb.connect()
        prepare(connection)
        super().__init__(connection)
        self._raw = raw

    def close(self) -> None:
        """Forget the tables."""
        self.connection.close()

    def scan(self, name: str, files: Sequence[Path], schema: pa.Schema) -> None:
        """Put the rows of a raw table."""
        self.put(name, self._raw[name.removeprefix("raw_")], temporary=True)

    def make(self, model: Model) -> None:
        """Make the tables of a model."""
        make(self, model)

    def check(self, made: Sequence[Model]) -> None:
        """Check the keys of the tables of these models."""
        check_keys(self.connection, [header for model in made for header in model.headers])

    def check_invariants(self) -> None:
        """Run the checks of whole tables."""
        run_checks(self.connection, [])

    def reading(self, make_tables: Callable[[None], None]) -> duckdb.DuckDBPyConnection:
        """Return a connection to all tables."""
        make_tables(None)
        return self.connection
