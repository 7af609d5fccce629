"""Git repositories as a kind of source: every target without another kind's prefix is a folder or a clone URL."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headway.errors import HeadwayError
from headway.progress import Progress
from headway.raw_tables import Checkpoint, Rows
from headway.settings import SourceSettings
from headway.source import Check, Context, Places, Resumes, Source, SourceKind

if TYPE_CHECKING:
    from collectors.git.repository.source import GitSource

__all__ = ["GitKind"]

OLDEST_GIT = (2, 30)


class GitKind(SourceKind):
    """A folder that somebody keeps, or a URL that is cloned into the cache."""

    prefix = ""
    id_prefix = "git:"
    targets = ("a folder with a Git repository", "a clone URL")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._places = Places(self.id_prefix, self._folders, self._settled)

    def _folders(self) -> Resumes:
        """The resume points of sources in folders; those of URLs are never moved."""
        folder = f"{self.id_prefix}/"
        return {id_: resume for id_, resume in self._context.resumes().items() if id_.startswith(folder)}

    def _settled(self) -> Iterator[str]:
        """The folders that the settings name."""
        from collectors.git.repository.open import place_of

        base = self._context.settings.base
        for source in self._context.settings.sources:
            with suppress(HeadwayError):
                yield place_of(self._target(source.target, base))

    def sources(self, source: SourceSettings, *, base: Path) -> Iterator[Source]:
        """One source a target, under the id that it has wherever it lies."""
        from collectors.git.repository.open import continues, place_of
        from collectors.git.repository.source import source_id

        repository = self._repository(source, base)
        if place := place_of(repository.target):
            repository = replace(repository, known_as=self._places.id_of(place, partial(continues, repository)))
        yield Source(
            source_id(repository),
            source.target,
            source.team,
            partial(self._collect, repository),
            partial(self._trace_repairs, repository),
        )

    def identity(self, source: SourceSettings, *, base: Path) -> str:
        """The source's id: a folder may be named in several ways."""
        from collectors.git.repository.source import source_id

        return source_id(self._repository(source, base))

    def repositories(self, source: SourceSettings, *, base: Path) -> list[str]:
        """The one repository that a folder or URL is. CollectError for a folder without one."""
        from collectors.git.repository.address import identify, locate
        from collectors.git.repository.repository import open_repository

        repository = self._repository(source, base)
        location = locate(repository.target)
        folder = location.folder
        remote = open_repository(folder, location.name).remote_url if folder and location.url is None else ""
        return [identify(location, remote, repository.name).repo_id]

    @staticmethod
    def requirements(environment: Mapping[str, str]) -> Iterator[Check]:
        """Whether there is a Git that is new enough."""
        path = shutil.which("git", path=environment.get("PATH"))
        if path is None:
            yield Check(ok=False, what="git: not installed", hint="install git (Debian: apt install git)")
            return
        text = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout.strip()
        version = re.search(r"(\d+)\.(\d+)", text)
        new_enough = version is not None and (int(version[1]), int(version[2])) >= OLDEST_GIT
        oldest = ".".join(map(str, OLDEST_GIT))
        yield Check(ok=new_enough, what=f"git: {text}", hint=f"install git {oldest} or newer")

    def checks(self, environment: Mapping[str, str], now: datetime) -> Iterator[Check]:
        """Which sources look like manifests that no setting reads, and settings of manifests that read nothing."""
        from collectors.git.doctor import manifest_checks
        from headway.errors import HeadwayError

        del environment, now
        base = self._context.settings.base
        repositories: dict[str, tuple[str, GitSource]] = {}
        for source in self._context.settings.sources:
            target = source.target
            if ":" in target and "://" not in target and not (base / target).exists():
                continue  # of another kind, or on a host of the SSH config: it is cloned when it is collected
            try:
                id_ = self.identity(source, base=base)
            except HeadwayError:
                continue  # it is reported where it is collected
            if id_ not in repositories or source.manifests:
                repositories[id_] = (target, self._repository(source, base))
        for target, repository in repositories.values():
            yield from manifest_checks(repository, target, self._cache)

    @staticmethod
    def is_ambiguous(repo_id: str) -> bool:
        """A repository without a host is named after its folder alone, and two folders may have one name."""
        return repo_id.startswith("git:")

    @property
    def _cache(self) -> Path:
        return self._context.settings.warehouse_folder / "cache"

    @staticmethod
    def _target(target: str, base: Path) -> str:
        if "://" not in target and (base / Path(target).expanduser()).exists():
            return str((base / Path(target).expanduser()).absolute())
        return target

    def _repository(self, source: SourceSettings, base: Path) -> GitSource:
        from collectors.git.manifests.patterns import ManifestPatterns
        from collectors.git.repository.source import GitSource

        settings = self._context.settings
        return GitSource(
            target=self._target(source.target, base),
            name=source.name or None,
            branch=source.branch,
            pull_heads=settings.git.pull_heads if source.pull_heads is None else source.pull_heads,
            patch_ids=settings.git.patch_ids,
            added_lines=settings.git.added_lines,
            imports=settings.git.imports,
            ai_notes=settings.git.ai_notes,
            contents=settings.rework.enabled,
            manifests=tuple(
                ManifestPatterns(
                    path=patterns.path,
                    version=patterns.version,
                    trigger=patterns.trigger or None,
                    application=patterns.application,
                    preset=patterns.preset,
                )
                for patterns in source.manifests
            ),
        )

    def _collect(
        self,
        repository: GitSource,
        resume: Mapping[str, Any] | None,
        *,
        full: bool,
        at: datetime,
        progress: Progress,
    ) -> Iterator[Rows | Checkpoint]:
        from collectors.git import collect

        return collect(repository, cache=self._cache, collected_at=at, resume=resume, full=full, progress=progress)

    def _trace_repairs(
        self,
        repository: GitSource,
        repo_id: str,
        fixes: Sequence[tuple[str, str]],
        commits: Sequence[str],
        *,
        at: datetime,
        progress: Progress,
    ) -> Iterator[Rows | Checkpoint]:
        from collectors.git import Limits, Pending, Step, collect_repairs

        rework = self._context.settings.rework
        limits = Limits(rework.max_files, rework.max_lines, float(rework.timeout_seconds))
        pending = Pending(repo_id, [Step(*fix) for fix in fixes], commits)
        return collect_repairs(
            repository, pending, cache=self._cache, limits=limits, collected_at=at, progress=progress
        )
