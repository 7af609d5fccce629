"""Charts of results: marks, scales and units; every number in them is given. Each takes the text that stands for it."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import polars as pl
import streamlit as st

__all__ = ["arrivals", "stages"]

_DAY = 24.0
_FRAME_PIXELS = 110
_NAME_PIXELS = 14
_BAR_PIXELS = 17


def stages(rows: pl.DataFrame, groups: Sequence[str], order: Sequence[str], *, alt_text: str) -> None:
    """Bars with intervals: mean time in each stage, the groups side by side. `rows` as of `stages_table`."""
    per, unit = (_DAY, "days") if _longest(rows) >= 2 * _DAY else (1.0, "hours")
    shown = rows.with_columns(pl.col("mean_hours_in_state", "lower", "upper") / per)
    base = alt.Chart(shown).encode(
        y=alt.Y("stage:N", sort=list(order), scale=_apart(), axis=_names()),
        yOffset=alt.YOffset("group:N", sort=list(groups)),
        color=_colour(groups),
        tooltip=[
            alt.Tooltip("stage:N", title="Stage"),
            alt.Tooltip("group:N", title="Group"),
            alt.Tooltip("mean_hours_in_state:Q", title=f"Mean {unit}", format=".1f"),
            *_bounds(".1f"),
            alt.Tooltip("share_of_wait:Q", title="Share of its waiting", format=".0%"),
        ],
    )
    at = alt.X("mean_hours_in_state:Q", axis=_values(f"mean {unit} in the stage"))
    bars = base.mark_bar(opacity=0.35, cornerRadiusEnd=2).encode(x=at)
    _show(_with_interval(bars, base, at), names=len(order), groups=len(groups), alt_text=alt_text)


def arrivals(rows: pl.DataFrame, groups: Sequence[str], *, alt_text: str) -> None:
    """Points with intervals: the share in production after each time. `rows` as of `arrivals_table`."""
    names = {hours: _span(hours) for hours in sorted(rows["hours"].unique())}
    shown = rows.with_columns(pl.col("hours").replace_strict(names, return_dtype=pl.String).alias("after"))
    base = alt.Chart(shown).encode(
        y=alt.Y("after:N", sort=list(names.values()), scale=_apart(), axis=_names()),
        yOffset=alt.YOffset("group:N", sort=list(groups)),
        color=_colour(groups),
        tooltip=[
            alt.Tooltip("after:N", title="After"),
            alt.Tooltip("group:N", title="Group"),
            alt.Tooltip("probability:Q", title="In production", format=".0%"),
            *_bounds(".0%"),
        ],
    )
    axis = _values("share in production", form="%")
    at = alt.X("probability:Q", scale=alt.Scale(domain=[0, 1]), axis=axis)
    _show(_with_interval(None, base, at), names=len(names), groups=len(groups), alt_text=alt_text)


def _with_interval(under: alt.Chart | None, base: alt.Chart, at: alt.X) -> alt.LayerChart:
    """A point for the value and a line for its 95% interval, in the colour of the group: seen on light and dark."""
    line = base.mark_rule(strokeWidth=2).encode(x="lower:Q", x2="upper:Q")
    point = base.mark_point(filled=True, size=70, opacity=1).encode(x=at)
    return alt.LayerChart(layer=[*([under] if under is not None else []), line, point])


def _longest(rows: pl.DataFrame) -> float:
    ends = [rows[name].max() for name in ("mean_hours_in_state", "upper")]
    return max((end for end in ends if isinstance(end, float)), default=0.0)


def _span(hours: float) -> str:
    return f"{hours:.0f} hours" if hours <= _DAY else f"{hours / _DAY:.0f} days"


def _colour(groups: Sequence[str]) -> alt.Color:
    return alt.Color(
        "group:N",
        scale=alt.Scale(domain=list(groups)),
        legend=alt.Legend(orient="top", title=None, labelFontSize=13, symbolOpacity=1),
    )


def _apart() -> alt.Scale:
    return alt.Scale(paddingInner=0.35, paddingOuter=0.2)


def _names() -> alt.Axis:
    return alt.Axis(title=None, labelFontSize=13, domain=False, ticks=False, labelPadding=8)


def _values(title: str, form: str = "~g") -> alt.Axis:
    return alt.Axis(title=title, tickCount=5, labelFontSize=12, titleFontSize=12, format=form)


def _bounds(form: str) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("lower:Q", title="95% from", format=form),
        alt.Tooltip("upper:Q", title="95% to", format=form),
    ]


def _show(chart: alt.LayerChart, *, names: int, groups: int, alt_text: str) -> None:
    height = _FRAME_PIXELS + names * (_NAME_PIXELS + groups * _BAR_PIXELS)
    st.altair_chart(chart.properties(height=height), width="stretch", alt=alt_text)
