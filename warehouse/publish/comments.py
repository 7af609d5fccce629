"""Comments in the published file: what each table and column is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import duckdb

from warehouse.model import Header

__all__ = ["comment"]


def comment(connection: duckdb.DuckDBPyConnection, headers: Iterable[Header]) -> None:
    """Say in the file what each table and column is: in one transaction, parsed at once, with no plan to improve."""
    comments = [statement for header in headers for statement in _comments_of(header)]
    script = ("pragma disable_optimizer", "begin", *comments, "commit", "pragma enable_optimizer")
    for statement in connection.extract_statements(";\n".join(script)):
        connection.execute(statement)


def _comments_of(header: Header) -> Iterator[str]:
    about = f"{header.summary}; {header.grain}; key: {', '.join(header.key)}"
    yield f'comment on table "{header.table}" is {_literal(about)}'
    for column, meaning in header.columns.items():
        yield f'comment on column "{header.table}"."{column}" is {_literal(meaning)}'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
