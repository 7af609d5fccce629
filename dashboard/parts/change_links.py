"""Tables of changes: each row links to the timeline and evidence of its change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl
import streamlit as st

from dashboard.parts import tables
from dashboard.shell.navigation import change_address

__all__ = ["CHANGE_COLUMNS", "SOURCE", "changes_table", "place_columns", "shortened", "with_links"]

CHANGE_COLUMNS: Mapping[str, Any] = {
    "timeline": tables.link("Timeline", "timeline"),
    "short": "Change",
    "title": st.column_config.TextColumn("Title", width=310),
}
"""The first columns of each table of changes; rows as `with_links` returns them."""
SOURCE: Mapping[str, Any] = {"url": tables.link("Source", "open at its source")}
_TITLE_LETTERS = 48
"""So many fit in the column of titles; a cell that is cut off would not show that there is more."""


def place_columns(rows: pl.DataFrame) -> Mapping[str, Any]:
    """The columns of where changes are deployed, without those in which no row has anything."""
    columns = {
        "services": st.column_config.TextColumn("Services", help="All services that the change touches"),
        "first_production_at": tables.time("First in production (UTC)"),
        "rollout_hours": tables.decimal("Roll-out (h)", "Hours from the first of its services and waves to the last"),
    }
    return {name: column for name, column in columns.items() if name in rows.columns and _says(rows[name])}


def _says(values: pl.Series) -> bool:
    """Whether any value is neither absent, empty nor zero."""
    empty = "" if values.dtype == pl.String else 0.0
    present = values.drop_nulls()
    return len(present) > 0 and (values.dtype == pl.Datetime or bool((present != empty).any()))


def with_links(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of changes with the address of each one's page, its short id, and links that are safe to follow."""
    safe = tables.safe_links(rows) if "url" in rows.columns else rows
    return safe.with_columns(
        pl.Series("timeline", [change_address(change_id) for change_id in rows["change_id"]], dtype=pl.String),
        pl.col("change_id").str.replace(r"^[a-z]+:", "").alias("short"),
        *([shortened("title", _TITLE_LETTERS)] if "title" in rows.columns else []),
    )


def shortened(column: str, letters: int) -> pl.Expr:
    """A text that ends in an ellipsis where it has more letters; a CSV has all of them."""
    text = pl.col(column)
    short = pl.concat_str(text.str.slice(0, letters - 1).str.strip_chars_end(), pl.lit("…"))
    return pl.when(text.str.len_chars() > letters).then(short).otherwise(text).alias(column)


def changes_table(rows: pl.DataFrame, columns: Mapping[str, Any], *, alt_text: str) -> None:
    """Draw a table of changes with these columns between title and source."""
    tables.table(with_links(rows), {**CHANGE_COLUMNS, **columns, **SOURCE}, alt_text=alt_text)
