"""Values with their intervals, side by side."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import polars as pl

from dashboard.charts.parts import bounds, colour, longest, names, per_and_unit, show, values

__all__ = ["medians", "saved", "shares", "stages"]

_FRAME_PIXELS = 110
_NAME_PIXELS = 14
_BAR_PIXELS = 17
_SMALL_FRAME_PIXELS, _SMALL_ROW_PIXELS = 60, 34
_BEYOND = 1.3
_GREY, _EARLIER = "#8c8c8c", "earlier"


def stages(
    rows: pl.DataFrame, groups: Sequence[str], order: Sequence[str], *, clock: str = "wall", alt_text: str
) -> None:
    """Bars with intervals: mean time in each stage. `rows`: group, stage, mean_hours_in_state, lower, upper, share."""
    per, unit = per_and_unit(longest(rows, "mean_hours_in_state", "upper"), clock)
    shown = rows.with_columns(pl.col("mean_hours_in_state", "lower", "upper") / per)
    base = alt.Chart(shown).encode(
        y=alt.Y("stage:N", sort=list(order), scale=_apart(), axis=names()),
        yOffset=alt.YOffset("group:N", sort=list(groups)),
        color=colour(groups),
        tooltip=[
            alt.Tooltip("stage:N", title="Stage"),
            alt.Tooltip("group:N", title="Group"),
            alt.Tooltip("mean_hours_in_state:Q", title=f"Mean {unit}", format=".1f"),
            *bounds(".1f"),
            alt.Tooltip("share_of_wait:Q", title="Share of waiting", format=".0%"),
        ],
    )
    at = alt.X("mean_hours_in_state:Q", axis=values(f"mean {unit} in the stage"))
    bars = base.mark_bar(opacity=0.35, cornerRadiusEnd=2).encode(x=at)
    height = _FRAME_PIXELS + len(order) * (_NAME_PIXELS + len(groups) * _BAR_PIXELS)
    show(_with_interval(bars, base, at), height=height, alt_text=alt_text)


def shares(rows: pl.DataFrame, groups: Sequence[str], title: str, *, alt_text: str) -> None:
    """A point with its interval for each group. `rows`: group, value (a share), lower, upper."""
    base = alt.Chart(rows).encode(
        y=alt.Y("group:N", sort=list(groups), scale=_apart(), axis=names(labelLimit=160)),
        color=_without_legend(groups),
        tooltip=[
            alt.Tooltip("group:N", title="Group"),
            alt.Tooltip("value:Q", title=title, format=".1%"),
            *bounds(".1%"),
        ],
    )
    # Where all are zero there is still an axis.
    top = max(longest(rows, "value", "upper"), 0.01)
    at = alt.X("value:Q", scale=alt.Scale(domain=[0, top]), axis=values(title, form="~%"))
    height = _SMALL_FRAME_PIXELS + _SMALL_ROW_PIXELS * len(groups)
    show(_with_interval(None, base, at), height=height, alt_text=alt_text)


def medians(rows: pl.DataFrame, groups: Sequence[str], *, clock: str = "wall", alt_text: str) -> None:
    """A point with its interval for each group: the median time to production. `rows` as of `groups_table`."""
    per, unit = per_and_unit(longest(rows, "median_hours", "median_upper"), clock)
    shown = rows.select(
        "group",
        (pl.col("median_hours") / per).alias("value"),
        (pl.col("median_lower") / per).alias("lower"),
        (pl.col("median_upper") / per).alias("upper"),
    )
    base = alt.Chart(shown).encode(
        y=alt.Y("group:N", sort=list(groups), scale=_apart(), axis=names(labelLimit=140)),
        color=_without_legend(groups),
        tooltip=[
            alt.Tooltip("group:N", title="Group"),
            alt.Tooltip("value:Q", title=f"Median, {unit}", format=".1f"),
            *bounds(".1f"),
        ],
    )
    # A line without an upper bound goes on to the edge and ends in an arrow: less certain must not look more certain.
    far = longest(shown, "value", "lower", "upper") * (_BEYOND if _is_open(shown) else 1.0)
    edge = pl.when(pl.col("lower").is_not_null()).then(pl.col("upper").fill_null(far)).alias("edge")
    base = base.properties(data=shown.with_columns(edge))
    scale = alt.Scale(domain=[0, far], nice=not _is_open(shown))
    at = alt.X("value:Q", scale=scale, axis=values(f"median {unit} to production"))
    chart = _with_interval(None, base, at, end="edge")
    if _is_open(shown):
        goes_on = base.transform_filter("isValid(datum.lower) && !isValid(datum.upper)")
        arrow = goes_on.mark_point(shape="triangle-right", filled=True, size=90, opacity=1).encode(x="edge:Q")
        chart = alt.LayerChart(layer=[*chart.layer, arrow])
    show(chart, height=_SMALL_FRAME_PIXELS + _SMALL_ROW_PIXELS * len(groups), alt_text=alt_text)


def saved(rows: pl.DataFrame, *, clock: str = "wall", alt_text: str) -> None:
    """Hours saved by each what-if, with its interval. `rows`: what, hours_saved, lower, upper, kind."""
    per, unit = per_and_unit(longest(rows, "hours_saved", "upper"), clock)
    # One colour, as a group of its own: the theme's, for light and dark.
    shown = rows.with_columns(pl.col("hours_saved", "lower", "upper") / per, pl.lit(_EARLIER).alias("group"))
    base = alt.Chart(shown).encode(
        y=alt.Y("what:N", sort=None, scale=_apart(), axis=names(labelLimit=260)),
        color=_without_legend([_EARLIER]),
        tooltip=[
            alt.Tooltip("what:N", title="What-if"),
            alt.Tooltip("hours_saved:Q", title=f"{unit} earlier", format=".1f"),
            *bounds(".1f"),
        ],
    )
    at = alt.X("hours_saved:Q", axis=values(f"{unit} earlier in production"))
    zero = alt.Chart(pl.DataFrame({"at": [0.0]})).mark_rule(strokeDash=[3, 3], color=_GREY).encode(x="at:Q")
    show(_with_interval(zero, base, at), height=_SMALL_FRAME_PIXELS + 30 * len(rows), alt_text=alt_text)


def _is_open(rows: pl.DataFrame) -> bool:
    """Whether an interval has a lower bound and no upper one."""
    return not rows.filter(pl.col("lower").is_not_null() & pl.col("upper").is_null()).is_empty()


def _with_interval(under: alt.Chart | None, base: alt.Chart, at: alt.X, *, end: str = "upper") -> alt.LayerChart:
    """A point for the value and a line for its 95% interval, in the colour of the group: visible on light and dark."""
    line = base.mark_rule(strokeWidth=2).encode(x="lower:Q", x2=f"{end}:Q")
    point = base.mark_point(filled=True, size=70, opacity=1).encode(x=at)
    return alt.LayerChart(layer=[*([under] if under is not None else []), line, point])


def _without_legend(groups: Sequence[str]) -> alt.Color:
    """Colours of groups whose names are on an axis already."""
    return alt.Color("group:N", scale=alt.Scale(domain=list(groups)), legend=None)


def _apart() -> alt.Scale:
    return alt.Scale(paddingInner=0.35, paddingOuter=0.2)
