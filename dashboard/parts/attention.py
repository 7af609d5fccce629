"""Which changes need somebody today, as a part of pages. Their texts are somebody's: shown as text."""

from __future__ import annotations

import streamlit as st

from analytics.text.wording import plain
from analytics.worklist.attention import Attention
from dashboard.answers import questions as data
from dashboard.shell.filters import View
from dashboard.shell.navigation import CHANGE, lead_to

__all__ = ["each", "in_lines", "needed"]


def needed(view: View) -> Attention:
    """What of the worklist needs somebody."""
    return data.needed(view.file, view.filters, view.clock)


def each(found: Attention) -> None:
    """The first of them: why, whom it waits for, and the way to its evidence."""
    columns = st.columns(len(found.first), gap="small") if found.first else ()
    for column, one in zip(columns, found.first, strict=True):
        with column, st.container(border=True, height="stretch"):
            st.text(plain(f"{_short(one.change_id)}  {one.title}"))
            st.caption(one.why)
            st.text(plain(f"Waits for {one.waits_for}. By {one.by}."))
            lead_to(CHANGE, "Timeline and evidence", change=one.change_id)


def in_lines(found: Attention) -> None:
    """The first of them, a line each, and the way to its evidence."""
    for one in found.first:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.text(plain(f"{_short(one.change_id)}  {one.title}: waits for {one.waits_for}"))
            lead_to(CHANGE, "Timeline", change=one.change_id)


def _short(change_id: str) -> str:
    return change_id.partition(":")[2]
