"""Answers about pull requests: their commits, reviews and timeline."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.builders.github.answers_repository import account, attribute, commit, moment
from tests.builders.github.clock import iso
from tests.builders.github.context import WEB
from tests.builders.github.excerpt import EVENTS
from tests.builders.github.ids import node_id
from tests.builders.github.model import Account, Commit, Deployment, Event, PullRequest, Review
from tests.builders.github.paging import connect
from tests.builders.github.problems import Problem
from tests.builders.github.typed import Typed
from tests.builders.github.views import PullView, RepositoryView, ReviewView

__all__ = ["PULLS"]

_WORD = re.compile(r"(?<!^)(?=[A-Z])")
_ITEM_TYPES = {kind: _WORD.sub("_", kind).upper() for kind in EVENTS}


def _pull_id(one: PullView, _info: Any) -> str:
    return node_id("PR", one.repository.repository.id, one.pull.id)


def _url(one: PullView, _info: Any) -> str:
    return f"{WEB}/{one.repository.repository.full_name}/pull/{one.pull.number}"


def _pulls(source: RepositoryView, info: Any, **arguments: Any) -> dict[str, Any]:
    info.context.may("pull_requests")
    order = arguments.get("orderBy") or {"field": "CREATED_AT", "direction": "ASC"}
    updated = order["field"] == "UPDATED_AT"
    pulls = source.pulls_by_update if updated else source.pulls
    sign = 1
    if order["direction"] == "DESC":
        pulls, sign = pulls[::-1], -1
    if states := arguments.get("states"):
        pulls = [one for one in pulls if one.state in states]
    for name, field in (("baseRefName", "base_ref"), ("headRefName", "head_ref")):
        if wanted := arguments.get(name):
            pulls = [one for one in pulls if getattr(one.pull, field) == wanted]
    if labels := arguments.get("labels"):
        pulls = [one for one in pulls if set(labels) & set(one.labels)]

    def key(one: PullView) -> tuple[int, int]:
        return sign * (one.updated_at if updated else one.pull.opened_at), sign * one.pull.id

    return connect(pulls, arguments, key)


def _pull_numbered(source: RepositoryView, info: Any, number: int) -> PullView:
    info.context.may("pull_requests")
    if number not in source.pulls_by_number:
        raise Problem("NOT_FOUND", f"Could not resolve to a PullRequest with the number of {number}.")
    return source.pulls_by_number[number]


def _labels(one: PullView, _info: Any, **arguments: Any) -> dict[str, Any]:
    place = one.repository.repository.id
    return connect(one.labels, arguments, wrap=lambda name: {"id": node_id("LA", place, name), "name": name})


def _commits(one: PullView, _info: Any, **arguments: Any) -> dict[str, Any]:
    def wrap(each: Commit) -> dict[str, Any]:
        known = node_id("PRC", one.repository.repository.id, one.pull.id, each.oid)
        return {"id": known, "commit": commit(each, one.repository), "pullRequest": one}

    return connect(one.commits, arguments, wrap=wrap)


def _reviews(one: PullView, _info: Any, **arguments: Any) -> dict[str, Any]:
    reviews = one.reviews
    if states := arguments.get("states"):
        reviews = [each for each in reviews if each.state in states]
    return connect(reviews, arguments, lambda each: (each.review.submitted_at, each.review.number))


def _timeline(one: PullView, _info: Any, **arguments: Any) -> dict[str, Any]:
    events, skip = one.events, arguments.get("skip") or 0
    if wanted := arguments.get("itemTypes"):
        events = [each for each in events if _ITEM_TYPES[each.kind] in wanted]
    if since := arguments.get("since"):
        events = [each for each in events if iso(each.at) >= since]
    page = connect(events[skip:], arguments, lambda each: (each.at, each.number), wrap=lambda each: _event(each, one))
    # GitHub counts the whole timeline here, whatever types were asked for; commits and reviews are items of it too.
    return page | {"totalCount": len(one.events) + len(one.commits) + len(one.reviews)}


def _event(one: Event, pull: PullView) -> Typed:
    fields: dict[str, Any] = dict.fromkeys(EVENTS[one.kind]) | {
        "id": node_id(one.kind.removesuffix("Event"), one.number),
        "databaseId": one.number,
        "createdAt": iso(one.at),
        "actor": account(one.actor),
        "pullRequest": pull,
        "url": f"{_url(pull, None)}#event-{one.number}",
    }
    fields |= {name: _told(value, pull) for name, value in one.details.items()}
    return Typed(one.kind, one, **fields)


def _told(value: Any, pull: PullView) -> Any:
    """A detail of an event, whatever it is."""
    if isinstance(value, Account):
        return account(value)
    if isinstance(value, Commit):
        return commit(value, pull.repository)
    if isinstance(value, PullRequest):
        return pull.repository.pulls_by_number[value.number]
    if isinstance(value, Review):
        return next((one for one in pull.reviews if one.review is value), None)
    if isinstance(value, Deployment):
        return next((one for one in pull.repository.deployments if one.deployment is value), None)
    return value


def _in_queue(one: PullView, _info: Any) -> bool:
    moves = [each.kind for each in one.events if "MergeQueue" in each.kind]
    return bool(moves) and moves[-1] == "AddedToMergeQueueEvent"


def _comments(one: ReviewView, _info: Any, **arguments: Any) -> dict[str, Any]:
    number = one.review.number
    return connect(range(one.review.comments), arguments, wrap=lambda place: {"id": node_id("PRRC", number, place)})


def _submitted(one: ReviewView, _info: Any) -> str:
    return iso(one.review.submitted_at)


def _actor(path: str) -> Callable[..., Any]:
    read = attribute(path)
    return lambda one, info: account(read(one, info))


PULLS: dict[str, dict[str, Callable[..., Any]]] = {
    "Repository": {"pullRequests": _pulls, "pullRequest": _pull_numbered},
    "PullRequest": {
        "id": _pull_id,
        "fullDatabaseId": lambda one, _info: str(one.pull.id),
        "number": attribute("pull.number"),
        "url": _url,
        "repository": attribute("repository"),
        "title": attribute("pull.title"),
        "body": attribute("pull.body"),
        "bodyText": attribute("pull.body"),
        "author": _actor("pull.author"),
        "state": attribute("state"),
        "isDraft": attribute("draft"),
        "isCrossRepository": attribute("pull.cross_repository"),
        "isInMergeQueue": _in_queue,
        "merged": lambda one, _info: one.merged_at is not None,
        "closed": lambda one, _info: one.closed_at is not None,
        "createdAt": moment("pull.opened_at"),
        "updatedAt": moment("updated_at"),
        "closedAt": moment("closed_at"),
        "mergedAt": moment("merged_at"),
        "mergedBy": lambda one, _info: None if one.merged_at is None else account(one.pull.merged_by),
        "headRefName": attribute("pull.head_ref"),
        "headRefOid": attribute("head_oid"),
        "baseRefName": attribute("pull.base_ref"),
        "baseRefOid": attribute("base_oid"),
        "mergeCommit": lambda one, _info: commit(one.landing, one.repository),
        "additions": attribute("pull.additions"),
        "deletions": attribute("pull.deletions"),
        "changedFiles": attribute("pull.files"),
        "labels": _labels,
        "commits": _commits,
        "reviews": _reviews,
        "timelineItems": _timeline,
    },
    "PullRequestReview": {
        "id": lambda one, _info: node_id("PRR", one.pull.repository.repository.id, one.review.number),
        "fullDatabaseId": lambda one, _info: str(one.review.number),
        "author": _actor("review.author"),
        "state": attribute("state"),
        "createdAt": _submitted,
        "submittedAt": _submitted,
        "updatedAt": _submitted,
        "commit": lambda one, _info: commit(one.review.commit, one.pull.repository),
        "body": lambda _one, _info: "",
        "url": lambda one, _info: f"{_url(one.pull, None)}#pullrequestreview-{one.review.number}",
        "pullRequest": attribute("pull"),
        "comments": _comments,
    },
}
