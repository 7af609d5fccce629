"""The value stream: the stages from code complete to production, a strip for each group, to scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import altair as alt
import polars as pl

from analytics.durations import in_one_unit
from dashboard.charts.parts import STATE_COLOURS, longest, of_states, per_and_unit, show, text_colour, values

__all__ = ["stream"]

_ROW, _TITLE_AT, _TOP, _BOTTOM, _MARK_AT = 100.0, 10.0, 24.0, 68.0, 84.0
"""Of a row of 100: where its title, its strip and the line under it are, from the top."""
_ROW_PIXELS, _AXIS_PIXELS = 71, 74
_MARK = "#d55e00"
_DARK = ("staging", "release", "deploy")
"""Stages whose colour needs light text."""
_SHOWN_ABANDONED = 0.02
_LETTER_PIXELS, _SMALL_LETTER_PIXELS = 7.2, 6.4


def stream(rows: pl.DataFrame, titles: Mapping[str, str], *, clock: str, alt_text: str, within: str) -> None:
    """A strip for each group, as long as its mean wait, as thick as the share of its changes that is not abandoned.

    `rows` as of `analytics.pulse.tables.stream_table`. `titles`: a line over the strip of each group. `within`: the
    horizon in words.
    """
    per, unit = per_and_unit(longest(rows, "to_hours"), clock)
    top = max(longest(rows, "to_hours") / per, 1e-9)
    drawn = _drawn(rows, list(titles), per, clock)
    height = _ROW_PIXELS * len(titles)
    y = alt.Scale(domain=[_ROW * len(titles), 0.0], nice=False, zero=False)
    x = alt.X(
        "from:Q",
        scale=alt.Scale(domain=[0.0, top], nice=False),
        axis=values(f"mean {unit} from code complete, of the first {within}", grid=False),
    )
    layers = [
        *_strips(rows, list(titles), per, x, y),
        *_labels(drawn, top, y),
        _titles(titles, y),
        *_marks(drawn, top, y),
    ]
    show(alt.LayerChart(layer=layers), height=height + _AXIS_PIXELS, alt_text=alt_text)


def _drawn(rows: pl.DataFrame, groups: Sequence[str], per: float, clock: str) -> pl.DataFrame:
    """A row for each stage with its place and its texts."""
    texts = in_one_unit([*rows["mean_hours_in_state"], longest(rows, "to_hours")], clock)
    biggest = {row["group"]: row for row in rows.filter("bottleneck").iter_rows(named=True)}
    lines = []
    for row, hours in zip(rows.iter_rows(named=True), texts[:-1], strict=True):
        base, most = _ROW * groups.index(row["group"]), biggest[row["group"]]
        mark = f"▲ biggest bottleneck: {row['stage']}, {hours}"
        lines.append(
            {
                "group": row["group"],
                "stage": row["stage"],
                "from": row["from_hours"] / per,
                "to": row["to_hours"] / per,
                "middle": (row["from_hours"] + row["to_hours"]) / per / 2.0,
                "y": base + _TOP + (_BOTTOM - _TOP) * row["leaving"] / 2.0,
                "under": base + _MARK_AT,
                "line": base + _BOTTOM + 3.0,
                "long": f"{row['stage']} {hours}",
                "dark": row["stage"] in _DARK,
                "gone": f"{row['abandoned']:.0%} end here" if row["abandoned"] >= _SHOWN_ABANDONED else "",
                "mark": mark,
                "letters": len(mark),
                "mark_stage": most["stage"],
                "mark_from": most["from_hours"] / per,
                "mark_to": most["to_hours"] / per,
            }
        )
    return pl.DataFrame(lines)


def _strips(
    rows: pl.DataFrame, groups: Sequence[str], per: float, x: alt.X, y: alt.Scale
) -> list[alt.Chart | alt.LayerChart]:
    """What goes on in the colour of its stage, and under it in grey what dropped out so far."""
    corners = []
    for row in rows.iter_rows(named=True):
        base, thick = _ROW * groups.index(row["group"]) + _TOP, _BOTTOM - _TOP
        for at, share in (("from_hours", row["entering"]), ("to_hours", row["leaving"])):
            corners.append(
                {
                    "part": f"{row['group']} {row['stage']}",
                    "group": row["group"],
                    "stage": row["stage"],
                    "from": row[at] / per,
                    "top": base,
                    "edge": base + thick * share,
                    "bottom": base + thick,
                    "hours": row["mean_hours_in_state"] / per,
                    "share_of_wait": row["share_of_wait"],
                    "abandoned": row["abandoned"],
                }
            )
    tooltip = [
        alt.Tooltip("group:N", title="Group"),
        alt.Tooltip("stage:N", title="Stage"),
        alt.Tooltip("hours:Q", title="Mean", format=",.1f"),
        alt.Tooltip("share_of_wait:Q", title="Share of waiting", format=".0%"),
        alt.Tooltip("abandoned:Q", title="Abandoned in it", format=".1%"),
    ]
    base_chart = alt.Chart(pl.DataFrame(corners)).encode(x=x, detail="part:N", tooltip=tooltip)
    gone = base_chart.mark_area(color=STATE_COLOURS["abandoned"], opacity=0.9).encode(
        y=alt.Y("edge:Q", scale=y, axis=None), y2="bottom:Q"
    )
    states = rows["stage"].unique().to_list()
    goes_on = base_chart.mark_area(stroke="white", strokeWidth=0.6, strokeOpacity=0.7).encode(
        y=alt.Y("top:Q", scale=y, axis=None), y2="edge:Q", color=of_states(states, "stage").copy()
    )
    goes_on.encoding.color.legend = None
    return [gone, goes_on]


def _labels(drawn: pl.DataFrame, top: float, y: alt.Scale) -> list[alt.Chart]:
    """The name of each stage in its strip, with its time where that fits."""
    at = {"x": alt.X("middle:Q"), "y": alt.Y("y:Q", scale=y, axis=None)}
    charts = []
    for dark, colour in ((False, "#1f2328"), (True, "#ffffff")):
        part = drawn.filter(pl.col("dark") == dark)
        if part.is_empty():
            continue
        wide = f"(datum.to - datum.from) / {top} * width"
        text = (
            f"{wide} > length(datum.long) * {_LETTER_PIXELS} ? datum.long :"
            f" {wide} > length(datum.stage) * {_LETTER_PIXELS} ? datum.stage : ''"
        )
        mark = alt.Chart(part).mark_text(fontSize=13, color=colour, text=alt.ExprRef(text), baseline="middle")
        charts.append(mark.encode(**at))
    return charts


def _titles(titles: Mapping[str, str], y: alt.Scale) -> alt.Chart:
    rows = [
        {"title": text, "start": text.partition("; ")[0], "y": _ROW * place + _TITLE_AT, "at": 0.0}
        for place, text in enumerate(titles.values())
    ]
    text = f"width > length(datum.title) * {_LETTER_PIXELS} ? datum.title : datum.start"
    chart = alt.Chart(pl.DataFrame(rows)).encode(x="at:Q", y=alt.Y("y:Q", scale=y, axis=None))
    titled: alt.Chart = chart.mark_text(
        align="left", fontSize=13, fontWeight=600, baseline="middle", color=text_colour(), text=alt.ExprRef(text)
    )
    return titled


def _marks(drawn: pl.DataFrame, top: float, y: alt.Scale) -> list[alt.Chart]:
    """The mark of the biggest bottleneck, to the right of where it begins or else to the left of its end; drop-outs."""
    fits = f"({top} - datum.mark_from) / {top} * width > datum.letters * {_LETTER_PIXELS}"
    biggest = drawn.filter(pl.col("stage") == pl.col("mark_stage"))
    charts = []
    reaches = f"datum.to / {top} * width > datum.letters * {_LETTER_PIXELS} ? datum.mark : '▲ biggest'"
    for end, text in (("from", f"{fits} ? datum.mark : ''"), ("to", f"{fits} ? '' : {reaches}")):
        mark = alt.Chart(biggest).mark_text(
            align="left" if end == "from" else "right",
            fontSize=13,
            fontWeight=600,
            color=_MARK,
            baseline="middle",
            text=alt.ExprRef(text),
        )
        charts.append(mark.encode(x=f"{end}:Q", y=alt.Y("under:Q", scale=y, axis=None)))
    rule = alt.Chart(biggest).mark_rule(strokeWidth=4, color=_MARK)
    charts.append(rule.encode(x="from:Q", x2="to:Q", y=alt.Y("line:Q", scale=y, axis=None)))
    gone = drawn.filter((pl.col("gone") != "") & (pl.col("stage") != pl.col("mark_stage")))
    if not gone.is_empty():
        wide = f"(datum.to - datum.from) / {top} * width > length(datum.gone) * {_SMALL_LETTER_PIXELS}"
        free = f"({fits} ? datum.to <= datum.mark_from : datum.from >= datum.mark_to)"
        text = f"{wide} && {free} ? datum.gone : ''"
        mark = alt.Chart(gone).mark_text(fontSize=12, color="#808080", text=alt.ExprRef(text), baseline="middle")
        charts.append(mark.encode(x="middle:Q", y=alt.Y("under:Q", scale=y, axis=None)))
    return charts
