"""Sources for `github:OWNER/NAME` and `github:OWNER`: what the settings say of them, and who may be asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatchcase
from threading import Lock
from typing import TYPE_CHECKING, Any

from headway.errors import UsageError
from headway.progress import Progress
from headway.records import Checkpoint, Rows
from headway.settings import Settings

if TYPE_CHECKING:
    from collectors.github import GitHubAuth, GitHubSource, Limits, Waiting
    from headway.sources import Collect

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
    from collectors.github import GitHubSource, checked_base_url, known_as, parse_target, repositories_of
    from warehouse.store import RawStore

    owner, name = parse_target(target)
    base_url = checked_base_url(settings.github.base_url)
    if name:
        return [GitHubSource(owner, name, base_url)]
    resumes = {id_: commit.resume for id_, commit in RawStore(settings.warehouse_folder).latest().items()}
    if access is None:
        known = [id_.removeprefix("github:").partition("/") for id_ in resumes if id_.startswith("github:")]
        return [GitHubSource(one, repo, base_url) for one, _, repo in known if one.lower() == owner.lower()]
    found = repositories_of(
        owner,
        auth=access.auth(),
        limits=access.limits(settings),
        base_url=base_url,
        include=settings.github.include,
        exclude=settings.github.exclude,
        archived=settings.github.archived,
        forks=settings.github.forks,
    )
    if not found:
        raise UsageError(
            f"{target} has no repository that is wanted", hint="see to include, exclude, archived and forks of [github]"
        )
    return known_as(found, resumes)


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
