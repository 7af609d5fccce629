"""Lines with bands: over the time since code complete, and over the months."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import polars as pl

from dashboard.answers.events import Event
from dashboard.charts.events import ROOM, event_marks, marked, within
from dashboard.charts.parts import bounds, colour, hours_axis, longest, per_and_unit, show, text_colour, values

__all__ = ["arrived", "measure_over_time", "month_by_month"]

_HEIGHT = 340
_BLUE = "#3a93c9"


def arrived(rows: pl.DataFrame, groups: Sequence[str], *, clock: str, alt_text: str) -> None:
    """The share in production over the time since code complete, with its band. `rows` as of `arrivals`."""
    last = float(rows["hours"].cast(pl.Float64).max() or 0.0)  # type: ignore[arg-type]
    base = alt.Chart(rows.with_columns(pl.col("lower", "upper").fill_null(pl.col("probability")))).encode(
        x=hours_axis(clock, last, "after code complete"), color=colour(groups)
    )
    share = alt.Y("probability:Q", scale=alt.Scale(domain=[0, 1]), axis=values("share in production", form="%"))
    band = base.mark_area(opacity=0.18, interpolate="monotone").encode(y=alt.Y("lower:Q"), y2="upper:Q")
    line = base.mark_line(strokeWidth=2.5, interpolate="monotone").encode(y=share)
    points = base.mark_point(size=60, opacity=0).encode(
        y=share,
        tooltip=[
            alt.Tooltip("group:N", title="Group"),
            alt.Tooltip("hours:Q", title="Hours after code complete", format=".0f"),
            alt.Tooltip("probability:Q", title="In production", format=".1%"),
            *bounds(".1%"),
        ],
    )
    show(alt.LayerChart(layer=[band, line, points]), height=_HEIGHT, alt_text=alt_text)


def month_by_month(
    rows: pl.DataFrame,
    groups: Sequence[str],
    value: str,
    *,
    clock: str = "wall",
    alt_text: str,
    events: Sequence[Event] = (),
    target: float = 0.0,
) -> list[Event]:
    """A value of each month with its interval, `median_hours` or `arrived_7d`. `rows` as of the report `trend`.

    `target`: of the value, 0 for none. Returns the events that are on its axis.
    """
    stem = value.removesuffix("_hours")
    share = value.startswith("arrived")
    per, unit = (1.0, "") if share else per_and_unit(longest(rows, value), clock)
    title = "in production after a week" if share else f"median {unit} to production"
    form = ".0%" if share else ".1f"
    shown = rows.with_columns(pl.col(value, f"{stem}_lower", f"{stem}_upper") / per)
    top = max(longest(shown, value), target / per)
    at = alt.Y(
        f"{value}:Q",
        scale=alt.Scale(domain=[0, 1] if share else [0, max(top * 1.6, 1e-9)], clamp=True),
        axis=values(title, form="%" if share else ",~f"),
    )
    base = alt.Chart(shown).encode(
        x=alt.X("month:T", axis=_months()),
        color=colour(groups),
        tooltip=[
            alt.Tooltip("group:N", title="Group"),
            alt.Tooltip("month:T", title="Code complete in", format="%B %Y"),
            alt.Tooltip(f"{value}:Q", title=title, format=form),
            *bounds(form, f"{stem}_lower", f"{stem}_upper"),
            alt.Tooltip("changes:Q", title="Changes", format=","),
        ],
    )
    band = base.mark_area(opacity=0.15).encode(y=alt.Y(f"{stem}_lower:Q"), y2=f"{stem}_upper:Q")
    line = base.mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=45, filled=True)).encode(y=at)
    aim = f"target {target:.0%}" if share else f"target {target / per:,.3g} {unit}"
    ends = rows["month"].min(), _last(rows["month"].max(), events, rows["as_of"].max())
    layers = [band, line, *_target(target / per, aim), *event_marks(events, *ends)]
    drawn = within(events, *ends)
    spoken = f"{alt_text}{f' Dashed: {aim}.' if target else ''}{marked(drawn)}"
    show(alt.LayerChart(layer=layers), height=300, alt_text=spoken)
    return drawn


def measure_over_time(
    rows: pl.DataFrame, label: str, *, alt_text: str, events: Sequence[Event] = (), target: float = 0.0
) -> list[Event]:
    """A measure of each window with its interval. `rows` as of the report `dora`, of one measure.

    `target`: of the value, 0 for none. Returns the events that are on its axis.
    """
    unit = rows["unit"][0]
    per, word = per_and_unit(longest(rows, "value")) if unit == "hours" else (1.0, "")
    form, axis = (".1%", "%") if unit == "share" else (",.1f", ",~f")
    shown = rows.with_columns(pl.col("value", "lower", "upper") / per)
    title = f"{label}, {word}" if word else label
    base = alt.Chart(shown).encode(
        x=alt.X("begins_at:T", axis=_months()),
        tooltip=[
            alt.Tooltip("window:N", title="Window"),
            alt.Tooltip("value:Q", title=title, format=form),
            *bounds(form),
            alt.Tooltip("denominator:Q", title="Denominator", format=",.0f"),
        ],
    )
    at = alt.Y("value:Q", scale=alt.Scale(zero=True), axis=values(title, form=axis))
    interval = base.mark_rule(strokeWidth=6, opacity=0.25).encode(y="lower:Q", y2="upper:Q", color=alt.value(_BLUE))
    line = base.mark_line(strokeWidth=2, point=alt.OverlayMarkDef(size=45, filled=True)).encode(y=at)
    aim = f"target {target:.3g}" if unit != "share" else f"target {100.0 * target:.3g}%"
    ends = rows["begins_at"].min(), _last(rows["begins_at"].max(), events, rows["ends_at"].max())
    marks = event_marks(events, *ends)
    chart = alt.LayerChart(layer=[interval, line, *_target(target / per, aim), *marks])
    if marks:  # nothing is over this plot
        chart = chart.properties(title=alt.TitleParams(" ", fontSize=ROOM - 4, offset=0))
    drawn = within(events, *ends)
    show(chart, height=300, alt_text=f"{alt_text}{f' Dashed: {aim}.' if target else ''}{marked(drawn)}")
    return drawn


def _last(last: Any, events: Sequence[Event], until: Any) -> Any:
    """The end of an axis: its last point, or the last event after it that is not after what is known."""
    return max((event.at for event in within(events, last, until)), default=last)


def _target(value: float, label: str) -> list[alt.Chart]:
    """The layers of a target; none for 0."""
    if not value:
        return []
    row = alt.Chart(pl.DataFrame({"target": [value], "label": [label]}))
    rule = row.mark_rule(color=text_colour(), strokeWidth=1.5, strokeDash=[2, 3]).encode(y=alt.Y("target:Q"))
    text = row.mark_text(align="left", baseline="bottom", dx=4, dy=-2, fontSize=12, color=text_colour())
    return [rule, text.encode(y=alt.Y("target:Q"), x=alt.value(0), text="label:N")]


def _months() -> alt.Axis:
    """An axis of months that names each month once."""
    every = alt.TimeIntervalStep(interval="month", step=1)
    return alt.Axis(title=None, format="%b %Y", labelFontSize=12, labelOverlap=True, grid=False, tickCount=every)
