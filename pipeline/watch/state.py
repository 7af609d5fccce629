"""The state of a warehouse as one document: what `headway status --format json` prints, and metrics are made of."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from analytics.cohort.filters import Filters
from analytics.coverage import in_doubt
from analytics.reports.doubtful.side_by_side import SEPARATE, side_by_side
from analytics.reports.doubtful.tag_dates import DATE_THEM, tag_dates
from analytics.reports.doubts import doubts_by_repository, hint_of, in_words
from analytics.reports.published import coverage
from headway import __version__
from headway.errors import HeadwayError
from pipeline.collect import last_runs
from pipeline.healing import clock_lines, gap_lines
from pipeline.repositories import held_back
from pipeline.session import Session
from pipeline.watch.source_health import SourceHealth, source_health
from warehouse.publish import current, open_published
from warehouse.store import RawStore

__all__ = ["state"]


def state(session: Session) -> dict[str, Any]:
    """Version, warehouse, whether all is well, problems, sources and repositories; times are ISO 8601 UTC."""
    warehouse = session.settings.warehouse_folder
    store = RawStore.of(session.settings)
    sources = source_health(session.settings)
    problems = [{"what": what, "hint": hint} for what, hint in (*gap_lines(store), *clock_lines(store, session.now))]
    problems += [
        {"what": f"{source.id}: last run failed: {source.row['error']}", "hint": source.row["hint"]}
        for source in sources
        if source.counts and source.failed
    ]
    published, repositories = None, []
    if not any(source.row["rows"] is not None for source in sources):
        problems.append({"what": "nothing was collected yet", "hint": "run `headway collect TARGET`"})
    else:
        try:
            published = current(warehouse).name
            repositories = _repositories(session)
        except HeadwayError as error:
            problems.append({"what": str(error), "hint": error.hint})
    runs = last_runs(warehouse)
    return {
        "version": __version__,
        "now": _time(session.now),
        "warehouse": str(warehouse),
        "published": published,
        "ok": not problems,
        "problems": problems,
        "sources": [_source(session, source, runs.get(source.id)) for source in sources],
        "repositories": repositories,
    }


def _source(session: Session, source: SourceHealth, run: Any) -> dict[str, Any]:
    row = source.row
    last = None
    if run is not None:
        last = {
            "began_at": _time(datetime.fromisoformat(run.began_at)),
            "seconds": run.seconds,
            "requests": run.requests,
            "rows": sum(run.rows.values()),
            "ok": not run.error,
            "error": run.error,
            "hint": run.hint,
        }
    return {
        "source": source.id,
        "place": row["place"],
        "in_settings": source.configured,
        "ended": source.ended,
        "complete_through": _time(row["watermark_at"]),
        "read_at": _time(row["collected_at"]),
        "rows": row["rows"],
        "stale": source.counts and source.stale(session.now, session.settings.check.source_days),
        "last_run": last,
    }


def _repositories(session: Session) -> list[dict[str, Any]]:
    with open_published(session.settings.warehouse_folder) as connection:
        table = coverage(connection, Filters())
        services = doubts_by_repository(connection)
        others = [(line, SEPARATE) for line in side_by_side(connection)]
        others += [(line, DATE_THEM) for line in tag_dates(connection)]
    weak, held = in_doubt(table), held_back(table.iter_rows(named=True))
    rows = []
    for row in table.iter_rows(named=True):
        name = f"{row['provider']}:{row['repo']}"
        doubts = [{"what": in_words(doubt), "hint": hint_of(doubt)} for doubt in services.get(name, ())]
        doubts += [{"what": line, "hint": hint} for line, hint in others if line.startswith((f"{name}: ", f"{name}, "))]
        values = {key: _time(value) if isinstance(value, datetime) else value for key, value in row.items()}
        rows.append(
            {
                "repository": name,
                **values,
                "doubts": doubts,
                "note": weak.get(name, ""),
                "held_back": held.get(name, ""),
            }
        )
    return rows


def _time(at: datetime | None) -> str | None:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at is not None else None
