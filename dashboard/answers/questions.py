"""What pages show: each call is one question to `analytics`, its answer remembered for the file that it came from.

A published file never changes, so its name in the key is all that keeps answers fresh.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
import streamlit as st

from analytics import coverage as basis
from analytics.cohort.columns import read_columns
from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.cohort.working_time import WorkingCalendar
from analytics.dora.definitions import DEFAULT
from analytics.explain import change as explaining
from analytics.initiatives import Portfolio, read_portfolio
from analytics.pulse import pulse as pulses
from analytics.reports.bottlenecks import Bottlenecks, read_bottlenecks
from analytics.reports.catalog import REPORTS
from analytics.text import findings
from analytics.whatif import levers
from analytics.worklist.attention import Attention, attention
from dashboard.answers.files import FILES, cursor_of, folder, give_back, settings
from pipeline.settings_hints import bots_without_rule
from pipeline.source_status import source_status

__all__ = [
    "MOST",
    "SHOWN",
    "First",
    "Question",
    "Scope",
    "about_report",
    "ask",
    "bottlenecks",
    "closed_work_is_seen",
    "compute",
    "expect",
    "explain",
    "found",
    "keep",
    "levers_of",
    "needed",
    "notices",
    "portfolio",
    "prepare",
    "pulse",
    "report",
    "returned",
    "scope",
    "sources",
    "troubled",
    "unknown_bots",
    "whole_report",
]

SHOWN = {"members": 50, "left-out": 20}
"""How many rows of each initiative, and of each reason, a page asks for; the CSV under it has all."""

MOST = 500
"""How many rows of a list that is shown cut a page asks for."""

# Together they take no more than `maxCacheDataSize` of `config.toml`.
_ANSWERS = 1024
_LARGE_ANSWERS = 12
_USUAL = {"by": (None,), "clock": ("wall",), "window": (None,), "definition": (None, DEFAULT), "most": (None,)}
_BUSY = "Counting …"
# Of a million changes one takes 84 MB.
_LEVERS = 1
_SECONDS = 60
_PATIENCE_SECONDS = 60.0
# Several at once would share the cores all the same, and need the memory of each.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Scope:
    """What can be chosen: repositories whose changes count, by team, and the newest instant that a report speaks for.

    `teams`: for each team the repositories that it owns.
    """

    repositories: tuple[str, ...]
    teams: dict[str, tuple[str, ...]]
    as_of: datetime | None


@dataclass(frozen=True)
class First:
    """The first `rows` of a list, at most `MOST`, and `of` how many they are."""

    rows: pl.DataFrame
    of: int


@dataclass(frozen=True)
class Question:
    """What a page asks: the name of a function here, what it is asked about, a published file first, and options."""

    name: str
    about: tuple[Any, ...]
    asked: tuple[tuple[str, Any], ...] = ()


def _options(**asked: Any) -> Options:
    return Options(calendar=WorkingCalendar.of(settings().calendar), **asked)


def _calendar(clock: str) -> WorkingCalendar | None:
    return WorkingCalendar.of(settings().calendar) if clock == "working" else None


@st.cache_data(max_entries=FILES, show_spinner=False)
def scope(file: str) -> Scope:
    """What can be chosen in this file."""
    with cursor_of(file) as cursor:
        table = REPORTS["coverage"](cursor, Filters()).filter(pl.col("role") == "application")
    newest = table["as_of"].max()
    teams: dict[str, tuple[str, ...]] = {}
    for row in table.filter(pl.col("team") != "").sort("team", "repo").iter_rows(named=True):
        teams[row["team"]] = (*teams.get(row["team"], ()), row["repo"])
    return Scope(tuple(table["repo"].unique().sort()), teams, newest if isinstance(newest, datetime) else None)


def prepare(file: str) -> None:
    """Have ready what nearly every question of a file needs."""
    scope(file)
    with cursor_of(file) as cursor:
        read_columns(cursor, ())
    give_back(file)


def report(file: str, name: str, filters: Filters, **asked: Any) -> pl.DataFrame:
    """The report of that name as `headway export` writes it; `asked`: its options, as in `Options`."""
    found: pl.DataFrame = (_list if REPORTS[name].large else _statistics)(about_report(file, name, filters, **asked))
    return found


def about_report(file: str, name: str, filters: Filters, **asked: Any) -> Question:
    """The question that `report` answers; what is asked in more words than needed is the same question."""
    told = {option: value for option, value in asked.items() if value not in _USUAL[option]}
    return Question("report", (file, name, filters), tuple(sorted(told.items())))


@st.cache_data(max_entries=_ANSWERS, show_spinner=_BUSY)
def _statistics(question: Question) -> pl.DataFrame:
    found: pl.DataFrame = _answered(question)
    return found


@st.cache_resource(max_entries=_LARGE_ANSWERS, show_spinner=_BUSY)
def _list(question: Question) -> pl.DataFrame:
    # Shared as it is: a row per change is not copied for each run.
    found: pl.DataFrame = _answered(question)
    return found


def whole_report(file: str, name: str, filters: Filters, **asked: Any) -> pl.DataFrame:
    """As `report`, for a download: not remembered, because it may have a row per change."""
    with cursor_of(file) as cursor:
        return REPORTS[name](cursor, filters, _options(**asked))


@st.cache_data(max_entries=_ANSWERS, show_spinner=_BUSY)
def pulse(file: str, filters: Filters, axis: str, clock: str) -> pulses.Pulse:
    """As `analytics.pulse.pulse`."""
    found: pulses.Pulse = _answered(Question("pulse", (file, filters, axis, clock)))
    return found


def _pulse(file: str, filters: Filters, axis: str, clock: str) -> pulses.Pulse:
    with cursor_of(file) as cursor:
        return pulses.pulse(cursor, filters, axis=axis, calendar=_calendar(clock))


@st.cache_data(max_entries=_ANSWERS, show_spinner=_BUSY)
def found(file: str, filters: Filters, axis: str, clock: str) -> Sequence[findings.Finding]:
    """As `analytics.text.findings.findings_in`, of one axis."""
    told: Sequence[findings.Finding] = _answered(Question("found", (file, filters, axis, clock)))
    return told


def _found(file: str, filters: Filters, axis: str, clock: str) -> Sequence[findings.Finding]:
    with cursor_of(file) as cursor:
        return findings.findings_in(cursor, filters, _calendar(clock), axes=(axis,))


@st.cache_data(max_entries=_ANSWERS, show_spinner=_BUSY)
def bottlenecks(file: str, filters: Filters, by: str | None, clock: str) -> Sequence[Bottlenecks]:
    """As `analytics.reports.bottlenecks.read_bottlenecks`."""
    found: Sequence[Bottlenecks] = _answered(Question("bottlenecks", (file, filters, by, clock)))
    return found


def _bottlenecks(file: str, filters: Filters, by: str | None, clock: str) -> Sequence[Bottlenecks]:
    with cursor_of(file) as cursor:
        return tuple(read_bottlenecks(cursor, filters, _options(by=by, clock=clock)))


@st.cache_resource(max_entries=_LEVERS, show_spinner=_BUSY)
def levers_of(file: str, filters: Filters, axis: str, group: str, clock: str) -> levers.Levers | None:
    """As `analytics.whatif.levers.read_levers`."""
    with cursor_of(file) as cursor:
        return levers.read_levers(cursor, filters, _options(clock=clock), axis=axis, group=group)


@st.cache_data(max_entries=_ANSWERS, show_spinner=_BUSY)
def troubled(file: str, filters: Filters) -> First:
    """Rows of the report `deployments`: to production, rolled back to or with failed attempts, the newest first."""
    found: First = _answered(Question("troubled", (file, filters)))
    return found


def _troubled(file: str, filters: Filters) -> First:
    wrong = (pl.col("kind") == "rollback") | (pl.col("failed_attempts").fill_null(0) > 0)
    rows = whole_report(file, "deployments", filters).filter(pl.col("production") & wrong)
    return First(rows.sort("created_at", descending=True, nulls_last=True).head(MOST), len(rows))


@st.cache_data(max_entries=_ANSWERS, show_spinner=_BUSY)
def returned(file: str, filters: Filters) -> First:
    """Rows of the report `returned`, in its order."""
    found: First = _answered(Question("returned", (file, filters)))
    return found


def _returned(file: str, filters: Filters) -> First:
    rows = whole_report(file, "returned", filters)
    return First(rows.head(MOST), len(rows))


@st.cache_data(max_entries=_ANSWERS, show_spinner=_BUSY)
def needed(file: str, filters: Filters, clock: str) -> Attention:
    """As `analytics.worklist.attention.attention`, of the worklist."""
    found: Attention = _answered(Question("needed", (file, filters, clock)))
    return found


def _needed(file: str, filters: Filters, clock: str) -> Attention:
    return attention(whole_report(file, "waiting", filters, clock=clock))


@st.cache_data(max_entries=_ANSWERS, show_spinner=False)
def notices(file: str, filters: Filters) -> pl.DataFrame:
    """As `analytics.coverage.notices`."""
    with cursor_of(file) as cursor:
        return basis.notices(cursor, filters)


@st.cache_data(max_entries=_ANSWERS, show_spinner=False)
def closed_work_is_seen(file: str, filters: Filters) -> bool:
    """As `analytics.coverage.closed_work_is_seen`."""
    with cursor_of(file) as cursor:
        return basis.closed_work_is_seen(cursor, filters)


@st.cache_data(ttl=_SECONDS, max_entries=FILES, show_spinner=False)
def sources(file: str) -> pl.DataFrame:  # noqa: ARG001  (a new file comes of new runs)
    """As `pipeline.source_status.source_status`; a failure shows within a minute, also without a new file."""
    return source_status(folder())


@st.cache_data(max_entries=FILES, show_spinner=False)
def unknown_bots(file: str) -> pl.DataFrame:
    """As `pipeline.settings_hints.bots_without_rule`: name, email, written, rule."""
    with cursor_of(file) as cursor:
        bots = bots_without_rule(cursor, settings().ai)
    schema = {"name": pl.String, "email": pl.String, "written": pl.Int64, "rule": pl.String}
    return pl.DataFrame([{name: getattr(bot, name) for name in schema} for bot in bots], schema=schema)


@st.cache_data(max_entries=_ANSWERS, show_spinner=False)
def portfolio(file: str, filters: Filters) -> Portfolio:
    """As `analytics.initiatives.read_portfolio`."""
    found: Portfolio = _answered(Question("portfolio", (file, filters)))
    return found


def _portfolio(file: str, filters: Filters) -> Portfolio:
    with cursor_of(file) as cursor:
        return read_portfolio(cursor, filters)


def explain(file: str, change_id: str) -> explaining.Explanation:
    """As `analytics.explain.change.explain`; a few look-ups by key, not remembered."""
    with cursor_of(file) as cursor:
        return explaining.explain(cursor, change_id)


_ASKED: Mapping[str, Callable[..., Any]] = {
    "report": report,
    "pulse": pulse,
    "found": found,
    "bottlenecks": bottlenecks,
    "portfolio": portfolio,
    "troubled": troubled,
    "returned": returned,
    "needed": needed,
}
_COMPUTED: Mapping[str, Callable[..., Any]] = {
    "report": whole_report,
    "pulse": _pulse,
    "found": _found,
    "bottlenecks": _bottlenecks,
    "portfolio": _portfolio,
    "troubled": _troubled,
    "returned": _returned,
    "needed": _needed,
}
# Made elsewhere, on their way to where answers are kept; and those that will be soon.
_made: dict[Question, Any] = {}
_expected: set[Question] = set()
_coming = threading.Condition()


def ask(question: Question) -> Any:
    """The answer, as a page gets it."""
    return _ASKED[question.name](*question.about, **dict(question.asked))


def compute(question: Question) -> Any:
    """The answer, computed and not kept."""
    return _COMPUTED[question.name](*question.about, **dict(question.asked))


def expect(questions: Collection[Question]) -> None:
    """Say which questions are being answered elsewhere: who asks them waits for that, none if there are none."""
    with _coming:
        _expected.clear()
        _expected.update(questions)
        _coming.notify_all()


def keep(question: Question, answer: Any) -> None:
    """Keep what `compute` gave elsewhere for the next who asks; None: it gave nothing."""
    with _coming:
        _expected.discard(question)
        if answer is not None:
            _made[question] = answer
        _coming.notify_all()
    if answer is not None:
        ask(question)
        _made.pop(question, None)


def _answered(question: Question) -> Any:
    with _coming:
        _coming.wait_for(lambda: question not in _expected, _PATIENCE_SECONDS)
        made = _made.pop(question, None)
    if made is not None:
        return made
    with _one_at_a_time:
        found = compute(question)
        give_back(question.about[0])
    return found
