"""Flow: where work is by time since code complete, how much of it is in production, and how that changes by month."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import streamlit as st

from analytics.cohort.units import LIKE_THESE, QUESTIONS
from analytics.pulse.pulse import Pulse
from analytics.text import wording
from dashboard import charts
from dashboard.answers.choices import AXES
from dashboard.answers.view import View
from dashboard.parts import events, tables
from dashboard.parts.lazy_expander import lazy_expander
from dashboard.parts.sections import (
    FEWEST,
    ask_head,
    group_names,
    head,
    left_out,
    pulse_or_hint,
    small_groups,
    with_group_names,
)
from dashboard.shell import frame
from dashboard.shell.navigation import page_link

GUIDE = (
    "Time starts at **code complete**, the last change to a change's own code. For each time since then the chart shows"
    " which share of the changes is in production (blue), closed without production (grey), or waiting in a stage"
    " (light to dark in the order of stages). Waiting changes count with their time so far. Bands are 95% confidence"
    " intervals; nothing is drawn beyond the longest observed time."
)
TARGETS = {"arrived_7d": "within_7_days_share", "median_hours": "lead_time_median_hours"}
MONTHS = {"Share in production after a week": "arrived_7d", "Median time to production": "median_hours"}


def ask_first(view: View) -> None:
    """Ask what is answered before a file is shown."""
    ask_head(view)
    view.pulse()
    view.report("occupancy", by=view.axis, clock=view.clock)


def ask_later(view: View) -> None:
    """Ask the rest."""
    view.report("arrivals", by=view.axis, clock=view.clock)
    for axis in other_axes(view):
        view.pulse(axis)
    view.report("stages", by=view.axis, clock=view.clock)
    view.report("trend", by=view.axis, clock=view.clock)


def page(view: View) -> None:
    """Draw the page."""
    head(view, "Flow", GUIDE, intervals=True)
    pulse = pulse_or_hint(view)
    if pulse is None:
        return
    st.header(wording.how_long(pulse), anchor=False)
    rows = with_group_names(view.report("occupancy", by=view.axis, clock=view.clock), view)
    enough = rows.filter(pl.col("changes") >= FEWEST)
    small_groups(rows)
    if not enough.is_empty():
        occupancy(view, enough.filter(pl.col("probability").is_not_null()))
        arrivals(view)
    durations(view, pulse)
    months(view)
    events.before_and_after(view)
    left_out(view, pulse)


def occupancy(view: View, rows: pl.DataFrame) -> None:
    """Where each group's work is over time, side by side."""
    st.header("Where the work is", anchor=False)
    groups = group_names(rows, view)
    for column, group in zip(st.columns(len(groups)), groups, strict=True):
        of_group = rows.filter(pl.col("group") == group)
        with column:
            st.subheader(wording.capital(group), anchor=False)
            st.caption(wording.counted(of_group["changes"][0], "change"))
            alt_text = f"Where {group} is over time. {states(of_group, view.clock)}"
            charts.occupancy(of_group, clock=view.clock, alt_text=alt_text)
    columns = {
        "group": "Group",
        "hours": "Hours after code complete",
        "state": "State",
        "probability": tables.percent("Share"),
        "lower": tables.percent("95% from"),
        "upper": tables.percent("95% to"),
        "at_risk": "At risk",
    }
    tables.under_chart(
        rows,
        columns,
        name="occupancy",
        alt_text="Share of each group in each state over time",
        whole=view.download("occupancy", by=view.axis, clock=view.clock),
    )


def states(rows: pl.DataFrame, clock: str) -> str:
    """Where a group is after a day, a week and a month, as text."""
    sentences = []
    for hours in (24.0, 168.0, 720.0):
        at = rows.filter((pl.col("hours") == hours) & (pl.col("probability") >= 0.005))
        parts = (f"{row['state']} {row['probability']:.0%}" for row in at.iter_rows(named=True))
        if len(at):
            sentences.append(f"After {wording.alone(hours, clock)}: {', '.join(parts)}.")
    return " ".join(sentences)


def arrivals(view: View) -> None:
    """The share in production over time, all groups in one chart."""
    st.header("How much is in production", anchor=False)
    report = with_group_names(view.report("arrivals", by=view.axis, clock=view.clock), view)
    rows = report.filter((pl.col("end") == "production") & pl.col("probability").is_not_null())
    groups = group_names(rows, view)
    shares = "; ".join(
        f"{row['group']} {row['probability']:.0%} after {wording.hours(row['hours'], view.clock)}"
        for row in rows.filter(pl.col("hours").is_in([24.0, 168.0, 720.0])).iter_rows(named=True)
    )
    charts.arrived(rows, groups, clock=view.clock, alt_text=f"Share in production over time with 95% bands: {shares}.")
    st.caption(bands(rows, groups))
    columns = {
        "group": "Group",
        "hours": "Hours after code complete",
        "probability": tables.percent("In production"),
        "lower": tables.percent("95% from"),
        "upper": tables.percent("95% to"),
        "changes": "Changes",
        "interval_by": "Interval by",
        "intervals": "Interval for",
    }
    tables.under_chart(
        rows,
        columns,
        name="arrivals",
        alt_text="Share in production by group and time",
        whole=view.download("arrivals", by=view.axis, clock=view.clock),
    )


def bands(rows: pl.DataFrame, groups: Sequence[str]) -> str:
    """The question that the bands answer, and what they are computed by."""
    first = rows.unique("group", maintain_order=True)
    told = {
        row["group"]: (row["intervals"], row["interval_by"])
        for row in first.iter_rows(named=True)
        if row["group"] in groups
    }
    parts = [
        f"{', '.join(group for group in groups if told.get(group) == kind)} by {by}: how far {question} would lie"
        for kind in dict.fromkeys(told.values())
        for question, by in (kind,)
    ]
    alone = any(by == "change" for _, by in told.values())
    wide = any(question == QUESTIONS[LIKE_THESE] for question, _ in told.values())
    return ". ".join(
        [
            f"95% bands. {wording.capital('; '.join(parts))}",
            *(
                ["By change: there are too few months, and changes of one release are treated as independent"]
                if alone
                else []
            ),
            *(["With few and unlike repositories a band is wide and uneven"] if wide else []),
            "A band shows uncertainty, not what happened.",
        ]
    )


def durations(view: View, pulse: Pulse) -> None:
    """When half and 85% were in production, and how long each stage takes."""
    st.header("How long it takes", anchor=False)
    closed_work_is_seen = view.closed_work_is_seen()
    pulses = [pulse, *(view.pulse(axis) for axis in other_axes(view))]
    groups = [pulse.everything, *(group for on_axis in pulses for group in (on_axis.ai, on_axis.other))]
    shown = [
        {
            "group": wording.capital(group.name),
            "changes": group.changes,
            "production": group.production,
            "waiting": group.waiting,
            "abandoned": wording.gone(group, closed_work_is_seen=closed_work_is_seen),
            "half": wording.with_interval(group.median_hours, view.clock) if group.enough else wording.TOO_FEW,
            "most": wording.with_interval(group.p85_hours, view.clock) if group.enough else wording.TOO_FEW,
        }
        for group in groups
    ]
    columns = {
        "group": "Group",
        "changes": "Changes",
        "production": "In production",
        "waiting": "Waiting",
        "abandoned": "Never arrived",
        "half": "Median [95% CI]",
        "most": "85th percentile [95% CI]",
    }
    tables.table(pl.DataFrame(shown), columns, alt_text="Each group: changes, outcomes, and time to production")
    rows = with_group_names(view.report("stages", by=view.axis, clock=view.clock), view)
    stage_columns = {
        "group": "Group",
        "stage": "Stage",
        "reached": "Changes entered",
        "median_hours": tables.decimal("Median in stage (h)"),
        "p85_hours": tables.decimal("85th percentile (h)"),
        "mean_hours_in_state": tables.decimal("Mean hours of all changes"),
        "share_of_wait": tables.percent("Share of waiting"),
    }

    def stages() -> None:
        tables.table(rows.filter(pl.col("reached").is_not_null()), stage_columns, alt_text="Time in each stage")
        tables.download("CSV", view.download("stages", by=view.axis, clock=view.clock), name="stages")

    lazy_expander("Time in each stage", stages, name="stages")
    page_link("bottlenecks", "Longest changes in each stage")


def other_axes(view: View) -> list[str]:
    """The axis that is not chosen."""
    return [axis for axis in AXES.values() if axis != view.axis]


@st.fragment
def months(view: View) -> None:
    """Time to production by month of code complete."""
    st.header("Month by month", anchor=False)
    rows = with_group_names(view.report("trend", by=view.axis, clock=view.clock), view)
    chosen = st.segmented_control("Measure", list(MONTHS), default=next(iter(MONTHS)), label_visibility="collapsed")
    value = MONTHS[chosen or next(iter(MONTHS))]
    shown = rows.filter(pl.col(value).is_not_null())
    if shown.is_empty():
        st.markdown(f"Too few changes: no group has {FEWEST} in any month.")
    else:
        newest = "; ".join(
            f"{row['group']} {row['month']:%B %Y}: {month_value(row[value], value, view)}"
            for row in shown.sort("month").group_by("group", maintain_order=True).last().iter_rows(named=True)
        )
        target = getattr(view.targets, TARGETS[value]) if view.clock == "wall" else 0.0
        marked = charts.month_by_month(
            shown,
            group_names(shown, view),
            value,
            clock=view.clock,
            alt_text=f"{chosen or ''} by month of code complete, with 95% bands. Last: {newest}.",
            events=view.events,
            target=target,
        )
        at = " Each point is at the first day of its month." if marked else ""
        st.caption(f"By month of code complete. Months with fewer than {FEWEST} changes are left out.{at}")
        events.listed(marked, link=False)
    columns = {
        "group": "Group",
        "month": st.column_config.DatetimeColumn("Month", format="YYYY-MM"),
        "changes": "Changes",
        "production": "In production",
        "waiting": "Waiting",
        "median_hours": tables.decimal("Median (h)"),
        "median_lower": tables.decimal("95% from"),
        "median_upper": tables.decimal("95% to"),
        "arrived_7d": tables.percent("In production after a week"),
        "arrived_7d_lower": tables.percent("95% from"),
        "arrived_7d_upper": tables.percent("95% to"),
    }
    tables.under_chart(
        rows,
        columns,
        name="trend",
        alt_text="Each group and month",
        whole=view.download("trend", by=view.axis, clock=view.clock),
    )


def month_value(number: float, value: str, view: View) -> str:
    """A value of a month as text."""
    return f"{number:.0%}" if value.startswith("arrived") else wording.hours(number, view.clock)


if __name__ == "__main__":
    page(frame.view())
