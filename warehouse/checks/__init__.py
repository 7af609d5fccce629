"""Invariants of the built tables: each file is a query that must return no row, and each table has each key once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from headway.errors import WarehouseError
from warehouse.model import Header

__all__ = ["check_keys", "checks", "key_check", "run_checks"]

FOLDER = Path(__file__).parent


def checks() -> dict[str, str]:
    """The queries by name."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.sql"))}


def key_check(header: Header) -> str:
    """A query for the keys of a table that several rows share, or that are null in part."""
    key = ", ".join(header.key)
    null = " or ".join(f"{column} is null" for column in header.key)
    return f"select {key}, count(*) as rows from {header.table} group by {key} having count(*) > 1 or {null}"  # noqa: S608


def run_checks(connection: duckdb.DuckDBPyConnection, headers: Sequence[Header]) -> None:
    """Run the key check of each header, then all queries; raises `WarehouseError` naming the first that fails."""
    check_keys(connection, headers)
    for name, query in checks().items():
        _check(connection, name, query)


def check_keys(connection: duckdb.DuckDBPyConnection, headers: Sequence[Header]) -> None:
    """Run the key check of each header; raises `WarehouseError` naming the first that fails."""
    for header in _without_key(connection, headers):
        _check(connection, f"{header.grain} in {header.table}", key_check(header))


def _hash_check(header: Header) -> str:
    key = ", ".join(header.key)
    null = " or ".join(f"{column} is null" for column in header.key)
    keys = f"select hash({key}) as hashed, {null} as no_key from {header.table}"  # noqa: S608
    return f"select hashed from ({keys}) group by hashed having count(*) > 1 or bool_or(no_key) limit 1"  # noqa: S608


def _check(connection: duckdb.DuckDBPyConnection, name: str, query: str) -> None:
    rows = connection.sql(query).limit(3).to_arrow_table().to_pylist()
    if rows:
        raise WarehouseError(
            f"the built tables break the invariant {name}: {rows}",
            hint="nothing was published and the previous build is still served; please report this",
        )


def _without_key(connection: duckdb.DuckDBPyConnection, headers: Sequence[Header]) -> list[Header]:
    """Tables of which a row may have no key of its own: one query for all, which costs a third of one for each.

    It looks at hashes of the keys, which takes half of the time again; two keys may have one.
    """
    parts = [f"(select '{header.table}' as name from ({_hash_check(header)}))" for header in headers]  # noqa: S608
    names = {name for (name,) in connection.execute(" union all ".join(parts)).fetchall()} if parts else set()
    return [header for header in headers if header.table in names]
