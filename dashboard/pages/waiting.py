"""Waiting now: every change that is code complete and not in production, and its chance to arrive."""

from __future__ import annotations

import polars as pl
import streamlit as st

from analytics.cohort.cohort import LEAD_STAGES
from analytics.text import wording
from dashboard.answers import questions as data
from dashboard.parts import attention as needs
from dashboard.parts import tables
from dashboard.parts.change_links import CHANGE_COLUMNS, linked
from dashboard.parts.sections import FROM_GIT_ALONE, head
from dashboard.shell import frame
from dashboard.shell.filters import View
from dashboard.shell.navigation import lead_to

GUIDE = (
    "Every change that is code complete, and neither in production nor closed; open drafts are not. **What is most"
    " unusual comes first**: it has been in its stage longer than others that were there. **Somebody is needed** where"
    " that is longer than nine in ten, and its chance to arrive within 30 days is less than even, or nobody can tell it"
    " because too few ever waited so long. “Today” is the as-of time.\n\n"
    "**Longer than** is the share of the changes that entered that stage in its repository and had left it by then."
    " **Chance** is the share that arrived, of the changes that had waited as long in that stage; where too few ever"
    " did, it is empty. Both are told of all changes of its repositories, whatever period is chosen. In working time"
    " what waits grows no older at a weekend; a chance is within so many days of the calendar all the same."
)
ANY = "Any"
ABOUT = {"Everything": None, "AI work": True, "Other work": False}
SHOWN = 1000


def page(view: View) -> None:
    """Draw the page."""
    head(view, "Waiting now", GUIDE)
    rows = data.report(view.file, "waiting", view.filters, clock=view.clock)
    if rows.is_empty():
        nothing_waits(view)
        return
    found = needs.needed(view)
    st.header(f"{found.answer}.", anchor=False)
    if found.first:
        st.caption(found.rule)
        needs.each(found)
    st.header("All that waits", anchor=False)
    shown = narrowed(rows)
    worklist(shown, view.clock)
    with st.container(horizontal=True):
        tables.download(
            "CSV", lambda: data.whole_report(view.file, "waiting", view.filters, clock=view.clock), name="waiting"
        )
        tables.download(
            "CSV of every change",
            lambda: data.whole_report(view.file, "lead-time", view.filters),
            name="lead-time",
        )
    lead_to("bottlenecks", "What would bring it there sooner")


def nothing_waits(view: View) -> None:
    """Say that nothing waits, or that nobody would tell."""
    st.header("Nothing waits", anchor=False)
    coverage = data.report(view.file, "coverage", view.filters)
    if coverage["no_deployments"].sum() or not coverage["code_complete"].sum():
        st.markdown("No repository of these reports deployments and has work that is code complete.")
        lead_to("health", "What is known of each repository")
    elif not data.closed_work_is_seen(view.file, view.filters):
        st.markdown(FROM_GIT_ALONE)


def narrowed(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows that are left after the page's own filters."""
    stages = [stage for stage in LEAD_STAGES if stage in set(rows["current_stage"])]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        stage = st.selectbox("In", [ANY, *stages], key="stage", bind="query-params", width=180)
        about = st.selectbox("What it builds", list(ABOUT), key="about", bind="query-params", width=180)
        text = st.text_input("Title, author or id has", key="text", bind="query-params", width=260)
    kept = rows if stage == ANY else rows.filter(pl.col("current_stage") == stage)
    if ABOUT[about] is not None:
        kept = kept.filter(pl.col("builds_ai") == ABOUT[about])
    if text:
        places = pl.concat_str("title", "author", "change_id", separator="\n", ignore_nulls=True)
        kept = kept.filter(places.str.to_lowercase().str.contains(text.lower(), literal=True))
    return kept


def worklist(rows: pl.DataFrame, clock: str) -> None:
    """The changes, the most unusual first."""
    if rows.is_empty():
        st.markdown("Nothing that waits is like that.")
        return
    told = wording.counted(len(rows), "change")
    if len(rows) > SHOWN:
        told = f"The {SHOWN:,} most unusual of {told}; the CSV has all"
    st.caption(
        f"{told}, bots' included. The first ones need somebody first. Click a column to sort; “timeline” shows a change"
        " with its evidence."
    )
    per, unit = (24.0, "Days") if clock == "wall" else (1.0, "Working hours")
    shown = linked(rows.head(SHOWN)).with_columns(
        (pl.col("age_hours") / per).alias("age"),
        (pl.col("hours_in_stage") / per).alias("in_stage"),
    )
    columns = {
        **CHANGE_COLUMNS,
        "current_stage": "In",
        "in_stage": tables.decimal(f"{unit} in it", f"{unit} since it entered the stage in which it waits"),
        "unusual_share": tables.percent("Longer than", "Of the changes that entered that stage in its repository"),
        "chance_30d": tables.percent("In 30 days", "Chance of being in production within 30 days from the as-of time"),
        "chance_30d_lower": tables.percent("95% from"),
        "chance_30d_upper": tables.percent("95% to"),
        "chance_7d": tables.percent("In 7 days", "Chance of being in production within 7 days"),
        "waits_for": st.column_config.TextColumn("Waits for", width="medium"),
        "age": tables.decimal(f"{unit} in all", f"{unit} since code complete"),
        "builds_ai": "AI work",
        "built_with_ai": "Made with AI",
        "author": "Author",
        "team": "Team",
        "url": tables.link("Where it is"),
        "note": "Note",
    }
    tables.table(shown, columns, alt_text="What waits, the most unusual first")


page(frame.view())
