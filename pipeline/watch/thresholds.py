"""The checks of `headway check`: what is compared with the thresholds of the settings, and how it came out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from analytics.text.wording import counted
from headway.errors import HeadwayError, WarehouseError
from headway.settings import CheckSettings
from pipeline.session import Session
from pipeline.watch.source_health import source_health

if TYPE_CHECKING:
    import duckdb

__all__ = ["Measured", "compare"]

OK, FAILED, UNKNOWN = "ok", "failed", "unknown"
_COLLECT = "run `headway collect`; `headway status` has its last error"
_SLOWER = "`headway export stages --by month`, and `headway export waiting` for what waits now"
_FEWEST = 20
"""Changes below which a share says too little to be compared."""
_SHARES = """
select
    coalesce(nullif(team, ''), 'no team') as team, count(*) as changes,
    count(*) filter (where outcome = 'production' and production_at <= code_complete_at + interval 7 day) as arrived
from lead_times
where kind = 'work' and outcome in ('production', 'waiting', 'abandoned')
    and code_complete_at <= as_of - interval 7 day
    and code_complete_at > as_of - interval 7 day - to_days(cast($days as integer))
group by all order by team
"""


@dataclass(frozen=True)
class Measured:
    """One thing compared: `state` is ok, failed or unknown; `value` and `limit` are the numbers, if it has some."""

    check: str
    subject: str
    state: str
    what: str
    value: float | None = None
    limit: float | None = None
    hint: str = ""

    @property
    def name(self) -> str:
        """What `ignore` matches."""
        return f"{self.check} {self.subject}"


def compare(session: Session) -> list[Measured]:
    """Everything that the settings compare, but for what they ignore. WarehouseError where nothing was collected."""
    settings = session.settings.check
    rows = [*_sources(session), *_published(session)]
    if not rows:
        raise WarehouseError(
            f"the warehouse {session.settings.warehouse_folder} is empty", hint="run `headway collect TARGET`"
        )
    return [row for row in rows if not any(fnmatchcase(row.name, glob) for glob in settings.ignore)]


def _sources(session: Session) -> Iterator[Measured]:
    days = session.settings.check.source_days
    for source in source_health(session.settings):
        if not source.counts or source.traces:
            continue
        through = source.through
        age = None if through is None else round((session.now - through).total_seconds() / 86_400, 3)
        stale = source.stale(session.now, days)
        what = source.line(session.now) + (f"; last run failed: {source.row['error']}" if source.failed else "")
        hint = (source.row["hint"] or _COLLECT) if stale else ""
        yield Measured("source", source.id, FAILED if stale else OK, what, age, days, hint)


def _published(session: Session) -> Iterator[Measured]:
    from warehouse.publish import open_published
    from warehouse.store import RawStore

    if not RawStore.of(session.settings).commits():
        return
    try:
        with open_published(session.settings.warehouse_folder) as connection:
            settings = session.settings.check
            if settings.doubt:
                yield from _doubts(connection)
            if settings.share_7d:
                yield from _shares(connection, settings)
            if settings.slowdown:
                yield from _slowdowns(connection)
    except HeadwayError as error:
        yield Measured("published", "file", FAILED, str(error), hint=error.hint)


def _doubts(connection: duckdb.DuckDBPyConnection) -> Iterator[Measured]:
    """A failure per doubt about a repository, and an ok for each repository without any."""
    from analytics.cohort.filters import Filters
    from analytics.reports.doubtful.side_by_side import SEPARATE, side_by_side
    from analytics.reports.doubtful.tag_dates import DATE_THEM, tag_dates
    from analytics.reports.doubts import doubts_by_repository, hint_of, in_words
    from analytics.reports.published import coverage

    services = doubts_by_repository(connection)
    others = [(line, SEPARATE) for line in side_by_side(connection)]
    others += [(line, DATE_THEM) for line in tag_dates(connection)]
    for row in coverage(connection, Filters()).iter_rows(named=True):
        name = f"{row['provider']}:{row['repo']}"
        doubts = [(in_words(doubt), hint_of(doubt)) for doubt in services.get(name, ())]
        doubts += [(line, hint) for line, hint in others if line.startswith((f"{name}: ", f"{name}, "))]
        for what, hint in doubts:
            yield Measured("doubt", name, FAILED, what, hint=hint)
        if not doubts:
            yield Measured("doubt", name, OK, "not in doubt")


def _shares(connection: duckdb.DuckDBPyConnection, settings: CheckSettings) -> Iterator[Measured]:
    rows: list[dict[str, Any]] = (
        connection.sql(_SHARES, params={"days": settings.share_days}).to_arrow_table().to_pylist()
    )
    for row in rows:
        share = row["arrived"] / row["changes"]
        what = f"{row['arrived']:,} of {counted(row['changes'], 'change')} were in production within 7 days"
        state = OK if share >= settings.share_7d else FAILED
        if row["changes"] < _FEWEST:
            state, what = UNKNOWN, f"{what}; fewer than {_FEWEST} say too little"
        hint = _SLOWER if state == FAILED else ""
        yield Measured("share_7d", row["team"], state, what, round(share, 4), settings.share_7d, hint)


def _slowdowns(connection: duckdb.DuckDBPyConnection) -> Iterator[Measured]:
    from analytics.cohort.filters import Filters
    from analytics.pulse.alarms import team_alarms

    for row in team_alarms(connection, Filters()).iter_rows(named=True):
        subject = f"{row['team']} {row['stage']}"
        if row["note"]:
            yield Measured("slowdown", subject, UNKNOWN, row["note"], limit=row["limit"])
            continue
        longer = f"{row['times_as_long']:.2f} times as long" if row["times_as_long"] else "no end"
        what = (
            f"{longer} in the four weeks to {row['week_end']:%Y-%m-%d}: {row['observed']:,.0f} moved on,"
            f" {row['expected']:,.0f} expected by the 26 weeks before ({row['z']:.1f} standard errors fewer)"
        )
        state, hint = (FAILED, _SLOWER) if row["alarm"] else (OK, "")
        yield Measured("slowdown", subject, state, what, row["z"], row["limit"], hint)
