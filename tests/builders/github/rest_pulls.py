"""REST answers about repositories and their pull requests."""

from __future__ import annotations

from typing import Any

from tests.builders.github.clock import iso
from tests.builders.github.context import WEB
from tests.builders.github.ids import node_id
from tests.builders.github.moments import view
from tests.builders.github.rest_call import Call, Refused, Reply, Route
from tests.builders.github.rest_shapes import moment_json, owner_json, repository_json, user_json
from tests.builders.github.views import PullView

__all__ = ["PULL_ROUTES"]

_SORTS = ("created", "updated", "popularity", "long-running")


def _repository(call: Call) -> Reply:
    return Reply(repository_json(call.where, call.base, full=True))


def _owned(call: Call) -> Reply:
    owner = call.parts["owner"].lower()
    mine = [
        view(one, call.now)
        for one in call.forge.repositories.values()
        if one.owner.login.lower() == owner and (one.lost_at is None or one.lost_at > call.now)
    ]
    if not mine and owner not in (login.lower() for login in call.forge.accounts):
        raise Refused(404, "Not Found")
    mine.sort(key=lambda one: (one.repository.created_at, one.repository.id), reverse=True)
    if call.query.get("sort") == "full_name":
        mine.sort(key=lambda one: one.repository.full_name)
    page, links = call.page(mine)
    return Reply([repository_json(one, call.base, full=True) for one in page], 200, links)


def _owner(call: Call) -> Reply:
    wanted = call.parts["owner"].lower()
    found = next((one for name, one in call.forge.accounts.items() if name.lower() == wanted and not one.gone), None)
    if found is None:
        raise Refused(404, "Not Found")
    return Reply(owner_json(found, call.base))


def _viewer(call: Call) -> Reply:
    if call.access.kind == "installation":
        raise Refused(403, call.access.refusal)
    return Reply(owner_json(call.forge.account("headway-reader"), call.base))


def _pulls(call: Call) -> Reply:
    state, sort = call.query.get("state", "open"), call.query.get("sort", "created")
    if state not in ("open", "closed", "all") or sort not in _SORTS:
        raise Refused(422, "Validation Failed")
    pulls = call.where.pulls_by_update if sort == "updated" else call.where.pulls
    default = "desc" if sort == "created" else "asc"
    if call.query.get("direction", default) == "desc":
        pulls = pulls[::-1]
    if state != "all":
        pulls = [one for one in pulls if (one.state == "OPEN") == (state == "open")]
    if base := call.query.get("base"):
        pulls = [one for one in pulls if one.pull.base_ref == base]
    page, links = call.page(pulls)
    return Reply([_pull(one, call) for one in page], 200, links)


def _pull(one: PullView, call: Call) -> dict[str, Any]:
    pull, url = one.pull, f"{call.url}/pulls/{one.pull.number}"
    issue = f"{call.url}/issues/{pull.number}"
    page = f"{WEB}/{call.where.repository.full_name}/pull/{pull.number}"
    statuses = f"{call.url}/statuses/{one.head_oid}"
    links = {
        "self": url,
        "html": page,
        "issue": issue,
        "comments": f"{issue}/comments",
        "review_comments": f"{url}/comments",
        "review_comment": f"{call.url}/pulls/comments{{/number}}",
        "commits": f"{url}/commits",
        "statuses": statuses,
    }
    return {
        "url": url,
        "id": pull.id,
        "node_id": node_id("PR", call.where.repository.id, pull.id),
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "issue_url": issue,
        "number": pull.number,
        "state": "open" if one.state == "OPEN" else "closed",
        "locked": False,
        "title": pull.title,
        "user": user_json(pull.author, call.base),
        "body": pull.body or None,
        "created_at": iso(pull.opened_at),
        "updated_at": iso(one.updated_at),
        "closed_at": moment_json(one.closed_at),
        "merged_at": moment_json(one.merged_at),
        "merge_commit_sha": one.landing.oid if one.landing else one.head_oid[::-1],  # of a merge that was tried
        "assignee": None,
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        "labels": [_label(name, call) for name in one.labels],
        "milestone": None,
        "draft": one.draft,
        "commits_url": links["commits"],
        "review_comments_url": links["review_comments"],
        "review_comment_url": links["review_comment"],
        "comments_url": links["comments"],
        "statuses_url": statuses,
        "head": _side(pull.head_ref, one.head_oid, call),
        "base": _side(pull.base_ref, one.base_oid, call),
        "_links": {name: {"href": href} for name, href in links.items()},
        "author_association": "CONTRIBUTOR",
        "auto_merge": None,
    }


def _side(ref: str, oid: str, call: Call) -> dict[str, Any]:
    owner = call.where.repository.owner
    repository = repository_json(call.where, call.base, full=True)
    return {
        "label": f"{owner.login}:{ref}",
        "ref": ref,
        "sha": oid,
        "user": user_json(owner, call.base),
        "repo": repository,
    }


def _label(name: str, call: Call) -> dict[str, Any]:
    return {
        "id": sum(name.encode()),
        "node_id": node_id("LA", call.where.repository.id, name),
        "url": f"{call.url}/labels/{name}",
        "name": name,
        "color": "ededed",
        "default": False,
        "description": "",
    }


PULL_ROUTES = (
    Route("/user", "metadata", _viewer),
    Route("/users/{owner}", "metadata", _owner),
    Route("/orgs/{owner}", "metadata", _owner),
    Route("/orgs/{owner}/repos", "metadata", _owned),
    Route("/users/{owner}/repos", "metadata", _owned),
    Route("/repos/{owner}/{repo}", "metadata", _repository),
    Route("/repos/{owner}/{repo}/pulls", "pull_requests", _pulls),
)
