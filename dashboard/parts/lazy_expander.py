"""What is folded away is drawn when somebody opens it: nothing is sent, nor a browser busy with, what nobody sees."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

__all__ = ["folded"]

BEGIN_OPEN = False


@st.fragment
def folded(label: str, draw: Callable[[], None], *, name: str, choice: str | None = None) -> None:
    """A fold with this label, in which `draw` draws; `name` is its own on the page.

    `choice`: what in the URL a choice inside it is kept as. A link that has it finds the fold open.
    """
    key = f"fold-{name}"
    # Once: closing takes the choice out of the URL, and a fold that begins otherwise would be another to a browser.
    if key not in st.session_state:
        st.session_state[key] = BEGIN_OPEN or (choice is not None and choice in st.query_params)
    with st.expander(label, key=key, on_change="rerun") as fold:
        if fold.open:
            draw()
