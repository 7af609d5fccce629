"""Which part of the warehouse the pages show: chosen in the sidebar, kept in the URL, the same on every page."""

from __future__ import annotations

import glob
from dataclasses import dataclass
from datetime import datetime, timedelta

import streamlit as st

from analytics.filters import Filters
from dashboard.data import Scope
from headway.wording import plain

__all__ = ["View", "choose"]

# What stands here stands in URLs that people keep.
EVERYTHING = "All repositories"
PERIODS = {"All time": None, "12 months": 365, "6 months": 180, "90 days": 90, "30 days": 30}
AXES = {"What it builds": "builds_ai", "How it was made": "built_with_ai"}
AXIS_CAPTIONS = ("AI work beside other work", "Made with AI beside no AI mark")


@dataclass(frozen=True)
class View:
    """A published file, the part of it to show, and which groups to compare; `words` says the same to a reader."""

    file: str
    filters: Filters
    axis: str
    words: str


def choose(file: str, scope: Scope) -> View:
    """Draw the filters and return what they say."""
    with st.sidebar:
        st.header("Headway", anchor=False)
        repo = st.selectbox(
            "Repository", [EVERYTHING, *scope.repositories], format_func=plain, key="repo", bind="query-params"
        )
        period = st.selectbox(
            "Period",
            list(PERIODS),
            key="period",
            bind="query-params",
            help="By when a change was code complete, counted back from the as-of time.",
        )
        axis = st.radio("Compare by", list(AXES), captions=AXIS_CAPTIONS, key="axis", bind="query-params")
        strong = st.toggle(
            "Strong evidence only",
            key="strong",
            bind="query-params",
            help="Leaves changes whose evidence is weak out of both sides, and counts them.",
        )
    # The filter of the reports is a glob; this one means a single name.
    name = None if repo == EVERYTHING else glob.escape(repo)
    evidence = "strong" if strong else "any"
    filters = Filters(since=_since(PERIODS[period], scope.as_of), repo=name, evidence=evidence)
    when = "all time" if filters.since is None else f"code complete in the last {period}"
    sure = ", strong evidence only" if strong else ""
    return View(file, filters, AXES[axis], f"{plain(repo)}, {when}{sure}")


def _since(days: int | None, as_of: datetime | None) -> datetime | None:
    """Counted back from what is known, not from today: a warehouse of last month shows its own last days."""
    return as_of - timedelta(days=days) if days is not None and as_of is not None else None
