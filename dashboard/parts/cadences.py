"""How often to release: one cadence instead of another, as a part of pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
import streamlit as st

from analytics.pulse.pulse import Estimate
from analytics.reports.cadences import AS_NOW, NAMES, sentence
from analytics.text import wording
from dashboard.answers import questions as data
from dashboard.parts import tables
from dashboard.parts.sections import group_names, named
from dashboard.shell.filters import View

__all__ = ["daily_instead_of_others", "how_often"]

_ALL, _ALL_WORK = "all", "all work"
_FROM, _TO = "weekly", "daily"
_SUPPOSED = (
    "Every repository by that cadence alone; the real merges of the past replayed. It supposes that people merge as"
    " they did, and that releases do not queue."
)


def daily_instead_of_others(view: View) -> tuple[str, str]:
    """What releasing daily would bring all work instead of weekly, and instead of as now; empty where none leaves."""
    rows = data.report(view.file, "cadences", view.filters, clock=view.clock)
    return sentence(rows, _ALL, _TO, _FROM), sentence(rows, _ALL, _TO, AS_NOW)


def how_often(view: View) -> None:
    """Any two cadences beside each other, and all of them in a table."""
    every = data.report(view.file, "cadences", view.filters, clock=view.clock)
    if every["cadence"].is_null().all():
        st.header("How often to release", anchor=False)
        few = f"{wording.capital(wording.TOO_FEW)}: 20 changes are needed."
        st.markdown("Nothing waits for a release here." if every.is_empty() else few)
        return
    rows = {_ALL_WORK: every.with_columns(pl.lit(_ALL_WORK).alias("group"))}
    parts = named(data.report(view.file, "cadences", view.filters, by=view.axis, clock=view.clock), view)
    told = parts.filter(pl.col("cadence").is_not_null())
    rows |= dict.fromkeys(group_names(told, view), told)
    answer = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        release = st.selectbox("Release", NAMES, NAMES.index(_TO), key="release", bind="query-params", width=180)
        instead = st.selectbox("Instead of", NAMES, NAMES.index(_FROM), key="instead", bind="query-params", width=180)
        whose = st.selectbox("Of", list(rows), key="of", bind="query-params", width=180)
    with answer:
        found = sentence(rows[whose], whose, release, instead) or "Choose two cadences to compare"
        st.header(f"{found}.", anchor=False)
    of_group = rows[whose].filter(pl.col("group") == whose)
    shown = pl.DataFrame([_line(of_group, name, instead, view.clock) for name in NAMES])
    columns = {
        "cadence": "Release",
        "leaves": "Leaves",
        "half": "Half in production after [95%]",
        "arrived": f"In production in {'7 days' if view.clock == 'wall' else 'a week of work'} [95%]",
        "earlier": st.column_config.TextColumn(
            f"Earlier than {instead} [95%]",
            help="Mean over the first 30 days of a change, or the working hours in them; − is later",
        ),
    }
    tables.table(shown, columns, alt_text=f"Each release cadence of {whose}: how long it takes, and against {instead}")
    changes = wording.counted(of_group["changes"][0], "change")
    st.caption(f"{_SUPPOSED} {wording.capital(whose)}: {changes}, intervals by {of_group['interval_by'][0]}.")
    with st.container(horizontal=True):
        tables.download(
            "CSV", lambda: data.whole_report(view.file, "cadences", view.filters, clock=view.clock), name="cadences"
        )
        if len(rows) > 1:
            tables.download(
                "CSV by group",
                lambda: data.whole_report(view.file, "cadences", view.filters, by=view.axis, clock=view.clock),
                name="cadences-groups",
            )


def _line(rows: pl.DataFrame, cadence: str, instead: str, clock: str) -> Mapping[str, Any]:
    """One cadence in words, beside the one that it would replace."""
    mine = rows.filter(pl.col("cadence") == cadence)
    row = mine.row(0, named=True)
    against = next(mine.filter(pl.col("instead_of") == instead).iter_rows(named=True), None)
    earlier = None if against is None else wording.with_interval(_estimate(against, "hours_earlier", "earlier"), clock)
    return {
        "cadence": row["cadence"] if cadence != AS_NOW else "as now, really",
        "leaves": row["leaves"],
        "half": wording.with_interval(_estimate(row, "half_hours", "half"), clock),
        "arrived": wording.share(_estimate(row, "arrived_7d", "arrived_7d")),
        "earlier": earlier and earlier.replace("-", "−"),
    }


def _estimate(row: Mapping[str, Any], name: str, stem: str) -> Estimate:
    return Estimate(row[name], row[f"{stem}_lower"], row[f"{stem}_upper"])
