from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.parts.tables import in_days, safe_links
from headway.report_files import csv_bytes


@pytest.mark.parametrize("url", ["https://example.com/pull/1", "http://example.com", "HTTPS://Example.com/x?y=1#z"])
def test_address_of_the_web_stays(url: str) -> None:
    """What begins with http or https is a link."""
    assert safe_links(pl.DataFrame({"url": [url]}))["url"].to_list() == [url]


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        " https://example.com",
        "data:text/html,<script>alert(1)</script>",
        "https://example.com/a b",
        "x https://example.com",
        "javascript:alert(1)//\nhttps://example.com",
        "//example.com",
        "ftp://example.com/x",
        "",
        None,
    ],
)
def test_anything_else_is_no_link(url: str | None) -> None:
    """An address that a browser would run, or that is not one of the web, is shown as absent."""
    assert safe_links(pl.DataFrame({"url": [url]}, schema={"url": pl.String}))["url"].to_list() == [None]


@pytest.mark.slow
@given(st.text())
def test_no_text_becomes_a_link_that_is_not_of_the_web(text: str) -> None:
    """Whatever an address says, what stays of it begins with http or https."""
    (kept,) = safe_links(pl.DataFrame({"url": [text]}))["url"]
    assert kept is None or kept.lower().startswith(("http://", "https://"))


def test_hours_in_days() -> None:
    """Hours are given in days beside themselves; absent stays absent."""
    rows = in_days(pl.DataFrame({"age_hours": [36.0, None]}), "age_hours", "age_days")
    assert rows.to_dict(as_series=False) == {"age_hours": [36.0, None], "age_days": [1.5, None]}


def test_csv_of_a_download_is_that_of_an_export() -> None:
    """A cell that a spreadsheet would run gets its apostrophe in a download too."""
    assert csv_bytes(pl.DataFrame({"title": ["=1+1", "plain"]})) == b"title\n'=1+1\nplain\n"
