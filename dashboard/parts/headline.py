"""The headline of the pulse check: the biggest bottleneck, changes that need attention, and daily releases."""

from __future__ import annotations

import streamlit as st

from analytics.pulse.pulse import Pulse
from analytics.text import wording
from dashboard.answers.view import View
from dashboard.parts.attention import as_lines
from dashboard.parts.release_cadences import ask_all_work, gain_of_daily
from dashboard.shell.navigation import page_link

__all__ = ["ask_headline", "headline"]


def ask_headline(view: View) -> None:
    """Ask what `headline` asks besides the pulse."""
    view.attention()
    ask_all_work(view)


def headline(view: View, pulse: Pulse) -> None:
    """Draw three answers, each with a link to the reasons."""
    st.caption("In short")
    first = pulse.compared[0]
    biggest = wording.bottleneck(first, pulse.horizon_hours, view.clock)
    if biggest:
        st.markdown(f"**{biggest}.** {wording.lead_of_bottleneck(first, view.clock)}")
        page_link("bottlenecks", "All stages, and what would help")
    attention = view.attention()
    if len(attention.first) > 1:
        st.markdown(f"**{attention.answer}**, these first:")
    else:
        st.markdown(f"**{attention.answer}**{':' if attention.first else '.'}")
    if attention.first:
        as_lines(attention)
    page_link("waiting", "All waiting changes")
    if gain := gain_of_daily(view):
        st.markdown(f"**{gain}.**")
        page_link("bottlenecks", "Compare release cadences")
