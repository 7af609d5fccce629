"""Accounts, repositories and commits as REST writes them."""

from __future__ import annotations

from typing import Any

from tests.builders.github.clock import iso
from tests.builders.github.context import WEB
from tests.builders.github.ids import node_id
from tests.builders.github.model import Account, Commit, Repository
from tests.builders.github.views import RepositoryView

__all__ = ["commit_json", "moment_json", "owner_json", "repository_json", "user_json"]

_USER_LINKS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}
_REPOSITORY_LINKS = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}


def moment_json(at: int | None) -> str | None:
    """A time, or null."""
    return None if at is None else iso(at)


def user_json(one: Account | None, base: str) -> dict[str, Any]:
    """An account; one that is gone reads as the account `ghost`."""
    if one is None or one.gone:
        one = Account("ghost", "User", 10137)
    login = one.name_in_rest
    url = f"{base}/users/{login}"
    return {
        "login": login,
        "id": one.number,
        "node_id": node_id(one.kind[0], one.number),
        "avatar_url": f"https://avatars.githubusercontent.com/u/{one.number}?v=4",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{WEB}/apps/{one.login}" if one.kind == "Bot" else f"{WEB}/{login}",
        **{name: url + rest for name, rest in _USER_LINKS.items()},
        "type": one.kind,
        "user_view_type": "public",
        "site_admin": False,
    }


def owner_json(one: Account, base: str) -> dict[str, Any]:
    """An organization or user as its own page tells it."""
    more = {
        "name": one.login,
        "company": None,
        "blog": "",
        "location": None,
        "email": None,
        "hireable": None,
        "bio": None,
        "public_repos": 0,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": "2015-01-01T00:00:00Z",
        "updated_at": "2015-01-01T00:00:00Z",
    }
    return user_json(one, base) | more


def repository_json(where: RepositoryView, base: str, *, full: bool = False) -> dict[str, Any]:
    """A repository: `full` as its own page tells it, else as it is told inside of something."""
    one = where.repository
    url = f"{base}/repos/{one.full_name}"
    short = {
        "id": one.id,
        "node_id": node_id("R", one.id),
        "name": one.name,
        "full_name": one.full_name,
        "private": one.private,
        "owner": user_json(one.owner, base),
        "html_url": f"{WEB}/{one.full_name}",
        "description": None,
        "fork": one.fork,
        "url": url,
        **{name: url + rest for name, rest in _REPOSITORY_LINKS.items()},
    }
    return short | _rest_of(where) if full else short


def _rest_of(where: RepositoryView) -> dict[str, Any]:
    one: Repository = where.repository
    pushed = where.tip.committed_at if where.tip else one.created_at
    page = f"{WEB}/{one.full_name}"
    none = dict.fromkeys(("mirror_url", "homepage", "language", "license"))
    zero = dict.fromkeys(("forks", "forks_count", "watchers", "watchers_count", "stargazers_count", "size"), 0)
    has = dict.fromkeys(
        ("has_issues", "has_projects", "has_wiki", "has_pages", "has_discussions", "has_downloads"), False
    )
    return {
        **none,
        **zero,
        **has,
        "clone_url": f"{page}.git",
        "git_url": f"git://github.com/{one.full_name}.git",
        "ssh_url": f"git@github.com:{one.full_name}.git",
        "svn_url": page,
        "default_branch": one.default_branch,
        "archived": one.archived,
        "disabled": False,
        "visibility": "private" if one.private else "public",
        "open_issues": where.open_pulls,
        "open_issues_count": where.open_pulls,
        "created_at": iso(one.created_at),
        "pushed_at": iso(pushed),
        "updated_at": iso(where.updated_at),
        "permissions": {"admin": False, "maintain": False, "push": False, "triage": False, "pull": True},
        "subscribers_count": 0,
        "network_count": 0,
    }


def commit_json(one: Commit) -> dict[str, Any]:
    """A commit as a workflow run tells it."""
    return {
        "id": one.oid,
        "tree_id": one.oid[::-1],
        "message": one.message,
        "timestamp": iso(one.committed_at),
        "author": {"name": one.author.name, "email": one.author.email},
        "committer": {"name": one.committer.name, "email": one.committer.email},
    }
