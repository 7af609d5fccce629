"""Which part of the warehouse the pages show: chosen in the sidebar, kept in the URL, the same on every page."""

from __future__ import annotations

import glob
from dataclasses import dataclass
from datetime import datetime, timedelta

import streamlit as st

from analytics.cohort.filters import Filters
from analytics.text.wording import plain
from dashboard.answers.questions import Scope

__all__ = ["AXES", "CLOCKS", "EVERYTHING", "KEYS", "PERIODS", "View", "choose", "filters_of"]

# What stands here stands in URLs that people keep.
KEYS = ("team", "repo", "period", "axis", "clock", "strong")
ALL_TEAMS, EVERYTHING = "All teams", "All repositories"
PERIODS = {"All time": None, "12 months": 365, "6 months": 180, "90 days": 90, "30 days": 30}
AXES = {"What it builds": "builds_ai", "How it was made": "built_with_ai"}
AXIS_CAPTIONS = ("AI work beside other work", "Made with AI beside no AI mark")
CLOCKS = {"Wall clock": "wall", "Working time": "working"}


@dataclass(frozen=True)
class View:
    """A published file, the part of it to show, which groups to compare and on which clock; `words` says which part.

    `as_of`: the newest instant that any repository speaks for, None where nothing is known.
    """

    file: str
    filters: Filters
    axis: str
    clock: str
    words: str
    as_of: datetime | None


def choose(file: str, scope: Scope) -> View:
    """Draw the filters and return what they say."""
    with st.sidebar:
        team, repo = _where(scope)
        period = st.selectbox(
            "Period",
            list(PERIODS),
            key="period",
            bind="query-params",
            help="By when a change was code complete, counted back from the as-of time.",
        )
        axis = st.radio("Compare by", list(AXES), captions=AXIS_CAPTIONS, key="axis", bind="query-params")
        clock = st.radio(
            "Hours",
            list(CLOCKS),
            key="clock",
            bind="query-params",
            help="Working time counts only the working hours of `[calendar]` in the settings. Chances within days,"
            " initiatives, deployments and stability, runners and gates, and when in the week are by the wall clock.",
        )
        strong = st.toggle(
            "Strong evidence only",
            key="strong",
            bind="query-params",
            help="Leaves changes whose evidence is weak out of both sides, and counts them.",
        )
    filters = filters_of(scope, None if team == ALL_TEAMS else team, repo, PERIODS[period], strong=strong)
    words = [
        *([] if team == ALL_TEAMS else [f"team {plain(team)}"]),
        "all its repositories" if team != ALL_TEAMS and repo == EVERYTHING else plain(repo),
        "all time" if filters.since is None else f"code complete in the last {period}",
        *(["strong evidence only"] if strong else []),
    ]
    return View(file, filters, AXES[axis], CLOCKS[clock], ", ".join(words), scope.as_of)


def filters_of(scope: Scope, team: str | None, repo: str, days: int | None, *, strong: bool) -> Filters:
    """What reports are asked for: a team or None, a repository or `EVERYTHING`, and the last so many days or None."""
    return Filters(
        since=_since(days, scope.as_of),
        # The filter of the reports is a glob; this one means a single name.
        repo=None if repo == EVERYTHING else glob.escape(repo),
        names=None if team is None else scope.teams[team],
        evidence="strong" if strong else "any",
    )


def _where(scope: Scope) -> tuple[str, str]:
    """The team and the repository; a team is only asked for where there are any."""
    team = ALL_TEAMS
    if scope.teams:
        team = st.selectbox("Team", [ALL_TEAMS, *scope.teams], format_func=plain, key="team", bind="query-params")
    repositories = scope.repositories if team == ALL_TEAMS else scope.teams[team]
    repo = st.selectbox("Repository", [EVERYTHING, *repositories], format_func=plain, key="repo", bind="query-params")
    return team, repo


def _since(days: int | None, as_of: datetime | None) -> datetime | None:
    """Counted back from what is known, not from today: a warehouse of last month shows its own last days."""
    return as_of - timedelta(days=days) if days is not None and as_of is not None else None
