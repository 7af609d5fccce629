"""Rare marks: every branch of the decision whether AI made a change occurs once in each company.

Ordinary pull requests that landed get these marks afterwards, so the times and draws of the simulation stay the same.
The truth of these pull requests is what they show now.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from collectors.simulate.company.model import Change, Repo
from collectors.simulate.company.people import AGENTS, BOTS, OWN_AGENT
from collectors.simulate.events.marks import MARKS, Mark
from collectors.simulate.events.messages import branch_name

__all__ = ["OVERRIDES", "RARE", "add_rare_marks", "note_of"]

_SOURCES = (".py", ".ts")
_EDITOR_DAYS = tuple(int(datetime(2026, month, day, tzinfo=UTC).timestamp()) for month, day in ((4, 15), (6, 30)))

OVERRIDES = {"override_how": 'built_with_ai = "assisted"', "override_what": "builds_ai = true"}
"""Marks that only the settings show, and the text that is written there."""

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
"""The marks that each company contains; a backport was made as its original was."""

_NOTED = {"noted": ("s_simulated 1-30", "h_simulated 31-40"), "noted_people": ("h_simulated 1-12",)}


def note_of(change: Change) -> str:
    """The note of line-level attribution on each commit of the change; empty if there is none."""
    lines = _NOTED.get(change.mark)
    if lines is None:
        return ""
    agents = {"s_simulated": {"agent_id": {"tool": "cursor", "model": "simulated"}}}
    metadata = {"schema_version": "authorship/3.0.0", "prompts": {}, "sessions": agents}
    return "\n".join([change.commits[0].touches[0].path, *(f"  {line}" for line in lines), "---", json.dumps(metadata)])


def add_rare_marks(repos: list[Repo]) -> None:
    """Give each rare mark to one ordinary pull request that fits, as far as there is one."""
    candidates = list(_unmarked_changes(repos))
    for mark in RARE:
        match = next((pair for pair in candidates if _fits(mark, *pair)), None)
        if match is not None:
            candidates.remove(match)
            _apply(mark, *match)


def _unmarked_changes(repos: list[Repo]) -> Iterator[tuple[Repo, Change]]:
    """Landed pull requests without a mark to which no other change refers, in order."""
    for repo in repos:
        referred = {change.reverts for change in repo.changes} | {change.repairs for change in repo.changes}
        referred |= {change.stacked_on for change in repo.changes}
        for change in repo.changes if repo.reported else ():
            plain = change.mark == "plain" and change.kind == "pull_request" and not change.builds_ai
            alone = not change.riders and change.lead is None and change.stacked_on is None
            squashed = change.style in {"merge", "squash", "by_hand"} and change.position is not None
            if plain and squashed and alone and change not in referred and ":" not in change.title:
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
        original
        for original in repo.landed
        if original.built_with_ai == "agent"
        and original.mark in MARKS
        and original.number is not None
        and original.builds_ai == change.builds_ai
    )
    return next((original for original in marked if (original.merged_at or 0) < change.started_at), None)


def _apply(mark: Mark, repo: Repo, change: Change) -> None:
    change.mark, change.built_with_ai = mark.name, mark.how
    body = ""
    if mark.name == "own_agent":
        change.title, change.is_fix = "fix: keep the total when the last line is removed", True
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
    commits = [commit for commit in change.commits if not commit.updates_from]
    for number, commit in enumerate(commits):
        subject = change.title if number == 0 else commit.message.partition("\n")[0]
        trailer = mark.trailer if not mark.once or number == 0 else ""
        commit.message = "\n\n".join(part for part in (subject, body, trailer) if part)
        if mark.committer is not None:
            commit.author = commit.committer = mark.committer
