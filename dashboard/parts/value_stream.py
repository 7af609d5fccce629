"""The value stream of the pulse check: where each group waits, to scale, and what drops out on the way."""

from __future__ import annotations

import streamlit as st

from analytics.pulse.pulse import Group, Pulse
from analytics.pulse.tables import stream_table
from analytics.text import wording
from dashboard import charts
from dashboard.answers.view import View
from dashboard.parts import tables
from dashboard.shell.navigation import page_link

__all__ = ["value_stream"]

COLUMNS = {
    "group": "Group",
    "stage": "Stage",
    "mean_hours_in_state": tables.decimal("Mean hours"),
    "lower": tables.decimal("95% from"),
    "upper": tables.decimal("95% to"),
    "share_of_wait": tables.percent("Share of waiting"),
    "abandoned": tables.percent("Abandoned in it"),
}


def value_stream(view: View, pulse: Pulse) -> None:
    """Draw the picture under its verdict, and its numbers on demand."""
    groups = [group for group in pulse.compared if group.stages]
    if not groups:
        return
    closed = view.closed_work_is_seen()
    rows = stream_table(groups, closed_work_is_seen=closed)
    within = f"{pulse.horizon_hours / 24.0:.0f} days" if view.clock == "wall" else f"{pulse.horizon_hours:.0f} h"
    titles = {group.name: _title(group, within, view, closed=closed) for group in groups}
    first = groups[0]
    with st.container(border=True, gap="xsmall", key="value-stream"):
        st.markdown(f"**{_verdict(first, view)}** {wording.lead_of_bottleneck(first, view.clock)}")
        charts.stream(rows, titles, clock=view.clock, within=within, alt_text=_alt_text(titles, groups, view))
        page_link("bottlenecks", "All stages, and what would help")
        tables.under_chart(rows, COLUMNS, name="value-stream", alt_text="Mean hours and drop-outs by group and stage")


def _verdict(group: Group, view: View) -> str:
    stage = group.bottleneck
    if stage is None or stage.mean_hours.value is None:
        return ""
    time = wording.alone(stage.mean_hours.value, view.clock)
    return f"Biggest bottleneck of {wording.work(group)}: {stage.stage}, {time}, {stage.share:.0%} of its waiting."


def _title(group: Group, within: str, view: View, *, closed: bool) -> str:
    """How long a group waits in all, and how it ends."""
    waits = wording.alone(group.mean_waiting_hours or 0.0, view.clock)
    ends = [(group.production_share.value, "in production"), (group.waiting_share, "still wait")]
    ends += [(group.abandoned_share.value, "never arrive")] * closed
    shares = [f"{share:.0%} {what}" for share, what in ends if share is not None]
    shares += [] if closed else [f"never arrive: {wording.NO_DATA}"]
    return f"{wording.capital(wording.work(group))} waits {waits} of its first {within}; then {', '.join(shares)}"


def _alt_text(titles: dict[str, str], groups: list[Group], view: View) -> str:
    stages = "; ".join(
        f"{group.name}: "
        + ", ".join(f"{time.stage} {wording.hours(time.mean_hours.value or 0.0, view.clock)}" for time in group.stages)
        for group in groups
    )
    return f"{'. '.join(titles.values())}. Mean time in each stage: {stages}."
