"""Events of the settings on a time axis: a rule for each, and over it as much of its text as there is room."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import altair as alt
import polars as pl

from dashboard.answers.events import Event
from dashboard.charts.parts import text_colour

__all__ = ["ROOM", "event_marks", "marked", "within"]

ROOM = 18
"""Pixels over a plot that the texts need, where no legend leaves them."""
_CLOSE = 0.06
"""Events nearer than this part of the axis share a label: on a phone it is as wide as a number."""
_AT_THE_END = 0.2
_GAP_PIXELS = 8


def within(events: Sequence[Event], begin: Any, end: Any) -> list[Event]:
    """The events on an axis from `begin` to `end`."""
    if not isinstance(begin, datetime) or not isinstance(end, datetime):
        return []
    return [event for event in events if begin <= event.at <= end]


def marked(events: Sequence[Event]) -> str:
    """The events as a sentence for an alternative text; empty where there is none."""
    listed = "; ".join(f"{number} {event.label}" for number, event in enumerate(events, 1))
    return f" Events: {listed}." if listed else ""


def event_marks(events: Sequence[Event], begin: Any, end: Any) -> list[alt.Chart]:
    """The layers of events on an axis from `begin` to `end`; none where there is no event."""
    drawn = within(events, begin, end)
    if not drawn or begin == end:
        return []
    places = [(event.at - begin) / (end - begin) for event in drawn]
    rules = pl.DataFrame(
        [
            {"at": event.at, "event": f"{number} {event.text}", "day": f"{event.at:%Y-%m-%d}"}
            for number, event in enumerate(drawn, 1)
        ]
    )
    labels = pl.DataFrame(_labels(drawn, places))
    tooltip = [alt.Tooltip("event:N", title="Event"), alt.Tooltip("day:N", title="On")]
    rule = alt.Chart(rules).mark_rule(aria=False, color=text_colour(), opacity=0.65, strokeWidth=1.5, strokeDash=[5, 4])
    text = alt.Chart(labels).mark_text(
        align=alt.ExprRef("datum.align"),
        aria=False,
        baseline="bottom",
        color=text_colour(),
        dx=alt.ExprRef("datum.align == 'left' ? -1 : 1"),
        fontSize=12,
        limit=alt.ExprRef(f"max(datum.room * width - {_GAP_PIXELS}, 8)"),
    )
    return [
        rule.encode(x=alt.X("at:T"), tooltip=tooltip),
        text.encode(x=alt.X("at:T"), y=alt.value(-4), text="label:N", tooltip=[alt.Tooltip("full:N", title="Event")]),
    ]


def _labels(events: Sequence[Event], places: Sequence[float]) -> list[dict[str, Any]]:
    """A label for events that are close together, with the part of the axis that it may take."""
    groups: list[list[int]] = []
    for number, place in enumerate(places):
        if groups and place - places[groups[-1][0]] < _CLOSE:
            groups[-1].append(number)
        else:
            groups.append([number])
    starts = [places[group[0]] for group in groups]
    rooms = [after - start for start, after in zip(starts, [*starts[1:], 1.0], strict=True)]
    before = starts[-1] - (starts[-2] if len(starts) > 1 else 0.0)
    leftward = rooms[-1] < min(_AT_THE_END, before)
    texts = [_text(events, group) for group in groups]
    if leftward and len(starts) > 1:
        # Its text goes to the left, where the one before goes to the right: each has room by its length.
        part = len(texts[-1]) / (len(texts[-1]) + len(texts[-2]))
        rooms[-2:] = [before * (1.0 - part), before * part]
    elif leftward:
        rooms[-1] = before
    rows = []
    for place, (group, room) in enumerate(zip(groups, rooms, strict=True)):
        to_the_left = leftward and place == len(groups) - 1
        rows.append(
            {
                "at": events[group[0]].at,
                "label": texts[place],
                "full": "; ".join(events[number].label for number in group),
                "room": room,
                "align": "right" if to_the_left else "left",
            }
        )
    return rows


def _text(events: Sequence[Event], group: Sequence[int]) -> str:
    """The number and text of an event, or the numbers of several."""
    first, last = group[0], group[-1]
    return f"{first + 1}–{last + 1}" if last > first else f"{first + 1} {events[first].text}"
