"""The pages: where each is, and links to them that keep the filters."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

import streamlit as st

from dashboard.shell.filters import KEYS

__all__ = ["CHANGE", "PLACES", "Place", "address_of", "lead_to"]

CHANGE = "change"


@dataclass(frozen=True)
class Place:
    """A page: its file, seen from `app.py`, its title, and its path in URLs; the first one is at `/`."""

    file: str
    title: str
    path: str
    first: bool = False


PLACES = {
    place.path: place
    for place in (
        Place("dashboard/pages/pulse.py", "Pulse check", "pulse", first=True),
        Place("dashboard/pages/flow.py", "Flow", "flow"),
        Place("dashboard/pages/bottlenecks.py", "Bottlenecks", "bottlenecks"),
        Place("dashboard/pages/waiting.py", "Waiting now", "waiting"),
        Place("dashboard/pages/initiatives.py", "Initiatives", "initiatives"),
        Place("dashboard/pages/stability.py", "Stability", "stability"),
        Place("dashboard/pages/change.py", "One change", CHANGE),
        Place("dashboard/pages/health.py", "Data health", "health"),
    )
}


def filters_in_url() -> dict[str, str]:
    """The filters as they stand in the URL."""
    return {key: st.query_params[key] for key in KEYS if key in st.query_params}


def lead_to(path: str, label: str | None = None, **more: str) -> None:
    """A link to a page, with the filters as they are and what else it is told."""
    place = PLACES[path]
    words = label or place.title
    st.page_link(place.file, label=f"{words} →", query_params=[*filters_in_url().items(), *more.items()])


def address_of(change_id: str) -> str:
    """The address of one change's page, seen from any other page, with the filters as they are."""
    return f"{CHANGE}?{urlencode({**filters_in_url(), CHANGE: change_id}, quote_via=quote)}"
