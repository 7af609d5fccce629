"""Deployments and stability: the five DORA measures over time, and whether AI work fails or needs rework more often."""

from __future__ import annotations

import polars as pl
import streamlit as st

from analytics.dora.definitions import DEFAULT, DEFINITIONS
from analytics.text import wording
from dashboard import charts
from dashboard.answers.view import View
from dashboard.parts import events, tables
from dashboard.parts.change_links import changes_table
from dashboard.parts.sections import SET_UP_DEPLOYMENTS, ask_head, head
from dashboard.parts.stability import (
    MEASURES,
    change_groups,
    deployment_groups,
    failure_comparison,
    rework_comparison,
    value_and_interval,
)
from dashboard.shell import frame

GUIDE = (
    "The five measures of DORA: how often you deploy to production, how long a change takes to get there, how often a"
    " deployment fails, how long recovery takes, and how many deployments are unplanned. Choose **what counts as a"
    " failure**, because results depend on it. `Open` counts what may still change, such as deployments that may yet"
    " fail.\n\n"
    "**Rework**: changes in production that a fix repaired (they wrote most of the lines that it removed), or that were"
    " reverted. AI work is compared with other work; brackets are 95% confidence intervals."
)
TARGETS = {"change_failure_rate": "failure_share", "lead_time": "lead_time_median_hours"}
WINDOWS = {"Months": "month", "Quarters": "quarter"}


def ask_first(view: View) -> None:
    """Ask what is answered before a file is shown."""
    ask_head(view)


def ask_later(view: View) -> None:
    """Ask the rest."""
    view.report("dora")
    view.report("dora", window=next(iter(WINDOWS.values())))
    view.report("dora", by=view.axis)
    view.report("rework", by=view.axis)
    view.troubled_deployments()
    view.returned_changes()


def page(view: View) -> None:
    """Draw the page."""
    head(view, "Stability", GUIDE, wall_clock_only=True, intervals=True)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        failure = st.selectbox("Failure", list(DEFINITIONS), key="failure", bind="query-params", width=220)
        window = st.selectbox("Window", list(WINDOWS), key="window", bind="query-params", width=140)
    st.caption(f"{wording.capital(DEFINITIONS[failure].meaning)}.")
    # The default is the same question as on other pages.
    definition = None if failure == DEFAULT else failure
    rows = view.report("dora", definition=definition)
    if rows.is_empty():
        st.header("No production deployments", anchor=False)
        st.markdown(SET_UP_DEPLOYMENTS)
        return
    measures(rows)
    over_time(view, WINDOWS[window], definition)
    failures(view, definition)
    rework(view)
    deployments(view)
    returned_changes(view)


def measures(rows: pl.DataFrame) -> None:
    """The five measures over the whole period, each with its interval."""
    by_measure = {row["measure"]: row for row in rows.iter_rows(named=True)}
    with st.container(horizontal=True):
        for measure, label in MEASURES.items():
            row = by_measure.get(measure)
            if row is None:
                continue
            value, interval = value_and_interval(row)
            st.metric(
                label,
                value,
                delta=interval or None,
                delta_color="off",
                delta_arrow="off",
                delta_description="95% CI" if interval else None,
                width=190,
            )
    unlinked = rows["unlinked_incidents"][0]
    if unlinked:
        st.caption(f"{wording.counted(unlinked, 'incident')} could not be linked to a deployment.")


def over_time(view: View, window: str, definition: str | None) -> None:
    """One of the measures by month or quarter."""
    st.header("Over time", anchor=False)
    names = {label: measure for measure, label in MEASURES.items()}
    chosen = st.segmented_control("Measure", list(names), default=next(iter(names)), label_visibility="collapsed")
    label = chosen or next(iter(names))
    rows = view.report("dora", window=window, definition=definition)
    shown = rows.filter((pl.col("measure") == names[label]) & pl.col("value").is_not_null())
    if shown.is_empty():
        st.markdown(f"Too few data for this measure in any {window}.")
    else:
        last = shown.row(-1, named=True)
        newest = f"{last['window']}: {value_and_interval(last)[0]}"
        marked = charts.measure_over_time(
            shown,
            label,
            alt_text=f"{label} by {window}, with 95% intervals; {newest}.",
            events=view.events,
            target=getattr(view.targets, TARGETS[names[label]]) if names[label] in TARGETS else 0.0,
        )
        events.listed(marked)
        if not shown["whole"].all():
            st.caption(f"The first and the last {window} may be incomplete.")
    columns = {
        "window": "Window",
        "value": tables.decimal("Value"),
        "lower": tables.decimal("95% from"),
        "upper": tables.decimal("95% to"),
        "unit": "Unit",
        "numerator": "Numerator",
        "denominator": "Denominator",
        "open": "Open",
        "level": "Level",
        "whole": "Complete",
        "interval_by": "Interval by",
        "intervals": "Interval for",
    }
    tables.under_chart(
        shown.with_columns(pl.col("value", "lower", "upper").round(4)),
        columns,
        name="dora",
        alt_text=f"{label} by {window}",
        whole=view.download("dora", window=window, definition=definition),
    )


def failures(view: View, definition: str | None) -> None:
    """Whether deployments with AI work fail more often."""
    st.header("Do deployments with AI work fail more often?", anchor=False)
    rows = view.report("dora", by=view.axis, definition=definition)
    st.markdown("\n".join(failure_comparison(rows, view.axis)))
    bars(deployment_groups(rows, view.axis), "share of deployments that failed", "failed-deployments")
    tables.download(
        "CSV of every measure and group",
        view.download("dora", by=view.axis, definition=definition),
        name="dora-groups",
    )


def rework(view: View) -> None:
    """Whether AI changes need rework more often."""
    st.header("Do AI changes need rework more often?", anchor=False)
    rows = view.report("rework", by=view.axis)
    if rows.is_empty():
        st.markdown("No change in production has traced repairs. `headway collect` traces them in Git.")
        return
    st.markdown("\n".join(rework_comparison(rows, view.axis)))
    shown = change_groups(rows.filter((pl.col("measure") == "repaired_share") & (pl.col("days") == 30)), view.axis)
    bars(shown, "share of changes repaired within 30 days", "repaired")
    tables.download("CSV of every measure and group", view.download("rework", by=view.axis), name="rework")


def bars(rows: pl.DataFrame, title: str, name: str) -> None:
    """A share of each group with its interval."""
    estimated = rows.filter(pl.col("value").is_not_null())
    if estimated.is_empty():
        st.markdown(f"{wording.capital(wording.TOO_FEW)}.")
        return
    groups = estimated["group"].to_list()
    shares = "; ".join(f"{row['group']} {value_and_interval(row)[0]}" for row in estimated.iter_rows(named=True))
    charts.shares(estimated, groups, title, alt_text=f"{wording.capital(title)}, with 95% intervals: {shares}.")
    columns = {
        "group": "Group",
        "value": tables.percent(wording.capital(title)),
        "lower": tables.percent("95% from"),
        "upper": tables.percent("95% to"),
        "interval_by": "Interval by",
        "intervals": "Interval for",
    }
    tables.under_chart(estimated, columns, name=name, alt_text=wording.capital(title))


def deployments(view: View) -> None:
    """Rollbacks and failures among the deployments to production, newest first."""
    st.header("Rollbacks and failed deployments", anchor=False)
    troubled = view.troubled_deployments()
    if not troubled.of:
        st.markdown("None.")
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
            "url": tables.link("Source"),
            "evidence": st.column_config.TextColumn("Evidence", width="large"),
        }
        shown = tables.safe_links(troubled.rows)
        tables.table(shown, columns, alt_text="Rollbacks and failed deployments, newest first")
        st.caption(tables.first_of(len(shown), troubled.of, "newest first"))
    tables.download("CSV of every deployment", view.download("deployments"), name="deployments")


def returned_changes(view: View) -> None:
    """The changes that failed or were withdrawn, reverted or repaired, newest first."""
    st.header("Changes that failed or needed rework", anchor=False)
    returned = view.returned_changes()
    if not returned.of:
        st.markdown("None.")
        return
    columns = {
        "what": "What happened",
        "happened_at": tables.time("When (UTC)"),
        "days": tables.decimal("Days after production"),
        "shown_by": st.column_config.TextColumn("Evidence", width="medium"),
        "builds_ai": "AI work",
        "built_with_ai": "Made with AI",
        "author": "Author",
        "repo": "Repository",
    }
    shown = tables.in_days(returned.rows, "hours_after", "days")
    changes_table(shown, columns, alt_text="Changes that failed or needed rework")
    st.caption(tables.first_of(len(shown), returned.of, "newest first"))
    tables.download("CSV", view.download("returned"), name="returned")


if __name__ == "__main__":
    page(frame.view())
