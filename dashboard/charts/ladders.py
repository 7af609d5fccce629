"""The progress of initiatives: by rung, and over time."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import polars as pl

from analytics.initiatives import REMOVED, RUNGS
from dashboard.answers.events import Event
from dashboard.charts.events import event_marks, marked, within
from dashboard.charts.parts import names, show, values

__all__ = ["climbs", "rungs"]

# From grey to blue, in the order of rungs.
_STATES = (*RUNGS, REMOVED)
_COLOURS = dict(zip(_STATES, ("#b8b8b8", "#f0b64d", "#5aa9d6", "#0a6aa6", "#5c5c5c"), strict=True))


def rungs(rows: pl.DataFrame, *, alt_text: str) -> None:
    """How many initiatives are on each rung. `rows`: rung, initiatives, stalled."""
    chart = (
        alt.Chart(rows)
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            y=alt.Y("rung:N", sort=list(_STATES), axis=names()),
            x=alt.X("initiatives:Q", axis=values("initiatives", form="d", tickMinStep=1)),
            color=_colour(legend=False),
            tooltip=[
                alt.Tooltip("rung:N", title="Rung"),
                alt.Tooltip("initiatives:Q", title="Initiatives"),
                alt.Tooltip("stalled:Q", title="Stalled"),
            ],
        )
    )
    show(chart, height=190, alt_text=alt_text)


def climbs(rows: pl.DataFrame, order: Sequence[str], *, alt_text: str, events: Sequence[Event] = ()) -> list[Event]:
    """Each initiative's time on its rungs. `rows`: name, rung, began, ended, days, stalled.

    Returns the events that are on its axis.
    """
    base = alt.Chart(rows).encode(
        y=alt.Y("name:N", sort=list(order), axis=names(labelLimit=180)),
        tooltip=[
            alt.Tooltip("name:N", title="Initiative"),
            alt.Tooltip("rung:N", title="Rung"),
            alt.Tooltip("days:Q", title="Days", format=",.0f"),
            alt.Tooltip("began:T", title="From", format="%Y-%m-%d"),
            alt.Tooltip("ended:T", title="To", format="%Y-%m-%d"),
            alt.Tooltip("stalled:N", title="Stalled"),
        ],
    )
    at = alt.X("began:T", axis=alt.Axis(title=None, labelFontSize=12, labelOverlap=True, format="%b %Y"))
    bars = base.mark_bar(height=14).encode(x=at, x2="ended:T", color=_colour(legend=True))
    stuck = base.transform_filter("datum.stalled").mark_point(
        shape="diamond", size=90, filled=True, opacity=1, aria=False
    )
    marks = stuck.encode(x=alt.X("ended:T"), color=alt.value("#d55e00"))
    ends = rows["began"].min(), rows["ended"].max()
    drawn = within(events, *ends)
    chart = alt.LayerChart(layer=[bars, marks, *event_marks(events, *ends)])
    show(chart, height=90 + 28 * len(order), alt_text=f"{alt_text}{marked(drawn)}")
    return drawn


def _colour(*, legend: bool) -> alt.Color:
    shown = alt.Legend(orient="top", title=None, labelFontSize=13) if legend else None
    return alt.Color("rung:N", scale=alt.Scale(domain=list(_STATES), range=list(_COLOURS.values())), legend=shown)
