"""Flow: where work is so long after code complete, how much of it has arrived, and how that changes by month."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import streamlit as st

from analytics.pulse.pulse import Pulse
from analytics.text import wording
from dashboard import charts
from dashboard.answers import questions as data
from dashboard.parts import tables
from dashboard.parts.lazy_expander import folded
from dashboard.parts.sections import group_names, head, left_out, named, observed, too_few
from dashboard.shell import frame
from dashboard.shell.filters import View
from dashboard.shell.navigation import lead_to

GUIDE = (
    "Time runs from **code complete**: the last change of a change's own code. At each time the chart says which"
    " share of the changes is in production (blue), closed and never to arrive (grey), or waits, and for what (the"
    " stages, light to dark in their order). What still waits counts with its time so far. Bands are 95% intervals;"
    " where nothing was watched for so long, nothing is drawn."
)
MONTHS = {"Share in production after a week": "arrived_7d", "Time until half is in production": "median_hours"}
FEWEST = 20


def page(view: View) -> None:
    """Draw the page."""
    head(view, "Flow", GUIDE)
    found = observed(view)
    if found is None:
        return
    st.header(wording.how_long(found), anchor=False)
    whole = data.report(view.file, "occupancy", view.filters, by=view.axis, clock=view.clock)
    rows = named(whole, view)
    enough = rows.filter(pl.col("changes") >= FEWEST)
    counts = rows.filter(pl.col("changes") < FEWEST).unique("group").sort("group")
    too_few(dict(zip(counts["group"], counts["changes"], strict=True)))
    if not enough.is_empty():
        where_it_is(view, enough.filter(pl.col("probability").is_not_null()))
        share_arrived(view)
    quantiles(view, found)
    months(view)
    left_out(view, found)


def where_it_is(view: View, rows: pl.DataFrame) -> None:
    """Every group's places over time, side by side."""
    st.header("Where the work is", anchor=False)
    groups = group_names(rows, view)
    for column, group in zip(st.columns(len(groups)), groups, strict=True):
        mine = rows.filter(pl.col("group") == group)
        with column:
            st.subheader(wording.capital(group), anchor=False)
            st.caption(wording.counted(mine["changes"][0], "change"))
            charts.occupancy(mine, clock=view.clock, alt_text=f"Where {group} is over time. {places(mine, view.clock)}")
    columns = {
        "group": "Group",
        "hours": "Hours after code complete",
        "state": "Where",
        "probability": tables.percent("Share"),
        "lower": tables.percent("95% from"),
        "upper": tables.percent("95% to"),
        "at_risk": "Seen there just before",
    }
    tables.under_chart(
        rows,
        columns,
        name="occupancy",
        alt_text="Share of each group in each place over time",
        whole=lambda: data.whole_report(view.file, "occupancy", view.filters, by=view.axis, clock=view.clock),
    )


def places(rows: pl.DataFrame, clock: str) -> str:
    """Where a group is after a day, a week and a month, in words."""
    told = []
    for hours in (24.0, 168.0, 720.0):
        there = rows.filter((pl.col("hours") == hours) & (pl.col("probability") >= 0.005))
        parts = (f"{row['state']} {row['probability']:.0%}" for row in there.iter_rows(named=True))
        if len(there):
            told.append(f"After {wording.alone(hours, clock)}: {', '.join(parts)}.")
    return " ".join(told)


def share_arrived(view: View) -> None:
    """The share in production over time, the groups in one chart."""
    st.header("How much has arrived", anchor=False)
    report = named(data.report(view.file, "arrivals", view.filters, by=view.axis, clock=view.clock), view)
    rows = report.filter((pl.col("end") == "production") & pl.col("probability").is_not_null())
    groups = group_names(rows, view)
    told = "; ".join(
        f"{row['group']} {row['probability']:.0%} after {wording.hours(row['hours'], view.clock)}"
        for row in rows.filter(pl.col("hours").is_in([24.0, 168.0, 720.0])).iter_rows(named=True)
    )
    charts.arrived(rows, groups, clock=view.clock, alt_text=f"Share in production over time with 95% bands: {told}.")
    st.caption(bands(rows, groups))
    columns = {
        "group": "Group",
        "hours": "Hours after code complete",
        "probability": tables.percent("In production"),
        "lower": tables.percent("95% from"),
        "upper": tables.percent("95% to"),
        "changes": "Changes",
        "interval_by": "Interval by",
    }
    tables.under_chart(
        rows,
        columns,
        name="arrivals",
        alt_text="Share in production by group and time",
        whole=lambda: data.whole_report(view.file, "arrivals", view.filters, by=view.axis, clock=view.clock),
    )


def bands(rows: pl.DataFrame, groups: Sequence[str]) -> str:
    """What the bands rest on, and why one of few repositories swells."""
    first = rows.unique("group", maintain_order=True)
    by = dict(first.select("group", "repositories").filter(first["interval_by"] == "repository").iter_rows())
    told = ", ".join(f"{wording.counted(by[group], 'repository')} of {group}" for group in groups if group in by)
    if not told:
        return "Bands take each change as independent: repositories are too few to go by."
    return (
        f"Bands are by repository: {told}. Where they are few and unlike, a band is wide and uneven, most of all before"
        " more than one of them has delivered much: it says how little is known there, not what happened."
    )


def quantiles(view: View, found: Pulse) -> None:
    """When half and 85% had arrived, and how long each stage takes those who enter it."""
    st.header("How long it takes", anchor=False)
    seen = data.closed_work_is_seen(view.file, view.filters)
    pulses = [found] + [data.pulse(view.file, view.filters, axis, view.clock) for axis in other_axes(view)]
    groups = [found.everything, *(group for pulse in pulses for group in (pulse.ai, pulse.other))]
    shown = [
        {
            "group": wording.capital(group.name),
            "changes": group.changes,
            "production": group.production,
            "waiting": group.waiting,
            "abandoned": wording.gone(group, closed_work_is_seen=seen),
            "half": wording.with_interval(group.median_hours, view.clock) if group.enough else wording.TOO_FEW,
            "most": wording.with_interval(group.p85_hours, view.clock) if group.enough else wording.TOO_FEW,
        }
        for group in groups
    ]
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
    rows = named(data.report(view.file, "stages", view.filters, by=view.axis, clock=view.clock), view)
    stage_columns = {
        "group": "Group",
        "stage": "Stage",
        "reached": "Entered it",
        "median_hours": tables.decimal("Half moved on after (h)"),
        "p85_hours": tables.decimal("85% moved on after (h)"),
        "mean_hours_in_state": tables.decimal("Mean hours of all changes"),
        "share_of_wait": tables.percent("Share of its waiting"),
    }

    def stage_by_stage() -> None:
        tables.table(
            rows.filter(pl.col("reached").is_not_null()), stage_columns, alt_text="Each stage: how long it takes"
        )
        tables.download(
            "CSV",
            lambda: data.whole_report(view.file, "stages", view.filters, by=view.axis, clock=view.clock),
            name="stages",
        )

    folded("Stage by stage", stage_by_stage, name="stages")
    lead_to("bottlenecks", "Which changes were longest in each stage")


def other_axes(view: View) -> list[str]:
    """The axis that is not chosen."""
    return [axis for axis in ("builds_ai", "built_with_ai") if axis != view.axis]


@st.fragment
def months(view: View) -> None:
    """How each month's changes fared."""
    st.header("Month by month", anchor=False)
    rows = named(data.report(view.file, "trend", view.filters, by=view.axis, clock=view.clock), view)
    chosen = st.segmented_control("Shown", list(MONTHS), default=next(iter(MONTHS)), label_visibility="collapsed")
    value = MONTHS[chosen or next(iter(MONTHS))]
    told = rows.filter(pl.col(value).is_not_null())
    if told.is_empty():
        st.markdown("No month has 20 changes of a group: too few to say.")
    else:
        newest = "; ".join(
            f"{row['group']} {row['month']:%B %Y}: {amount(row[value], value, view)}"
            for row in told.sort("month").group_by("group", maintain_order=True).last().iter_rows(named=True)
        )
        charts.month_by_month(
            told,
            group_names(told, view),
            value,
            clock=view.clock,
            alt_text=f"{chosen or ''} by month of code complete, with 95% bands. Last: {newest}.",
        )
        st.caption("By the month in which a change was code complete. Months with fewer than 20 changes are left out.")
    columns = {
        "group": "Group",
        "month": st.column_config.DatetimeColumn("Month", format="YYYY-MM"),
        "changes": "Changes",
        "production": "Arrived",
        "waiting": "Waiting",
        "median_hours": tables.decimal("Half arrived after (h)"),
        "median_lower": tables.decimal("95% from"),
        "median_upper": tables.decimal("95% to"),
        "arrived_7d": tables.percent("Arrived in a week"),
        "arrived_7d_lower": tables.percent("95% from"),
        "arrived_7d_upper": tables.percent("95% to"),
    }
    tables.under_chart(
        rows,
        columns,
        name="trend",
        alt_text="Each group and month",
        whole=lambda: data.whole_report(view.file, "trend", view.filters, by=view.axis, clock=view.clock),
    )


def amount(number: float, value: str, view: View) -> str:
    """A value of a month in words."""
    return f"{number:.0%}" if value.startswith("arrived") else wording.hours(number, view.clock)


page(frame.view())
