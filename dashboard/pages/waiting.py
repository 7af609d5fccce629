"""Waiting now: every change that is code complete and not in production, and its chance to get there."""

from __future__ import annotations

import polars as pl
import streamlit as st

from analytics.cohort.cohort import LEAD_STAGES
from analytics.text import wording
from dashboard.answers.view import View
from dashboard.parts import tables
from dashboard.parts.attention import as_cards
from dashboard.parts.change_links import CHANGE_COLUMNS, place_columns, shortened, with_links
from dashboard.parts.sections import ONLY_GIT, ask_head, head
from dashboard.shell import frame
from dashboard.shell.navigation import page_link

GUIDE = (
    "Every change that is code complete, and neither in production nor closed; open drafts are left out. **The most"
    " unusual come first**: they have been in their stage longer than others before them. A change **needs a decision**"
    " if that is longer than nine in ten, and its chance of production within 30 days is below 50% or unknown, because"
    " too few changes ever waited so long or the pace of work turned lately: for 30 days in its stage it is worth"
    " saving, then finish or close it."
    " “Today” is the as-of time, and the period in the sidebar does not matter here.\n\n"
    "**Longer than** is the share of the changes that entered the stage in its repository and had left it by then."
    " **Chance** is the share that reached production, of the changes that had waited as long in that stage; it is"
    " empty where too few did, and after a turn of the pace until it is known what comes of it. Both use all changes of"
    " the chosen repositories, in any period. In working time a change does not age at weekends, but a chance is within"
    " calendar days."
)
ANY = "Any"
ABOUT = {"Everything": None, "AI work": True, "Other work": False}
SHOWN = 1000
_WAITS_FOR_LETTERS = 38


def ask_first(view: View) -> None:
    """Ask what is answered before a file is shown."""
    ask_head(view.always)


def ask_later(view: View) -> None:
    """Ask the rest."""
    view.always.report("waiting", clock=view.clock)
    view.attention()


def page(view: View) -> None:
    """Draw the page: what waits now, in any period."""
    view = view.always
    head(view, "Waiting now", GUIDE)
    rows = view.report("waiting", clock=view.clock)
    if rows.is_empty():
        nothing_waits(view)
        return
    attention = view.attention()
    st.header(f"{attention.answer}.", anchor=False)
    if attention.first:
        st.caption(attention.rule)
        as_cards(attention)
    st.header("All waiting changes", anchor=False)
    worklist(filtered(rows), view.clock)
    with st.container(horizontal=True):
        tables.download("CSV", view.download("waiting", clock=view.clock), name="waiting")
        tables.download("CSV of every change", view.download("lead-time"), name="lead-time")
    page_link("bottlenecks", "What would speed them up")


def nothing_waits(view: View) -> None:
    """Say that nothing waits, or that no source reports it."""
    st.header("No waiting changes", anchor=False)
    coverage = view.report("coverage")
    if coverage["no_deployments"].sum() or not coverage["code_complete"].sum():
        st.markdown("None of these repositories has deployments and changes that are code complete.")
        page_link("health", "Data health of each repository")
    elif not view.closed_work_is_seen():
        st.markdown(ONLY_GIT)


def filtered(rows: pl.DataFrame) -> pl.DataFrame:
    """Draw the page's own filters and return the matching rows."""
    stages = [stage for stage in LEAD_STAGES if stage in set(rows["current_stage"])]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        stage = st.selectbox("Stage", [ANY, *stages], key="stage", bind="query-params", width=180)
        about = st.selectbox("What it builds", list(ABOUT), key="about", bind="query-params", width=180)
        text = st.text_input("Title, author or id contains", key="text", bind="query-params", width=250)
    matching = rows if stage == ANY else rows.filter(pl.col("current_stage") == stage)
    if ABOUT[about] is not None:
        matching = matching.filter(pl.col("builds_ai") == ABOUT[about])
    if text:
        searched = pl.concat_str("title", "author", "change_id", separator="\n", ignore_nulls=True)
        matching = matching.filter(searched.str.to_lowercase().str.contains(text.lower(), literal=True))
    return matching


def worklist(rows: pl.DataFrame, clock: str) -> None:
    """The changes, the most unusual first."""
    if rows.is_empty():
        st.markdown("No waiting change matches.")
        return
    count = wording.counted(len(rows), "change")
    if len(rows) > SHOWN:
        count = f"The {SHOWN:,} most unusual of {count} (the CSV has all)"
    st.caption(
        f"{count}, including those of bots, the most unusual first. Click a column to sort; “timeline” opens a change"
        " with its evidence."
    )
    per, unit = (24.0, "Days") if clock == "wall" else (1.0, "Working hours")
    shown = with_links(rows.head(SHOWN)).with_columns(
        (pl.col("age_hours") / per).alias("age"),
        (pl.col("hours_in_stage") / per).alias("in_stage"),
        shortened("waits_for", _WAITS_FOR_LETTERS),
    )
    columns = {
        **CHANGE_COLUMNS,
        "waits_for": st.column_config.TextColumn("Waits for", width=250),
        "current_stage": "Stage",
        "in_stage": tables.decimal(f"{unit} in stage", f"{unit} since it entered the stage in which it waits"),
        "unusual_share": tables.percent(
            "Longer than", "Share of the changes that entered the stage in its repository and left it sooner"
        ),
        "chance_30d": tables.percent("In 30 days", "Chance of being in production within 30 days from the as-of time"),
        "chance_30d_lower": tables.percent("95% from"),
        "chance_30d_upper": tables.percent("95% to"),
        "chance_7d": tables.percent("In 7 days", "Chance of being in production within 7 days"),
        **place_columns(shown),
        "age": tables.decimal(f"{unit} in total", f"{unit} since code complete"),
        "builds_ai": "AI work",
        "built_with_ai": "Made with AI",
        "author": "Author",
        "team": "Team",
        "url": tables.link("Source"),
        "note": "Note",
    }
    tables.table(shown, columns, alt_text="Waiting changes, the most unusual first")


if __name__ == "__main__":
    page(frame.view())
