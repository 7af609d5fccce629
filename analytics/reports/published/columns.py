"""What each column of a report means: one catalogue for the reference page and for the views of the published file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

__all__ = ["TABLES", "catalog", "meanings"]

_FILE = Path(__file__).with_name("columns.toml")
_ANY = "any"
TABLES: Mapping[str, str] = {
    "lead-time": "lead_times",
    "deployments": "deployments",
    "coverage": "coverage",
    "classification": "lead_times",
}
"""Reports that are rows of a published table, and that table."""


@cache
def catalog() -> Mapping[str, Mapping[str, str]]:
    """The sections of `columns.toml`: by report the meaning of each of its columns; `any`: of those of all."""
    sections: dict[str, dict[str, str]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return sections


def meanings(report: str, columns: Iterable[str], table: Mapping[str, str]) -> dict[str, str]:
    """The meaning of each column of a report; `table`: those of the published table that it shows, else none.

    Raises `KeyError` for a column that the catalogue lacks.
    """
    sections = catalog()
    by_column = {**sections[_ANY], **table, **sections.get(report, {})}
    return {column: by_column[column] for column in columns}
