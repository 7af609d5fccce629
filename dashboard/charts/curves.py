"""Lines with bands: over the time since code complete, and over the months."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import polars as pl

from dashboard.charts.parts import bounds, colour, hours_axis, longest, per_and_unit, show, values

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
    rows: pl.DataFrame, groups: Sequence[str], value: str, *, clock: str = "wall", alt_text: str
) -> None:
    """A value of each month with its interval, `median_hours` or `arrived_7d`. `rows` as of the report `trend`."""
    stem = value.removesuffix("_hours")
    share = value.startswith("arrived")
    per, unit = (1.0, "") if share else per_and_unit(longest(rows, value), clock)
    title = "in production after a week" if share else f"median {unit} to production"
    form = ".0%" if share else ".1f"
    shown = rows.with_columns(pl.col(value, f"{stem}_lower", f"{stem}_upper") / per)
    top = longest(shown, value)
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
    show(alt.LayerChart(layer=[band, line]), height=300, alt_text=alt_text)


def measure_over_time(rows: pl.DataFrame, label: str, *, alt_text: str) -> None:
    """A measure of each window with its interval. `rows` as of the report `dora`, of one measure."""
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
    show(alt.LayerChart(layer=[interval, line]), height=300, alt_text=alt_text)


def _months() -> alt.Axis:
    """An axis of months that names each month once."""
    every = alt.TimeIntervalStep(interval="month", step=1)
    return alt.Axis(title=None, format="%b %Y", labelFontSize=12, labelOverlap=True, grid=False, tickCount=every)
