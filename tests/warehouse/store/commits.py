"""Batches of one letter."""

from __future__ import annotations

from tests.builders.rows import hour
from warehouse.store import Commit


def commit(name: str, *, rows: int, replaces: str = "") -> Commit:
    """A batch that replaces those with these letters."""
    files = {"notices": ("x.parquet",)} if rows else {}
    return Commit(name, "s", files, {"notices": rows}, {}, hour(1), None, ("r",), tuple(replaces))
