"""Invariants of the built tables: each file is a query that must find nothing."""

from __future__ import annotations

from pathlib import Path

import duckdb

from headway.errors import WarehouseError

__all__ = ["checks", "run_checks"]

FOLDER = Path(__file__).parent


def checks() -> dict[str, str]:
    """The queries by name."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.sql"))}


def run_checks(connection: duckdb.DuckDBPyConnection) -> None:
    """Run all of them; raises `WarehouseError` naming the first that finds a row."""
    for name, query in checks().items():
        found = connection.sql(query).limit(3).to_arrow_table().to_pylist()
        if found:
            raise WarehouseError(
                f"the built tables break the invariant {name}: {found}",
                hint="nothing was published and the one before still serves; please report this",
            )
