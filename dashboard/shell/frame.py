"""The frame of every page: navigation, filters, banners of simulated and of stale data, a hint where none is there."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from analytics.text.wording import plain
from dashboard.answers import files
from dashboard.answers.questions import scope
from dashboard.answers.view import View
from dashboard.shell import stale
from dashboard.shell.filters import choose, unknown_values
from dashboard.shell.navigation import FIRST, PAGES
from dashboard.shell.sign_in import require_sign_in
from headway.errors import HeadwayError

__all__ = ["draw", "view"]

_LOOK_AGAIN_SECONDS = 10.0
_STYLE = Path(__file__).with_name("page.css")


def draw() -> None:
    """Draw the frame and the requested page."""
    # Without page icons: Streamlit has the browser fetch those from a server of its own.
    pages = [
        st.Page(page.file, title=page.title, url_path=None if page == FIRST else page.name, default=page == FIRST)
        for page in PAGES.values()
    ]
    current = st.navigation(pages, expanded=True)
    st.set_page_config(page_title=f"{current.title} · Headway", layout="wide")
    st.html(_STYLE)
    file = ""
    try:
        if not require_sign_in(files.settings().dashboard):
            return
        file = files.published()
        if files.simulated():
            st.warning(
                "**SIMULATED.** These data are not real: they show what Headway reports for a company whose true"
                " numbers are known."
            )
        stale.banner()
        st.session_state["view"] = choose(file, scope(file))
        if unknown := unknown_values():
            st.warning("**Not here:** the link asks for what these data do not have. Without it the page shows more.")
            # As text: a link may hold anything.
            st.text("\n".join(unknown))
        current.run()
    except HeadwayError as error:
        st.title("No data yet")
        # As text: a path may hold anything, and Markdown would interpret it.
        st.text(f"{plain(str(error))}\nhint: {plain(error.hint)}")
    with st.sidebar:
        _follow(file)


def view() -> View:
    """Return the view that the current page is to show."""
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
