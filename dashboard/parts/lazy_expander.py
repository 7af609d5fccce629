"""An expander whose contents are rendered when it is opened: until then nothing is sent to the browser."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

__all__ = ["lazy_expander"]

OPEN = False
"""Whether expanders are open at first."""


@st.fragment
def lazy_expander(label: str, draw: Callable[[], None], *, name: str, choice: str | None = None) -> None:
    """Draw an expander with this label; `draw` renders its contents, and `name` is unique on the page.

    `choice`: the URL parameter of a choice inside it. A link with that parameter opens the expander.
    """
    key = f"expander-{name}"
    # Only once: closing it takes the choice out of the URL, and another initial state would be another expander.
    if key not in st.session_state:
        st.session_state[key] = OPEN or (choice is not None and choice in st.query_params)
    with st.expander(label, key=key, on_change="rerun") as expander:
        if expander.open:
            draw()
