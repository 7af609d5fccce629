"""The filters: widgets in the sidebar, stored in the URL, the same on every page."""

from __future__ import annotations

import streamlit as st

from analytics.text.wording import plain
from dashboard.answers.choices import ALL_TEAMS, AXES, AXIS_CAPTIONS, CLOCKS, EVERYTHING, PERIODS
from dashboard.answers.questions import Scope
from dashboard.answers.view import View, filters_of

__all__ = ["choose"]


def choose(file: str, scope: Scope) -> View:
    """Draw the filters and return the chosen view."""
    with st.sidebar:
        team, repo = _team_and_repository(scope)
        period = st.selectbox(
            "Period",
            list(PERIODS),
            key="period",
            bind="query-params",
            help="Changes that were code complete in this period before the as-of time.",
        )
        axis = st.radio("Compare by", list(AXES), captions=AXIS_CAPTIONS, key="axis", bind="query-params")
        clock = st.radio(
            "Hours",
            list(CLOCKS),
            key="clock",
            bind="query-params",
            help="Working time counts only the hours under `[calendar]` in the settings. It does not apply to chances"
            " within days, initiatives, deployments and stability, runners and gates, and the hours of the week.",
        )
        strong = st.toggle(
            "Strong evidence only",
            key="strong",
            bind="query-params",
            help="Leave out changes classified on weak evidence. They are counted.",
        )
    filters = filters_of(scope, None if team == ALL_TEAMS else team, repo, PERIODS[period], strong=strong)
    parts = [
        *([] if team == ALL_TEAMS else [f"team {plain(team)}"]),
        "all its repositories" if team != ALL_TEAMS and repo == EVERYTHING else plain(repo),
        "all time" if filters.since is None else f"code complete in the last {period}",
        *(["strong evidence only"] if strong else []),
    ]
    return View(file, filters, AXES[axis], CLOCKS[clock], ", ".join(parts), scope.as_of)


def _team_and_repository(scope: Scope) -> tuple[str, str]:
    """The team and the repository; without teams there is no such choice."""
    team = ALL_TEAMS
    if scope.teams:
        team = st.selectbox("Team", [ALL_TEAMS, *scope.teams], format_func=plain, key="team", bind="query-params")
    repositories = scope.repositories if team == ALL_TEAMS else scope.teams[team]
    repo = st.selectbox("Repository", [EVERYTHING, *repositories], format_func=plain, key="repo", bind="query-params")
    return team, repo
