"""Sources for `github:OWNER/NAME` and `github:OWNER`: what the settings say of them, and who may be asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatchcase
from threading import Lock
from typing import TYPE_CHECKING, Any

from headway.errors import HeadwayError, UsageError
from headway.progress import Progress
from headway.raw_tables import Checkpoint, Rows
from headway.settings import Settings

if TYPE_CHECKING:
    from collectors.github import GitHubAuth, GitHubSource, Limits, Waiting
    from pipeline.sources import Collect

Resumes = Mapping[str, Mapping[str, Any]]

__all__ = ["GitHubAccess", "github_repositories", "reading"]


class GitHubAccess:
    """What it takes to ask GitHub: the environment with a token or App, and time to wait in."""

    def __init__(self, environment: Mapping[str, str], waiting: Waiting) -> None:
        self._environment, self._waiting = environment, waiting
        self._auth: GitHubAuth | None = None
        self._lock = Lock()

    def auth(self) -> GitHubAuth:
        """One identity for all sources, so that they take turns; AccessDenied or UsageError where there is none."""
        from collectors.github import auth_from

        with self._lock:
            if self._auth is None:
                self._auth = auth_from(self._environment)
            return self._auth

    def limits(self, settings: Settings) -> Limits:
        """How patient to be."""
        from collectors.github import Limits

        return Limits(waiting=self._waiting, longest_wait_seconds=60.0 * settings.github.wait_minutes)


def github_repositories(target: str, settings: Settings, access: GitHubAccess | None) -> list[GitHubSource]:
    """The repositories that a target stands for, each under the name that it was first collected under.

    Without access GitHub is not asked: `github:OWNER` then stands for what was collected of that owner before.
    """
    from collectors.github import GitHubSource, checked_base_url, parse_target
    from warehouse.store import RawStore

    owner, name = parse_target(target)
    base_url = checked_base_url(settings.github.base_url)
    resumes = {id_: commit.resume for id_, commit in RawStore(settings.warehouse_folder).latest().items()}
    known = [id_.removeprefix("github:") for id_ in resumes if id_.startswith("github:")]
    if name:
        return [_one(GitHubSource(owner, name, base_url), known, resumes, access, settings)]
    if access is None:
        parts = (one.partition("~")[0].partition("/") for one in known)
        return [
            GitHubSource(theirs, repo, base_url, alias=one)
            for one, (theirs, _, repo) in zip(known, parts, strict=True)
            if theirs.lower() == owner.lower()
        ]
    return _all_of(owner, target, resumes, access, settings)


def _one(
    wanted: GitHubSource, known: list[str], resumes: Resumes, access: GitHubAccess | None, settings: Settings
) -> GitHubSource:
    """A repository that a target names, in whatever case, and under whatever name it was collected before."""
    from collectors.github import identity_of, known_as

    own = f"{wanted.owner}/{wanted.name}"
    before = next((one for one in known if one.lower() == own.lower()), None)
    if before is not None:
        return replace(wanted, alias="" if before == own else before)
    if access is None or not known:
        return wanted
    try:
        found = identity_of(wanted, auth=access.auth(), limits=access.limits(settings))
    except HeadwayError:  # no token: its run tells
        return wanted
    return known_as([found], resumes)[0]


def _all_of(owner: str, target: str, resumes: Resumes, access: GitHubAccess, settings: Settings) -> list[GitHubSource]:
    from collectors.github import checked_base_url, known_as, lost_from, repositories_of

    github = settings.github
    base_url = checked_base_url(github.base_url)
    owned = repositories_of(
        owner,
        auth=access.auth(),
        limits=access.limits(settings),
        base_url=base_url,
        include=github.include,
        exclude=github.exclude,
        archived=github.archived,
        forks=github.forks,
    )
    lost = lost_from(owner, owned, resumes, base_url=base_url, include=github.include, exclude=github.exclude)
    if not owned.wanted and not lost:
        raise UsageError(
            f"{target} has no repository that is wanted", hint="see to include, exclude, archived and forks of [github]"
        )
    return known_as([*owned.wanted, *lost], resumes)


def reading(source: GitHubSource, settings: Settings, access: GitHubAccess | None) -> Collect:
    """How to read a repository as the settings say."""
    name = f"{source.owner}/{source.name}"
    workflows = tuple(
        rule.workflow for rule in settings.deployments if rule.source == "workflow" and fnmatchcase(name, rule.repo)
    )
    github = settings.github
    wanted = replace(source, jobs_days=github.jobs_days, deploy_workflows=workflows, history=github.history)

    def collect(
        resume: Mapping[str, Any] | None, *, full: bool, at: datetime, progress: Progress
    ) -> Iterator[Rows | Checkpoint]:
        from collectors.github import collect as collected

        if access is None:
            raise UsageError(f"github:{name} cannot be read from here", hint="run `headway collect`")
        return collected(
            wanted,
            auth=access.auth(),
            collected_at=at,
            resume=resume,
            full=full,
            progress=progress,
            limits=access.limits(settings),
        )

    return collect
