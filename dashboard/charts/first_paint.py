"""The first chart of a visit is painted before the rest of the page is sent."""

from __future__ import annotations

import time

import streamlit as st

__all__ = ["wait_for_first_paint"]

SECONDS = 0.6
"""What two cores need, from a request for a page, until a browser has painted its first chart."""

_PAINTED = "first chart painted"


def wait_for_first_paint() -> None:
    """After the first chart of a session, leave the browser time to paint it.

    Otherwise the rest of the page comes at once, and a browser paints the chart after it has taken all of it in
    (measured by `benchmarks/dashboard.py`).
    """
    if _PAINTED not in st.session_state:
        st.session_state[_PAINTED] = True
        time.sleep(SECONDS)
