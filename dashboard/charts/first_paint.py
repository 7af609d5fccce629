"""The first chart of a visit comes before all that is below it."""

from __future__ import annotations

import time

import streamlit as st

__all__ = ["give_way"]

SECONDS = 0.6
"""What two cores need, from the moment a page is asked for, until a browser has drawn its first chart."""

_GIVEN = "gave way"


def give_way() -> None:
    """After the first chart of a session, leave a moment in which the browser draws it.

    Else the rest of the page comes at once, and a browser draws the chart when it has taken all of it in (measured by
    `benchmarks/dashboard.py`).
    """
    if _GIVEN not in st.session_state:
        st.session_state[_GIVEN] = True
        time.sleep(SECONDS)
