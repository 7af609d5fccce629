"""Trace the lines that fixes repair: after all is collected that tells which changes are fixes, before the build."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import duckdb

from headway.progress import Progress
from headway.raw_tables import Checkpoint, Rows
from headway.repository_names import repository_key
from headway.settings import ReworkSettings
from headway.source import Source, TraceRepairs
from pipeline.collect import Run, run_all
from pipeline.repositories import repository_spellings
from pipeline.session import Session
from warehouse.publish import build_some
from warehouse.store import RawStore

__all__ = ["trace_repairs"]

_TABLES = ("fixes", "commit_owners", "changes", "commits", "traced_fixes", "measured_commits", "repository_settings")
# A fix whose landing moved (another base) is another step; one that timed out or could not be read is tried again only
# after the clone changed in a way that `collect --full` is for.
_FIXES = """
    select fixes.landing_sha, fixes.base_sha from fixes
    inner join changes on fixes.repo_id = changes.repo_id and fixes.change_key = changes.change_key
    left join traced_fixes
        on fixes.repo_id = traced_fixes.repo_id and fixes.landing_sha = traced_fixes.sha
        and fixes.base_sha = traced_fixes.base_sha and (not $again or traced_fixes.read_at >= $at)
    where fixes.repo_id = $repo_id and fixes.kind <> 'revert' and fixes.base_sha is not null
        and (traced_fixes.sha is null or traced_fixes.outcome = 'no_contents')
    order by changes.merged_at desc, fixes.landing_sha limit $most
"""
_COMMITS = """
    select distinct commit_owners.sha, commits.committed_at from commit_owners
    inner join commits on commit_owners.repo_id = commits.repo_id and commit_owners.sha = commits.sha
    inner join changes on commit_owners.repo_id = changes.repo_id and commit_owners.change_key = changes.change_key
    left join measured_commits
        on commit_owners.repo_id = measured_commits.repo_id and commit_owners.sha = measured_commits.sha
    where commit_owners.repo_id = $repo_id and commits.parents not like '% %' and measured_commits.sha is null
        and changes.merged_at is not null
    order by commits.committed_at desc, commit_owners.sha limit $most
"""


def trace_repairs(
    session: Session, store: RawStore, sources: Iterable[Source], *, full: bool, progress: Progress
) -> list[Run]:
    """What came of tracing the fixes of these sources that were not traced yet; nothing unless the settings say so."""
    settings = session.settings.rework
    if not settings.enabled:
        return []
    fed = {name: commit.repo_ids for name, commit in store.latest().items()}
    tracings = []
    with build_some(
        session.settings.warehouse_folder, session.settings, {}, tables=_TABLES, progress=progress
    ) as connection:
        spellings = repository_spellings(connection)
        for source in sources:
            if source.trace_repairs is None:
                continue
            for repo_id in fed.get(source.id, ()):
                spelled = spellings.get(repository_key(repo_id), repo_id)
                fixes, commits = _pending(connection, spelled, settings, again=full, at=session.now)
                if fixes or commits:
                    tracings.append(_source(source, source.trace_repairs, repo_id, fixes, commits))
    return run_all(store, tracings, full=False, jobs=1, began_at=session.now, progress=progress)


def _pending(
    connection: duckdb.DuckDBPyConnection, repo_id: str, settings: ReworkSettings, *, again: bool, at: datetime
) -> tuple[list[tuple[str, str]], list[str]]:
    """Fixes to trace, each with the commit before it, and commits to measure."""
    fixes = _rows(connection, _FIXES, repo_id=repo_id, most=settings.fixes_per_run, again=again, at=at)
    commits: list[Mapping[str, Any]] = []
    if settings.maintainability:
        commits = _rows(connection, _COMMITS, repo_id=repo_id, most=settings.commits_per_run)
    return [(row["landing_sha"], row["base_sha"]) for row in fixes], [row["sha"] for row in commits]


def _source(
    source: Source, trace: TraceRepairs, repo_id: str, fixes: Sequence[tuple[str, str]], commits: Sequence[str]
) -> Source:
    def collect(
        resume: Mapping[str, Any] | None, *, full: bool, at: datetime, progress: Progress
    ) -> Iterator[Rows | Checkpoint]:
        del resume, full
        return trace(repo_id, fixes, commits, at=at, progress=progress)

    return Source(f"repairs:{source.id}", f"repairs in {source.label}", source.team, collect)


def _rows(connection: duckdb.DuckDBPyConnection, query: str, **values: Any) -> list[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = connection.cursor().sql(query, params=values).to_arrow_table().to_pylist()
    return rows
