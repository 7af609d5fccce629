"""Rows of a pull request from GraphQL, whose lists may come on several pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from collectors.github.rows.events import event_rows
from collectors.github.rows.values import account, commit_moment, login_of, moment, next_cursor, text, whole

__all__ = ["LISTS", "Glimpse", "Pull", "glimpse", "tombstone"]

# Each list of a pull request, and the key of its entries. GitHub's count of a timeline ignores the requested types, so
# it cannot show whether the list is complete.
LISTS = {"labels": "name", "commits": "commit", "reviews": "id", "timelineItems": ""}


class Glimpse(NamedTuple):
    """Enough of a pull request to detect a change."""

    id: str
    number: int
    created_at: str
    changed_at: str
    """Its last update or event, whichever is later: a merge queue need not touch `updatedAt`."""
    mark: str
    """A text that differs after each change; begins with `changed_at`."""
    silent: bool
    """Whether the last event did not move it up in the order of updates."""


class Pull:
    """One pull request, as read so far."""

    def __init__(self, node: dict[str, Any]) -> None:
        nothing = {"nodes": [], "totalCount": 0, "pageInfo": {"hasNextPage": False, "endCursor": None}}
        self._node = node | {name: node[name] or nothing for name in LISTS}
        self.id: str = node["id"]
        self.number: int = node["number"]
        self.created_at: str = node["createdAt"]

    def missing(self) -> Iterator[tuple[str, str]]:
        """Each list that is not complete, and the cursor of its next page."""
        for name in LISTS:
            cursor = next_cursor(self._node[name]["pageInfo"], None)
            if cursor is not None:
                yield name, cursor

    def extend(self, name: str, page: Mapping[str, Any]) -> None:
        """Add the next page of a list."""
        entries = self._node[name]
        next_cursor(page["pageInfo"], entries["pageInfo"]["endCursor"])
        entries["nodes"] += page["nodes"]
        entries["pageInfo"], entries["totalCount"] = page["pageInfo"], page["totalCount"]

    def short_of(self) -> list[str]:
        """Lists whose number of entries differs from GitHub's count: they changed while they were read."""
        return [
            name for name, key in LISTS.items() if key and len(self._entries(name)) != self._node[name]["totalCount"]
        ]

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """The rows of all tables, without what is common to a run."""
        return {
            "pull_requests": [self._row()],
            "pull_request_commits": list(self._commits()),
            "pull_request_events": list(event_rows(self.number, self._node["timelineItems"]["nodes"])),
            "reviews": list(self._reviews()),
        }

    def glimpse(self) -> Glimpse:
        """The glimpse of this pull request."""
        events = self._node["timelineItems"]
        return _glimpse(self._node, events["totalCount"], events["nodes"][-1:])

    def _row(self) -> dict[str, Any]:
        node = self._node
        author = account(node["author"])
        return {
            "number": self.number,
            "node_id": self.id,
            "state": node["state"].lower(),
            "draft": node["isDraft"],
            "title": text(node["title"]),
            "body": text(node["body"]),
            "url": node["url"],
            "author": author.login,
            "author_kind": author.kind,
            "head_ref": text(node["headRefName"]),
            "head_sha": node["headRefOid"],
            "base_ref": text(node["baseRefName"]),
            "merge_sha": node["mergeCommit"]["oid"] if node["mergeCommit"] else None,
            "merged_by": login_of(node["mergedBy"]),
            "created_at": moment(node["createdAt"]),
            "updated_at": moment(node["updatedAt"]),
            "merged_at": moment(node["mergedAt"]),
            "closed_at": moment(node["closedAt"]),
            "labels": "\n".join(sorted(text(name).replace("\n", " ") for name in self._entries("labels"))),
            "additions": whole(node["additions"]),
            "deletions": whole(node["deletions"]),
            "files": whole(node["changedFiles"]),
            "commits": whole(node["commits"]["totalCount"]),
            "cross_repository": node["isCrossRepository"],
            "deleted": False,
        }

    def _commits(self) -> Iterator[dict[str, Any]]:
        for position, node in enumerate(self._entries("commits").values()):
            commit = node["commit"]
            author = commit["author"] or {}
            yield {
                "number": self.number,
                "sha": commit["oid"],
                "position": position,
                "parents": whole(commit["parents"]["totalCount"]),
                "authored_at": commit_moment(commit["authoredDate"]),
                "committed_at": commit_moment(commit["committedDate"]),
                "author_name": text(author.get("name")),
                "author_email": text(author.get("email")),
                "author_login": author["user"]["login"] if author.get("user") else None,
                "message": text(commit["message"]),
            }

    def _reviews(self) -> Iterator[dict[str, Any]]:
        for node in self._entries("reviews").values():
            if node["submittedAt"] is None:
                continue  # a pending review, visible only to its author
            author = account(node["author"])
            yield {
                "number": self.number,
                "review_id": node["fullDatabaseId"] or node["id"],
                "author": author.login,
                "author_kind": author.kind,
                "state": node["state"].lower(),
                "submitted_at": moment(node["submittedAt"]),
                "sha": node["commit"]["oid"] if node["commit"] else None,
                "comments": whole(node["comments"]["totalCount"]),
            }

    def _entries(self, name: str) -> dict[str, Any]:
        """The entries of a list, each once, in GitHub's order."""
        key = LISTS[name]
        entries = {}
        for node in self._node[name]["nodes"]:
            entries[node["commit"]["oid"] if key == "commit" else node[key]] = node
        return entries


def glimpse(node: Mapping[str, Any]) -> Glimpse:
    """The glimpse in a node of the fragment `PullGlimpse`."""
    events = node["timelineItems"]
    return _glimpse(node, events["totalCount"], events["nodes"])


def _glimpse(node: Mapping[str, Any], count: int, last: list[Mapping[str, Any] | None]) -> Glimpse:
    event_at = last[0].get("createdAt", "") if last and last[0] else ""
    changed_at = max(node["updatedAt"], event_at)
    silent = event_at > node["updatedAt"]
    return Glimpse(node["id"], node["number"], node["createdAt"], changed_at, f"{changed_at} {count}", silent)


def tombstone(number: int) -> dict[str, Any]:
    """The row of a pull request that is gone."""
    return {"number": number, "deleted": True}
