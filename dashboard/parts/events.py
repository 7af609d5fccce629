"""Events beside a chart, and what was code complete before one compared with the same time after it."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import streamlit as st

from analytics.comparison import Comparison, Measure
from analytics.comparison.around import FEWEST_DAYS, Around
from analytics.text import verdicts, wording
from analytics.text.intervals import ci
from dashboard.answers.events import Event
from dashboard.answers.view import View
from dashboard.parts import tables
from dashboard.parts.lazy_expander import lazy_expander
from dashboard.shell.navigation import page_link

__all__ = ["before_and_after", "listed"]

EVENT = "event"
"""The URL parameter of the chosen event."""
_COLUMNS = {"measure": "Measure", "before": "Before", "after": "After", "difference": "After – before, like for like"}


def listed(events: Sequence[Event], *, link: bool = True) -> None:
    """Name the events of a chart under it, with a link to the comparison."""
    if not events:
        return
    # As text: settings may hold anything.
    st.text("\n".join(f"{number} · {event.label}" for number, event in enumerate(events, 1)))
    if link:
        page_link("flow", "Before and after", **{EVENT: events[-1].label})


def before_and_after(view: View) -> None:
    """The time before an event compared with the same time after it, on demand; nothing where there is no event."""
    if view.events:
        lazy_expander("Before and after an event", lambda: _compared(view), name="events", choice=EVENT)


def _compared(view: View) -> None:
    names = {event.label: event for event in view.events}
    chosen = st.selectbox("Event", list(reversed(names)), key=EVENT, bind="query-params", width=420)
    event = names[chosen]
    around = view.around(event)
    sides = _too_short(around, view)
    if sides:
        st.markdown(sides)
        return
    comparison = around.comparison
    if comparison is None or comparison.as_of is None:
        st.markdown(f"{wording.capital(wording.TOO_FEW)}.")
        return
    verdict = verdicts.lead_time(comparison)
    st.markdown(f"**{verdict.sentence}.** {verdict.basis}.")
    shown = pl.DataFrame(_rows(comparison, view.clock))
    tables.table(shown, _COLUMNS, alt_text="Before and after the event")
    first, second = comparison.both
    st.caption(
        f"{around.days} days on each side: {second.changes:,} changes code complete since {around.since:%Y-%m-%d},"
        f" {first.changes:,} from {around.at:%Y-%m-%d} to {around.until:%Y-%m-%d}; like for like is within the same"
        " repositories. What else changed at that time is in the difference too: it does not prove a cause."
    )
    if event.names is not None:
        st.text(f"Of {', '.join(wording.plain(name) for name in event.names)}")
    command = _command(around, view, event)
    if command:
        st.code(command, language="shell")


def _too_short(around: Around, view: View) -> str:
    """Why there is no comparison, as a sentence; empty where there is one."""
    if around.days >= FEWEST_DAYS:
        return ""
    since = 0 if view.as_of is None else (view.as_of - around.at).days
    if since < 0:
        return "This event is still to come."
    side = "since" if since < FEWEST_DAYS else "before"
    return f"Too early to compare: {FEWEST_DAYS} days are needed on each side, and {around.days} are known {side} it."


def _rows(comparison: Comparison, clock: str) -> list[dict[str, str]]:
    rows = []
    medians = comparison.measure("median_hours")
    ratio = comparison.like_with_like("time_ratio")
    if medians is not None:
        pair = [_hours(value, clock) for value in (medians.other, medians.ai)]
        rows.append(_row("Median time to production (all changes)", pair, _times(ratio)))
    week = comparison.like_with_like(verdicts.WEEK)
    if week is not None:
        pair = ["–" if share is None else f"{share:.0%}" for share in (week.other, week.ai)]
        rows.append(_row("In production within 7 days (like for like)", pair, _points(week)))
    return rows


def _row(measure: str, pair: Sequence[str], difference: str) -> dict[str, str]:
    return {"measure": measure, "before": pair[0], "after": pair[1], "difference": difference}


def _hours(value: float | None, clock: str) -> str:
    return wording.NOT_REACHED if value is None else wording.hours(value, clock)


def _times(measure: Measure | None) -> str:
    if measure is None or measure.ai is None or measure.lower is None or measure.upper is None:
        return wording.TOO_FEW
    return f"{measure.ai:.2f} times ({ci(1.0 + measure.lower, 1.0 + measure.upper, '', decimals=2)})"


def _points(measure: Measure) -> str:
    if measure.difference is None or measure.lower is None or measure.upper is None:
        return wording.TOO_FEW
    bounds = ci(100.0 * measure.lower, 100.0 * measure.upper, "points", decimals=0, signed=True)
    return f"{100.0 * measure.difference:+.0f} points ({bounds})".replace("-", "−")


def _command(around: Around, view: View, event: Event) -> str:
    """The same comparison in a terminal; empty where the options of one cannot name the same changes."""
    filters = view.filters
    chosen = filters.repo, filters.names, filters.service, event.names
    if any(part is not None for part in chosen) or filters.evidence != "any":
        return ""
    at = f"{around.at:%Y-%m-%dT%H:%M:%S}".removesuffix("T00:00:00")
    since, until = (f"{end:%Y-%m-%dT%H:%M:%S}".removesuffix("T00:00:00") for end in (around.since, around.until))
    return f"headway export comparison --by {at} --since {since} --until {until}"
