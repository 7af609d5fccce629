"""Deployments and stability: the five DORA measures over time, and whether AI work fails or comes back more."""

from __future__ import annotations

import polars as pl
import streamlit as st

from analytics.dora.definitions import DEFINITIONS
from analytics.text import wording
from dashboard import charts
from dashboard.answers import questions as data
from dashboard.parts import tables
from dashboard.parts.change_links import changes_table
from dashboard.parts.sections import TELL_DEPLOYMENTS, head
from dashboard.parts.stability import (
    MEASURES,
    compared_failures,
    compared_rework,
    groups_of,
    in_words,
    sides_of,
)
from dashboard.shell import frame
from dashboard.shell.filters import View

GUIDE = (
    "The five measures of DORA: how often production is deployed to, how long a change takes to get there, how often"
    " a deployment fails, how long it takes to recover, and how many deployments were unplanned. **What counts as a"
    " failure** can be chosen, because answers hang on it. `open`: what may still change, such as deployments still"
    " held to account.\n\n"
    "**Rework**: of the changes in production, those that a fix repaired (they wrote most of the lines that it took"
    " out), or that were taken back. AI work stands beside other work; brackets are 95% intervals."
)
WINDOWS = {"Months": "month", "Quarters": "quarter"}


def page(view: View) -> None:
    """Draw the page."""
    head(view, "Stability", GUIDE, wall_alone=True)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        definition = st.selectbox("A failure is", list(DEFINITIONS), key="failure", bind="query-params", width=220)
        window = st.selectbox("By", list(WINDOWS), key="window", bind="query-params", width=140)
    st.caption(f"{wording.capital(DEFINITIONS[definition].meaning)}.")
    whole = data.report(view.file, "dora", view.filters, definition=definition)
    if whole.is_empty():
        st.header("No production deployment is seen", anchor=False)
        st.markdown(TELL_DEPLOYMENTS)
        return
    five(whole)
    over_time(view, WINDOWS[window], definition)
    failures(view, definition)
    rework(view)
    deployments(view)
    came_back(view)


def five(rows: pl.DataFrame) -> None:
    """The measures over the whole time, each with its interval."""
    found = {row["measure"]: row for row in rows.iter_rows(named=True)}
    with st.container(horizontal=True):
        for measure, label in MEASURES.items():
            row = found.get(measure)
            if row is None:
                continue
            value, interval = in_words(row)
            st.metric(
                label,
                value,
                delta=interval or None,
                delta_color="off",
                delta_arrow="off",
                delta_description="95%" if interval else None,
                width=190,
            )
    missed = rows["unlinked_incidents"][0]
    if missed:
        st.caption(f"{wording.counted(missed, 'incident')} could not be laid to any deployment.")


def over_time(view: View, window: str, definition: str) -> None:
    """One of the measures by month or quarter."""
    st.header("Over time", anchor=False)
    names = {label: measure for measure, label in MEASURES.items()}
    chosen = st.segmented_control("Shown", list(names), default=next(iter(names)), label_visibility="collapsed")
    label = chosen or next(iter(names))
    rows = data.report(view.file, "dora", view.filters, window=window, definition=definition)
    shown = rows.filter((pl.col("measure") == names[label]) & pl.col("value").is_not_null())
    if shown.is_empty():
        st.markdown("No window has enough to tell it from.")
    else:
        last = shown.row(-1, named=True)
        spoken = f"{last['window']}: {in_words(last)[0]}"
        charts.measure_over_time(shown, label, alt_text=f"{label} by {window}, with 95% intervals; {spoken}.")
        if not shown["whole"].all():
            st.caption("The first and the last window may be cut: they are what was seen of them.")
    columns = {
        "window": "Window",
        "value": tables.decimal("Value"),
        "lower": tables.decimal("95% from"),
        "upper": tables.decimal("95% to"),
        "unit": "Unit",
        "numerator": "Rests on",
        "denominator": "Of",
        "open": "Open",
        "level": "Level",
        "whole": "Whole",
        "interval_by": "Interval by",
    }
    tables.under_chart(
        shown.with_columns(pl.col("value", "lower", "upper").round(4)),
        columns,
        name="dora",
        alt_text=f"{label} by {window}",
        whole=lambda: data.whole_report(view.file, "dora", view.filters, window=window, definition=definition),
    )


def failures(view: View, definition: str) -> None:
    """Whether deployments with AI work fail more."""
    st.header("Do deployments with AI work fail more?", anchor=False)
    rows = data.report(view.file, "dora", view.filters, by=view.axis, definition=definition)
    st.markdown("\n".join(compared_failures(rows, view.axis)))
    bars(sides_of(rows, view.axis), "share of deployments that failed", "failed-deployments")
    tables.download(
        "CSV of every measure and group",
        lambda: data.whole_report(view.file, "dora", view.filters, by=view.axis, definition=definition),
        name="dora-groups",
    )


def rework(view: View) -> None:
    """Whether changes of AI work come back more."""
    st.header("Do AI changes come back more?", anchor=False)
    rows = data.report(view.file, "rework", view.filters, by=view.axis)
    if rows.is_empty():
        st.markdown("No change in production whose repairs could be traced: `headway collect` reads them from Git.")
        return
    st.markdown("\n".join(compared_rework(rows, view.axis)))
    shown = groups_of(rows.filter((pl.col("measure") == "repaired_share") & (pl.col("days") == 30)), view.axis)
    bars(shown, "share of changes repaired within 30 days", "repaired")
    tables.download(
        "CSV of every measure and group",
        lambda: data.whole_report(view.file, "rework", view.filters, by=view.axis),
        name="rework",
    )


def bars(rows: pl.DataFrame, title: str, name: str) -> None:
    """A share of each group with its interval."""
    known = rows.filter(pl.col("value").is_not_null())
    if known.is_empty():
        st.markdown(f"{wording.capital(wording.TOO_FEW)}.")
        return
    groups = known["group"].to_list()
    told = "; ".join(f"{row['group']} {in_words(row)[0]}" for row in known.iter_rows(named=True))
    charts.shares(known, groups, title, alt_text=f"{wording.capital(title)}, with 95% intervals: {told}.")
    columns = {
        "group": "Group",
        "value": tables.percent(wording.capital(title)),
        "lower": tables.percent("95% from"),
        "upper": tables.percent("95% to"),
        "interval_by": "Interval by",
    }
    tables.under_chart(known, columns, name=name, alt_text=wording.capital(title))


def deployments(view: View) -> None:
    """Rollbacks and failures among the deployments to production, the newest first."""
    st.header("Rollbacks and failed deployments", anchor=False)
    wrong = data.troubled(view.file, view.filters)
    if not wrong.of:
        st.markdown("None is seen.")
    else:
        columns = {
            "created_at": tables.time("Created (UTC)"),
            "repo": "Repository",
            "kind": "Kind",
            "state": "State",
            "failed_attempts": "Failed attempts",
            "version": "Version",
            "withdrawn_commits": "Commits withdrawn",
            "changes": "Changes shipped",
            "url": tables.link("Where it is"),
            "evidence": st.column_config.TextColumn("Evidence", width="large"),
        }
        shown = tables.safe_links(wrong.rows)
        tables.table(shown, columns, alt_text="Rollbacks and failed deployments, the newest first")
        st.caption(tables.first_of(len(shown), wrong.of, "the newest first"))
    tables.download(
        "CSV of every deployment",
        lambda: data.whole_report(view.file, "deployments", view.filters),
        name="deployments",
    )


def came_back(view: View) -> None:
    """The changes that failed, were withdrawn, taken back or repaired, the newest first."""
    st.header("Changes that failed or came back", anchor=False)
    found = data.returned(view.file, view.filters)
    if not found.of:
        st.markdown("None is seen.")
        return
    columns = {
        "what": "What happened",
        "happened_at": tables.time("When (UTC)"),
        "days": tables.decimal("Days after production"),
        "shown_by": st.column_config.TextColumn("Shown by", width="medium"),
        "builds_ai": "AI work",
        "built_with_ai": "Made with AI",
        "author": "Author",
        "repo": "Repository",
    }
    shown = tables.in_days(found.rows, "hours_after", "days")
    changes_table(shown, columns, alt_text="Changes that failed or came back")
    st.caption(tables.first_of(len(shown), found.of, "the newest first"))
    tables.download("CSV", lambda: data.whole_report(view.file, "returned", view.filters), name="returned")


page(frame.view())
