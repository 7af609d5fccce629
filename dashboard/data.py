"""What pages show: each call is one question to `analytics`, its answer remembered for the file that it came from.

A published file never changes, so its name in the key is all that keeps answers fresh. There is one connection a file
and one cursor a question.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl
import streamlit as st

from analytics import basis, reports
from analytics import pulse as pulses
from analytics.filters import Filters
from headway.errors import WarehouseError
from headway.settings import load
from warehouse.publish import current, open_file

__all__ = [
    "Scope",
    "closed_work_is_seen",
    "coverage",
    "lead_time",
    "notices",
    "published",
    "pulse",
    "scope",
    "simulated",
    "slowest_waiting",
]

_ANSWERS = 256
# The file shown and the one before it, which a run that began earlier may still read.
_FILES = 2


@dataclass(frozen=True)
class Scope:
    """What can be chosen: the repositories whose changes count, and the newest instant that a report speaks for."""

    repositories: tuple[str, ...]
    as_of: datetime | None


def folder() -> Path:
    """The warehouse: the script's one argument, else what the settings of the working folder say."""
    if len(sys.argv) > 1:
        return Path(sys.argv[1])
    return load(None, os.environ, folder=Path.cwd()).warehouse_folder


def published() -> str:
    """The file that is current now; raises `WarehouseError` where nothing was built yet."""
    return str(current(folder()))


def simulated() -> bool:
    """Whether nothing in this warehouse is real."""
    return (folder() / "SIMULATED").exists()


@st.cache_resource(max_entries=_FILES, on_release=duckdb.DuckDBPyConnection.close, show_spinner=False)
def _connection(file: str) -> duckdb.DuckDBPyConnection:
    return open_file(Path(file))


@contextlib.contextmanager
def _cursor(file: str) -> Iterator[duckdb.DuckDBPyConnection]:
    try:
        with _connection(file).cursor() as cursor:
            yield cursor
    except duckdb.Error as error:
        # Such as tables of an older version, in which a column is not there yet.
        what = f"{Path(file).name} cannot be read: {str(error).partition(chr(10))[0]}"
        raise WarehouseError(what, hint="run `headway build`") from error


@st.cache_data(max_entries=_FILES, show_spinner=False)
def scope(file: str) -> Scope:
    """What can be chosen in this file."""
    table = coverage(file, Filters()).filter(pl.col("role") == "application")
    newest = table["as_of"].max()
    return Scope(tuple(table["repo"].unique().sort()), newest if isinstance(newest, datetime) else None)


@st.cache_data(max_entries=_ANSWERS, show_spinner=False)
def pulse(file: str, filters: Filters, axis: str) -> pulses.Pulse:
    """As `analytics.pulse.pulse`."""
    with _cursor(file) as cursor:
        return pulses.pulse(cursor, filters, axis=axis)


@st.cache_data(max_entries=_ANSWERS, show_spinner=False)
def slowest_waiting(file: str, filters: Filters, most: int) -> pl.DataFrame:
    """As `analytics.pulse.slowest_waiting`."""
    with _cursor(file) as cursor:
        return pulses.slowest_waiting(cursor, filters, most)


@st.cache_data(max_entries=_ANSWERS, show_spinner=False)
def coverage(file: str, filters: Filters) -> pl.DataFrame:
    """As the report `coverage`."""
    with _cursor(file) as cursor:
        return reports.coverage(cursor, filters)


@st.cache_data(max_entries=_ANSWERS, show_spinner=False)
def notices(file: str, filters: Filters) -> pl.DataFrame:
    """As `analytics.basis.notices`."""
    with _cursor(file) as cursor:
        return basis.notices(cursor, filters)


@st.cache_data(max_entries=_ANSWERS, show_spinner=False)
def closed_work_is_seen(file: str, filters: Filters) -> bool:
    """As `analytics.basis.closed_work_is_seen`."""
    with _cursor(file) as cursor:
        return basis.closed_work_is_seen(cursor, filters)


def lead_time(file: str, filters: Filters) -> pl.DataFrame:
    """As the report `lead-time`; asked for when somebody downloads it, and not remembered: it has a row per change."""
    with _cursor(file) as cursor:
        return reports.lead_time(cursor, filters)
