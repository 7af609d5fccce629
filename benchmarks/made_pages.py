"""A made warehouse for `benchmarks/dashboard.py`: the changes of `benchmarks/reports.py`, and all that pages show."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import duckdb

from benchmarks.reports import published
from warehouse.store import prepare

__all__ = ["made_warehouse"]


def made_warehouse(changes: int) -> Path:
    """A warehouse of so many changes in which every page has something to show; made once."""
    folder = Path(tempfile.gettempdir(), f"headway-benchmark-pages-{changes}")
    if (folder / "CURRENT").exists():
        return folder
    plain = published(changes)
    prepare(folder)
    file = folder / "headway-made.duckdb"
    shutil.copyfile(plain, file)
    with duckdb.connect(str(file)) as connection:
        connection.execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))
    (folder / "CURRENT").write_text(file.name, encoding="utf-8")
    return folder
