"""The pages, and links to them that keep the filters. A new page is a file in `dashboard/pages` and a line here."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

import streamlit as st

from dashboard.answers.choices import KEYS

__all__ = ["CHANGE", "FIRST", "PAGES", "Page", "change_address", "page_link"]

CHANGE = "change"


@dataclass(frozen=True)
class Page:
    """A page: its name (of its file and in URLs) and its title; `starts_with_table`: its first element is no chart."""

    name: str
    title: str
    starts_with_table: bool = False

    @property
    def file(self) -> str:
        """Its file, seen from `app.py`."""
        return f"dashboard/pages/{self.name}.py"

    @property
    def module(self) -> str:
        """Its module."""
        return f"dashboard.pages.{self.name}"


PAGES = {
    page.name: page
    for page in (
        Page("pulse", "Pulse check"),
        Page("flow", "Flow"),
        Page("bottlenecks", "Bottlenecks"),
        Page("waiting", "Waiting now", starts_with_table=True),
        Page("initiatives", "Initiatives"),
        Page("stability", "Stability"),
        Page(CHANGE, "One change"),
        Page("health", "Data health", starts_with_table=True),
    )
}
FIRST = next(iter(PAGES.values()))
"""The page at `/`."""


def filters_in_url() -> dict[str, str]:
    """The filters as they are in the URL."""
    return {key: st.query_params[key] for key in KEYS if key in st.query_params}


def page_link(name: str, label: str | None = None, **parameters: str) -> None:
    """A link to a page, with the current filters and other `parameters` of its URL."""
    page = PAGES[name]
    st.page_link(
        page.file, label=f"{label or page.title} →", query_params=[*filters_in_url().items(), *parameters.items()]
    )


def change_address(change_id: str) -> str:
    """The address of one change's page, seen from any other page, with the current filters."""
    return f"{CHANGE}?{urlencode({**filters_in_url(), CHANGE: change_id}, quote_via=quote)}"
