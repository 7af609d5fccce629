"""From a source to a repository that can be read: cloned or fetched if it is a URL, left alone if it is a folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from collectors.git.process.command import Git
from collectors.git.repository.address import Identity, Location, identify, locate, parse_url, public_url
from collectors.git.repository.clones import Cache
from collectors.git.repository.refs import Listing, list_refs, pull_heads
from collectors.git.repository.repository import Repository, open_repository
from collectors.git.repository.source import GitSource
from collectors.git.resume import Resume
from headway.errors import HeadwayError
from headway.progress import Progress
from headway.repository_names import repository_key

__all__ = ["Opened", "continues", "open_source", "place_of", "reopen"]

_FETCHABLE = frozenset({"file", "git", "http", "https", "scp", "ssh"})


@dataclass(frozen=True)
class Opened:
    """A repository and its refs, as they are now."""

    repository: Repository
    listing: Listing
    identity: Identity
    fetched: bool
    """We fetched it ourselves; else it is a clone that others keep."""
    pulls_borrowed: bool = False
    """The heads of pull requests were fetched from the remote of such a clone, and may be newer than its branches."""
    pulls_unavailable: bool = False
    """They were asked for, and there is no remote to fetch them from."""


def open_source(source: GitSource, cache: Path, progress: Progress) -> Opened:
    """Open what a source names. Every kind of CollectError, and UsageError for a target or name that cannot be one."""
    for patterns in source.manifests:
        patterns.check()
    location = locate(source.target)
    clones = Cache(cache.absolute() / "git", location.name)  # Git is run elsewhere
    identify(location, "", source.name)  # a wrong name is told before a long clone
    if location.url is None:
        return _folder(source, location, clones, progress)
    progress.step(0, None, f"fetching {location.name}")
    blobs = bool(source.manifests) or source.contents
    folder = clones.clone(location.url, blobs=blobs, pull_heads=source.pull_heads, notes=source.ai_notes)
    repository = open_repository(folder, location.name)
    listing = list_refs(repository, requested=source.branch, followed=True)
    return Opened(repository, listing, identify(location, "", source.name), fetched=True)


def reopen(source: GitSource, cache: Path) -> Repository:
    """The repository that `open_source` opened, with file contents, as it is on disk now: nothing is fetched.

    NotARepository where it was never fetched so.
    """
    location = locate(source.target)
    if location.url is None:
        return open_repository(location.folder or Path(), location.name)
    folder = Cache(cache.absolute() / "git", location.name).place(location.url, blobs=True)
    return open_repository(folder, location.name)


def place_of(target: str) -> str:
    """The folder that a target is, as its location names it; empty for a URL. UsageError as `locate`."""
    location = locate(target)
    return "" if location.url is not None else location.name


def continues(source: GitSource, resume: Mapping[str, Any]) -> bool:
    """Whether a folder holds the repository that a resume point of another folder left off at.

    It is called the same, and has the commit that the default branch led to then.
    """
    before = Resume.from_json(resume)
    location = locate(source.target)
    branch = str(before.repository.get("default_branch") or "")
    heads = {sha for ref, sha in before.tips.items() if sha and ref.endswith(f"/{branch}")}
    if location.folder is None or not branch or not heads:
        return False
    try:
        repository = open_repository(location.folder, location.name)
        identity = identify(location, repository.remote_url, source.name)
        called = f"{before.repository.get('provider')}:{before.repository.get('repo')}"
        if repository_key(identity.repo_id) != repository_key(called):
            return False
        for sha in heads:
            repository.git.output("rev-parse", "--verify", "--quiet", f"{sha}^{{commit}}")
    except HeadwayError:
        return False
    return True


def _folder(source: GitSource, location: Location, clones: Cache, progress: Progress) -> Opened:
    repository = open_repository(location.folder or Path(), location.name)
    identity = identify(location, repository.remote_url, source.name)
    opened = Opened(repository, list_refs(repository, requested=source.branch), identity, fetched=False)
    if not source.pull_heads:
        return opened
    url = _fetch_url(repository)
    if not url or repository.shallow:
        return replace(opened, pulls_unavailable=True)
    progress.step(0, None, f"fetching pull requests of {location.name}")
    borrower = Git(clones.borrow(repository, url), location.name)
    borrowed = replace(repository, git=borrower)
    pulls = pull_heads(list_refs(replace(borrowed, bare=True)).oids)
    listing = replace(opened.listing, oids={**opened.listing.oids, **pulls})
    return replace(opened, repository=borrowed, listing=listing, pulls_borrowed=True)


def _fetch_url(repository: Repository) -> str:
    """Where to fetch a clone's pull requests from, without any credential; empty where Git could not or should not."""
    text = repository.remote_url
    url = parse_url(text)
    if url is None:
        folder = repository.git.git_dir.parent / text
        return f"file://{folder.resolve()}" if text and "::" not in text and folder.is_dir() else ""
    return public_url(text) if url.scheme in _FETCHABLE and not text.startswith("-") else ""
