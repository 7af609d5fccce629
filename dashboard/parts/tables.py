"""Tables and their CSV downloads. Text from outside is shown in cells, which interpret nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl
import streamlit as st
from polars import selectors

from dashboard.parts.lazy_expander import lazy_expander
from headway.report_files import csv_bytes

__all__ = [
    "decimal",
    "download",
    "first_of",
    "in_days",
    "link",
    "percent",
    "safe_links",
    "table",
    "time",
    "under_chart",
]

# Control characters, and those that change the direction of text.
_UNSEEN = r"[\p{Cc}\p{Cf}]"
_WEB = r"(?i)^https?://\S+$"


def table(rows: pl.DataFrame, columns: Mapping[str, Any], *, alt_text: str) -> None:
    """Draw these columns in this order; each is mapped to its title or its settings."""
    shown = rows.select(columns.keys()).with_columns(
        selectors.float().round(3),  # 99.7 %
        selectors.string().str.replace_all(_UNSEEN, " "),
    )
    st.dataframe(
        shown,
        column_config=dict(columns),
        column_order=list(columns),
        hide_index=True,
        placeholder="–",
        alt=alt_text,
    )


def under_chart(
    rows: pl.DataFrame,
    columns: Mapping[str, Any],
    *,
    name: str,
    alt_text: str,
    whole: Callable[[], pl.DataFrame] | None = None,
) -> None:
    """Draw an expander with the numbers of a chart and their CSV; `whole`: the report that they are a part of."""

    def numbers() -> None:
        table(rows, columns, alt_text=alt_text)
        download("CSV", whole or (lambda: rows), name=name)

    lazy_expander("Numbers", numbers, name=name)


def download(label: str, rows: Callable[[], pl.DataFrame], *, name: str) -> None:
    """Draw a button that downloads a table as `headway export` would write it; `rows` is called on a click."""
    st.download_button(
        label,
        lambda: csv_bytes(rows()),
        file_name=f"{name}.csv",
        mime="text/csv",
        key=f"download-{name}",
        on_click="ignore",
        icon=":material/download:",
        type="tertiary",
    )


def first_of(shown: int, every: int, order: str = "") -> str:
    """How much of a list a table shows, as a sentence; `order`: how its rows are ordered."""
    after = f", {order}" if order else ""
    return f"First {shown:,} of {every:,}{after}. The CSV has all." if shown < every else f"All {every:,}{after}."


def link(title: str, text: str = "open") -> Any:
    """A column of addresses, each shown as a link with this text; see `safe_links`."""
    return st.column_config.LinkColumn(title, display_text=text, width="small")


def time(title: str) -> Any:
    """A column of instants."""
    return st.column_config.DatetimeColumn(title, format="YYYY-MM-DD HH:mm")


def percent(title: str, meaning: str | None = None) -> Any:
    """A column of shares from 0 to 1."""
    return st.column_config.NumberColumn(title, format="percent", help=meaning)


def decimal(title: str, meaning: str | None = None) -> Any:
    """A column of numbers to one decimal."""
    return st.column_config.NumberColumn(title, format="%.1f", help=meaning)


def in_days(rows: pl.DataFrame, hours: str, days: str) -> pl.DataFrame:
    """Rows with a column of hours also in days."""
    return rows.with_columns((pl.col(hours) / 24.0).alias(days))


def safe_links(rows: pl.DataFrame, column: str = "url") -> pl.DataFrame:
    """Rows with web addresses only: `javascript:` and the like become null."""
    return rows.with_columns(pl.when(pl.col(column).str.contains(_WEB)).then(pl.col(column)).alias(column))
