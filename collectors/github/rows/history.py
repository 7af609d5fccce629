"""Rows of commits, branch and tags from GraphQL, and when a walk through the commit graph may end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from collectors.github.rows.values import commit_moment, text

__all__ = ["Walk", "commit_row", "tag_row", "tip_row"]


class Walk:
    """A walk from a tip through its history, newest first, down to commits that have been read before.

    All ancestors of the `known_shas` have been read. GitHub lists by date, so new commits may follow the first known
    one: the walk is closed when every parent that it has met is read too.
    """

    def __init__(self, tip: str, known_shas: Iterable[str]) -> None:
        self._known, self._seen, self._open = set(known_shas), set[str](), {tip}
        self.met = False
        """Whether it reached a known commit: if it never does, the branch was rewritten."""

    @property
    def closed(self) -> bool:
        """Nothing new can follow."""
        return not self._open

    def take(self, nodes: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Return the new ones among the next commits of the list."""
        new = []
        for node in nodes:
            oid, parents = node["oid"], _parents(node)
            self._seen.add(oid)
            self._open.discard(oid)
            if oid in self._known:
                self.met = True
                self._known.update(parents)
                self._open.difference_update(parents)
            else:
                new.append(node)
                self._open.update(parent for parent in parents if parent not in self._known | self._seen)
        return new


def commit_row(node: Mapping[str, Any]) -> dict[str, Any]:
    """The row of `commits`. ValueError for more parents than were requested."""
    parents = _parents(node)
    if len(parents) != node["parents"]["totalCount"]:
        raise ValueError(f"a commit with {node['parents']['totalCount']} parents")
    author, committer = node["author"] or {}, node["committer"] or {}
    return {
        "sha": node["oid"],
        "parents": " ".join(parents),
        "author_name": text(author.get("name")),
        "author_email": text(author.get("email")),
        "authored_at": commit_moment(node["authoredDate"]),
        "author_utc_offset_minutes": _offset_minutes(author.get("date")),
        "committer_name": text(committer.get("name")),
        "committer_email": text(committer.get("email")),
        "committed_at": commit_moment(node["committedDate"]),
        "committer_utc_offset_minutes": _offset_minutes(committer.get("date")),
        "message": text(node["message"]).rstrip("\n"),
    }


def tip_row(branch: str, sha: str | None, *, rewritten: bool = False) -> dict[str, Any]:
    """The row of `refs` for a branch; without a `sha` it is gone."""
    return {
        "ref": f"refs/heads/{branch}",
        "kind": "branch",
        "name": branch,
        "sha": sha,
        "rewritten": rewritten,
        "deleted": sha is None,
    }


def tag_row(node: Mapping[str, Any]) -> dict[str, Any]:
    """The row of `refs` for a tag; `sha` is None without a commit, the date is None for a lightweight tag."""
    target = node["target"] or {}
    tagger = target.get("tagger") or {}
    leads_to = target
    while leads_to.get("__typename") == "Tag":
        leads_to = leads_to.get("target", {})
    name = text(node["name"])
    return {
        "ref": f"refs/tags/{name}",
        "kind": "tag",
        "name": name,
        "sha": leads_to["oid"] if leads_to.get("__typename") == "Commit" else None,
        "tagger_name": text(tagger.get("name")) if tagger else None,
        "tagged_at": commit_moment(tagger.get("date")),
        "deleted": False,
        "object_sha": target["oid"] if target.get("__typename") == "Tag" else None,
    }


def _parents(node: Mapping[str, Any]) -> list[str]:
    return [parent["oid"] for parent in node["parents"]["nodes"]]


def _offset_minutes(date: str | None) -> int | None:
    """The UTC offset of a Git time; None for an invalid one, because the author's machine writes it."""
    try:
        offset = datetime.fromisoformat(date).utcoffset() if date else None
    except ValueError:
        return None
    return None if offset is None else int(offset.total_seconds() // 60)
