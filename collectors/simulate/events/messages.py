"""Titles, branch names and commit messages as Git and the forge write them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from collectors.simulate.company.model import Change, Commit, Identity

__all__ = ["branch_name", "landing_message", "picked_text", "revert_text", "update_message"]

_NOT_IN_SLUG = re.compile(r"[^a-z0-9]+")


def branch_name(change: Change) -> str:
    """The head branch, from the pattern of the change's mark."""
    assert change.number is not None  # noqa: S101 pushes have no branch
    if change.reverts and change.reverts.number is not None:
        return f"revert-{change.reverts.number}-{change.reverts.branch}"
    slug = _NOT_IN_SLUG.sub("-", change.title.lower()).strip("-")[:40].rstrip("-")
    ticket = f"{slug}-{change.number + 31}" if change.built_with_ai != "automation" else slug
    return change.branch.format(slug=ticket, number=change.number + 10_000)


def update_message(change: Change) -> str:
    """The message of a merge of main into the branch."""
    return f"Merge branch 'main' into {change.branch}"


def revert_text(title: str, culprit: Change, sha: str) -> str:
    """What the forge of a pull request writes where its landing commit `sha` is reverted."""
    number, words = culprit.number, culprit.way.words
    if words == "gitlab":
        return f"Revert \"Merge branch '{culprit.branch}' into 'main'\"\n\nThis reverts merge request !{number}"
    if words == "azure" and _turn(culprit, 2):
        return f"{title}\n\nReverted commit `{sha}`."
    if words == "azure":
        return f'Revert "Merged PR {number}: {culprit.title}"\n\nReverts !{number}'
    if words == "bitbucket":
        return f'Revert "{culprit.title} (pull request #{number})"\n\nThis reverts pull request #{number}.'
    return f"{title}\n\nThis reverts commit {sha}."


def picked_text(change: Change, message: str, sha: str) -> str:
    """The message of a cherry-pick of the commit `sha`: Git's words, GitLab's or Azure's."""
    forms = (
        f"(cherry picked from commit {sha})",
        f"(cherry-picked from commit {sha})",
        f"Cherry-picked from commit `{sha}`.",
    )
    return f"{message}\n\n{forms[_turn(change, len(forms))]}"


def landing_message(change: Change) -> str:
    """The message of the merge or squash commit that lands a pull request."""
    return _MESSAGES[change.way.words](change)


def _turn(change: Change, count: int) -> int:
    """Which of several forms a change has: they take turns."""
    return (change.number or 0) % count


def _github(change: Change) -> str:
    if change.way.how == "merge":
        return f"Merge pull request #{change.number} from acme/{change.branch}\n\n{change.title}"
    return "\n\n".join([f"{change.title} (#{change.number})", *_squashed(change)])


def _by_hand(change: Change) -> str:
    """A merge that somebody made in a clone: it may name nothing, the number as an aside, or something else's."""
    branch, number = change.branch, change.number
    forms = (
        f"Merge branch '{branch}'",
        f"merge {branch} by hand, the queue is stuck",
        f"Merge remote-tracking branch 'origin/{branch}'",
        f"Land #{number} after the freeze",
        f"Merge {change.title.lower()}, see ticket #{90_000 + (number or 0)}",
        "Big merge",
    )
    return forms[_turn(change, len(forms))]


def _script(change: Change) -> str:
    """A squash made by a script, which names the pull request in a way that no forge counts as merging it."""
    pull = f"https://github.com/acme/{change.repo}/pull/{change.number}"
    forms = (
        f"PR-URL: {pull}",
        f"Closes #{change.number} from {change.author.login.removesuffix('[bot]')}/{change.branch}.",
        f"Pull Request resolved: {pull}",
        f"Closes #{change.number}",
    )
    return "\n\n".join([change.title, *_squashed(change), forms[_turn(change, len(forms))]])


def _bors(change: Change) -> str:
    batch = [change, *(rider for rider in change.riders if rider.way.together != "nested")]
    numbers = " ".join(f"#{one.number}" for one in batch)
    lines = (f"{one.number}: {one.title} r={_login(one.merged_by)} a={one.author.login}" for one in batch)
    return "\n\n".join([f"Merge {numbers}", *lines])


def _gitlab(change: Change) -> str:
    number = change.number
    forms = (
        f"acme/{change.repo}!{number}",
        f"!{number}",
        f"https://gitlab.com/acme/{change.repo}/-/merge_requests/{number}",
    )
    seen = f"See merge request {forms[_turn(change, len(forms))]}"
    return f"Merge branch '{change.branch}' into 'main'\n\n{change.title}\n\n{seen}"


def _azure(change: Change) -> str:
    tickets = "Related work items: #900" if _turn(change, 3) == 0 else ""
    back = change.commits[0].message.partition("\n\n")[2] if change.reverts else ""
    parts = [f"Merged PR {change.number}: {change.title}", back, tickets]
    if change.way.how == "squash":
        parts[1:1] = _squashed(change)
    return "\n\n".join(dict.fromkeys(part for part in parts if part))


def _bitbucket(change: Change) -> str:
    approved = f"Approved-by: {change.merged_by.line}" if change.merged_by else ""
    rest = _squashed(change) if change.way.how == "squash" else []
    head = f"Merged in {change.branch} (pull request #{change.number})"
    return "\n\n".join(part for part in [head, change.title, *rest, approved] if part)


_MESSAGES: Mapping[str, Callable[[Change], str]] = {
    "github": _github,
    "hand": _by_hand,
    "script": _script,
    "bors": _bors,
    "gitlab": _gitlab,
    "azure": _azure,
    "bitbucket": _bitbucket,
}


def _login(who: Identity | None) -> str:
    return who.login if who else "nobody"


def _squashed(change: Change) -> list[str]:
    """The paragraphs below the subject of a squash: the body of the only commit, or all messages, and who wrote it."""
    commits = change.own_commits
    if len(commits) == 1:
        _, _, body = commits[0].message.partition("\n\n")
        return [part for part in (body, *_co_authors(change, commits, body)) if part]
    bullets = [f"* {commit.message}" for commit in commits]
    trailers = _co_authors(change, commits, "")
    return [*bullets, *(["---------", "\n".join(trailers)] if trailers else [])]


def _co_authors(change: Change, commits: list[Commit], body: str) -> list[str]:
    """Trailers for everyone who wrote or co-wrote a commit and is neither the author nor named in the body."""
    lines = [f"Co-authored-by: {commit.author.line}" for commit in commits]
    lines += [
        line for commit in commits for line in commit.message.splitlines() if line.lower().startswith("co-authored")
    ]
    return [line for line in dict.fromkeys(lines) if change.author.email not in line and line not in body]
