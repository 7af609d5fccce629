"""Build and publish with the settings of a session."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from headway.errors import WarehouseError
from headway.progress import Progress
from headway.settings import Settings
from pipeline.session import Session
from pipeline.settings_checks.unknown_repositories import check_repositories
from pipeline.settings_hints import missing_initiatives
from pipeline.sources import configured_sources, ended
from warehouse.building.kept import digest_of_files
from warehouse.model import sql_models
from warehouse.publish import Addition, build_in_memory, open_published, publish
from warehouse.sources import SourceRole
from warehouse.store import RawStore

if TYPE_CHECKING:
    from analytics.cohort.options import Options
    from analytics.cohort.working_time import WorkingCalendar

__all__ = [
    "build",
    "configured_sources_by_id",
    "connect",
    "reports_in_file",
    "roles_of",
    "teams_of",
    "unknown_initiatives",
]


def teams_of(settings: Settings) -> dict[str, str]:
    """Source id → team, for the sources of the settings."""
    # A source that cannot be read today (a folder that is gone) owns what it brought before, without a team.
    return {source.id: source.team for source, _ in configured_sources(settings) if source.team}


def configured_sources_by_id(settings: Settings) -> dict[str, list[str]]:
    """Target of the settings → ids of its sources."""
    ids: dict[str, list[str]] = {}
    for source, said in configured_sources(settings):
        ids.setdefault(said.target, []).append(source.id)
    return ids


def roles_of(settings: Settings) -> dict[str, SourceRole]:
    """Source id → what the settings say of it, for the sources of the settings."""
    return {source.id: SourceRole(said.feed, ended(said)) for source, said in configured_sources(settings)}


def build(session: Session, teams: dict[str, str], progress: Progress, *, anew: bool = False, jobs: int = 1) -> Path:
    """Build and publish; `anew`: take nothing over from the build before; `jobs`: in so many processes.

    Raises `WarehouseError` where nothing was ever collected, and `UsageError` for settings of a repository that is not
    there.
    """
    warehouse = session.settings.warehouse_folder
    store = _collected(session.settings)
    check_repositories(session.settings, store)
    store.storage.drop_copies(older_than=session.now - store.storage.retained)  # a collector may be writing newer ones
    return publish(
        warehouse,
        session.settings,
        teams,
        built_at=session.now,
        progress=progress,
        roles=roles_of(session.settings),
        anew=anew,
        jobs=jobs,
        addition=reports_in_file(session.settings),
    )


def reports_in_file(settings: Settings) -> Addition:
    """The views of reports that a published file has, as `headway export` writes them."""
    import analytics
    from analytics.cohort.working_time import WorkingCalendar
    from analytics.reports.published.columns import TABLES
    from analytics.reports.published.views import add_views

    calendar = WorkingCalendar.of(settings.calendar)
    every_report = settings.warehouse.every_report

    def make(connection: duckdb.DuckDBPyConnection) -> None:
        headers = [model.header for model in sql_models() if model.name in TABLES.values()]
        explained = {header.table: header.columns for header in headers}
        add_views(connection, calendar, explained, _plain_options(settings, calendar) if every_report else None)

    # The reports that are estimated ask through cursors.
    return Addition(digest_of_files(analytics), make, alone=every_report)


def _plain_options(settings: Settings, calendar: WorkingCalendar) -> Options:
    from analytics.cohort.options import Options
    from analytics.cohort.smallest import SmallestDifference

    return Options(calendar=calendar, smallest=SmallestDifference.of(settings.comparison))


def unknown_initiatives(connection: duckdb.DuckDBPyConnection, settings: Settings) -> str:
    """Lines to print after a build: ids of initiatives in the settings that do not exist. Empty if none."""
    if not any(initiative.found for initiative in settings.initiatives):
        return ""
    return "\n".join(f"{what}\n  hint: {hint}" for what, hint in missing_initiatives(connection, settings))


def connect(session: Session, as_of: datetime | None, progress: Progress) -> duckdb.DuckDBPyConnection:
    """The tables to report from: the published ones, or built in memory as of an earlier time."""
    warehouse = session.settings.warehouse_folder
    if as_of is None:
        return open_published(warehouse)
    _collected(session.settings)
    teams, roles = teams_of(session.settings), roles_of(session.settings)
    return build_in_memory(warehouse, session.settings, teams, as_of=as_of, progress=progress, roles=roles)


def _collected(settings: Settings) -> RawStore:
    """The raw store; raises `WarehouseError` where nothing was ever collected."""
    store = RawStore.of(settings)
    commits = store.commits()
    if not commits and (damaged := store.unreadable()):
        raise WarehouseError(
            f"{damaged[0]} is damaged, and no other batch is there", hint="run `headway collect --full`"
        )
    if not commits:
        raise WarehouseError(
            f"the warehouse {store.storage.name} is empty", hint="run `headway collect TARGET`, or `headway demo`"
        )
    return store
