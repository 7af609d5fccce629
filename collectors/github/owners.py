"""All repositories of a user or an organization."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from collectors.github.auth import GitHubAuth
from collectors.github.client import Client
from collectors.github.limits import Limits
from collectors.github.signals import Gone, LockedOut, Lost, Refused, Signal
from collectors.github.source import PUBLIC, GitHubSource, checked_base_url, source_id
from collectors.github.values import next_cursor
from headway.progress import Progress, SilentProgress

__all__ = ["known_as", "repositories_of"]


def repositories_of(  # noqa: PLR0913  (what may be said of them, all by name)
    owner: str,
    *,
    auth: GitHubAuth,
    limits: Limits,
    base_url: str = PUBLIC,
    include: Iterable[str] = (),
    exclude: Iterable[str] = (),
    archived: bool = False,
    forks: bool = False,
    progress: Progress | None = None,
) -> list[GitHubSource]:
    """The repositories that an owner has and this token may read, by name.

    `include` and `exclude` are globs on `name` or `owner/name`, whatever the case; without `include` all are in.
    Archived ones and forks are left out unless asked for. Raises Lost for an unknown owner, and as `collect`.
    """
    client = Client(checked_base_url(base_url), auth, limits, owner, progress or SilentProgress())
    wanted, unwanted = tuple(include) or ("*",), tuple(exclude)
    try:
        return [
            _source(node, base_url)
            for node in _listed(client, owner)
            if (archived or not node["isArchived"])
            and (forks or not node["isFork"])
            and _matches(node["nameWithOwner"], wanted)
            and not _matches(node["nameWithOwner"], unwanted)
        ]
    except Refused as refused:
        raise LockedOut(
            f"the token may not list the repositories of {owner}: {refused}", hint="give it read access to metadata"
        ) from refused
    except Gone as gone:
        raise _unknown(owner) from gone
    except (Signal, KeyError, TypeError, ValueError) as problem:
        raise client.unanswered(str(problem)) from problem


def known_as(sources: Iterable[GitHubSource], resumes: Mapping[str, Mapping[str, Any]]) -> list[GitHubSource]:
    """The same sources, each under the name that it was first collected under; `resumes` are by source id.

    So a repository that got another name is not taken for a new one.
    """
    names = {
        resume["database_id"]: id_.removeprefix("github:")
        for id_, resume in resumes.items()
        if id_.startswith("github:") and resume.get("database_id") is not None
    }
    found = []
    for source in sources:
        owner, _, name = names.get(source.database_id, f"{source.owner}/{source.name}").partition("/")
        found.append(replace(source, owner=owner, name=name))
    return sorted({source_id(source): source for source in found}.values(), key=source_id)


def _listed(client: Client, owner: str) -> Iterator[Mapping[str, Any]]:
    cursor: str | None = None
    while True:
        found = client.graphql("Repositories", {"owner": owner, "cursor": cursor})["repositoryOwner"]
        if found is None:
            raise _unknown(owner)
        # A user's list has repositories of others that they work on.
        own = f"{found['login']}/".lower()
        yield from (node for node in found["repositories"]["nodes"] if node["nameWithOwner"].lower().startswith(own))
        cursor = next_cursor(found["repositories"]["pageInfo"], cursor)
        if cursor is None:
            return


def _source(node: Mapping[str, Any], base_url: str) -> GitHubSource:
    owner, _, name = node["nameWithOwner"].partition("/")
    return GitHubSource(owner, name, base_url, database_id=node["databaseId"])


def _matches(full_name: str, globs: Iterable[str]) -> bool:
    lowered = full_name.lower()
    return any(fnmatchcase(name, glob.lower()) for glob in globs for name in (lowered, lowered.partition("/")[2]))


def _unknown(owner: str) -> Lost:
    return Lost(f"GitHub knows no user or organization {owner}", hint="check its name, and that the token may see it")
