"""The published DuckDB file: a new name for every build, and `CURRENT` that points at it.

DuckDB caches databases by path and locks them while open, so a file that is read is never written again: a dashboard
goes on reading the old one until it looks at `CURRENT` again. `headway.duckdb` is another name of the newest, for tools
that know one path.
"""

from __future__ import annotations

from warehouse.publish.published import current, current_name, open_file, open_published
from warehouse.publish.publishing import build_in_memory, build_some, publish
from warehouse.publish.written import STORAGE_VERSION, Addition

__all__ = [
    "STORAGE_VERSION",
    "Addition",
    "build_in_memory",
    "build_some",
    "current",
    "current_name",
    "open_file",
    "open_published",
    "publish",
]
