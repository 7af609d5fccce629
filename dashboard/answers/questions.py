"""The questions that pages ask, each answered by one call to `analytics` or `pipeline`.

A function with `@question` is cached by its arguments, and can be answered in advance. The others are quick.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import polars as pl
import streamlit as st

from analytics import coverage as source_coverage
from analytics.cohort.columns import read_columns
from analytics.cohort.filters import Filters
from analytics.cohort.options import Options
from analytics.cohort.services import services_of
from analytics.cohort.smallest import SmallestDifference
from analytics.cohort.units import THESE
from analytics.cohort.working_time import WorkingCalendar
from analytics.comparison import Comparison
from analytics.comparison.around import Around
from analytics.comparison.around import around as compare_around
from analytics.comparison.report import read_comparisons
from analytics.explain import change as explain_change
from analytics.explain.search import search as search_changes
from analytics.initiatives import Portfolio, read_portfolio
from analytics.pulse import pulse as pulses
from analytics.pulse.news import News
from analytics.pulse.news import news as what_is_new
from analytics.reports.bottlenecks import Bottlenecks, read_bottlenecks
from analytics.reports.catalog import HORIZON, INTERVALS, REPORTS
from analytics.reports.doubtful.held_back import held_back as waiting_in_doubt
from analytics.reports.doubtful.record_clocks import record_clocks as clocks_in_doubt
from analytics.reports.doubtful.renames import possible_renames as renames_in_doubt
from analytics.reports.doubtful.side_by_side import side_by_side as environments_in_doubt
from analytics.reports.doubtful.tag_dates import tag_dates as dates_in_doubt
from analytics.whatif.levers import Levers, read_levers
from analytics.worklist import attention as worklist_attention
from dashboard.answers.cache import ANSWERS, BUSY, question
from dashboard.answers.files import FILES, cursor_of, folder, give_back, settings
from pipeline.repositories import change_as_spelled, repository_spellings
from pipeline.settings_hints import bots_without_rule
from pipeline.watch.source_status import source_status

__all__ = [
    "MOST",
    "First",
    "Scope",
    "around",
    "attention",
    "bottlenecks",
    "choices_of",
    "closed_work_is_seen",
    "comparisons",
    "explain",
    "held_back",
    "levers",
    "news",
    "notices",
    "portfolio",
    "possible_renames",
    "prepare",
    "pulse",
    "record_clocks",
    "report",
    "returned_changes",
    "scope",
    "search",
    "services",
    "side_by_side",
    "sources",
    "tag_dates",
    "troubled_deployments",
    "unknown_bots",
    "whole_report",
]

MOST = 500
"""How many rows of a long list a page shows."""

# Of a million changes one takes 84 MB.
_LEVERS = 1
_SECONDS = 60
_WORKLIST = "waiting"


@dataclass(frozen=True)
class Scope:
    """What the filters offer: repositories whose changes count, by team, and the newest as-of time of any of them.

    `teams`: for each team the repositories that it owns.
    """

    repositories: tuple[str, ...]
    teams: dict[str, tuple[str, ...]]
    as_of: datetime | None
    ids: tuple[tuple[str, str], ...] = ()
    """Each repository as `headway status` shows it, and its name."""
    services: tuple[tuple[str, str], ...] = ()
    """The name in reports of each service of a repository that has several or names one, and the repository's."""


@dataclass(frozen=True)
class First:
    """The first `rows` of a list, at most `MOST`, and `of` how many they are."""

    rows: pl.DataFrame
    of: int


def _options(**options: Any) -> Options:
    chosen = settings()
    smallest = SmallestDifference.of(chosen.comparison)
    return Options(calendar=WorkingCalendar.of(chosen.calendar), smallest=smallest, **options)


def _rows(cursor: duckdb.DuckDBPyConnection, name: str, filters: Filters, **options: Any) -> pl.DataFrame:
    """The rows of a report. All that pages know of the catalogue of reports is here."""
    return REPORTS[name](cursor, filters, _options(**options))


def choices_of(name: str) -> tuple[str, ...]:
    """Which of the choices `intervals` and `horizon_days` a report has."""
    honours = REPORTS[name].honours
    return tuple(option for flag, option in ((INTERVALS, "intervals"), (HORIZON, "horizon_days")) if flag in honours)


# A row per change is not copied for each run.
@question(shared=lambda arguments: REPORTS[arguments["name"]].large)
def report(  # noqa: PLR0913  (the options of a report)
    cursor: duckdb.DuckDBPyConnection,
    filters: Filters,
    name: str,
    *,
    by: str | None = None,
    clock: str = "wall",
    window: str | None = None,
    definition: str | None = None,
    most: int | None = None,
    intervals: str = THESE,
    horizon_days: int | None = None,
) -> pl.DataFrame:
    """The report of that name as `headway export` writes it; options as in `Options`."""
    about = {"by": by, "clock": clock, "window": window, "definition": definition, "most": most}
    return _rows(cursor, name, filters, **about, intervals=intervals, horizon_days=horizon_days)


@question()
def pulse(
    cursor: duckdb.DuckDBPyConnection,
    filters: Filters,
    axis: str,
    clock: str,
    intervals: str = THESE,
    horizon_days: int | None = None,
) -> pulses.Pulse:
    """As `analytics.pulse.pulse`."""
    options = _options(clock=clock, intervals=intervals, horizon_days=horizon_days)
    return pulses.pulse(cursor, filters, axis=axis, options=options)


@question()
def comparisons(
    cursor: duckdb.DuckDBPyConnection,
    filters: Filters,
    clock: str,
    horizon_days: int | None = None,
    by: str | None = None,
) -> Sequence[Comparison]:
    """As `analytics.comparison.report.read_comparisons`: what is significant depends on all that is tested."""
    options = _options(clock=clock, horizon_days=horizon_days, by=by)
    return tuple(read_comparisons(cursor, filters, options))


@question(spinner=False)
def news(cursor: duckdb.DuckDBPyConnection, filters: Filters, clock: str, as_of: datetime) -> Sequence[News]:
    """As `analytics.pulse.news.news`."""
    return tuple(what_is_new(cursor, filters, _options(clock=clock), as_of))


@question()
def bottlenecks(
    cursor: duckdb.DuckDBPyConnection,
    filters: Filters,
    clock: str,
    intervals: str = THESE,
    horizon_days: int | None = None,
) -> Sequence[Bottlenecks]:
    """As `analytics.reports.bottlenecks.read_bottlenecks`, of all work and by what it builds."""
    options = _options(clock=clock, intervals=intervals, horizon_days=horizon_days)
    return tuple(read_bottlenecks(cursor, filters, options))


@question(spinner=False)
def portfolio(cursor: duckdb.DuckDBPyConnection, filters: Filters) -> Portfolio:
    """As `analytics.initiatives.read_portfolio`."""
    return read_portfolio(cursor, filters)


@question()
def troubled_deployments(cursor: duckdb.DuckDBPyConnection, filters: Filters) -> First:
    """Rows of the report `deployments`: to production, rollbacks or with failed attempts, newest first."""
    wrong = (pl.col("kind") == "rollback") | (pl.col("failed_attempts").fill_null(0) > 0)
    rows = _rows(cursor, "deployments", filters).filter(pl.col("production") & wrong)
    return First(rows.sort("created_at", descending=True, nulls_last=True).head(MOST), len(rows))


@question()
def returned_changes(cursor: duckdb.DuckDBPyConnection, filters: Filters) -> First:
    """Rows of the report `returned`, in its order."""
    rows = _rows(cursor, "returned", filters)
    return First(rows.head(MOST), len(rows))


@question()
def attention(
    cursor: duckdb.DuckDBPyConnection, filters: Filters, clock: str, longest_days: float = 0.0
) -> worklist_attention.Attention:
    """As `analytics.worklist.attention.attention`, of the worklist."""
    return worklist_attention.attention(_rows(cursor, _WORKLIST, filters, clock=clock), longest_days=longest_days)


@question()
def around(
    cursor: duckdb.DuckDBPyConnection,
    filters: Filters,
    at: datetime,
    as_of: datetime,
    clock: str,
    horizon_days: int | None = None,
) -> Around:
    """As `analytics.comparison.around.around`."""
    return compare_around(cursor, filters, _options(clock=clock, horizon_days=horizon_days), at, as_of)


def whole_report(file: str, filters: Filters, name: str, **options: Any) -> pl.DataFrame:
    """As `report`, for a download: not cached, because it may have a row per change."""
    with cursor_of(file) as cursor:
        return _rows(cursor, name, filters, **options)


@st.cache_data(max_entries=FILES, show_spinner=False)
def scope(file: str) -> Scope:
    """What the filters offer for this file."""
    with cursor_of(file) as cursor:
        table = _rows(cursor, "coverage", Filters()).filter(pl.col("role") == "application")
        services = services_of(cursor).filter((pl.col("name") != "") & pl.col("repo").is_in(table["repo"].implode()))
    newest = table["as_of"].max()
    teams: dict[str, tuple[str, ...]] = {}
    for row in table.filter(pl.col("team") != "").sort("team", "repo").iter_rows(named=True):
        teams[row["team"]] = (*teams.get(row["team"], ()), row["repo"])
    ids = tuple((f"{row['provider']}:{row['repo']}", row["repo"]) for row in table.iter_rows(named=True))
    as_of = newest if isinstance(newest, datetime) else None
    labels = tuple(services.select("label", "repo").unique().sort("label", "repo").iter_rows())
    return Scope(tuple(table["repo"].unique().sort()), teams, as_of, ids, labels)


def prepare(file: str) -> None:
    """Read what nearly every question of a file needs."""
    scope(file)
    with cursor_of(file) as cursor:
        read_columns(cursor, ())
    give_back(file)


@st.cache_resource(max_entries=_LEVERS, show_spinner=BUSY)
def levers(
    file: str,
    filters: Filters,
    axis: str,
    group: str,
    clock: str,
    intervals: str = THESE,
    horizon_days: int | None = None,
) -> Levers | None:
    """As `analytics.whatif.levers.read_levers`."""
    options = _options(clock=clock, intervals=intervals, horizon_days=horizon_days)
    with cursor_of(file) as cursor:
        return read_levers(cursor, filters, options, axis=axis, group=group)


@st.cache_data(max_entries=ANSWERS, show_spinner=False)
def notices(file: str, filters: Filters) -> pl.DataFrame:
    """As `analytics.coverage.notices`."""
    with cursor_of(file) as cursor:
        return source_coverage.notices(cursor, filters)


@st.cache_data(max_entries=ANSWERS, show_spinner=False)
def held_back(file: str, filters: Filters) -> list[str]:
    """As `analytics.reports.doubtful.held_back.held_back`."""
    with cursor_of(file) as cursor:
        return waiting_in_doubt(cursor, filters)


@st.cache_data(max_entries=ANSWERS, show_spinner=False)
def side_by_side(file: str, filters: Filters) -> list[str]:
    """As `analytics.reports.doubtful.side_by_side.side_by_side`."""
    with cursor_of(file) as cursor:
        return environments_in_doubt(cursor, filters)


@st.cache_data(max_entries=ANSWERS, show_spinner=False)
def possible_renames(file: str, filters: Filters) -> list[str]:
    """As `analytics.reports.doubtful.renames.possible_renames`."""
    with cursor_of(file) as cursor:
        return renames_in_doubt(cursor, filters)


@st.cache_data(max_entries=ANSWERS, show_spinner=False)
def record_clocks(file: str, filters: Filters) -> list[str]:
    """As `analytics.reports.doubtful.record_clocks.record_clocks`."""
    with cursor_of(file) as cursor:
        return clocks_in_doubt(cursor, filters)


@st.cache_data(max_entries=ANSWERS, show_spinner=False)
def tag_dates(file: str, filters: Filters) -> list[str]:
    """As `analytics.reports.doubtful.tag_dates.tag_dates`."""
    with cursor_of(file) as cursor:
        return dates_in_doubt(cursor, filters)


@st.cache_data(max_entries=ANSWERS, show_spinner=False)
def closed_work_is_seen(file: str, filters: Filters) -> bool:
    """As `analytics.coverage.closed_work_is_seen`."""
    with cursor_of(file) as cursor:
        return source_coverage.closed_work_is_seen(cursor, filters)


@st.cache_data(max_entries=ANSWERS, show_spinner=False)
def services(file: str, filters: Filters) -> pl.DataFrame:
    """As `analytics.coverage.services`."""
    with cursor_of(file) as cursor:
        return source_coverage.services(cursor, filters)


@st.cache_data(ttl=_SECONDS, max_entries=FILES, show_spinner=False)
def sources(file: str) -> pl.DataFrame:  # noqa: ARG001  (a new file comes of new runs)
    """As `pipeline.watch.source_status`; a failed run publishes no new file, but shows within a minute."""
    return source_status(settings(), folder())


@st.cache_data(max_entries=FILES, show_spinner=False)
def unknown_bots(file: str) -> pl.DataFrame:
    """As `pipeline.settings_hints.bots_without_rule`: name, email, written, rule."""
    with cursor_of(file) as cursor:
        bots = bots_without_rule(cursor, settings().ai)
    schema = {"name": pl.String, "email": pl.String, "written": pl.Int64, "rule": pl.String}
    return pl.DataFrame([{name: getattr(bot, name) for name in schema} for bot in bots], schema=schema)


def search(file: str, text: str) -> pl.DataFrame:
    """As `analytics.explain.search.search`; not cached, because every text is another one."""
    with cursor_of(file) as cursor:
        return search_changes(cursor, text)


def explain(file: str, change_id: str) -> explain_change.Explanation:
    """As `analytics.explain.change.explain`; a few look-ups by key, not cached."""
    with cursor_of(file) as cursor:
        return explain_change.explain(cursor, change_as_spelled(change_id, repository_spellings(cursor)))
