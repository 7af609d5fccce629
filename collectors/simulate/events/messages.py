"""Titles, branch names and commit messages as Git and the forge write them."""

from __future__ import annotations

import re

from collectors.simulate.company.model import Change, Commit

__all__ = ["branch_name", "landing_message", "revert_text", "update_message"]

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


def revert_text(title: str, sha: str) -> str:
    """What `git revert` writes."""
    return f"{title}\n\nThis reverts commit {sha}."


def landing_message(change: Change) -> str:
    """The message of the merge or squash commit that lands a pull request."""
    if change.style == "merge":
        return f"Merge pull request #{change.number} from acme/{change.branch}\n\n{change.title}"
    commits = [commit for commit in change.commits if not commit.updates_from]
    subject = f"{change.title} (#{change.number})"
    if len(commits) == 1:
        _, _, body = commits[0].message.partition("\n\n")
        parts = [body, *_co_authors(change, commits, body)]
        return "\n\n".join([subject, *(part for part in parts if part)])
    bullets = [f"* {commit.message}" for commit in commits]
    trailers = _co_authors(change, commits, "")
    tail = ["---------", "\n".join(trailers)] if trailers else []
    return "\n\n".join([subject, *bullets, *tail])


def _co_authors(change: Change, commits: list[Commit], body: str) -> list[str]:
    """Trailers for everyone who wrote or co-wrote a commit and is neither the author nor named in the body."""
    lines = [f"Co-authored-by: {commit.author.line}" for commit in commits]
    lines += [
        line for commit in commits for line in commit.message.splitlines() if line.lower().startswith("co-authored")
    ]
    return [line for line in dict.fromkeys(lines) if change.author.email not in line and line not in body]
