"""A published file while it is written: by another name, and within memory that is bounded."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import duckdb

from headway.errors import WarehouseError
from warehouse.building.bounds import bound, limits_of

__all__ = ["STORAGE_VERSION", "UNFINISHED", "Addition", "too_small", "write_within"]

_Result = TypeVar("_Result")
# Readable by DuckDB 1.5 too.
STORAGE_VERSION = "v1.5.0"
# No log of what is written: a file that is not whole is never read, and a log would write most of it twice.
_FILE_OPTIONS = f"storage_version '{STORAGE_VERSION}', recovery_mode 'no_wal_writes'"
UNFINISHED = ".building"
# A disk that refuses a write: at once, when a table is committed, or in whatever follows one that failed.
_DISK = (duckdb.IOException, duckdb.TransactionException, duckdb.FatalException)


@dataclass(frozen=True)
class Addition:
    """What a published file has beside its tables, made of them; `made_by`: what decides it beside the tables.

    `alone`: on a connection of its own, all of whose cursors have the tables by their names; it costs one more opening
    and writing of the file.
    """

    made_by: str
    make: Callable[[duckdb.DuckDBPyConnection], None]
    alone: bool = False


def write_within(
    memory_gb: float,
    files: Mapping[str, Sequence[Path]],
    warehouse: Path,
    path: Path,
    begin: Path | None,
    build: Callable[[duckdb.DuckDBPyConnection, Path | None], _Result],
    addition: Addition | None,
) -> _Result:
    """Build into a file, with more memory where the tables do not fit into little."""
    *smaller, last = limits_of(memory_gb, files, begin)
    for limit_gb in smaller:
        try:
            return _write(warehouse, path, limit_gb, begin, build, addition)
        except WarehouseError as error:
            if not isinstance(error.__cause__, duckdb.OutOfMemoryException):
                raise
    return _write(warehouse, path, last, begin, build, addition)


def _write(
    warehouse: Path,
    path: Path,
    memory_gb: float,
    begin: Path | None,
    build: Callable[[duckdb.DuckDBPyConnection, Path | None], _Result],
    addition: Addition | None,
) -> _Result:
    """Build into a file that has its name only when it is whole, on a copy of the file to begin with."""
    unfinished = path.with_suffix(UNFINISHED)
    try:
        if begin is not None:
            shutil.copyfile(begin, unfinished)
        with duckdb.connect() as connection:
            bound(connection, warehouse, memory_gb)
            connection.execute(f"attach '{_quoted(unfinished)}' as published ({_FILE_OPTIONS})")
            connection.execute("use published")
            result = build(connection, begin)
            if addition is not None and not addition.alone:
                addition.make(connection)
            connection.execute("use memory")
            connection.execute("checkpoint published")  # detaching would do so, and say nothing of what failed
            connection.execute("detach published")
        if addition is not None and addition.alone:
            with duckdb.connect(str(unfinished)) as connection:
                bound(connection, warehouse, memory_gb)
                addition.make(connection)
        unfinished.replace(path)
    except (*_DISK, OSError) as error:
        raise WarehouseError(
            f"cannot write the published file: {_first_line(error)}",
            hint="check the space and the permissions of the warehouse",
        ) from error
    except duckdb.OutOfMemoryException as error:
        raise too_small(error, "what was published before is still served") from error
    finally:
        for leftover in path.parent.glob(f"{unfinished.name}*"):
            leftover.unlink(missing_ok=True)
    return result


def too_small(error: duckdb.OutOfMemoryException, consolation: str) -> WarehouseError:
    """The error where tables do not fit into memory, and what is not lost."""
    return WarehouseError(
        f"the tables do not fit into the memory that a build may take: {_first_line(error)}",
        hint=f"raise `memory_gb` in [warehouse]; {consolation}",
    )


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
