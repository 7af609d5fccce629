"""Keys of reports, and the joins between tables: one list for the reference page and for a test of each."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["Join", "joins", "keys"]

_FILE = Path(__file__).with_name("joins.toml")


@dataclass(frozen=True)
class Join:
    """Columns of a table that lead to one row of another; `optional`: why some rows lead nowhere, else empty."""

    table: str
    columns: tuple[str, ...]
    to: str
    to_columns: tuple[str, ...]
    meaning: str
    optional: str = ""


@cache
def keys() -> Mapping[str, Sequence[str]]:
    """The key of each report: no two rows of it share one."""
    listed: dict[str, list[str]] = _read()["keys"]
    return listed


@cache
def joins() -> tuple[Join, ...]:
    """Every join, in the order of the page."""
    return tuple(
        Join(
            entry["from"],
            tuple(entry["columns"]),
            entry["to"],
            tuple(entry.get("to_columns", entry["columns"])),
            entry["meaning"],
            entry.get("optional", ""),
        )
        for entry in _read()["join"]
    )


def _read() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
