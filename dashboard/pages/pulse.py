"""Pulse check: how long from code complete to production, what has not arrived, and where the time goes."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import streamlit as st

from analytics.pulse import Group, Pulse
from analytics.pulse_tables import arrivals_table, groups_table, stages_table
from dashboard import charts, data, frame, tables
from dashboard.filters import AXES, View
from dashboard.sections import basis, nothing_observed, scope_line
from headway import wording

WAITING_SHOWN = 10
A_WEEK = 168.0
NUMBER_PIXELS = 150

CODE_COMPLETE = (
    "Code complete: its own code was changed for the last time. What still waits counts with its time so far, and what"
    " was closed counts as abandoned; neither is dropped."
)
GROUPS = (
    "**AI work** builds an AI capability (models, prompts, inference, retrieval, evaluation). **Made with AI**: by an"
    " agent, or by a person with an AI tool, by its own mark. The two are independent questions. Bots are left out."
)
STAGES = (
    "The mean time that a change spends in each stage in the first {days:.0f} days from code complete; a stage is named"
    " for what the change waits for. The stages of a group add up to all of its waiting. Lines are 95% intervals."
)


def page(view: View) -> None:
    """Draw the page."""
    pulses = {axis: data.pulse(view.file, view.filters, axis) for axis in AXES.values()}
    found = pulses[view.axis]
    seen = data.closed_work_is_seen(view.file, view.filters)
    st.title("Pulse check", anchor=False)
    scope_line(view, found)
    if found.as_of is None:
        nothing_observed(found)
    else:
        headline(found, closed_work_is_seen=seen)
        every_group(list(pulses.values()), closed_work_is_seen=seen)
        if found.compared[0].enough:
            arrived(found)
            where_it_waits(found)
        waiting_longest(view)
    basis(view, found, closed_work_is_seen=seen)


def headline(found: Pulse, *, closed_work_is_seen: bool) -> None:
    """The answer in two sentences, then both groups side by side."""
    everything = found.everything
    st.header(wording.how_long(found), anchor=False, help=CODE_COMPLETE)
    gone = (
        f"**{everything.abandoned:,}** were closed and never arrived."
        if closed_work_is_seen
        else "what was closed and never arrived is not seen from Git alone."
    )
    st.markdown(f"Of {everything.changes:,} changes **{everything.waiting:,}** still wait; {gone}")
    for column, group in zip(st.columns(2), (found.ai, found.other), strict=True):
        with column, st.container(border=True):
            card(group, closed_work_is_seen=closed_work_is_seen)


def card(group: Group, *, closed_work_is_seen: bool) -> None:
    """One group in four numbers."""
    st.subheader(wording.capital(group.name), anchor=False)
    st.caption(f"{wording.counted(group.changes, 'change')} in {wording.counted(group.repositories, 'repository')}")
    week = dict(group.arrived).get(A_WEEK)
    with st.container(horizontal=True):
        if group.enough:
            number("Half arrived after", wording.median(group), wording.interval(group.median_hours))
        else:
            number("Half arrived after", wording.TOO_FEW)
        if group.enough and week is not None and week.value is not None:
            number("Arrived in 7 days", f"{week.value:.0%}", wording.share_interval(week))
        number("Still waiting", f"{group.waiting:,}")
        number("Never arrived", wording.gone(group, closed_work_is_seen=closed_work_is_seen))


def number(label: str, value: str, interval: str = "") -> None:
    """A number with its interval under it."""
    st.metric(
        label,
        value,
        delta=interval or None,
        delta_color="off",
        delta_arrow="off",
        delta_description="95%" if interval else None,
        width=NUMBER_PIXELS,
    )


def every_group(pulses: Sequence[Pulse], *, closed_work_is_seen: bool) -> None:
    """All work, and both ways to split it."""
    groups = [pulses[0].everything, *(group for pulse in pulses for group in (pulse.ai, pulse.other))]
    shown = [
        {
            "group": wording.capital(group.name),
            "changes": group.changes,
            "production": group.production,
            "waiting": group.waiting,
            "abandoned": wording.gone(group, closed_work_is_seen=closed_work_is_seen),
            "half": wording.with_interval(group.median_hours) if group.enough else wording.TOO_FEW,
            "most": wording.with_interval(group.p85_hours) if group.enough else wording.TOO_FEW,
        }
        for group in groups
    ]
    st.subheader("Every group", anchor=False, help=GROUPS)
    columns = {
        "group": "Group",
        "changes": "Changes",
        "production": "Arrived",
        "waiting": "Waiting",
        "abandoned": "Never arrived",
        "half": "Half arrived after [95%]",
        "most": "85% arrived after [95%]",
    }
    tables.table(pl.DataFrame(shown), columns, alt_text="Each group: changes, where they are, and how long they take")
    rows = groups_table(pulses, closed_work_is_seen=closed_work_is_seen)
    tables.download("CSV", lambda: rows, name="groups")


def arrived(found: Pulse) -> None:
    """The share in production after a day, a week and a month."""
    groups = found.compared
    st.header("How much has arrived", anchor=False)
    rows = arrivals_table(found, groups)
    told = "; ".join(
        f"{group.name}: "
        + ", ".join(f"{wording.share(share)} after {wording.hours(hours)}" for hours, share in group.arrived)
        for group in groups
    )
    charts.arrivals(rows, [group.name for group in groups], alt_text=f"Share in production with 95% interval. {told}.")
    columns = {
        "group": "Group",
        "hours": "Hours from code complete",
        "probability": tables.percent("In production"),
        "lower": tables.percent("95% from"),
        "upper": tables.percent("95% to"),
        "changes": "Changes",
    }
    tables.under_chart(rows, columns, name="arrived", alt_text="Share in production by group and time")


def where_it_waits(found: Pulse) -> None:
    """The stages, the groups side by side."""
    groups = found.compared
    st.header("Where it waits", anchor=False, help=STAGES.format(days=found.horizon_hours / 24))
    st.markdown("  \n".join(wording.bottleneck(group, found.horizon_hours) + "." for group in groups if group.stages))
    rows = stages_table(found, groups)
    told = "; ".join(
        f"{group.name}: " + ", ".join(f"{time.stage} {wording.with_interval(time.mean_hours)}" for time in group.stages)
        for group in groups
    )
    order = [time.stage for time in found.everything.stages]
    names = [group.name for group in groups]
    charts.stages(rows, names, order, alt_text=f"Mean time in each stage with 95% interval. {told}.")
    columns = {
        "group": "Group",
        "stage": "Stage",
        "mean_hours_in_state": tables.decimal("Mean hours"),
        "lower": tables.decimal("95% from"),
        "upper": tables.decimal("95% to"),
        "share_of_wait": tables.percent("Share of its waiting"),
        "changes": "Changes",
    }
    tables.under_chart(rows, columns, name="stages", alt_text="Mean hours by group and stage")


def waiting_longest(view: View) -> None:
    """The oldest changes that are code complete and not in production."""
    st.header("Waiting longest", anchor=False)
    rows = data.slowest_waiting(view.file, view.filters, WAITING_SHOWN)
    if rows.is_empty():
        st.markdown("Nothing waits.")
    else:
        columns = {
            "age_days": tables.decimal("Days so far"),
            "current_stage": "Waits for",
            "url": tables.link("Link"),
            "title": "Title",
            "change_id": "Change",
            "builds_ai": "AI work",
            "built_with_ai": "Made with AI",
            "author": "Author",
        }
        aged = tables.in_days(tables.safe_links(rows), "age_hours", "age_days")
        tables.table(aged, columns, alt_text="The changes that have waited longest, oldest first")
    with st.container(horizontal=True):
        tables.download("CSV", lambda: rows, name="waiting-longest")
        tables.download("CSV of every change", lambda: data.lead_time(view.file, view.filters), name="lead-time")


page(frame.view())
