"""Parts of a whole: where work is, its outcomes, and in which stages a group waits."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import polars as pl

from dashboard.charts.parts import STATE_COLOURS, hours_axis, names, of_states, show, values

__all__ = ["occupancy", "outcomes", "shares_of_wait"]

_BAR_PIXELS, _FRAME_PIXELS = 40, 100
_OUTCOMES = {
    "in production": STATE_COLOURS["production"],
    "waiting": STATE_COLOURS["review"],
    "never arrived": STATE_COLOURS["abandoned"],
}


def occupancy(rows: pl.DataFrame, *, clock: str, alt_text: str) -> None:
    """Where the changes of one group are, by hours after code complete. `rows` as of the report `occupancy`."""
    states = rows["state"].unique().to_list()
    # From the bottom up: production, then the stages, the last one first, and abandoned on top.
    order = ["production", *reversed([state for state in STATE_COLOURS if state not in ("production", "abandoned")])]
    position = {state: place for place, state in enumerate([*order, "abandoned"])}
    shown = rows.with_columns(pl.col("state").replace_strict(position, return_dtype=pl.Int64).alias("place"))
    last = float(rows["hours"].cast(pl.Float64).max() or 0.0)  # type: ignore[arg-type]
    chart = (
        alt.Chart(shown)
        .mark_area(interpolate="monotone", opacity=0.95, strokeWidth=0)
        .encode(
            x=hours_axis(clock, last, "after code complete"),
            y=alt.Y(
                "probability:Q", stack="zero", scale=alt.Scale(domain=[0, 1]), axis=values(None, form="%", grid=False)
            ),
            order=alt.Order("place:Q"),
            color=of_states(states),
            tooltip=[
                alt.Tooltip("state:N", title="State"),
                alt.Tooltip("hours:Q", title="Hours after code complete", format=".0f"),
                alt.Tooltip("probability:Q", title="Share of changes", format=".0%"),
            ],
        )
    )
    show(chart, height=340, alt_text=alt_text)


def outcomes(rows: pl.DataFrame, groups: Sequence[str], *, alt_text: str) -> None:
    """The outcomes of each group as shares of it. `rows`: group, outcome (as text), changes, share."""
    chart = (
        alt.Chart(rows)
        .mark_bar()
        .encode(
            y=alt.Y("group:N", sort=list(groups), axis=names(labelLimit=140)),
            x=alt.X("share:Q", stack="zero", scale=alt.Scale(domain=[0, 1]), axis=values(None, form="%")),
            order=alt.Order("place:Q"),
            color=alt.Color(
                "outcome:N",
                scale=alt.Scale(domain=list(_OUTCOMES), range=list(_OUTCOMES.values())),
                legend=alt.Legend(orient="top", title=None, labelFontSize=13),
            ),
            tooltip=[
                alt.Tooltip("group:N", title="Group"),
                alt.Tooltip("outcome:N", title="Outcome"),
                alt.Tooltip("changes:Q", title="Changes", format=","),
                alt.Tooltip("share:Q", title="Share", format=".1%"),
            ],
        )
    )
    show(chart, height=_FRAME_PIXELS + _BAR_PIXELS * len(groups), alt_text=alt_text)


def shares_of_wait(rows: pl.DataFrame, groups: Sequence[str], *, alt_text: str) -> None:
    """The share of each stage in each group's waiting. `rows` as of `stages_table`."""
    position = {state: place for place, state in enumerate(STATE_COLOURS)}
    shown = rows.with_columns(pl.col("stage").replace_strict(position, return_dtype=pl.Int64).alias("place"))
    chart = (
        alt.Chart(shown)
        .mark_bar()
        .encode(
            y=alt.Y("group:N", sort=list(groups), axis=names(labelLimit=140)),
            x=alt.X(
                "share_of_wait:Q",
                stack="zero",
                scale=alt.Scale(domain=[0, 1]),
                axis=values("share of waiting", form="%"),
            ),
            order=alt.Order("place:Q"),
            color=of_states(rows["stage"].unique().to_list(), "stage"),
            tooltip=[
                alt.Tooltip("group:N", title="Group"),
                alt.Tooltip("stage:N", title="Stage"),
                alt.Tooltip("share_of_wait:Q", title="Share of waiting", format=".0%"),
                alt.Tooltip("mean_hours_in_state:Q", title="Mean hours", format=",.1f"),
            ],
        )
    )
    # Its legend has up to three lines.
    show(chart, height=_FRAME_PIXELS + 60 + _BAR_PIXELS * len(groups), alt_text=alt_text)
