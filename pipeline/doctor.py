"""The checks of `headway doctor`: what was checked, and a hint for each failure."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headway.errors import HeadwayError
from headway.notices import NOTICES
from headway.settings import Settings
from headway.source import Check
from pipeline.session import Session
from pipeline.sources import checks_of, requirements, sources_of

if TYPE_CHECKING:
    import duckdb

    from warehouse.store import RawStore

__all__ = ["Check", "checkup"]

LEAST_FREE_BYTES = 1 << 30
MOST_SUGGESTIONS = 3
MOST_NOTICES = 20
HELD_BACK = (
    "collect that source again; if it ended, run `headway forget SOURCE`, or keep what it brought with `until` in"
    " [[sources]]"
)
WHERE_SEEN = (
    "set `from` in [[deployments]] to where they come from: tags, manifests, branch, records, workflow or releases"
)


def checkup(session: Session) -> Iterator[Check]:
    """Run all checks, the later ones only where the earlier let them."""
    from analytics.cohort.working_time import WorkingCalendar

    yield from requirements(session.environment)
    try:
        settings = session.settings
        _rules(settings)
        WorkingCalendar.of(settings.calendar)
    except HeadwayError as error:
        yield Check(ok=False, what=f"settings: {error}", hint=error.hint)
        return
    yield Check(
        ok=True, what=f"settings: {len(settings.sources)} sources, {len(settings.deployments)} deployment rules"
    )
    yield _disk(settings.warehouse_folder)
    yield from _readers(settings.warehouse_folder)
    yield from _storage(settings)
    yield from _engine(settings)
    yield from checks_of(settings, session.access, session.environment, session.now)
    yield from _sources(session)
    yield from _warehouse(session)


def _rules(settings: Settings) -> None:
    """Raises what is wrong with the team's own rules."""
    from warehouse.classify import Rules, RuleSettings

    Rules.load(RuleSettings.of(settings.ai))


def _storage(settings: Settings) -> Iterator[Check]:
    """Whether object storage can be read and written, and creates an object only if there is none."""
    if not settings.raw_url:
        return
    from warehouse.store import RawStore

    try:
        store = RawStore.of(settings)
        store.storage.try_out()
    except HeadwayError as error:
        yield Check(ok=False, what=f"raw rows: {error}", hint=error.hint)
        return
    yield Check(ok=True, what=f"raw rows: {settings.raw_url} can be read and written")


def _disk(folder: Path) -> Check:
    place = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not place.is_dir():
        return Check(
            ok=False, what=f"warehouse {folder}: {place} is not a directory", hint="set another [warehouse] path"
        )
    if not os.access(place, os.W_OK):
        return Check(ok=False, what=f"warehouse {folder}: cannot be written", hint="check its permissions")
    free = shutil.disk_usage(place).free
    return Check(
        ok=free >= LEAST_FREE_BYTES,
        what=f"warehouse {folder}: {free / (1 << 30):,.1f} GiB free",
        hint="free disk space, or set another [warehouse] path",
    )


def _readers(folder: Path) -> Iterator[Check]:
    from warehouse.upkeep.permissions import readable_by_others

    if folder.is_dir() and readable_by_others(folder):
        yield Check(
            ok=True,
            what=f"warehouse {folder}: every user of this machine may read it; "
            f"`chmod -R go= {folder}` makes it private",
        )


def _engine(settings: Settings) -> Iterator[Check]:
    if settings.engine.kind != "spark":
        return
    from warehouse.building.cluster import try_cluster

    what = f"engine: Spark at {settings.engine.url}"
    try:
        spread = try_cluster(settings.engine, settings.warehouse_folder / "cache")
    except HeadwayError as error:
        yield Check(ok=False, what=f"{what}: {error}", hint=error.hint)
        return
    python = "" if spread else "; Python models run here: its machines do not have this version of Headway"
    yield Check(ok=True, what=f"{what}{python}")


def _sources(session: Session) -> Iterator[Check]:
    from pipeline.collect import last_runs

    if not session.settings.sources:
        yield Check(
            ok=True,
            what="sources: none in the settings; `headway collect TARGET` works without, a nightly run needs them",
        )
        return
    try:
        sources = sources_of(session.settings)
    except HeadwayError as error:
        yield Check(ok=False, what=f"sources: {error}", hint=error.hint)
        return
    runs = last_runs(session.settings.warehouse_folder)
    for source in sources:
        run = runs.get(source.id)
        if run is None:
            yield Check(ok=False, what=f"source {source.label}: never read", hint="run `headway collect`")
        else:
            state = run.error or f"read {run.began_at}Z"
            yield Check(ok=not run.error, what=f"source {source.label}: {state}", hint=run.hint)


def _warehouse(session: Session) -> Iterator[Check]:
    from analytics.cohort.filters import Filters
    from analytics.coverage import in_doubt
    from analytics.deployment_suggestions import suggest_deployments
    from analytics.reports.published import coverage
    from pipeline.repositories import held_back
    from pipeline.settings_checks.idle_settings import idle_rules
    from pipeline.settings_hints import missing_initiatives, unknown_environments
    from pipeline.watch.source_health import ended_repositories
    from warehouse.publish import open_published
    from warehouse.store import RawStore

    folder = session.settings.warehouse_folder
    yield from _before_a_build(session)
    if not RawStore.of(session.settings).commits():
        yield Check(ok=False, what="warehouse: empty; nothing was collected yet", hint="run `headway collect TARGET`")
        return
    try:
        with open_published(folder) as connection:
            table = coverage(connection, Filters())
            rows = table.to_dicts()
            without_deployments = [_name(row) for row in rows if _ships_unseen(row, session.settings)]
            suggestions = {
                name: suggest_deployments(connection, name)[:MOST_SUGGESTIONS] for name in without_deployments
            }
            notes = {_name(row): _notes(connection, _name(row)) for row in rows}
            failures = [*_doubts(connection), *_notices(connection)]
            missing = missing_initiatives(connection, session.settings)
            nowhere = unknown_environments(connection, session.settings)
            unused = idle_rules(connection, session.settings)
            failures += [Check(ok=False, what=what, hint=hint) for what, hint in (*missing, *nowhere, *unused)]
    except HeadwayError as error:
        yield Check(ok=False, what=f"published file: {error}", hint=error.hint)
        return
    yield Check(ok=True, what=f"published file: {len(rows)} repositories")
    yield from failures
    # Most of this no setting can change, so it is no failure.
    yield from (Check(ok=True, what=f"{name}: {line}") for name, line in in_doubt(table).items())
    held = held_back(rows)
    yield from (Check(ok=False, what=f"{name}: {line}", hint=HELD_BACK) for name, line in held.items())
    unhurried = set(held) | ended_repositories(session.settings)
    for row in rows:
        name = _name(row)
        yield from (Check(ok=True, what=f"{name}: {line}") for line in notes[name])
        if name in suggestions:
            yield Check(
                ok=False,
                what=f"{name}: no production deployments (from {row['deployed_from']})",
                hint="\n               or: ".join(suggestions[name]) or WHERE_SEEN,
            )
        if row["role"] == "application" and name not in unhurried:
            yield from _stale(name, row["watermark_at"], session)


def _stale(name: str, through: datetime | None, session: Session) -> Iterator[Check]:
    if through is not None and session.now - through > timedelta(days=session.settings.check.source_days):
        yield Check(
            ok=False,
            what=f"{name}: complete only through {(session.now - through).days} days ago",
            hint="collect it again; a clone that Headway does not manage must be fetched first",
        )


def _before_a_build(session: Session) -> Iterator[Check]:
    """What needs no build, and may keep one from being published: missing rows, and settings that match nothing."""
    from pipeline.settings_checks.idle_settings import idle_paths
    from pipeline.settings_checks.unknown_repositories import unexpected_repositories, unknown_repositories
    from warehouse.store import RawStore

    settings, store = session.settings, RawStore.of(session.settings)
    yield from _raw_rows(store, session.now)
    if store.commits():
        idle = (*unknown_repositories(settings, store), *idle_paths(settings, store))
    else:
        idle = tuple(unexpected_repositories(settings))
    yield from (Check(ok=False, what=what, hint=hint) for what, hint in idle)


def _raw_rows(store: RawStore, now: datetime) -> Iterator[Check]:
    from pipeline.healing import clock_lines, gap_lines

    yield from (Check(ok=False, what=what, hint=hint) for what, hint in (*gap_lines(store), *clock_lines(store, now)))


def _doubts(connection: duckdb.DuckDBPyConnection) -> Iterator[Check]:
    """A failure per service in doubt, with the setting that fixes it; a line per environment that is no wave."""
    from analytics.reports.doubtful.held_back import LEAVE_OUT, held_back, nearly_never_deployed
    from analytics.reports.doubtful.record_clocks import WRITE_ZONES, record_clocks
    from analytics.reports.doubtful.renames import renaming_settings
    from analytics.reports.doubtful.side_by_side import SEPARATE, side_by_side
    from analytics.reports.doubtful.tag_dates import DATE_THEM, tag_dates
    from analytics.reports.doubts import doubts_by_repository, hint_of, in_words
    from analytics.reports.spare_environments import spare_environments

    for name, rows in doubts_by_repository(connection).items():
        for row in rows:
            yield Check(ok=False, what=f"{name}: {in_words(row)}", hint=hint_of(row))
    for line, setting in renaming_settings(connection).items():
        yield Check(ok=False, what=line, hint=setting)
    yield from (Check(ok=False, what=line, hint=WRITE_ZONES) for line in record_clocks(connection))
    yield from (Check(ok=False, what=line, hint=SEPARATE) for line in side_by_side(connection))
    yield from (Check(ok=False, what=line, hint=LEAVE_OUT) for line in held_back(connection))
    # No environment is wrong for being no wave, and what was tagged cannot be tagged again.
    yield from (Check(ok=True, what=f"{line}; {DATE_THEM}") for line in tag_dates(connection))
    few = (*spare_environments(connection), *nearly_never_deployed(connection))
    yield from (Check(ok=True, what=line) for line in few)


def _notes(connection: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    """What is in doubt about a repository's deployments, and its inferred services as settings."""
    from analytics.deployment_suggestions import manifest_notes
    from analytics.explain.service_notes import service_notes, service_settings

    notes = [*manifest_notes(connection, name), *service_notes(connection, name)]
    settings = service_settings(connection, name)
    return [*notes, "\n".join(["the inferred services as settings:", *settings])] if settings else notes


def _notices(connection: duckdb.DuckDBPyConnection) -> Iterator[Check]:
    """Each notice, with its remedy where it is a failure, as `headway collect` reports it."""
    from pipeline.repositories import first_of, more_than, notices_in_order, remedy_of

    notices = notices_in_order(connection)
    for repo_id, source, kind, detail in first_of(notices, MOST_NOTICES):
        yield Check(ok=not _is_failure(kind), what=f"{repo_id or source}: {detail}", hint=remedy_of(kind))
    for kind, rest in more_than(notices, MOST_NOTICES).items():
        yield Check(ok=not _is_failure(kind), what=f"{rest:,} more: {_meaning(kind)}", hint=remedy_of(kind))


def _meaning(kind: str) -> str:
    return NOTICES[kind].meaning if kind in NOTICES else kind


def _is_failure(kind: str) -> bool:
    return kind in NOTICES and NOTICES[kind].failure


def _name(row: Mapping[str, Any]) -> str:
    return f"{row['provider']}:{row['repo']}"


def _ships_unseen(row: Mapping[str, Any], settings: Settings) -> bool:
    """An application whose changes are known, and whose production deployments are not, though it may have some."""
    if row["role"] != "application" or not row["changes"] or row["production_deployments"]:
        return False
    rules = settings.deployment_rules(_name(row))
    return not any(rule.source == "none" for rule in rules)
