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
    """An owner's repositories: the sources to collect, and GitHub's ids of all that the token can see."""

    wanted: list[GitHubSource]
    present: frozenset[int]


def repositories_of(  # noqa: PLR0913  (options, all by name)
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

    `include` and `exclude` are globs on `name` or `owner/name`, and ignore case; without `include` all match.
    Archived repositories and forks are left out unless requested. Raises Lost for an unknown owner, and as `collect`.
    """
    client = Client(checked_base_url(base_url), auth, limits, owner, progress or SilentProgress())
    included, excluded = tuple(include) or ("*",), tuple(exclude)
    try:
        listed = list(_nodes_of(client, owner))
        sources = [
            _source(node, base_url)
            for node in listed
            if (archived or not node["isArchived"])
            and (forks or not node["isFork"])
            and _matches(node["nameWithOwner"], included)
            and not _matches(node["nameWithOwner"], excluded)
        ]
        return Owned(sources, frozenset(node["databaseId"] for node in listed))
    except Refused as refused:
        raise LockedOut(
            f"the token may not list the repositories of {owner}: {refused}", hint="give it read access to metadata"
        ) from refused
    except Gone as gone:
        raise _unknown_owner(owner) from gone
    except (Signal, KeyError, TypeError, ValueError) as problem:
        raise client.unanswered(str(problem)) from problem


def identity_of(source: GitHubSource, *, auth: GitHubAuth, limits: Limits) -> GitHubSource:
    """The source under GitHub's current name and with its id; unchanged if GitHub does not answer."""
    label = f"{source.owner}/{source.name}"
    client = Client(checked_base_url(source.base_url), auth, limits, label, SilentProgress())
    try:
        node = client.graphql("IdentityByName", {"owner": source.owner, "name": source.name})["repository"]
        return _source(node, source.base_url)
    except (Signal, HeadwayError, KeyError, TypeError):  # collecting it meets the same error, and reports it
        return source


def known_as(sources: Iterable[GitHubSource], resumes: Mapping[str, Mapping[str, Any]]) -> list[GitHubSource]:
    """The same sources, each with the name that it was first collected under as its alias; `resumes` are by source id.

    A renamed repository so stays the same source, and a new repository under the old name is another one.
    """
    names = _names(resumes)
    taken = {name.lower() for name in names.values()}
    renamed = []
    for source in sources:
        current = f"{source.owner}/{source.name}"
        alias = names.get(source.database_id)
        if alias is None and source.database_id is not None and current.lower() in taken:
            alias = f"{current}~{source.database_id}"
        renamed.append(source if alias in {None, current} else replace(source, alias=alias or ""))
    return sorted({source_id(source): source for source in renamed}.values(), key=source_id)


def lost_from(
    owner: str,
    owned: Owned,
    resumes: Mapping[str, Mapping[str, Any]],
    *,
    base_url: str = PUBLIC,
    include: Iterable[str] = (),
    exclude: Iterable[str] = (),
) -> list[GitHubSource]:
    """Collected repositories that the owner no longer has: deleted, no longer visible, or transferred."""
    included, excluded = tuple(include) or ("*",), tuple(exclude)
    gone = []
    for number, name in _names(resumes).items():
        previous, _, short = name.partition("~")[0].partition("/")
        if previous.lower() != owner.lower() or number in owned.present:
            continue
        if _matches(name, included) and not _matches(name, excluded):
            gone.append(GitHubSource(previous, short, base_url, database_id=number, alias=name))
    return gone


def _names(resumes: Mapping[str, Mapping[str, Any]]) -> dict[int | None, str]:
    """By GitHub's id, the name under which each repository was first collected."""
    return {
        resume["database_id"]: id_.removeprefix("github:")
        for id_, resume in resumes.items()
        if id_.startswith("github:") and resume.get("database_id") is not None
    }


def _nodes_of(client: Client, owner: str) -> Iterator[Mapping[str, Any]]:
    cursor: str | None = None
    while True:
        page = client.graphql("Repositories", {"owner": owner, "cursor": cursor})["repositoryOwner"]
        if page is None:
            raise _unknown_owner(owner)
        # A user's list includes repositories of others that they work on.
        prefix = f"{page['login']}/".lower()
        yield from (node for node in page["repositories"]["nodes"] if node["nameWithOwner"].lower().startswith(prefix))
        cursor = next_cursor(page["repositories"]["pageInfo"], cursor)
        if cursor is None:
            return


def _source(node: Mapping[str, Any], base_url: str) -> GitHubSource:
    owner, _, name = node["nameWithOwner"].partition("/")
    return GitHubSource(owner, name, base_url, database_id=node["databaseId"])


def _matches(full_name: str, globs: Iterable[str]) -> bool:
    lowered = full_name.lower()
    return any(fnmatchcase(name, glob.lower()) for glob in globs for name in (lowered, lowered.partition("/")[2]))


def _unknown_owner(owner: str) -> Lost:
    return Lost(f"GitHub has no user or organization {owner}", hint="check its name, and that the token may see it")
