"""Answers about repositories, commits, refs, releases and accounts, and the queries that begin everything."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha1
from typing import Any

from tests.builders.github.clock import iso
from tests.builders.github.context import WEB, Context
from tests.builders.github.ids import node_id, parts_of
from tests.builders.github.model import Account, Commit, Release, Repository, Signature
from tests.builders.github.paging import connect
from tests.builders.github.problems import Problem
from tests.builders.github.typed import Typed
from tests.builders.github.views import CommitView, DeploymentView, PullView, RepositoryView, RunView

__all__ = ["REPOSITORY", "account", "attribute", "commit", "moment", "ref"]

_OWNERS = {"User", "Organization"}


def attribute(path: str) -> Callable[..., Any]:
    """An answer: the attribute of the object at this dotted path."""
    names = path.split(".")

    def answer(source: Any, _info: Any) -> Any:
        for name in names:
            source = getattr(source, name)
        return source

    return answer


def moment(path: str) -> Callable[..., Any]:
    """An answer: the time at this path, null where there is none."""
    read = attribute(path)

    def answer(source: Any, info: Any) -> str | None:
        at = read(source, info)
        return None if at is None else iso(at)

    return answer


def account(one: Account | None) -> Typed | None:
    """An account as an actor; null where it is gone."""
    if one is None or one.gone:
        return None
    known = node_id(one.kind[0], one.number)
    if one.kind == "Team":
        slug = one.login.rpartition("/")[2]
        return Typed("Team", one, id=known, name=slug, slug=slug, combinedSlug=one.login)
    path = f"apps/{one.login}" if one.kind == "Bot" else one.login
    return Typed(one.kind, one, id=known, login=one.login, url=f"{WEB}/{path}", databaseId=one.number)


def commit(one: Commit | None, where: RepositoryView) -> CommitView | None:
    """A commit of a repository."""
    return None if one is None else CommitView(one, where)


def ref(where: RepositoryView, name: str) -> Typed | None:
    """A branch or tag by its full name."""
    tip = where.refs.get(name)
    if tip is None:
        return None
    prefix, short = name[:11], name[11:]
    if name.startswith("refs/tags/"):
        prefix, short = name[:10], name[10:]
    target = commit(tip, where)
    leads_to = _tag(where, name, target) if name in where.repository.annotated else target
    known = node_id("REF", where.repository.id, name)
    return Typed("Ref", target, id=known, name=short, prefix=prefix, repository=where, target=leads_to)


def _tag(where: RepositoryView, name: str, target: CommitView | None) -> Typed:
    """The object of an annotated tag."""
    made = where.repository.annotated[name]
    oid = sha1(f"{name} {made.at}".encode(), usedforsecurity=False).hexdigest()
    return Typed(
        "Tag",
        target,
        id=node_id("TA", where.repository.id, oid),
        oid=oid,
        abbreviatedOid=oid[:7],
        commitUrl=f"{WEB}/{where.repository.full_name}/commit/{oid}",
        repository=where,
        name=name.removeprefix("refs/tags/"),
        message=f"Tag {name}",
        tagger=_signature(made.tagger, made.at),
        target=target,
    )


def _signature(who: Signature, at: int) -> dict[str, Any]:
    return {"name": who.name, "email": who.email, "date": iso(at), "user": account(who.account)}


def _parents(source: CommitView, _info: Any, **arguments: Any) -> dict[str, Any]:
    where = source.repository
    return connect(source.commit.parents, arguments, wrap=lambda oid: commit(where.commits.get(oid), where))


def _history(source: CommitView, info: Any, **arguments: Any) -> dict[str, Any]:
    info.context.may("contents")
    where = source.repository
    return connect(where.history(source.commit), arguments, wrap=lambda one: commit(one, where))


def _suites(source: CommitView, info: Any, **arguments: Any) -> dict[str, Any]:
    info.context.may("checks")
    return connect(source.repository.runs_by_oid.get(source.commit.oid, []), arguments)


def _commit_url(one: CommitView, _info: Any) -> str:
    return f"{WEB}/{one.repository.repository.full_name}/commit/{one.commit.oid}"


def _repository(_root: Any, info: Any, owner: str, name: str, *, followRenames: bool = True) -> RepositoryView:  # noqa: N803
    context: Context = info.context
    full_name = f"{owner}/{name}"
    found = context.forge.named(full_name) or (context.forge.formerly(full_name) if followRenames else None)
    if found is None or _lost(found, context.now):
        raise Problem("NOT_FOUND", f"Could not resolve to a Repository with the name '{full_name}'.")
    return context.view(found)


def _lost(repository: Repository, now: int) -> bool:
    return repository.lost_at is not None and repository.lost_at <= now


def _node(context: Context, identity: str) -> Any:
    kind, parts = parts_of(identity)
    if kind in {"U", "O"}:
        owners = (one for one in context.forge.accounts.values() if str(one.number) == parts[0])
        return account(next(owners, None))
    repository = context.forge.repositories.get(int(parts[0])) if parts and parts[0].isdigit() else None
    if repository is None or _lost(repository, context.now):
        return None
    where = context.view(repository)
    if kind == "R":
        return where
    if kind == "C":
        return commit(where.commits.get(parts[1]), where)
    return where.by_id.get((kind, int(parts[1]))) if len(parts) > 1 and parts[1].isdigit() else None


def _one_node(_root: Any, info: Any, id: str) -> Any:  # noqa: A002 it is the argument's name
    found = _node(info.context, id)
    if found is None:
        raise Problem("NOT_FOUND", f"Could not resolve to a node with the global id of '{id}'")
    return found


def _many_nodes(_root: Any, info: Any, ids: list[str]) -> list[Any]:
    return [_node(info.context, one) or _missing(one) for one in ids]


def _missing(identity: str) -> Problem:
    return Problem("NOT_FOUND", f"Could not resolve to a node with the global id of '{identity}'")


def _rate_limit(_root: Any, info: Any, *, dryRun: bool = False) -> dict[str, Any] | None:  # noqa: N803
    context: Context = info.context
    budget = context.budget
    if budget is None:
        return None
    return {
        "cost": context.cost.points,
        "nodeCount": context.cost.nodes,
        "limit": budget.limit,
        "remaining": budget.remaining,
        "used": budget.limit - budget.remaining,
        "resetAt": iso(budget.reset_at),
    }


def _owner(_root: Any, info: Any, login: str) -> Typed | None:
    wanted = login.lower()
    every = info.context.forge.accounts.items()
    return account(next((one for name, one in every if name.lower() == wanted and one.kind in _OWNERS), None))


def _organization(_root: Any, info: Any, login: str) -> Typed:
    found = _owner(_root, info, login)
    if found is None or found.typename != "Organization":
        raise Problem("NOT_FOUND", f"Could not resolve to an Organization with the login of '{login}'.")
    return found


def _repositories(source: Typed, info: Any, **arguments: Any) -> dict[str, Any]:
    context: Context = info.context
    wanted = {
        name: arguments[each] for each, name in (("isArchived", "archived"), ("isFork", "fork")) if each in arguments
    }
    mine = [
        one
        for one in context.forge.repositories.values()
        if one.owner is source.of and not _lost(one, context.now)
        if all(getattr(one, name) is value for name, value in wanted.items())
    ]
    order = arguments.get("orderBy") or {"field": "CREATED_AT", "direction": "ASC"}
    by: Callable[[Repository], tuple[Any, ...]] = (
        (lambda one: (one.name, one.id)) if order["field"] == "NAME" else (lambda one: (one.created_at, one.id))
    )
    mine.sort(key=by, reverse=order["direction"] == "DESC")
    return connect(mine, arguments, wrap=context.view)


def _refs(source: RepositoryView, info: Any, refPrefix: str, **arguments: Any) -> dict[str, Any]:  # noqa: N803
    info.context.may("contents")
    mine = sorted(name for name in source.refs if name.startswith(refPrefix))
    order = arguments.get("orderBy") or {"field": "ALPHABETICAL", "direction": "ASC"}
    if order["field"] == "TAG_COMMIT_DATE":
        mine.sort(key=lambda name: source.refs[name].committed_at)
    if order["direction"] == "DESC":
        mine.reverse()
    return connect(mine, arguments, wrap=lambda name: ref(source, name))


def _ref_named(source: RepositoryView, _info: Any, qualifiedName: str) -> Typed | None:  # noqa: N803
    names = [qualifiedName, f"refs/heads/{qualifiedName}", f"refs/tags/{qualifiedName}"]
    return next((found for name in names if (found := ref(source, name))), None)


def _object(source: RepositoryView, _info: Any, expression: str = "", oid: str = "") -> CommitView | None:
    found = _ref_named(source, _info, expression) if expression else None
    return found.of if found else commit(source.commits.get(oid or expression), source)


def _releases(source: RepositoryView, info: Any, **arguments: Any) -> dict[str, Any]:
    info.context.may("contents")
    order = arguments.get("orderBy") or {"field": "CREATED_AT", "direction": "DESC"}
    releases, sign = source.releases, -1
    if order["direction"] == "ASC":
        releases, sign = releases[::-1], 1
    return connect(
        releases,
        arguments,
        key=lambda one: (sign * one.created_at, sign * one.id),
        wrap=lambda one: _release(one, source),
    )


def _release(one: Release, where: RepositoryView) -> dict[str, Any]:
    author = one.author if one.author and one.author.kind == "User" else None
    return {
        "id": node_id("RE", where.repository.id, one.id),
        "databaseId": one.id,
        "name": one.name,
        "tagName": one.tag,
        "tagCommit": commit(one.commit, where),
        "url": f"{WEB}/{where.repository.full_name}/releases/tag/{one.tag}",
        "author": account(author),
        "isDraft": one.published_at is None,
        "isPrerelease": one.prerelease,
        "createdAt": iso(one.created_at),
        "publishedAt": None if one.published_at is None else iso(one.published_at),
        "updatedAt": iso(one.published_at or one.created_at),
    }


def _pushed(source: RepositoryView, _info: Any) -> str | None:
    return iso(source.tip.committed_at) if source.tip else None


Node = PullView | DeploymentView | RunView | RepositoryView | Typed

REPOSITORY: dict[str, dict[str, Callable[..., Any]]] = {
    "Query": {
        "rateLimit": _rate_limit,
        "node": _one_node,
        "nodes": _many_nodes,
        "repository": _repository,
        "organization": _organization,
        "repositoryOwner": _owner,
        "viewer": lambda _root, info: account(info.context.forge.account("headway-reader")),
    },
    "Repository": {
        "id": lambda one, _info: node_id("R", one.repository.id),
        "databaseId": attribute("repository.id"),
        "name": attribute("repository.name"),
        "nameWithOwner": attribute("repository.full_name"),
        "owner": lambda one, _info: account(one.repository.owner),
        "url": lambda one, _info: f"{WEB}/{one.repository.full_name}",
        "createdAt": moment("repository.created_at"),
        "updatedAt": moment("updated_at"),
        "pushedAt": _pushed,
        "isArchived": attribute("repository.archived"),
        "isDisabled": lambda _one, _info: False,
        "isEmpty": lambda one, _info: one.tip is None,
        "isFork": attribute("repository.fork"),
        "isPrivate": attribute("repository.private"),
        "defaultBranchRef": lambda one, _info: ref(one, f"refs/heads/{one.repository.default_branch}"),
        "ref": _ref_named,
        "refs": _refs,
        "object": _object,
        "releases": _releases,
    },
    "User": {"repositories": _repositories},
    "Organization": {"repositories": _repositories},
    "Commit": {
        "id": lambda one, _info: node_id("C", one.repository.repository.id, one.commit.oid),
        "oid": attribute("commit.oid"),
        "abbreviatedOid": lambda one, _info: one.commit.oid[:7],
        "message": attribute("commit.message"),
        "messageHeadline": lambda one, _info: one.commit.message.partition("\n")[0],
        "authoredDate": moment("commit.authored_at"),
        "committedDate": moment("commit.committed_at"),
        "url": _commit_url,
        "commitUrl": _commit_url,
        "repository": attribute("repository"),
        "author": lambda one, _info: _signature(one.commit.author, one.commit.authored_at),
        "committer": lambda one, _info: _signature(one.commit.committer, one.commit.committed_at),
        "parents": _parents,
        "history": _history,
        "checkSuites": _suites,
    },
}
