"""What stands around every page: navigation, filters, the banner of a simulation, and what to do where nothing is."""

from __future__ import annotations

import streamlit as st

from analytics.text.wording import plain
from dashboard.answers import files
from dashboard.answers import questions as data
from dashboard.shell.filters import View, choose
from dashboard.shell.navigation import PLACES
from dashboard.shell.sign_in import let_in
from headway.errors import HeadwayError

__all__ = ["draw", "view"]

_LOOK_AGAIN_SECONDS = 10.0


def draw() -> None:
    """Draw the frame and the page that was asked for."""
    # Without page icons: Streamlit has the browser fetch those from a server of its own.
    pages = [
        st.Page(place.file, title=place.title, url_path=None if place.first else place.path, default=place.first)
        for place in PLACES.values()
    ]
    page = st.navigation(pages, expanded=True)
    st.set_page_config(page_title=f"{page.title} · Headway", layout="wide")
    file = ""
    try:
        if not let_in(files.settings().dashboard):
            return
        file = files.published()
        if files.simulated():
            st.warning(
                "**SIMULATED.** Nothing here is real: it shows what Headway says of a company whose truth is known."
            )
        st.session_state["view"] = choose(file, data.scope(file))
        page.run()
    except HeadwayError as error:
        st.title("Nothing to show yet")
        # As text: a path may hold anything, and Markdown would interpret it.
        st.text(f"{plain(str(error))}\nto do: {plain(error.hint)}")
    with st.sidebar:
        _follow(file)


def view() -> View:
    """What the page that runs now is to show."""
    chosen: View = st.session_state["view"]
    return chosen


@st.fragment(run_every=_LOOK_AGAIN_SECONDS)
def _follow(shown: str) -> None:
    """Show the next published file on pages that are open when it comes."""
    try:
        newest = files.published()
    except HeadwayError:
        return
    if newest != shown:
        st.rerun()
