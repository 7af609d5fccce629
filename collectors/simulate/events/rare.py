"""What seldom happens, made sure of: every branch of the decision whether AI made a change occurs once in any company.

Ordinary pull requests that landed are dressed up after the fact: nothing else of the simulation changes for it, neither
its times nor its dice. Their truth is what they show now.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from collectors.simulate.company.model import Change, Repo
from collectors.simulate.company.people import AGENTS, BOTS, OWN_AGENT
from collectors.simulate.events.marks import MARKS, Mark
from collectors.simulate.events.messages import branch_name

__all__ = ["OVERRIDES", "RARE", "dress_some", "note_of"]

_SOURCES = (".py", ".ts")
_EDITOR_DAYS = tuple(int(datetime(2026, month, day, tzinfo=UTC).timestamp()) for month, day in ((4, 15), (6, 30)))

OVERRIDES = {"override_how": 'built_with_ai = "assisted"', "override_what": "builds_ai = true"}
"""Marks that stand in the settings alone, and what is written there."""

RARE = (
    Mark("noted", "assisted", 0),
    Mark("noted_people", "none", 0, trailer=f"Co-Authored-By: {AGENTS['claude'].line}"),
    Mark("own_agent", "agent", 0, OWN_AGENT, OWN_AGENT, branch="fixer/{slug}"),
    Mark(
        "bot_session",
        "assisted",
        0,
        BOTS["release"],
        BOTS["release"],
        trailer="Claude-Session: https://claude.ai/code/session_02Simulated",
    ),
    Mark("label_only", "assisted", 0, labels=("copilot",)),
    MARKS["suggestion"],
    MARKS["editor_default"],
    Mark("backport", "", 0, BOTS["github-actions"], BOTS["github-actions"], branch="backport/{slug}"),
    Mark("override_how", "assisted", 0),
    Mark("override_what", "none", 0),
)
"""The marks that are made sure of; a backport is made as its original was."""

_NOTED = {"noted": ("s_simulated 1-30", "h_simulated 31-40"), "noted_people": ("h_simulated 1-12",)}


def note_of(change: Change) -> str:
    """The note of line-level attribution that a tool left on each of its commits; empty if none did."""
    lines = _NOTED.get(change.mark)
    if lines is None:
        return ""
    agents = {"s_simulated": {"agent_id": {"tool": "cursor", "model": "simulated"}}}
    metadata = {"schema_version": "authorship/3.0.0", "prompts": {}, "sessions": agents}
    return "\n".join([change.commits[0].touches[0].path, *(f"  {line}" for line in lines), "---", json.dumps(metadata)])


def dress_some(repos: list[Repo]) -> None:
    """Dress one ordinary pull request in each of the rare marks, as far as there are any that fit."""
    left = list(_ordinary(repos))
    for mark in RARE:
        found = next((pair for pair in left if _fits(mark, *pair)), None)
        if found is not None:
            left.remove(found)
            _dress(mark, *found)


def _ordinary(repos: list[Repo]) -> Iterator[tuple[Repo, Change]]:
    """Landed pull requests without any mark that nothing else refers to, in order."""
    for repo in repos:
        referred = {change.reverts for change in repo.changes} | {change.repairs for change in repo.changes}
        for change in repo.changes if repo.reported else ():
            plain = change.mark == "plain" and change.kind == "pull_request" and not change.builds_ai
            squashed = change.style in {"merge", "squash"} and change.position is not None
            if plain and squashed and change not in referred and ":" not in change.title:
                yield repo, change


def _fits(mark: Mark, repo: Repo, change: Change) -> bool:
    needs: dict[str, Callable[[], bool]] = {
        "own_agent": lambda: any(
            touch.path.endswith(_SOURCES) for commit in change.commits for touch in commit.touches
        ),
        "suggestion": lambda: len([commit for commit in change.commits if not commit.updates_from]) > 1,
        "editor_default": lambda: all(
            _EDITOR_DAYS[0] <= commit.committed_at < _EDITOR_DAYS[1] for commit in change.commits
        ),
        "backport": lambda: _original(repo, change) is not None,
    }
    return needs[mark.name]() if mark.name in needs else True


def _original(repo: Repo, change: Change) -> Change | None:
    """An earlier change of an agent that a backport may copy."""
    marked = (
        one
        for one in repo.landed
        if one.built_with_ai == "agent"
        and one.mark in MARKS
        and one.number is not None
        and one.builds_ai == change.builds_ai
    )
    return next((one for one in marked if (one.merged_at or 0) < change.started_at), None)


def _dress(mark: Mark, repo: Repo, change: Change) -> None:
    change.mark, change.built_with_ai = mark.name, mark.how
    body = ""
    if mark.name == "own_agent":
        change.title, change.mends = "fix: keep the total when the last line is removed", True
    if mark.name == "override_what":
        change.builds_ai = True
    if mark.name == "backport" and (original := _original(repo, change)) is not None:
        change.title = f"Backport: {original.title}"
        change.built_with_ai = original.built_with_ai
        body = f"Backport of #{original.number}"
        change.body = body
    change.author = mark.opener or change.author
    change.labels += mark.labels
    change.branch = mark.branch
    change.branch = branch_name(change)
    own = [commit for commit in change.commits if not commit.updates_from]
    for number, commit in enumerate(own):
        subject = change.title if number == 0 else commit.message.partition("\n")[0]
        trailer = mark.trailer if not mark.once or number == 0 else ""
        commit.message = "\n\n".join(part for part in (subject, body, trailer) if part)
        if mark.committer is not None:
            commit.author = commit.committer = mark.committer
