"""The published files of the warehouse: which one is shown, and a cursor on it for every question."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import streamlit as st

from analytics.cohort.cache import Cache, using_cache
from dashboard.answers.memory import trim
from headway.errors import WarehouseError
from headway.settings import Settings, load
from warehouse.publish import current, open_file

__all__ = ["FILES", "cursor_of", "folder", "give_back", "newest", "published", "settings", "show", "simulated", "size"]

FILES = 2
"""The file shown and the one before it, which a run that began earlier may still read."""

_ready: list[str] = []
# What DuckDB may go on holding of a file between questions.
_HELD_BETWEEN = "32MB"


def folder() -> Path:
    """The warehouse: the script's first argument, else what the settings say."""
    return Path(sys.argv[1]) if len(sys.argv) > 1 else settings().warehouse_folder


def settings() -> Settings:
    """The settings: the file that the script's second argument names, else those of the working folder."""
    return _settings(sys.argv[2] if len(sys.argv) > 2 else None, str(Path.cwd()))


@st.cache_resource(max_entries=FILES, show_spinner=False)
def _settings(file: str | None, working_folder: str) -> Settings:
    return load(None if file is None else Path(file), os.environ, folder=Path(working_folder))


def newest() -> str:
    """The file that is current now; raises `WarehouseError` where nothing was built yet."""
    return str(current(folder()))


def published() -> str:
    """The file to show: the last that was made ready, where files are made ready in advance; else as `newest`."""
    # In one step: another thread may empty it.
    return next(iter(_ready), None) or newest()


def show(file: str | None) -> None:
    """Show this file, which is ready, until another is; None: always the newest."""
    _ready[:] = [] if file is None else [file]


def simulated() -> bool:
    """Whether nothing in this warehouse is real."""
    return (folder() / "SIMULATED").exists()


@st.cache_resource(max_entries=FILES, on_release=duckdb.DuckDBPyConnection.close, show_spinner=False)
def _connection(file: str) -> duckdb.DuckDBPyConnection:
    return open_file(Path(file), locked=False)


@st.cache_resource(max_entries=FILES, show_spinner=False)
def _columns(file: str) -> Cache:  # noqa: ARG001  (they are of that file)
    return Cache()


@contextlib.contextmanager
def cursor_of(file: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A cursor on a file that caches what it reads; raises `WarehouseError` where the file cannot be read."""
    try:
        with _connection(file).cursor() as cursor, using_cache(_columns(file)):
            yield cursor
    except duckdb.Error as error:
        # Such as tables of an older version, which lack a column.
        what = f"{Path(file).name} cannot be read: {str(error).partition(chr(10))[0]}"
        raise WarehouseError(what, hint="run `headway build`") from error


def size(file: str) -> int:
    """How many changes a file has."""
    with cursor_of(file) as cursor:
        ((changes,),) = cursor.execute("select count(*) from lead_times").fetchall()
    return int(changes)


def give_back(file: str) -> None:
    """Have DuckDB free what it read of a file, unless it is being read: it would hold all of it."""
    trim()
    with contextlib.suppress(duckdb.Error), _connection(file).cursor() as cursor:
        ((most,),) = cursor.execute("select current_setting('memory_limit')").fetchall()
        try:
            cursor.execute(f"set memory_limit = '{_HELD_BETWEEN}'")
        finally:
            cursor.execute(f"set memory_limit = '{most}'")
