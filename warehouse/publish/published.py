"""The published file as readers find it: `CURRENT` names it."""

from __future__ import annotations

from pathlib import Path

import duckdb

from headway.errors import WarehouseError

__all__ = ["current", "current_name", "is_sound", "open_file", "open_published", "published"]

_LONGEST_NAME = 200


def current(warehouse: Path) -> Path:
    """The published file; raises `WarehouseError` if nothing was built yet."""
    pointer = warehouse / "CURRENT"
    try:
        path = warehouse / pointer.read_text(encoding="ascii").strip()
    except OSError as error:
        raise WarehouseError(
            f"nothing was built in {warehouse} yet", hint="run `headway collect TARGET`, or `headway demo`"
        ) from error
    except ValueError as error:
        raise WarehouseError(f"{pointer} is damaged", hint="run `headway build`") from error
    if len(path.name) > _LONGEST_NAME or not path.is_file():
        name = path.name[:_LONGEST_NAME]
        raise WarehouseError(f"{pointer} names {name}, which does not exist", hint="run `headway build`")
    return path


def current_name(warehouse: Path) -> str:
    """The name of the published file, empty if there is none."""
    path = published(warehouse)
    return path.name if path else ""


def published(warehouse: Path) -> Path | None:
    """The published file, None if there is none."""
    try:
        return current(warehouse)
    except WarehouseError:
        return None


def open_published(warehouse: Path) -> duckdb.DuckDBPyConnection:
    """A read-only connection to the published file that can reach no other file and no network."""
    return open_file(current(warehouse))


def open_file(path: Path, *, locked: bool = True) -> duckdb.DuckDBPyConnection:
    """As `open_published`, for a published file by its own name; unless `locked`, memory and threads can be set."""
    connection = duckdb.connect(str(path), read_only=True)
    connection.execute("set enable_progress_bar = false")
    connection.execute("set enable_external_access = false")
    connection.execute(f"set lock_configuration = {str(locked).lower()}")
    return connection


def is_sound(path: Path) -> bool:
    """Whether a published file can be opened."""
    try:
        open_file(path).close()
    except duckdb.Error:
        return False
    return True
