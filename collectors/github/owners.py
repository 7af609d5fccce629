"""All repositories of a user or an organization."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from collectors.github.api.auth import GitHubAuth
from collectors.github.api.client import Client
from collectors.github.api.limits import Limits
from collectors.github.api.signals import Gone, LockedOut, Lost, Refused, Signal
from collectors.github.rows.values import next_cursor
from collectors.github.source import PUBLIC, GitHubSource, checked_base_url, source_id
from headway.errors import HeadwayError
from headway.progress import Progress, SilentProgress

__all__ = ["Owned", "identity_of", "known_as", "lost_from", "repositories_of"]


class Owned(NamedTuple):
    """What an owner has: the repositories that are wanted, and GitHub's ids of all that there are."""

    wanted: list[GitHubSource]
    present: frozenset[int]


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
) -> Owned:
    """The repositories that an owner has and this token may read, by name.

    `include` and `exclude` are globs on `name` or `owner/name`, whatever the case; without `include` all are in.
    Archived ones and forks are left out unless asked for. Raises Lost for an unknown owner, and as `collect`.
    """
    client = Client(checked_base_url(base_url), auth, limits, owner, progress or SilentProgress())
    wanted, unwanted = tuple(include) or ("*",), tuple(exclude)
    try:
        listed = list(_listed(client, owner))
        found = [
            _source(node, base_url)
            for node in listed
            if (archived or not node["isArchived"])
            and (forks or not node["isFork"])
            and _matches(node["nameWithOwner"], wanted)
            and not _matches(node["nameWithOwner"], unwanted)
        ]
        return Owned(found, frozenset(node["databaseId"] for node in listed))
    except Refused as refused:
        raise LockedOut(
            f"the token may not list the repositories of {owner}: {refused}", hint="give it read access to metadata"
        ) from refused
    except Gone as gone:
        raise _unknown(owner) from gone
    except (Signal, KeyError, TypeError, ValueError) as problem:
        raise client.unanswered(str(problem)) from problem


def identity_of(source: GitHubSource, *, auth: GitHubAuth, limits: Limits) -> GitHubSource:
    """The source under the name that GitHub has for it now, with its id; as it is where GitHub does not tell."""
    label = f"{source.owner}/{source.name}"
    client = Client(checked_base_url(source.base_url), auth, limits, label, SilentProgress())
    try:
        node = client.graphql("IdentityByName", {"owner": source.owner, "name": source.name})["repository"]
        return _source(node, source.base_url)
    except (Signal, HeadwayError, KeyError, TypeError):  # its run meets the same, and tells it
        return source


def known_as(sources: Iterable[GitHubSource], resumes: Mapping[str, Mapping[str, Any]]) -> list[GitHubSource]:
    """The same sources, each with the name that it was first collected under as its alias; `resumes` are by source id.

    So a repository that got another name is not taken for a new one, nor a new one of its old name for it.
    """
    names = _names(resumes)
    taken = {name.lower() for name in names.values()}
    found = []
    for source in sources:
        own = f"{source.owner}/{source.name}"
        known = names.get(source.database_id)
        if known is None and source.database_id is not None and own.lower() in taken:
            known = f"{own}~{source.database_id}"
        found.append(source if known in {None, own} else replace(source, alias=known or ""))
    return sorted({source_id(source): source for source in found}.values(), key=source_id)


def lost_from(
    owner: str,
    owned: Owned,
    resumes: Mapping[str, Mapping[str, Any]],
    *,
    base_url: str = PUBLIC,
    include: Iterable[str] = (),
    exclude: Iterable[str] = (),
) -> list[GitHubSource]:
    """What was collected of an owner who has it no more: deleted, out of sight, or given to another owner."""
    wanted, unwanted = tuple(include) or ("*",), tuple(exclude)
    gone = []
    for number, name in _names(resumes).items():
        theirs, _, short = name.partition("~")[0].partition("/")
        if theirs.lower() != owner.lower() or number in owned.present:
            continue
        if _matches(name, wanted) and not _matches(name, unwanted):
            gone.append(GitHubSource(theirs, short, base_url, database_id=number, alias=name))
    return gone


def _names(resumes: Mapping[str, Mapping[str, Any]]) -> dict[int | None, str]:
    """By GitHub's id, the name under which each repository was first collected."""
    return {
        resume["database_id"]: id_.removeprefix("github:")
        for id_, resume in resumes.items()
        if id_.startswith("github:") and resume.get("database_id") is not None
    }


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
