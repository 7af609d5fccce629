"""Changes in tables: each line leads to its change's timeline and evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
import streamlit as st

from dashboard.parts import tables
from dashboard.shell.navigation import address_of

__all__ = ["CHANGE_COLUMNS", "WHERE", "changes_table", "linked"]

CHANGE_COLUMNS: Mapping[str, Any] = {
    "timeline": tables.link("Timeline", "timeline"),
    "short": "Change",
    "title": st.column_config.TextColumn("Title", width="medium"),
}
"""How each line of changes begins; rows as `linked` gives them."""
WHERE: Mapping[str, Any] = {"url": tables.link("Where it is")}


def linked(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of changes with the address of each one's page, its id in short, and links that are safe to follow."""
    kept = tables.safe_links(rows) if "url" in rows.columns else rows
    return kept.with_columns(
        pl.Series("timeline", [address_of(change_id) for change_id in rows["change_id"]], dtype=pl.String),
        pl.col("change_id").str.replace(r"^[a-z]+:", "").alias("short"),
    )


def changes_table(rows: pl.DataFrame, columns: Mapping[str, Any], *, alt_text: str) -> None:
    """A table of changes with these columns between their title and where they are."""
    tables.table(linked(rows), {**CHANGE_COLUMNS, **columns, **WHERE}, alt_text=alt_text)
