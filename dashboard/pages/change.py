"""One change: its milestones, where its time went, why it is or is not AI work, and the record behind each."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import polars as pl
import streamlit as st

from analytics.explain.change import Explanation
from analytics.text import wording
from dashboard import charts
from dashboard.answers import questions as data
from dashboard.charts.grids import BEFORE, LEAD
from dashboard.parts import tables
from dashboard.parts.sections import WALL_ALONE
from dashboard.shell import frame
from dashboard.shell.filters import View
from dashboard.shell.navigation import CHANGE, lead_to
from headway.errors import AnalysisError
from headway.times import shown

GUIDE = (
    "Everything that is known of one change, each fact with the record that it came from: the same as `headway"
    " explain`. Bars left of code complete are how it was made, those right of it add up to its lead time; what still"
    " waits is shown up to the as-of time. The address of this page can be sent to somebody."
)
BEFORE_CODE_COMPLETE = ("coding", "rework")
COMMITS = 200


def page(view: View) -> None:
    """Draw the page."""
    st.title("One change", anchor=False)
    if view.clock == "working":
        st.text(wording.capital(WALL_ALONE))
    asked = st.text_input(
        "Change",
        key=CHANGE,
        bind="query-params",
        placeholder="github:owner/name#12",
        help="Its id, as in every table and export.",
    )
    with st.expander("How to read this page"):
        st.markdown(GUIDE)
    if not asked.strip():
        st.markdown("Write the id of a change, or follow a link from the worklist.")
        lead_to("waiting")
        return
    try:
        found = data.explain(view.file, asked.strip())
    except AnalysisError as error:
        st.text(f"{wording.plain(str(error))}\n{wording.plain(error.hint)}")
        lead_to("waiting")
        return
    about(found)
    time(found)
    milestones(found)
    verdict(found)
    if found.initiatives:
        st.header("Initiatives", anchor=False)
        st.text("\n".join(wording.plain(line) for line in found.initiatives))
    if found.repairs:
        st.header("Did it fail or come back?", anchor=False)
        st.text("\n".join(wording.plain(line) for line in found.repairs))
    commits(found)


def about(found: Explanation) -> None:
    """What it is and what became of it. Its texts are somebody's: shown as text."""
    change = found.change
    st.subheader("What it is", anchor=False)
    st.text(wording.plain(change["title"] or "(no title)"))
    team = f", team {change['team']}" if change["team"] else ""
    st.text(wording.plain(f"{change['change_id']} by {change['author'] or 'unknown'}{team}"))
    (url,) = tables.safe_links(pl.DataFrame({"url": [change["url"]]}, schema={"url": pl.String}))["url"]
    if url:
        st.link_button("Open where it is", url)
    hours = change["lead_time_hours"] if change["lead_time_hours"] is not None else change["age_hours"]
    with st.container(horizontal=True):
        st.metric("Outcome", change["outcome"].replace("_", " "), width=190)
        if hours is not None:
            label = "Lead time" if change["lead_time_hours"] is not None else "Waiting so far"
            st.metric(label, wording.hours(hours), width=190)
        if change["current_stage"]:
            st.metric("In", change["current_stage"], width=190)
    st.text(wording.plain(found.arrival))
    if found.waits_for:
        st.text(wording.plain(f"Waits for {found.waits_for}."))
    if change["clamped"]:
        st.caption(f"{wording.counted(change['clamped'], 'milestone')} out of order, moved to what follows.")


def time(found: Explanation) -> None:
    """Its stages as bars over time."""
    st.header("Where its time went", anchor=False)
    rows = stays(found)
    if rows.is_empty():
        st.markdown("No stage of it is known.")
        return
    told = "; ".join(f"{stage.name} {wording.hours(stage.hours)}" for stage in found.stages)
    charts.timeline(rows, alt_text=f"Time in each stage: {told}.")
    for line in found.friction:
        st.markdown(f"- {line}")
    columns = {
        "stage": "Stage",
        "hours": st.column_config.NumberColumn("Hours", format="%.2f"),
        "so_far": "Still there",
        "began": tables.time("From (UTC)"),
        "ended": tables.time("To (UTC)"),
    }
    tables.under_chart(rows, columns, name="stages-of-change", alt_text="Stages of this change")


def stays(found: Explanation) -> pl.DataFrame:
    """Its stages with begin and end: laid end to end from both sides of code complete, as they add up."""
    complete: datetime = found.change["code_complete_at"]
    before = [stage for stage in found.stages if stage.name in BEFORE_CODE_COMPLETE]
    after = [stage for stage in found.stages if stage.name not in BEFORE_CODE_COMPLETE]
    edges = [complete - timedelta(hours=sum(stage.hours for stage in before))]
    for stage in [*before, *after]:
        edges.append(edges[-1] + timedelta(hours=stage.hours))
    rows = [
        {
            "stage": stage.name,
            "part": BEFORE if stage in before else LEAD,
            "hours": stage.hours,
            "so_far": not stage.ended,
            "began": began,
            "ended": ended,
        }
        for stage, (began, ended) in zip([*before, *after], pairwise(edges), strict=True)
    ]
    return pl.DataFrame(rows)


def milestones(found: Explanation) -> None:
    """Each milestone with the record that says so."""
    st.header("Milestones and the record behind each", anchor=False)
    rows = pl.DataFrame(
        [
            {"milestone": one.name.removesuffix("_at").replace("_", " "), "at": one.at, "record": one.record}
            for one in found.milestones
            if one.at is not None
        ],
        schema={"milestone": pl.String, "at": pl.Datetime("us"), "record": pl.String},
    )
    columns = {
        "milestone": "Milestone",
        "at": tables.time("When (UTC)"),
        "record": st.column_config.TextColumn("Record", width="large"),
    }
    tables.table(rows, columns, alt_text="Milestones of this change and the record behind each")
    tables.download("CSV", lambda: rows, name="milestones")


def verdict(found: Explanation) -> None:
    """Why it is or is not AI work."""
    st.header("Is it AI work?", anchor=False)
    st.markdown(f"It {found.verdict}.")
    if found.evidence:
        st.text("\n".join(wording.plain(part) for part in found.evidence))


def commits(found: Explanation) -> None:
    """Its own commits."""
    st.header("Its own commits", anchor=False)
    if not found.commits:
        st.markdown("Its own commits are not known.")
        return
    rows = pl.DataFrame(
        [
            {
                "sha": one["sha"][:12],
                "at": one["committed_at"],
                "author": one["author_name"],
                "subject": (one["message"] or "").partition("\n")[0],
                "merge": bool(one["merge"]),
            }
            for one in found.commits[:COMMITS]
        ]
    )
    columns = {
        "sha": "Commit",
        "at": tables.time("Committed (UTC)"),
        "author": "Author",
        "subject": st.column_config.TextColumn("Subject", width="large"),
        "merge": "Merge",
    }
    if len(found.commits) > COMMITS:
        st.caption(f"The first {COMMITS:,} of {len(found.commits):,}.")
    tables.table(rows, columns, alt_text="Its own commits")
    st.caption(f"As of {shown(found.change['as_of'])}.")


page(frame.view())
