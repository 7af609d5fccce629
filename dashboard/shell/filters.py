"""The filters: widgets in the sidebar, stored in the URL, the same on every page."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import streamlit as st

from analytics.text.wording import plain
from dashboard.answers.choices import (
    ALL_TEAMS,
    AXES,
    AXIS_CAPTIONS,
    CLOCKS,
    EVERY_SERVICE,
    EVERYTHING,
    HORIZONS,
    INTERVALS,
    PERIODS,
    TIERS,
)
from dashboard.answers.questions import Scope
from dashboard.answers.view import View, filters_of
from headway.repository_names import names_match

__all__ = ["choose", "unknown_values"]

_UNKNOWN = "unknown values of links"


def choose(file: str, scope: Scope) -> View:
    """Draw the filters and return the chosen view."""
    _note_unknown("period", PERIODS)
    _note_unknown("axis", AXES)
    _note_unknown("clock", CLOCKS)
    _note_unknown("tier", TIERS)
    _note_unknown("intervals", INTERVALS)
    _note_unknown("horizon", HORIZONS)
    with st.sidebar:
        team, repo = _team_and_repository(scope)
        service = _service(scope, team, repo)
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
        strong, tier = _evidence()
        intervals, horizon = _intervals_and_horizon()
    filters = filters_of(
        scope,
        None if team == ALL_TEAMS else team,
        repo,
        PERIODS[period],
        strong=strong,
        service=service,
        tier=tier,
    )
    parts = [
        *([] if team == ALL_TEAMS else [f"team {plain(team)}"]),
        _place(scope, team, repo, service),
    ]
    chosen = AXES[axis], CLOCKS[clock], ", ".join(parts), scope.as_of, INTERVALS[intervals], HORIZONS[horizon]
    when = "all time" if filters.since is None else f"code complete in the last {period}"
    return View(file, filters, *chosen, when)


def _evidence() -> tuple[bool, str]:
    """Whether only strong evidence counts, and the weakest tier that does."""
    strong = st.toggle(
        "Strong evidence only",
        key="strong",
        bind="query-params",
        help="Leave out changes classified on weak evidence. They are counted.",
    )
    tier = st.selectbox(
        "Evidence of AI-made work",
        list(TIERS),
        key="tier",
        bind="query-params",
        help="Leave out changes whose answer comes from weaker sources: days on which their authors used AI tools,"
        " or marks in commits and requests. They are counted.",
    )
    return strong, TIERS[tier]


def _intervals_and_horizon() -> tuple[str, str]:
    """The question of the intervals, and up to which day hours count."""
    intervals = st.radio(
        "Intervals for",
        list(INTERVALS),
        key="intervals",
        bind="query-params",
        help="These repositories: how far figures of other months would lie from these. Repositories like these: what"
        " more repositories of their kind would show; it needs five or more. A difference has both.",
    )
    horizon = st.selectbox(
        "Horizon of hours",
        list(HORIZONS),
        key="horizon",
        bind="query-params",
        help="Hours in stages count up to this day after code complete. Automatic: the first of 30, 90 and 180 days"
        " within which 85% of the work is in production.",
    )
    return intervals, horizon


def _team_and_repository(scope: Scope) -> tuple[str, str]:
    """The team and the repository; without teams there is no such choice."""
    team = ALL_TEAMS
    if scope.teams:
        _note_unknown("team", (ALL_TEAMS, *scope.teams))
        team = st.selectbox("Team", [ALL_TEAMS, *scope.teams], format_func=plain, key="team", bind="query-params")
    repositories = scope.repositories if team == ALL_TEAMS else scope.teams[team]
    _spell(scope, repositories)
    _note_unknown("repo", (EVERYTHING, *repositories))
    repo = st.selectbox("Repository", [EVERYTHING, *repositories], format_func=plain, key="repo", bind="query-params")
    return team, repo


def _place(scope: Scope, team: str, repo: str, service: str | None) -> str:
    """Which repositories are shown, or which service of one, as text."""
    if service is not None:
        homes = sorted({home for label, home in scope.services if label == service})
        return f"service {plain(service)} in {plain(', '.join(homes))}"
    return "all its repositories" if team != ALL_TEAMS and repo == EVERYTHING else plain(repo)


def _service(scope: Scope, team: str, repo: str) -> str | None:
    """The service, None for all; without services of their own in these repositories there is no such choice."""
    repositories = scope.repositories if team == ALL_TEAMS else scope.teams[team]
    labels = [label for label, home in scope.services if (home == repo if repo != EVERYTHING else home in repositories)]
    if not labels:
        return None
    _note_unknown("service", (EVERY_SERVICE, *labels))
    service = st.selectbox(
        "Service",
        [EVERY_SERVICE, *dict.fromkeys(labels)],
        format_func=plain,
        key="service",
        bind="query-params",
        help="The changes that touch this service, with their arrival in its own production.",
    )
    return None if service == EVERY_SERVICE else service


def unknown_values() -> list[str]:
    """What links asked for in this visit that is not here, a line each, until a link names it rightly."""
    noted: dict[str, str] = st.session_state.get(_UNKNOWN, {})
    return [f"{key}: {plain(value)}" for key, value in noted.items()]


def _note_unknown(key: str, choices: Collection[str]) -> None:
    """Note a value in the address that is not among the choices: Streamlit drops it without a word."""
    noted: dict[str, str] = st.session_state.setdefault(_UNKNOWN, {})
    value = st.query_params.get(key)
    if value is not None:
        if value in choices:
            noted.pop(key, None)
        else:
            noted[key] = value
    elif st.session_state.get(key) not in {None, next(iter(choices))}:
        noted.pop(key, None)


def _spell(scope: Scope, repositories: Sequence[str]) -> None:
    """Let a link name the repository in any spelling that `--repo` accepts: the URL then has its name as shown."""
    linked = st.query_params.get("repo", "")
    if not linked or linked in {EVERYTHING, *repositories}:
        return
    matching = sorted({name for repo_id, name in scope.ids if name in repositories and names_match(linked, repo_id)})
    if len(matching) == 1:
        st.query_params["repo"] = st.session_state["repo"] = matching[0]
