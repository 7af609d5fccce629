"""One setting as a field of a dataclass: its default, and in the metadata what it means and which values it takes."""

from __future__ import annotations

from dataclasses import field
from typing import Any

__all__ = ["setting"]


def setting(
    default: Any,
    doc: str,
    *,
    choices: tuple[str, ...] = (),
    pattern: bool = False,
    tables: type | None = None,
    numbers: bool = False,
    longest: int | None = None,
) -> Any:
    """A field that `headway.settings` reads and that `headway init` and `docs/settings.md` explain.

    `choices`: the only values; `pattern`: a regular expression; `longest`: the most characters; `tables`: it is a list
    of tables of this class; `numbers`: it is a table of numbers, kept as pairs by name.
    """
    metadata = {"doc": doc, "choices": choices, "pattern": pattern, "longest": longest}
    return field(default=default, metadata={**metadata, "tables": tables, "numbers": numbers})
