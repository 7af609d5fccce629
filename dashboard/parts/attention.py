"""The changes that need attention, as a part of pages. Their titles and names come from outside: shown as text."""

from __future__ import annotations

import streamlit as st

from analytics.text.wording import plain
from analytics.worklist.attention import Attention
from dashboard.shell.navigation import CHANGE, page_link

__all__ = ["as_cards", "as_lines"]


def as_cards(attention: Attention) -> None:
    """Draw a card for each of the first: why it needs attention, whom it waits for, and a link to its evidence."""
    columns = st.columns(len(attention.first), gap="small") if attention.first else ()
    for column, change in zip(columns, attention.first, strict=True):
        with column, st.container(border=True, height="stretch"):
            st.text(plain(f"{_short(change.change_id)}  {change.title}"))
            st.caption(change.why)
            st.text(plain(f"Waits for {change.waits_for}. By {change.by}."))
            page_link(CHANGE, "Timeline and evidence", change=change.change_id)


def as_lines(attention: Attention) -> None:
    """Draw a line for each of the first, with a link to its evidence."""
    for change in attention.first:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.text(plain(f"{_short(change.change_id)}  {change.title}: waits for {change.waits_for}"))
            page_link(CHANGE, "Timeline", change=change.change_id)


def _short(change_id: str) -> str:
    return change_id.partition(":")[2]
