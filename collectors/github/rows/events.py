"""Rows of timeline events of pull requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from collectors.github.rows.values import account, moment, text

__all__ = ["KINDS", "event_rows"]

KINDS = {
    "ReadyForReviewEvent": "ready_for_review",
    "ConvertToDraftEvent": "converted_to_draft",
    "ReviewRequestedEvent": "review_requested",
    "ReviewDismissedEvent": "review_dismissed",
    "AddedToMergeQueueEvent": "queued",
    "RemovedFromMergeQueueEvent": "dequeued",
    "AutoMergeEnabledEvent": "auto_merge_enabled",
    "AutoSquashEnabledEvent": "auto_merge_enabled",
    "AutoRebaseEnabledEvent": "auto_merge_enabled",
    "AutoMergeDisabledEvent": "auto_merge_disabled",
    "HeadRefForcePushedEvent": "force_pushed",
    "BaseRefChangedEvent": "base_changed",
    "ClosedEvent": "closed",
    "ReopenedEvent": "reopened",
    "MergedEvent": "merged",
    "DeployedEvent": "deployed",
}


def event_rows(number: int, nodes: Iterable[Mapping[str, Any] | None]) -> Iterator[dict[str, Any]]:
    """Rows of `pull_request_events` for the nodes of a timeline; unknown kinds are left out."""
    for node in nodes:
        kind = KINDS.get(node["__typename"]) if node else None
        if node and kind:
            actor = account(node["actor"])
            yield {
                "number": number,
                "event_id": node["id"],
                "kind": kind,
                "actor": actor.login,
                "actor_kind": actor.kind,
                "subject": _subject(node),
                "before_sha": _oid(node.get("beforeCommit")),
                "after_sha": _oid(node.get("afterCommit")) or _closer(node).get("oid"),
                "happened_at": moment(node["createdAt"]),
            }


def _subject(node: Mapping[str, Any]) -> str | None:
    """The subject of an event: reviewer or team, review, new base branch, environment, reason, closing request."""
    subject = node.get("reason") or node.get("currentRefName")
    if reviewer := node.get("requestedReviewer"):
        subject = reviewer.get("slug") or account(reviewer).login
    elif review := node.get("review"):
        subject = review["fullDatabaseId"] or review["id"]
    elif deployment := node.get("deployment"):
        subject = deployment["environment"]
    elif number := _closer(node).get("number"):
        subject = str(number)
    return text(subject) if subject else None


def _closer(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """What closed a pull request: a commit on the default branch that says so, or another pull request."""
    return node.get("closer") or {}


def _oid(commit: Mapping[str, Any] | None) -> str | None:
    """The id of a commit; None if it is gone, as after a force push."""
    return commit["oid"] if commit else None
