"""The pulse in short: the biggest bottleneck and how sure that is, who needs somebody, what another cadence brings."""

from __future__ import annotations

import streamlit as st

from analytics.pulse.pulse import Pulse
from analytics.text import wording
from dashboard.parts.attention import in_lines, needed
from dashboard.parts.cadences import daily_instead_of_others
from dashboard.shell.filters import View
from dashboard.shell.navigation import lead_to

__all__ = ["in_short"]


def in_short(view: View, found: Pulse) -> None:
    """Three answers, each with the way to why."""
    st.caption("In short")
    first = found.compared[0]
    biggest = wording.bottleneck(first, found.horizon_hours, view.clock)
    if biggest:
        st.markdown(f"**{biggest}.** {wording.lead_of_bottleneck(first, view.clock)}")
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
