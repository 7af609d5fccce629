"""REST payloads, as GitHub sends and others have recorded them, in the form in which GraphQL tells the same.

A translation of names alone: no value is touched, so that what is lost on the way to a row is lost by the collector.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["as_deployment", "as_pull", "as_release"]

Payload = Mapping[str, Any]
EVENTS = {
    "head_ref_force_pushed": "HeadRefForcePushedEvent",
    "ready_for_review": "ReadyForReviewEvent",
    "convert_to_draft": "ConvertToDraftEvent",
    "closed": "ClosedEvent",
    "reopened": "ReopenedEvent",
    "merged": "MergedEvent",
}


def as_pull(
    pull: Payload, commits: Iterable[Payload] = (), reviews: Iterable[Payload] = (), events: Iterable[Payload] = ()
) -> dict[str, Any]:
    """A pull request with its lists."""
    merged = pull["merged_at"] is not None
    return {
        "id": pull.get("node_id", str(pull["id"])),
        "number": pull["number"],
        "url": pull["html_url"],
        "title": pull["title"],
        "body": pull["body"],
        "state": "MERGED" if merged else pull["state"].upper(),
        "isDraft": bool(pull.get("draft")),
        "isCrossRepository": (pull["head"]["repo"] or {}).get("id") != pull["base"]["repo"]["id"],
        "createdAt": pull["created_at"],
        "updatedAt": pull["updated_at"],
        "closedAt": pull["closed_at"],
        "mergedAt": pull["merged_at"],
        "author": _actor(pull["user"]),
        "mergedBy": _actor(pull.get("merged_by")),
        "headRefName": pull["head"]["ref"],
        "headRefOid": pull["head"]["sha"],
        "baseRefName": pull["base"]["ref"],
        "mergeCommit": {"oid": pull["merge_commit_sha"]} if merged else None,
        "additions": pull.get("additions"),
        "deletions": pull.get("deletions"),
        "changedFiles": pull.get("changed_files"),
        "labels": _list({"name": label["name"]} for label in pull["labels"]),
        "commits": _list({"commit": _commit(commit)} for commit in commits),
        "reviews": _list(map(_review, reviews)),
        "timelineItems": _list(_event(event) for event in events if event["event"] in EVENTS),
    }


def as_deployment(deployment: Payload, statuses: Iterable[Payload]) -> dict[str, Any]:
    """A deployment with its statuses."""
    nodes = [
        {"id": str(status["id"]), "state": status["state"].upper(), "createdAt": status["created_at"]}
        for status in statuses
    ]
    return {
        "id": deployment["node_id"],
        "databaseId": deployment["id"],
        "commitOid": deployment["sha"],
        "ref": {"name": deployment["ref"], "prefix": "refs/heads/"},
        "environment": deployment["environment"],
        "originalEnvironment": deployment["original_environment"],
        "createdAt": deployment["created_at"],
        "state": nodes[-1]["state"] if nodes else None,
        "latestStatus": {"createdAt": nodes[-1]["createdAt"], "logUrl": None, "environmentUrl": None}
        if nodes
        else None,
        "statuses": _list(nodes),
    }


def as_release(release: Payload) -> dict[str, Any]:
    """A release."""
    return {
        "id": release["node_id"],
        "databaseId": release["id"],
        "tagName": release["tag_name"],
        "tagCommit": None,
        "name": release["name"],
        "isDraft": release["draft"],
        "isPrerelease": release["prerelease"],
        "createdAt": release["created_at"],
        "publishedAt": release["published_at"],
        "author": _actor(release["author"]),
        "url": release["html_url"],
    }


def _list(nodes: Iterable[Any]) -> dict[str, Any]:
    found = list(nodes)
    return {"nodes": found, "totalCount": len(found), "pageInfo": {"hasNextPage": False, "endCursor": None}}


def _actor(user: Payload | None) -> dict[str, Any] | None:
    return None if user is None else {"__typename": user.get("type", "User"), "login": user["login"]}


def _commit(commit: Payload) -> dict[str, Any]:
    author = commit["commit"]["author"]
    return {
        "oid": commit["sha"],
        "authoredDate": author["date"],
        "committedDate": commit["commit"]["committer"]["date"],
        "message": commit["commit"]["message"],
        "author": {"name": author["name"], "email": author["email"], "user": commit["author"] or None},
        "parents": {"totalCount": len(commit["parents"])},
    }


def _review(review: Payload) -> dict[str, Any]:
    return {
        "id": str(review["id"]),
        "fullDatabaseId": str(review["id"]),
        "state": review["state"].upper(),
        "submittedAt": review["submitted_at"],
        "author": _actor(review["user"]),
        "commit": {"oid": review["commit_id"]} if review["commit_id"] else None,
        "comments": {"totalCount": 0},
    }


def _event(event: Payload) -> dict[str, Any]:
    return {
        "__typename": EVENTS[event["event"]],
        "id": event["node_id"],
        "createdAt": event["created_at"],
        "actor": _actor(event["actor"]),
        "beforeCommit": None,
        "afterCommit": {"oid": event["commit_id"]} if event["commit_id"] else None,
    }
