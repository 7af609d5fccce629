"""A page as a browser finds it, run by Streamlit's own test runner: what it says, without a browser."""

from __future__ import annotations

import re
import sys
from datetime import datetime
from pathlib import Path

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.charts import first_paint
from dashboard.parts import lazy_expander
from dashboard.shell import stale
from dashboard.shell.navigation import FIRST, PAGES
from tests.builders.rows import START
from tests.frame.project import ROOT

SECONDS = 60
EACH_PAGE = [page if page == FIRST.name else pytest.param(page, marks=pytest.mark.slow) for page in PAGES]
"""Parameters of a test of every page: the first one, and for CI the others."""


def opened(
    warehouse: Path, patch: pytest.MonkeyPatch, page: str = "pulse", at: datetime = START, /, **query: str
) -> AppTest:
    """A page of a warehouse's dashboard, come to with this query at a time, all expanders open."""
    patch.setattr(lazy_expander, "OPEN", True)
    return collapsed(warehouse, patch, page, at, **query)


def collapsed(
    warehouse: Path, patch: pytest.MonkeyPatch, page: str = "pulse", at: datetime = START, /, **query: str
) -> AppTest:
    """As `opened`, all expanders closed."""
    patch.setattr(first_paint, "SECONDS", 0.0)
    patch.setattr(stale, "now", lambda: at)
    patch.setattr(sys, "argv", ["app.py", str(warehouse)])
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=SECONDS)
    for name, value in query.items():
        app.query_params[name] = value
    if PAGES[page] != FIRST:
        app.switch_page(PAGES[page].file)
    app.run()
    assert not app.exception, app.exception[0].value
    return app


def tiles(app: AppTest) -> list[str]:
    """What each tile says, a line for each of its texts."""
    bodies = [str(element.proto.body) for element in app.get("html") if "class='tile'" in str(element.proto.body)]
    return [re.sub(r"\n+", "\n", re.sub(r"<[^>]+>", "\n", body)).strip() for body in bodies]


def words(app: AppTest) -> str:
    """Everything that the page says in text, tiles apart."""
    parts = [*app.title, *app.header, *app.subheader, *app.markdown, *app.caption, *app.text, *app.info, *app.warning]
    return "\n".join(str(part.value) for part in parts)


def charts(app: AppTest) -> int:
    """How many charts the page draws."""
    return len(app.get("vega_lite_chart"))


def tables(app: AppTest) -> list[pl.DataFrame]:
    """Its tables."""
    return [pl.from_pandas(frame.value) for frame in app.dataframe]


def table(app: AppTest, *columns: str) -> pl.DataFrame:
    """The first of its tables that has these columns."""
    return next(found for found in tables(app) if set(columns) <= set(found.columns))
