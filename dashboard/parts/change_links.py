"""Tables of changes: each row links to the timeline and evidence of its change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
import streamlit as st

from dashboard.parts import tables
from dashboard.shell.navigation import change_address

__all__ = ["CHANGE_COLUMNS", "SOURCE", "changes_table", "with_links"]

CHANGE_COLUMNS: Mapping[str, Any] = {
    "timeline": tables.link("Timeline", "timeline"),
    "short": "Change",
    "title": st.column_config.TextColumn("Title", width="medium"),
}
"""The first columns of each table of changes; rows as `with_links` returns them."""
SOURCE: Mapping[str, Any] = {"url": tables.link("Source")}


def with_links(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of changes with the address of each one's page, its short id, and links that are safe to follow."""
    safe = tables.safe_links(rows) if "url" in rows.columns else rows
    return safe.with_columns(
        pl.Series("timeline", [change_address(change_id) for change_id in rows["change_id"]], dtype=pl.String),
        pl.col("change_id").str.replace(r"^[a-z]+:", "").alias("short"),
    )


def changes_table(rows: pl.DataFrame, columns: Mapping[str, Any], *, alt_text: str) -> None:
    """Draw a table of changes with these columns between title and source."""
    tables.table(with_links(rows), {**CHANGE_COLUMNS, **columns, **SOURCE}, alt_text=alt_text)
