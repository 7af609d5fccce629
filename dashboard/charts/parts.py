"""Shared parts of charts: type sizes, legends, axes, and the colours of groups and stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import polars as pl
import streamlit as st

from analytics.cohort.cohort import ENDS, LEAD_STAGES
from dashboard.charts.first_paint import wait_for_first_paint

__all__ = [
    "DAY",
    "bounds",
    "colour",
    "hours_axis",
    "longest",
    "names",
    "of_states",
    "per_and_unit",
    "quiet_colour",
    "show",
    "text_colour",
    "values",
]

DAY = 24.0
_LABEL, _TITLE = 13, 12

# Stages are in an order, so their colours are too, light to dark, and visible on black. Production is blue and
# abandoned grey, as everywhere.
STATE_COLOURS = {
    **dict(
        zip(LEAD_STAGES, ("#f6d743", "#f3b229", "#ea8b2b", "#d9642f", "#b9463a", "#8f3245", "#6d4190"), strict=True)
    ),
    **dict(zip(ENDS, ("#1b7fb8", "#9a9a9a"), strict=True)),
}
_SPANS = {1: "1 h", 8: "8 h", 24: "1 d", 72: "3 d", 168: "1 wk", 336: "2 wk", 720: "30 d", 1440: "60 d"}
_WORKING_SPANS = {hours: f"{hours} h" for hours in (1, 8, 24, 72, 168, 336)}


def colour(groups: Sequence[str]) -> alt.Color:
    """A colour for each group, in the theme's order: first AI work, then the reference group."""
    return alt.Color(
        "group:N",
        scale=alt.Scale(domain=list(groups)),
        legend=alt.Legend(orient="top", title=None, labelFontSize=_LABEL, symbolOpacity=1, labelLimit=240),
    )


def of_states(states: Sequence[str], field: str = "state", columns: int = 3) -> alt.Color:
    """A colour for each stage and end."""
    domain = [state for state in STATE_COLOURS if state in states]
    return alt.Color(
        f"{field}:N",
        scale=alt.Scale(domain=domain, range=[STATE_COLOURS[state] for state in domain]),
        legend=alt.Legend(orient="top", title=None, labelFontSize=_TITLE, columns=columns, symbolType="square"),
    )


def hours_axis(clock: str, longest_hours: float, title: str) -> alt.X:
    """An axis of hours from code complete; its square-root scale keeps the first day readable."""
    spans: Mapping[int, str] = _WORKING_SPANS if clock == "working" else _SPANS
    ticks = [hours for hours in spans if hours <= longest_hours]
    words = " : ".join(f"datum.value == {hours} ? '{words}'" for hours, words in spans.items())
    axis = alt.Axis(
        title=title,
        values=ticks,
        labelExpr=f"{words} : ''",
        labelFontSize=_TITLE,
        titleFontSize=_TITLE,
        grid=False,
        labelOverlap=True,
    )
    return alt.X("hours:Q", scale=alt.Scale(type="sqrt", domain=[0, longest_hours], nice=False), axis=axis)


def names(**more: Any) -> alt.Axis:
    """An axis with all names: Vega would leave out every other one where they are close."""
    return alt.Axis(
        title=None, labelOverlap=False, labelFontSize=_LABEL, domain=False, ticks=False, labelPadding=8, **more
    )


def values(title: str | None, form: str = ",~f", **more: Any) -> alt.Axis:
    """An axis of numbers."""
    return alt.Axis(title=title, tickCount=5, labelFontSize=_TITLE, titleFontSize=_TITLE, format=form, **more)


def bounds(form: str, lower: str = "lower", upper: str = "upper") -> list[alt.Tooltip]:
    """Both bounds of an interval, for a tooltip."""
    return [
        alt.Tooltip(f"{lower}:Q", title="95% from", format=form),
        alt.Tooltip(f"{upper}:Q", title="95% to", format=form),
    ]


def per_and_unit(hours: float, clock: str = "wall") -> tuple[float, str]:
    """The unit for values up to `hours`, in hours, and its name: days from two days on, but not in working time."""
    if clock == "working":
        return 1.0, "working hours"
    return (DAY, "days") if hours >= 2 * DAY else (1.0, "hours")


def longest(rows: pl.DataFrame, *columns: str) -> float:
    """The largest value of some columns, 0 without any."""
    ends = [rows[name].max() for name in columns]
    return max((end for end in ends if isinstance(end, float)), default=0.0)


def text_colour() -> str:
    """The colour of text in the visitor's theme, for marks that are text: Streamlit leaves those black."""
    return "#e6e6e6" if st.context.theme.type == "dark" else "#1f2328"


def quiet_colour() -> str:
    """The colour of axes and legends: of enough contrast to read (4.5 : 1), and less than that of the data."""
    return "#a9b1ba" if st.context.theme.type == "dark" else "#57606a"


def show(chart: alt.Chart | alt.LayerChart, *, height: int, alt_text: str) -> None:
    """Draw a chart over the full width, with an alternative text."""
    quiet = quiet_colour()
    chart = chart.configure_axis(labelColor=quiet, titleColor=quiet).configure_legend(
        labelColor=quiet, titleColor=quiet
    )
    st.altair_chart(chart.properties(height=height), width="stretch", alt=alt_text)
    wait_for_first_paint()
