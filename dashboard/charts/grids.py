"""The hours of a week, and the time of one change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import altair as alt
import polars as pl

from dashboard.answers.events import Event
from dashboard.charts.events import event_marks, marked, within
from dashboard.charts.parts import names, show

__all__ = ["BEFORE", "LEAD", "hours_of_week", "timeline"]

LEAD, BEFORE = "code complete to production", "before code complete"

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def hours_of_week(rows: pl.DataFrame, title: str, *, alt_text: str) -> None:
    """A cell for each hour of the week. `rows` as of the report `week`, of one moment."""
    shown = rows.with_columns(pl.col("weekday").replace_strict(dict(enumerate(_DAYS, 1)), return_dtype=pl.String))
    hours = alt.Axis(
        title=f"hour of the day ({rows['zone'][0]})",
        labelAngle=0,
        values=[0, 4, 8, 12, 16, 20],
        titleFontSize=12,
        labelFontSize=12,
        ticks=False,
        domain=False,
    )
    chart = (
        alt.Chart(shown)
        .mark_rect(cornerRadius=2)
        .encode(
            x=alt.X("hour:O", axis=hours),
            y=alt.Y("weekday:N", sort=list(_DAYS), axis=names()),
            color=alt.Color(
                "changes:Q",
                scale=alt.Scale(scheme="blues", domainMin=0, nice=False),
                legend=alt.Legend(orient="top", title=title, titleFontSize=12, gradientLength=160, titleLimit=300),
            ),
            tooltip=[
                alt.Tooltip("weekday:N", title="Day"),
                alt.Tooltip("hour:O", title="Hour"),
                alt.Tooltip("changes:Q", title=title, format=",.1f"),
            ],
        )
    )
    show(chart, height=350, alt_text=alt_text)


def _moment(rows: pl.DataFrame) -> str:
    """The form of all instants on an axis: with the hour for a few days, with the year for longer than one."""
    begin, end = rows["began"].min(), rows["ended"].max()
    if not isinstance(begin, datetime) or not isinstance(end, datetime) or end - begin < timedelta(days=4):
        return "%d %b %H:%M"
    return "%d %b" if end - begin < timedelta(days=330) else "%b %Y"


def timeline(rows: pl.DataFrame, *, alt_text: str, events: Sequence[Event] = ()) -> list[Event]:
    """The stages of one change over time. `rows`: stage, began, ended, hours, part; in order.

    Returns the events that are on its axis.
    """
    stages: Sequence[str] = rows["stage"].to_list()
    chart = (
        alt.Chart(rows)
        .mark_bar(height=14, cornerRadius=3)
        .encode(
            y=alt.Y("stage:N", sort=list(stages), axis=names()),
            x=alt.X(
                "began:T",
                axis=alt.Axis(title="UTC", format=_moment(rows), labelFontSize=12, titleFontSize=12, labelOverlap=True),
            ),
            x2="ended:T",
            color=alt.Color(
                "part:N",
                sort=None,
                scale=alt.Scale(domain=[LEAD, BEFORE]),
                legend=alt.Legend(orient="top", title=None, labelFontSize=13, labelLimit=260, columns=1),
            ),
            tooltip=[
                alt.Tooltip("stage:N", title="Stage"),
                alt.Tooltip("hours:Q", title="Hours", format=",.2f"),
                alt.Tooltip("began:T", title="From", format="%Y-%m-%d %H:%M"),
                alt.Tooltip("ended:T", title="To", format="%Y-%m-%d %H:%M"),
            ],
        )
    )
    ends = rows["began"].min(), rows["ended"].max()
    drawn = within(events, *ends)
    marks = event_marks(events, *ends)
    # Legend and axis take 170 of it.
    height = 170 + 26 * len(stages)
    show(
        alt.LayerChart(layer=[chart, *marks]) if marks else chart, height=height, alt_text=f"{alt_text}{marked(drawn)}"
    )
    return drawn
