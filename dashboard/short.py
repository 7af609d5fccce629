"""The pulse in short: the biggest bottleneck and how sure that is, who needs somebody, what another cadence brings."""

from __future__ import annotations

import streamlit as st

from analytics.pulse import Pulse
from dashboard.cadences import daily_instead_of_others
from dashboard.filters import View
from dashboard.needs import in_lines, needed
from dashboard.places import lead_to
from headway import wording

__all__ = ["in_short"]


def in_short(view: View, found: Pulse) -> None:
    """Three answers, each with the way to why."""
    st.caption("In short")
    first = found.compared[0]
    biggest = wording.bottleneck(first, found.horizon_hours, view.clock)
    if biggest:
        st.markdown(f"**{biggest}.** {wording.how_sure(first, view.clock)}")
        lead_to("bottlenecks", "Every stage, and what would help")
    waiting = needed(view)
    if len(waiting.first) > 1:
        st.markdown(f"**{waiting.answer}**, these first:")
    else:
        st.markdown(f"**{waiting.answer}**{':' if waiting.first else '.'}")
    if waiting.first:
        in_lines(waiting)
    lead_to("waiting", "Why these, and all that waits")
    weekly, now = daily_instead_of_others(view)
    if weekly:
        st.markdown(f"**{weekly}.** {now}.")
        lead_to("bottlenecks", "Any other cadence")
