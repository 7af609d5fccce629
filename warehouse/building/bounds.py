"""How much memory and how many threads a build takes, and where the rest of its rows goes."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import weakref
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import duckdb

__all__ = ["bound", "limit_threads", "limits_of", "memory_bytes", "remove_unused"]

SHARE = 0.4
"""Of the machine's memory; Python's own objects and other programs have the rest."""
_LEAST = 125_000_000
"""Bytes of memory for each of its threads, with which DuckDB is said to work well."""
_SPILL = Path("cache", "spill")
_LITTLE_BYTES = 4 << 20
"""Of raw files: some ten thousand commits."""


def bound(connection: duckdb.DuckDBPyConnection, warehouse: Path, memory_gb: float) -> None:
    """Let DuckDB hold so much in memory (0: a share of the machine's), and the rest in files inside the warehouse.

    Each connection has a folder of its own for these files, which is locked as long as it is used (`remove_unused`).
    """
    folder = warehouse / _SPILL
    with suppress(PermissionError):  # who may only read the warehouse can build in memory alone
        folder, lock = _locked_folder(folder)
        weakref.finalize(connection, _release, folder, lock)
    quoted = str(folder).replace("'", "''")
    connection.execute(f"set memory_limit = '{memory_bytes(memory_gb)}B'")
    connection.execute(f"set temp_directory = '{quoted}'")
    connection.execute("set enable_progress_bar = false")  # DuckDB's own, in the midst of our lines and of logs


def limits_of(memory_gb: float, files: Mapping[str, Sequence[Path]], begin: Path | None = None) -> tuple[float, ...]:
    """The GB to try for the tables of a build of these raw files, one after the other (0: the machine's share).

    Without a setting the first is what its threads need and the size of the files: DuckDB would fill all that it may
    take with tables that it needs no more, and is hardly slower where it writes them to files. A build that begins
    with a file reads its tables again and again.
    """
    if memory_gb > 0:
        return (memory_gb,)
    read = [path for paths in (*files.values(), [begin]) for path in paths if path is not None]
    needed = _LEAST * (os.cpu_count() or 1) + sum(path.stat().st_size for path in read)
    return (needed / 1e9, 0.0) if needed < memory_bytes(0.0) else (0.0,)


def limit_threads(connection: duckdb.DuckDBPyConnection, raw_files: Iterable[Path]) -> None:
    """Build from few raw rows in one thread: hundreds of short queries wake the others only for them to wait."""
    if sum(path.stat().st_size for path in raw_files) < _LITTLE_BYTES:
        connection.execute("set threads = 1")


def memory_bytes(memory_gb: float) -> int:
    """The memory that DuckDB may take, in bytes."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return int(memory_gb * 1e9) if memory_gb > 0 else int(machine * SHARE)


def remove_unused(warehouse: Path) -> None:
    """Remove what killed processes left: folders that none has locked, and files beside them, of earlier versions."""
    with suppress(OSError):  # nothing is there, or another process removes the same
        for path in (warehouse / _SPILL).iterdir():
            if not path.is_dir():
                path.unlink(missing_ok=True)
            elif (lock := _lock(path)) is not None:
                shutil.rmtree(path, ignore_errors=True)
                os.close(lock)


def _locked_folder(parent: Path) -> tuple[Path, int]:
    """A new folder and its lock."""
    while True:
        folder = parent / secrets.token_hex(6)
        folder.mkdir(parents=True)
        lock = _lock(folder)
        if lock is not None:
            if folder.exists():
                return folder, lock
            os.close(lock)  # another process removed it before it was locked


def _lock(folder: Path) -> int | None:
    """An open file that has the lock of a folder; None where another has it."""
    try:
        opened = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(opened)
        return None
    return opened


def _release(folder: Path, lock: int) -> None:
    with suppress(OSError):  # a cursor may still write there
        folder.rmdir()
    os.close(lock)
