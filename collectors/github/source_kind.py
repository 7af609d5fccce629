"""GitHub's API as a kind of source: `github:OWNER/NAME` and `github:OWNER`, and what the settings say of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from headway.errors import HeadwayError, UsageError
from headway.progress import Progress
from headway.raw_tables import Checkpoint, Rows
from headway.repository_names import names_match
from headway.settings import GithubSettings, SourceSettings
from headway.source import Access, Check, Context, Resumes, Source, SourceKind

if TYPE_CHECKING:
    from collectors.github import GitHubAuth, GitHubSource, Limits

__all__ = ["GitHubKind"]


class GitHubKind(SourceKind):
    """Repositories of GitHub or of a GitHub Enterprise Server. One identity serves all, so that they take turns."""

    prefix = "github:"
    id_prefix = "github:"
    targets = ("github:OWNER/NAME", "github:OWNER")
    secrets = GithubSettings.SECRETS

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._settings = context.settings.github
        self._auth: GitHubAuth | None = None
        self._lock = Lock()

    def sources(self, source: SourceSettings, *, base: Path) -> Iterator[Source]:
        """One source a repository, each under the name that it was first collected under."""
        from collectors.github import source_id

        del base
        for repository in self._repositories(source.target):
            id_ = source_id(repository)
            yield Source(id_, id_, source.team, partial(self._collect, self._configured(repository)))

    def repositories(self, source: SourceSettings, *, base: Path) -> list[str] | None:
        """The one that the target names; of an owner they are known when they are read."""
        del base
        return [source.target] if "/" in source.target else None

    def checks(self, environment: Mapping[str, str], now: datetime) -> Iterator[Check]:
        """What the token is worth, where a source is GitHub's or a token is set; one request, which costs nothing."""
        from collectors.github.doctor import access_checks

        access = self._context.access
        is_source = any(source.target.startswith(self.prefix) for source in self._context.settings.sources)
        if access is not None and (is_source or any(environment.get(name) for name in self.secrets)):
            yield from access_checks(partial(self._identity, access), self._limits(access), self._settings, now)

    def _identity(self, access: Access) -> GitHubAuth:
        """One identity for all sources; AccessDenied or UsageError where there is none."""
        from collectors.github import auth_from

        with self._lock:
            if self._auth is None:
                self._auth = auth_from(access.environment)
            return self._auth

    def _limits(self, access: Access) -> Limits:
        """How patient to be."""
        from collectors.github import Limits

        return Limits(waiting=access.waiting, longest_wait_seconds=60.0 * self._settings.wait_minutes)

    def _repositories(self, target: str) -> list[GitHubSource]:
        """The repositories that a target stands for.

        Without access GitHub is not contacted: `github:OWNER` then stands for what was collected of that owner before.
        """
        from collectors.github import GitHubSource, checked_base_url, parse_target

        owner, name = parse_target(target)
        base_url = checked_base_url(self._settings.base_url)
        resumes = self._context.resumes()
        names = [id_.removeprefix(self.id_prefix) for id_ in resumes]
        if name:
            return [self._repository(GitHubSource(owner, name, base_url), names, resumes)]
        access = self._context.access
        if access is None:
            parts = (alias.partition("~")[0].partition("/") for alias in names)
            return [
                GitHubSource(login, repo, base_url, alias=alias)
                for alias, (login, _, repo) in zip(names, parts, strict=True)
                if login.lower() == owner.lower()
            ]
        return self._all_of(owner, target, resumes, access)

    def _repository(self, source: GitHubSource, names: list[str], resumes: Resumes) -> GitHubSource:
        """A repository that a target names, in whatever case, and under whatever name it was collected before."""
        from collectors.github import identity_of, known_as

        full_name = f"{source.owner}/{source.name}"
        before = next((name for name in names if name.lower() == full_name.lower()), None)
        if before is not None:
            return replace(source, alias="" if before == full_name else before)
        access = self._context.access
        if access is None or not names:
            return source
        try:
            identified = identity_of(source, auth=self._identity(access), limits=self._limits(access))
        except HeadwayError:  # no token: its run reports that
            return source
        return known_as([identified], resumes)[0]

    def _all_of(self, owner: str, target: str, resumes: Resumes, access: Access) -> list[GitHubSource]:
        from collectors.github import checked_base_url, known_as, lost_from, repositories_of

        github = self._settings
        base_url = checked_base_url(github.base_url)
        owned = repositories_of(
            owner,
            auth=self._identity(access),
            limits=self._limits(access),
            base_url=base_url,
            include=github.include,
            exclude=github.exclude,
            archived=github.archived,
            forks=github.forks,
        )
        lost = lost_from(owner, owned, resumes, base_url=base_url, include=github.include, exclude=github.exclude)
        if not owned.wanted and not lost:
            raise UsageError(
                f"{target} has no repository that the settings include",
                hint="check include, exclude, archived and forks of [github]",
            )
        return known_as([*owned.wanted, *lost], resumes)

    def _configured(self, source: GitHubSource) -> GitHubSource:
        """A repository with what the settings say of its reading."""
        repo_id = f"github:{source.owner}/{source.name}"
        workflows = tuple(
            rule.workflow
            for rule in self._context.settings.deployments
            if rule.source == "workflow" and names_match(rule.repo, repo_id)
        )
        github = self._settings
        return replace(source, jobs_days=github.jobs_days, deploy_workflows=workflows, history=github.history)

    def _collect(
        self,
        repository: GitHubSource,
        resume: Mapping[str, Any] | None,
        *,
        full: bool,
        at: datetime,
        progress: Progress,
    ) -> Iterator[Rows | Checkpoint]:
        from collectors.github import collect

        access = self._context.access
        if access is None:
            name = f"{repository.owner}/{repository.name}"
            raise UsageError(f"github:{name} cannot be read from here", hint="run `headway collect`")
        return collect(
            repository,
            auth=self._identity(access),
            collected_at=at,
            resume=resume,
            full=full,
            progress=progress,
            limits=self._limits(access),
        )
