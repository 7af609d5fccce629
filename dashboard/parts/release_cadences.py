"""How often to release: release cadences compared, as a part of pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
import streamlit as st

from analytics.pulse.pulse import Estimate
from analytics.reports.cadences import AS_NOW, NAMES, sentence
from analytics.text import wording
from dashboard.answers.view import View
from dashboard.parts import tables
from dashboard.parts.sections import group_names, too_few, with_group_names

__all__ = ["NO_RELEASES", "ask_all_work", "ask_groups", "gain_of_daily", "release_cadences"]

NO_RELEASES = "No change here waits for a release."
_ALL, _ALL_WORK = "all", "all work"
_TO = "daily"
_ASSUMPTIONS = (
    "Every repository releases at that cadence only, and the real merges of the past are replayed. Assumptions: people"
    " merge as they did, and releases do not queue."
)


def ask_all_work(view: View) -> None:
    """Ask what `gain_of_daily` asks."""
    view.report("cadences", clock=view.clock)


def ask_groups(view: View) -> None:
    """Ask what `release_cadences` asks besides."""
    view.report("cadences", by=view.axis, clock=view.clock)


def gain_of_daily(view: View) -> str:
    """How much earlier daily releases would bring all work than the present ones; empty where that is not sure."""
    rows = view.report("cadences", clock=view.clock)
    sure = rows.filter((pl.col("cadence") == _TO) & (pl.col("instead_of") == AS_NOW) & (pl.col("earlier_lower") > 0.0))
    return "" if sure.is_empty() else sentence(rows, _ALL, _TO, AS_NOW)


def release_cadences(view: View) -> None:
    """Draw a comparison of any two cadences, and a table of all of them."""
    all_work = view.report("cadences", clock=view.clock)
    if all_work["cadence"].is_null().all():
        st.header("How often to release", anchor=False)
        st.markdown(NO_RELEASES if all_work.is_empty() else too_few())
        return
    rows = {_ALL_WORK: all_work.with_columns(pl.lit(_ALL_WORK).alias("group"))}
    groups = with_group_names(view.report("cadences", by=view.axis, clock=view.clock), view)
    estimated = groups.filter(pl.col("cadence").is_not_null())
    rows |= dict.fromkeys(group_names(estimated, view), estimated)
    answer = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        release = st.selectbox("Release", NAMES, NAMES.index(_TO), key="release", bind="query-params", width=180)
        instead = st.selectbox("Instead of", NAMES, NAMES.index(AS_NOW), key="instead", bind="query-params", width=180)
        group = st.selectbox("Group", list(rows), key="of", bind="query-params", width=180)
    with answer:
        comparison = sentence(rows[group], group, release, instead) or "Choose two cadences to compare"
        st.header(f"{comparison}.", anchor=False)
    of_group = rows[group].filter(pl.col("group") == group)
    longest = _longest(of_group, "half_hours"), _longest(of_group, "hours_earlier")
    lines = pl.DataFrame([_line(of_group, name, instead, view.clock, longest) for name in NAMES])
    columns = {
        "cadence": "Release",
        "leaves": "Schedule",
        "half": "Median until production [95% CI]",
        "arrived": f"In production in {'7 days' if view.clock == 'wall' else 'a week of work'} [95% CI]",
        "earlier": st.column_config.TextColumn(
            f"Earlier than {instead} [95% CI]",
            help="Mean up to the horizon of hours. Negative: later.",
        ),
    }
    tables.table(lines, columns, alt_text=f"Each release cadence for {group}, compared with {instead}")
    changes = wording.counted(of_group["changes"][0], "change")
    st.caption(f"{_ASSUMPTIONS} {wording.capital(group)}: {changes}, intervals by {of_group['interval_by'][0]}.")
    with st.container(horizontal=True):
        tables.download("CSV", view.download("cadences", clock=view.clock), name="cadences")
        if len(rows) > 1:
            by_group = view.download("cadences", by=view.axis, clock=view.clock)
            tables.download("CSV by group", by_group, name="cadences-groups")


def _longest(rows: pl.DataFrame, column: str) -> float:
    """The longest of a column of hours, whatever its sign: its unit is that of the column."""
    longest = rows[column].abs().max()
    return longest if isinstance(longest, float) else 0.0


def _line(
    rows: pl.DataFrame, cadence: str, instead: str, clock: str, longest: tuple[float, float]
) -> Mapping[str, Any]:
    """One cadence as text, compared with the one that it would replace; `longest`: hours of each column."""
    of_cadence = rows.filter(pl.col("cadence") == cadence)
    row = of_cadence.row(0, named=True)
    against = next(of_cadence.filter(pl.col("instead_of") == instead).iter_rows(named=True), None)
    earlier = (
        None
        if against is None
        else wording.with_interval(_estimate(against, "hours_earlier", "earlier"), clock, beside=longest[1])
    )
    return {
        "cadence": row["cadence"] if cadence != AS_NOW else "as now (observed)",
        "leaves": row["leaves"],
        "half": wording.with_interval(_estimate(row, "half_hours", "half"), clock, beside=longest[0]),
        "arrived": wording.share(_estimate(row, "arrived_7d", "arrived_7d")),
        "earlier": earlier and earlier.replace("-", "−"),
    }


def _estimate(row: Mapping[str, Any], name: str, stem: str) -> Estimate:
    return Estimate(row[name], row[f"{stem}_lower"], row[f"{stem}_upper"])
