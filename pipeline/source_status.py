"""How each source stands: up to when it is known, how much came of it, and what went wrong the last time."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from pipeline.collect import last_runs
from warehouse.store import RawStore

__all__ = ["standing"]

_TEXT, _TIME = pl.String(), pl.Datetime("us")
_SCHEMA = {
    "source": _TEXT,
    "watermark_at": _TIME,
    "rows": pl.Int64(),
    "collected_at": _TIME,
    "began_at": _TEXT,
    "error": _TEXT,
    "hint": _TEXT,
}


def standing(warehouse: Path) -> pl.DataFrame:
    """One row per source that was ever run, by its id.

    `watermark_at`: known completely up to then; `rows`: read in all; `collected_at`: when it was read last; all three
    null where nothing of it is in. `began_at`, `error`, `hint`: of the last run, if that failed; else empty.
    """
    commits = RawStore(warehouse).commits()
    rows: dict[str, int] = {}
    for commit in commits:
        rows[commit.source] = rows.get(commit.source, 0) + sum(commit.rows.values())
    latest = {commit.source: commit for commit in commits}
    runs = last_runs(warehouse)
    told = []
    for source in sorted({*latest, *runs}):
        known, run = latest.get(source), runs.get(source)
        failed = run if run is not None and run.error else None
        told.append(
            {
                "source": source,
                "watermark_at": known.watermark_at if known else None,
                "rows": rows[source] if known else None,
                "collected_at": known.collected_at if known else None,
                "began_at": failed.began_at if failed else "",
                "error": failed.error if failed else "",
                "hint": failed.hint if failed else "",
            }
        )
    return pl.DataFrame(told, schema=_SCHEMA)
