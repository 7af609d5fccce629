"""From the words of a target or of the settings to a source that a collector reads: one line a kind of source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from collectors import git, records_file
from headway.errors import UsageError
from headway.progress import Progress
from headway.raw_tables import Checkpoint, Rows
from headway.settings import Settings, SourceSettings
from pipeline.github_sources import GitHubAccess, github_repositories, reading

__all__ = ["Collect", "Source", "sources_of"]


class Collect(Protocol):
    """Read a source from its resume point, or in full; `at` is when the run began."""

    def __call__(
        self, resume: Mapping[str, Any] | None, *, full: bool, at: datetime, progress: Progress
    ) -> Iterator[Rows | Checkpoint]:
        """Rows and checkpoints, in the order in which they belong together."""


@dataclass(frozen=True)
class Source:
    """Something to collect: a stable id, how a person calls it, who owns it, and how to read it."""

    id: str
    label: str
    team: str
    collect: Collect
    git: git.GitSource | None = None
    """Set for Git: the lines that its fixes repair can be traced."""


def sources_of(settings: Settings, targets: tuple[str, ...] = (), access: GitHubAccess | None = None) -> list[Source]:
    """The targets given, or else every source of the settings.

    A target that the settings name too is read as they say. With `access` GitHub is asked what `github:OWNER` stands
    for, which takes its time. Raises `UsageError` where there is nothing to read.
    """
    known = {source.target: source for source in settings.sources}
    asked = [known.get(target, SourceSettings(target=target)) for target in targets] or list(settings.sources)
    if not asked:
        raise UsageError(
            "nothing to collect: no target was given and the settings name no source",
            hint="run `headway collect PATH-OR-URL`, or add [[sources]] to headway.toml (`headway init` writes one)",
        )
    # A target on the command line is relative to the working folder, one in the settings to their folder.
    found = [one for source in asked for one in _sources(source, settings, access, named=source.target in known)]
    # One repository may be meant twice, by itself and by its owner: what is said of it first counts.
    unique: dict[str, Source] = {}
    for one in found:
        unique.setdefault(one.id, one)
    return list(unique.values())


def _sources(
    source: SourceSettings, settings: Settings, access: GitHubAccess | None, *, named: bool
) -> Iterator[Source]:
    target = source.target
    if not target:
        raise UsageError("a source has no target", hint="give each of [[sources]] a target in headway.toml")
    if target.startswith("github:"):
        yield from _github(source, settings, access)
    elif target.startswith("events:"):
        yield _records(target, source, settings, named=named)
    else:
        yield _git(source, settings, named=named)


def _github(source: SourceSettings, settings: Settings, access: GitHubAccess | None) -> Iterator[Source]:
    from collectors import github

    for repository in github_repositories(source.target, settings, access):
        id_ = github.source_id(repository)
        yield Source(id_, id_, source.team, reading(repository, settings, access))


def _records(target: str, source: SourceSettings, settings: Settings, *, named: bool) -> Source:
    base = settings.base if named else Path()
    file = records_file.RecordsSource(base / Path(target.removeprefix("events:")).expanduser())
    rejects = settings.warehouse_folder / "rejects"

    def collect(
        resume: Mapping[str, Any] | None, *, full: bool, at: datetime, progress: Progress
    ) -> Iterator[Rows | Checkpoint]:
        return records_file.collect(file, rejects=rejects, collected_at=at, resume=resume, full=full, progress=progress)

    return Source(records_file.source_id(file), target, source.team, collect)


def _git(source: SourceSettings, settings: Settings, *, named: bool) -> Source:
    repository = _git_source(source, settings, base=settings.base if named else Path())
    cache = settings.warehouse_folder / "cache"

    def collect(
        resume: Mapping[str, Any] | None, *, full: bool, at: datetime, progress: Progress
    ) -> Iterator[Rows | Checkpoint]:
        return git.collect(repository, cache=cache, collected_at=at, resume=resume, full=full, progress=progress)

    return Source(git.source_id(repository), source.target, source.team, collect, repository)


def _git_source(source: SourceSettings, settings: Settings, *, base: Path) -> git.GitSource:
    target = source.target
    if "://" not in target and (base / Path(target).expanduser()).exists():
        target = str((base / Path(target).expanduser()).absolute())
    patterns = source.manifests
    return git.GitSource(
        target=target,
        name=source.name or None,
        pull_heads=settings.git.pull_heads if source.pull_heads is None else source.pull_heads,
        patch_ids=settings.git.patch_ids,
        added_lines=settings.git.added_lines,
        imports=settings.git.imports,
        ai_notes=settings.git.ai_notes,
        contents=settings.rework.enabled,
        manifests=git.ManifestPatterns(
            path=patterns.path,
            version=patterns.version,
            trigger=patterns.trigger or None,
            application=patterns.application,
        )
        if patterns
        else None,
    )
