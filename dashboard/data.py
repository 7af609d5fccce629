"""What pages show: each call is one question to `analytics`, its answer remembered for the file that it came from.

A published file never changes, so its name in the key is all that keeps answers fresh. There is one connection a file
and one cursor a question.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import streamlit as st

from analytics import basis, findings, levers, reports
from analytics import explain as explaining
from analytics import pulse as pulses
from analytics.bottlenecks import Bottlenecks, read_bottlenecks
from analytics.filters import Filters
from analytics.initiatives import Portfolio, read_portfolio
from analytics.options import Options
from analytics.working import WorkingCalendar
from headway.errors import WarehouseError
from headway.own_words import bots_without_rule
from headway.settings import Settings, load
from headway.standing import standing
from warehouse.publish import current, open_file

__all__ = [
    "Scope",
    "bottlenecks",
    "closed_work_is_seen",
    "explain",
    "found",
    "levers_of",
    "notices",
    "portfolio",
    "published",
    "pulse",
    "report",
    "scope",
    "settings",
    "simulated",
    "sources",
    "unknown_bots",
    "whole_report",
]

_ANSWERS = 256
_BUSY = "Counting …"
# The file shown and the one before it, which a run that began earlier may still read.
_FILES = 2
_LEVERS = 8
_SECONDS = 60


@dataclass(frozen=True)
class Scope:
    """What can be chosen: repositories whose changes count, by team, and the newest instant that a report speaks for.

    `teams`: for each team the repositories that it owns.
    """

    repositories: tuple[str, ...]
    teams: dict[str, tuple[str, ...]]
    as_of: datetime | None


def folder() -> Path:
    """The warehouse: the script's first argument, else what the settings say."""
    return Path(sys.argv[1]) if len(sys.argv) > 1 else settings().warehouse_folder


def settings() -> Settings:
    """The settings: the file that the script's second argument names, else those of the working folder."""
    return _settings(sys.argv[2] if len(sys.argv) > 2 else None, str(Path.cwd()))


@st.cache_resource(max_entries=_FILES, show_spinner=False)
def _settings(file: str | None, working_folder: str) -> Settings:
    return load(None if file is None else Path(file), os.environ, folder=Path(working_folder))


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


def _options(**asked: Any) -> Options:
    return Options(calendar=WorkingCalendar.of(settings().calendar), **asked)


def _calendar(clock: str) -> WorkingCalendar | None:
    return WorkingCalendar.of(settings().calendar) if clock == "working" else None


@st.cache_data(max_entries=_FILES, show_spinner=False)
def scope(file: str) -> Scope:
    """What can be chosen in this file."""
    with _cursor(file) as cursor:
        table = reports.coverage(cursor, Filters()).filter(pl.col("role") == "application")
    newest = table["as_of"].max()
    teams: dict[str, tuple[str, ...]] = {}
    for row in table.filter(pl.col("team") != "").sort("team", "repo").iter_rows(named=True):
        teams[row["team"]] = (*teams.get(row["team"], ()), row["repo"])
    return Scope(tuple(table["repo"].unique().sort()), teams, newest if isinstance(newest, datetime) else None)


@st.cache_data(max_entries=_ANSWERS, show_spinner=_BUSY)
def report(file: str, name: str, filters: Filters, **asked: Any) -> pl.DataFrame:
    """The report of that name as `headway export` writes it; `asked`: its options, as in `Options`."""
    return whole_report(file, name, filters, **asked)


def whole_report(file: str, name: str, filters: Filters, **asked: Any) -> pl.DataFrame:
    """As `report`, for a download: not remembered, because it may have a row per change."""
    with _cursor(file) as cursor:
        return reports.REPORTS[name](cursor, filters, _options(**asked))


@st.cache_data(max_entries=_ANSWERS, show_spinner=_BUSY)
def pulse(file: str, filters: Filters, axis: str, clock: str) -> pulses.Pulse:
    """As `analytics.pulse.pulse`."""
    with _cursor(file) as cursor:
        return pulses.pulse(cursor, filters, axis=axis, calendar=_calendar(clock))


@st.cache_data(max_entries=_ANSWERS, show_spinner=_BUSY)
def found(file: str, filters: Filters, clock: str) -> Sequence[findings.Finding]:
    """As `analytics.findings.findings_in`."""
    with _cursor(file) as cursor:
        return findings.findings_in(cursor, filters, _calendar(clock))


@st.cache_data(max_entries=_ANSWERS, show_spinner=_BUSY)
def bottlenecks(file: str, filters: Filters, by: str | None, clock: str) -> Sequence[Bottlenecks]:
    """As `analytics.bottlenecks.read_bottlenecks`."""
    with _cursor(file) as cursor:
        return tuple(read_bottlenecks(cursor, filters, _options(by=by, clock=clock)))


@st.cache_resource(max_entries=_LEVERS, show_spinner=_BUSY)
def levers_of(file: str, filters: Filters, axis: str, group: str, clock: str) -> levers.Levers | None:
    """As `analytics.levers.read_levers`."""
    with _cursor(file) as cursor:
        return levers.read_levers(cursor, filters, _options(clock=clock), axis=axis, group=group)


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


@st.cache_data(ttl=_SECONDS, max_entries=_FILES, show_spinner=False)
def sources(file: str) -> pl.DataFrame:  # noqa: ARG001  (a new file comes of new runs)
    """As `headway.standing.standing`; what failed shows within a minute, though nothing new is published then."""
    return standing(folder())


@st.cache_data(max_entries=_FILES, show_spinner=False)
def unknown_bots(file: str) -> pl.DataFrame:
    """As `headway.own_words.bots_without_rule`: name, email, written, rule."""
    with _cursor(file) as cursor:
        bots = bots_without_rule(cursor, settings().ai)
    schema = {"name": pl.String, "email": pl.String, "written": pl.Int64, "rule": pl.String}
    return pl.DataFrame([{name: getattr(bot, name) for name in schema} for bot in bots], schema=schema)


@st.cache_data(max_entries=_ANSWERS, show_spinner=False)
def portfolio(file: str, filters: Filters) -> Portfolio:
    """As `analytics.initiatives.read_portfolio`."""
    with _cursor(file) as cursor:
        return read_portfolio(cursor, filters)


def explain(file: str, change_id: str) -> explaining.Explanation:
    """As `analytics.explain.explain`; a few look-ups by key, not remembered."""
    with _cursor(file) as cursor:
        return explaining.explain(cursor, change_id)
