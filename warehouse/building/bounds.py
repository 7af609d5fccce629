"""How much memory a build takes, and where the rest goes."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb

__all__ = ["bound", "memory_bytes"]

SHARE = 0.4
"""Of the machine's memory; Python's own objects and other programs have the rest."""


def bound(connection: duckdb.DuckDBPyConnection, warehouse: Path, memory_gb: float) -> None:
    """Let DuckDB hold so much in memory (0: a share of the machine's), and the rest in files inside the warehouse."""
    spill = str(warehouse / "cache" / "spill").replace("'", "''")
    connection.execute(f"set memory_limit = '{memory_bytes(memory_gb)}B'")
    connection.execute(f"set temp_directory = '{spill}'")


def memory_bytes(memory_gb: float) -> int:
    """The memory that DuckDB may take, in bytes."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return int(memory_gb * 1e9) if memory_gb > 0 else int(machine * SHARE)
