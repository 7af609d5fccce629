"""One change: its milestones, where its time went, why it is or is not AI work, and the record behind each."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from urllib.parse import urlsplit

import polars as pl
import streamlit as st

from analytics.explain.change import Explanation
from analytics.explain.search import MOST
from analytics.text import wording
from dashboard import charts
from dashboard.answers.view import View
from dashboard.charts.grids import BEFORE, LEAD
from dashboard.parts import events, tables
from dashboard.parts.change_links import changes_table
from dashboard.parts.sections import WALL_CLOCK_ONLY, services_in_doubt, title_of
from dashboard.shell import frame
from dashboard.shell.navigation import CHANGE, page_link
from headway.errors import AnalysisError
from headway.times import shown

GUIDE = (
    "All that is known about one change, each fact with the record that it comes from: the same as `headway explain`."
    " Bars before code complete show how it was made; bars after it add up to its lead time. An unfinished stage is"
    " shown up to the as-of time. You can share the address of this page."
)
BEFORE_CODE_COMPLETE = ("coding", "rework")
COMMITS = 200


def ask_first(view: View) -> None:
    """Ask what is answered before a file is shown."""
    view.report("doubts")
    view.side_by_side()
    view.tag_dates()
    view.held_back()
    view.possible_renames()
    view.record_clocks()


def page(view: View) -> None:
    """Draw the page."""
    title_of("One change", GUIDE)
    services_in_doubt(view)
    if view.clock == "working":
        st.text(wording.capital(WALL_CLOCK_ONLY))
    change_id = st.text_input(
        "Change",
        key=CHANGE,
        bind="query-params",
        placeholder="github:owner/name#12, or words of a title",
        help="Its id, as in every table and export; or a part of its title or author, or the first six letters of a"
        " commit: then the changes that match are listed.",
    )
    if not change_id.strip():
        st.markdown("Enter the id of a change, words of its title, its author or a commit; or follow a link.")
        page_link("waiting")
        return
    try:
        explanation = view.explain(change_id.strip())
    except AnalysisError as error:
        if matches(view, change_id):
            return
        st.text(f"{wording.plain(str(error))}\n{wording.plain(error.hint)}")
        page_link("waiting")
        return
    about(explanation)
    time(view, explanation)
    milestones(explanation)
    services(explanation)
    verdict(explanation)
    if explanation.initiatives:
        st.header("Initiatives", anchor=False)
        st.text("\n".join(wording.plain(line) for line in explanation.initiatives))
    if explanation.repairs:
        st.header("Did it fail or need rework?", anchor=False)
        st.text("\n".join(wording.plain(line) for line in explanation.repairs))
    commits(explanation)


def matches(view: View, text: str) -> bool:
    """List the changes that a text names; return whether there is any."""
    rows = view.search(text)
    if rows.is_empty():
        return False
    more = f" (the newest {MOST:,} of them)" if len(rows) == MOST else ""
    st.header(f"{wording.counted(len(rows), 'change')} named by this text{more}", anchor=False)
    columns = {
        "author": "Author",
        "outcome": "Outcome",
        "current_stage": "Stage",
        "code_complete_at": tables.time("Code complete (UTC)"),
        "production_at": tables.time("In production (UTC)"),
    }
    changes_table(rows, columns, alt_text="Changes that match, the newest first")
    return True


def about(explanation: Explanation) -> None:
    """What it is and its outcome. Its title and names come from outside: shown as text."""
    change = explanation.change
    st.header("Summary", anchor=False)
    st.text(wording.plain(change["title"] or "(no title)"))
    team = f", team {change['team']}" if change["team"] else ""
    st.text(wording.plain(f"{change['change_id']} by {change['author'] or 'unknown'}{team}"))
    (url,) = tables.safe_links(pl.DataFrame({"url": [change["url"]]}, schema={"url": pl.String}))["url"]
    if url:
        st.link_button("Open on GitHub" if _on_github(url) else "Open at its source", url)
    hours = change["lead_time_hours"] if change["lead_time_hours"] is not None else change["age_hours"]
    with st.container(horizontal=True):
        st.metric("Outcome", change["outcome"].replace("_", " "), width=190)
        if hours is not None:
            label = "Lead time" if change["lead_time_hours"] is not None else "Waiting so far"
            st.metric(label, wording.hours(hours), width=190)
        if change["current_stage"]:
            st.metric("Stage", change["current_stage"], width=190)
    st.text(wording.plain(explanation.arrival))
    if explanation.waits_for:
        st.text(wording.plain(f"Waits for {explanation.waits_for}."))
    if change["clamped"]:
        st.caption(f"{wording.counted(change['clamped'], 'milestone')} out of order, moved to the next one.")


def _on_github(url: str) -> bool:
    return (urlsplit(url).hostname or "") == "github.com"


def time(view: View, explanation: Explanation) -> None:
    """Its stages as bars over time."""
    st.header("Where its time went", anchor=False)
    rows = stays(explanation)
    if rows.is_empty():
        st.markdown("No data on its stages.")
        return
    hours = "; ".join(f"{stage.name} {wording.hours(stage.hours)}" for stage in explanation.stages)
    happened = [event for event in view.events if event.names is None or explanation.change["repo"] in event.names]
    events.listed(charts.timeline(rows, alt_text=f"Time in each stage: {hours}.", events=happened))
    for line in explanation.friction:
        st.markdown(f"- {line}")
    columns = {
        "stage": "Stage",
        "hours": st.column_config.NumberColumn("Hours", format="%.2f"),
        "so_far": "So far",
        "began": tables.time("From (UTC)"),
        "ended": tables.time("To (UTC)"),
    }
    tables.under_chart(rows, columns, name="stages-of-change", alt_text="Stages of this change")


def stays(explanation: Explanation) -> pl.DataFrame:
    """Its stages with begin and end, laid end to end before and after code complete."""
    complete: datetime | None = explanation.change["code_complete_at"]
    if complete is None:
        return pl.DataFrame()
    before = [stage for stage in explanation.stages if stage.name in BEFORE_CODE_COMPLETE]
    after = [stage for stage in explanation.stages if stage.name not in BEFORE_CODE_COMPLETE]
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


def milestones(explanation: Explanation) -> None:
    """Each milestone with the record behind it."""
    st.header("Milestones and the record behind each", anchor=False)
    rows = pl.DataFrame(
        [
            {
                "milestone": milestone.name.removesuffix("_at").replace("_", " "),
                "at": milestone.at,
                "record": milestone.record,
            }
            for milestone in explanation.milestones
            if milestone.at is not None
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


def services(explanation: Explanation) -> None:
    """The services that it touches and the waves of each; nothing where its repository is one service and wave."""
    if explanation.services:
        st.header("Services and waves", anchor=False)
        st.text("\n".join(wording.plain(line) for line in explanation.services))


def verdict(explanation: Explanation) -> None:
    """Why it is or is not AI work."""
    st.header("Is it AI work?", anchor=False)
    st.markdown(f"It {explanation.verdict}.")
    if explanation.evidence:
        st.text("\n".join(wording.plain(part) for part in explanation.evidence))


def commits(explanation: Explanation) -> None:
    """The commits of the change itself."""
    st.header("Commits", anchor=False)
    if not explanation.commits:
        st.markdown("No data on its commits.")
        return
    rows = pl.DataFrame(
        [
            {
                "sha": commit["sha"][:12],
                "at": commit["committed_at"],
                "author": commit["author_name"],
                "subject": (commit["message"] or "").partition("\n")[0],
                "merge": bool(commit["merge"]),
            }
            for commit in explanation.commits[:COMMITS]
        ]
    )
    columns = {
        "sha": "Commit",
        "at": tables.time("Committed (UTC)"),
        "author": "Author",
        "subject": st.column_config.TextColumn("Subject", width="large"),
        "merge": "Merge",
    }
    if len(explanation.commits) > COMMITS:
        st.caption(f"First {COMMITS:,} of {len(explanation.commits):,}.")
    tables.table(rows, columns, alt_text="Commits of this change")
    st.caption(f"As of {shown(explanation.change['as_of'])}.")


if __name__ == "__main__":
    page(frame.view())
