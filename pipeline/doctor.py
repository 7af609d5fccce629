"""The checks of `headway doctor`: each says what it looked at, and what to do where it failed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from headway.errors import HeadwayError
from headway.settings import Settings
from pipeline.doctor_github import github_access, github_notices, wants_github
from pipeline.session import Session

__all__ = ["Check", "checkup"]

OLDEST_GIT = (2, 30)
LEAST_FREE_BYTES = 1 << 30
STALE = timedelta(days=2)
MOST_SUGGESTIONS = 3
WHERE_SEEN = "say in [[deployments]] where they are seen: tags, manifests, branch, records, workflow or releases"


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    ok: bool
    what: str
    todo: str = ""


def checkup(session: Session) -> Iterator[Check]:
    """Run all checks, the later ones only where the earlier let them."""
    from analytics.cohort.working_time import WorkingCalendar

    yield _git(session)
    try:
        settings = session.settings
        _rules(settings)
        WorkingCalendar.of(settings.calendar)
    except HeadwayError as error:
        yield Check(ok=False, what=f"settings: {error}", todo=error.hint)
        return
    yield Check(
        ok=True, what=f"settings: {len(settings.sources)} sources, {len(settings.deployments)} deployment rules"
    )
    yield _disk(settings.warehouse_folder)
    if wants_github(session):
        yield from (Check(*told) for told in github_access(session))
    yield from _sources(session)
    yield from _warehouse(session)


def _rules(settings: Settings) -> None:
    """Raises what is wrong with the team's own rules."""
    from warehouse.classify import Rules, RuleSettings

    Rules.load(RuleSettings.of(settings.ai))


def _git(session: Session) -> Check:
    path = shutil.which("git", path=session.environment.get("PATH"))
    if path is None:
        return Check(ok=False, what="git: not found", todo="install git (Debian: apt install git)")
    text = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    found = re.search(r"(\d+)\.(\d+)", text)
    new_enough = found is not None and (int(found[1]), int(found[2])) >= OLDEST_GIT
    wanted = ".".join(map(str, OLDEST_GIT))
    return Check(ok=new_enough, what=f"git: {text}", todo=f"install git {wanted} or newer")


def _disk(folder: Path) -> Check:
    place = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not place.is_dir():
        return Check(ok=False, what=f"warehouse {folder}: {place} is no folder", todo="set another [warehouse] path")
    if not os.access(place, os.W_OK):
        return Check(ok=False, what=f"warehouse {folder}: cannot be written", todo="see to the rights there")
    free = shutil.disk_usage(place).free
    return Check(
        ok=free >= LEAST_FREE_BYTES,
        what=f"warehouse {folder}: {free / (1 << 30):,.1f} GiB free",
        todo="make room, or set another [warehouse] path",
    )


def _sources(session: Session) -> Iterator[Check]:
    from pipeline.collect import last_runs
    from pipeline.sources import sources_of

    if not session.settings.sources:
        yield Check(
            ok=True,
            what="sources: none in the settings; `headway collect TARGET` works without, a nightly run needs them",
        )
        return
    try:
        sources = sources_of(session.settings)
    except HeadwayError as error:
        yield Check(ok=False, what=f"sources: {error}", todo=error.hint)
        return
    runs = last_runs(session.settings.warehouse_folder)
    for source in sources:
        run = runs.get(source.id)
        if run is None:
            yield Check(ok=False, what=f"source {source.label}: never read", todo="run `headway collect`")
        else:
            told = run.error or f"read {run.began_at}Z"
            yield Check(ok=not run.error, what=f"source {source.label}: {told}", todo=run.hint)


def _warehouse(session: Session) -> Iterator[Check]:
    from analytics.cohort.filters import Filters
    from analytics.deployment_suggestions import suggest_deployments
    from analytics.reports.published import coverage
    from pipeline.settings_hints import missing_initiatives
    from warehouse.publish import open_published
    from warehouse.store import RawStore

    folder = session.settings.warehouse_folder
    if not RawStore(folder).commits():
        yield Check(ok=True, what="warehouse: empty; nothing was collected yet")
        return
    try:
        with open_published(folder) as connection:
            rows = coverage(connection, Filters()).to_dicts()
            unseen = [_name(row) for row in rows if _ships_unseen(row)]
            seen = {name: suggest_deployments(connection, name)[:MOST_SUGGESTIONS] for name in unseen}
            noticed = [Check(*told) for told in github_notices(connection)]
            noticed += [
                Check(ok=False, what=what, todo=todo)
                for what, todo in missing_initiatives(connection, session.settings)
            ]
    except HeadwayError as error:
        yield Check(ok=False, what=f"published file: {error}", todo=error.hint)
        return
    yield Check(ok=True, what=f"published file: {len(rows)} repositories")
    yield from noticed
    for row in rows:
        name = _name(row)
        if row["role"] != "application":
            continue
        if name in seen:
            yield Check(
                ok=False,
                what=f"{name}: no production deployment is known (from {row['deployed_from']})",
                todo="\n               or: ".join(seen[name]) or WHERE_SEEN,
            )
        if row["watermark_at"] is not None and session.now - row["watermark_at"] > STALE:
            days = (session.now - row["watermark_at"]).days
            yield Check(
                ok=False,
                what=f"{name}: known only up to {days} days ago",
                todo="collect it again; a clone that others keep must be fetched first",
            )


def _name(row: Mapping[str, Any]) -> str:
    return f"{row['provider']}:{row['repo']}"


def _ships_unseen(row: Mapping[str, Any]) -> bool:
    """An application whose changes are known, and whose production deployments are not."""
    return bool(row["role"] == "application" and row["changes"] and not row["production_deployments"])
