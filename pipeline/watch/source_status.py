"""The status of each source: through when it is complete, how many rows it has, and its last error."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from headway.settings import Settings
from pipeline.collect import last_runs
from warehouse.store import RawStore

__all__ = ["source_status"]

_TEXT, _TIME = pl.String(), pl.Datetime("us")
_SCHEMA = {
    "source": _TEXT,
    "place": _TEXT,
    "watermark_at": _TIME,
    "rows": pl.Int64(),
    "collected_at": _TIME,
    "began_at": _TEXT,
    "error": _TEXT,
    "hint": _TEXT,
}


def source_status(settings: Settings, warehouse: Path) -> pl.DataFrame:
    """One row per source that was ever run, by its id.

    `place`: where it was read last, if that is not what its id says; else empty.
    `watermark_at`: known completely up to then; `rows`: read in all; `collected_at`: when it was read last; all three
    null where nothing of it is in. `began_at`, `error`, `hint`: of the last run, if that failed; else empty.
    """
    commits = RawStore.of(settings, warehouse).commits()
    rows: dict[str, int] = {}
    for commit in commits:
        rows[commit.source] = rows.get(commit.source, 0) + sum(commit.rows.values())
    latest = {commit.source: commit for commit in commits}
    runs = last_runs(warehouse)
    status_rows = []
    for source in sorted({*latest, *runs}):
        last, run = latest.get(source), runs.get(source)
        failed = run if run is not None and run.error else None
        status_rows.append(
            {
                "source": source,
                "place": _place(source, last.resume) if last else "",
                "watermark_at": last.watermark_at if last else None,
                "rows": rows[source] if last else None,
                "collected_at": last.collected_at if last else None,
                "began_at": failed.began_at if failed else "",
                "error": failed.error if failed else "",
                "hint": failed.hint if failed else "",
            }
        )
    return pl.DataFrame(status_rows, schema=_SCHEMA)


def _place(source: str, resume: Mapping[str, Any]) -> str:
    place = str(resume.get("place") or "")
    return "" if source.partition(":")[2] == place else place
