"""How a change shows, or does not show, that an AI agent, an AI tool or a bot made it; and what only looks like it.

Each mark is a real one: the identities, trailers, branch names and texts that the tools leave. `{person}` stands for
the person's trailer line, `{slug}` for the title as a branch name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from collectors.simulate.company.model import Identity
from collectors.simulate.company.people import AGENTS, BOTS
from collectors.simulate.events.dice import Dice

__all__ = ["MARKS", "PLAIN", "Mark", "choose_mark"]


@dataclass(frozen=True, slots=True)
class Mark:
    """One way of leaving marks, or of seeming to.

    `how` is the true answer to `built_with_ai` as far as marks can show. `committer` wrote the commits where it is not
    the person, `opener` opened the pull request. With `once`, only one of the commits carries the mark; with `hidden`,
    AI had a hand in it and nothing shows it; without `in_commits`, only the forge's records show it.
    """

    name: str
    how: str
    weight: float
    committer: Identity | None = None
    opener: Identity | None = None
    trailer: str = ""
    branch: str = "{slug}"
    body: str = ""
    labels: tuple[str, ...] = ()
    name_suffix: str = ""
    once: bool = False
    hidden: bool = False
    in_commits: bool = True


PLAIN = Mark("plain", "none", 1)

_COPILOT = Identity("Copilot", AGENTS["copilot"].email, "Copilot", "bot")
_QUESTION = "Was this patch authored or co-authored using generative AI tooling?"

_AGENT = (
    Mark(
        "copilot_agent",
        "agent",
        9,
        AGENTS["copilot"],
        _COPILOT,
        "Co-authored-by: {person}",
        "copilot/{slug}",
        "<!-- START COPILOT CODING AGENT SUFFIX -->",
    ),
    Mark("devin", "agent", 3, AGENTS["devin"], AGENTS["devin"], branch="devin/1760{number}-{slug}"),
    Mark("cursor_agent", "agent", 3, AGENTS["cursor"], trailer="Co-authored-by: {person}", branch="cursor/{slug}-4f2a"),
    Mark("claude_app", "agent", 4, AGENTS["claude-app"], AGENTS["claude-app"], branch="claude/{slug}"),
    Mark("jules", "agent", 1, AGENTS["jules"], AGENTS["jules"], branch="jules-{number}0417733951"),
    Mark("openhands", "agent", 1, AGENTS["openhands"], branch="openhands/{slug}"),
    Mark("codex_branch", "agent", 4, branch="codex/{slug}", labels=("codex",), in_commits=False),
    Mark("aider", "agent", 1, name_suffix=" (aider)"),
)

_ASSISTED = (
    Mark("claude_trailer", "assisted", 9, trailer=f"Co-Authored-By: {AGENTS['claude-model'].line}"),
    Mark(
        "claude_footer",
        "assisted",
        4,
        trailer="🤖 Generated with [Claude Code](https://claude.com/claude-code)\n\n"
        f"Co-Authored-By: {AGENTS['claude'].line}",
    ),
    Mark(
        "claude_session",
        "assisted",
        1,
        trailer="Claude-Session: https://claude.ai/code/session_01Simulated",
    ),
    Mark("copilot_cli", "assisted", 4, trailer=f"Co-authored-by: {AGENTS['copilot-cli'].line}"),
    Mark("cursor_trailer", "assisted", 3, trailer=f"Co-authored-by: {AGENTS['cursor'].line}"),
    Mark("made_with_cursor", "assisted", 1, trailer="Made-with: Cursor"),
    Mark("codex_trailer", "assisted", 2, trailer=f"Co-authored-by: {AGENTS['codex'].line}"),
    Mark("assisted_by", "assisted", 1, trailer="Assisted-by: Claude:claude-opus-4-8"),
    Mark("generated_by", "assisted", 1, trailer="Generated-by: GitHub Copilot"),
    Mark("policy_yes", "assisted", 1, trailer=f"{_QUESTION}\n\nYes, parts with Claude Code."),
    Mark(
        "suggestion",
        "assisted",
        3,
        trailer=f"Co-authored-by: {AGENTS['copilot-review'].line}",
        once=True,
    ),
    Mark(
        "review_bot_suggestion",
        "assisted",
        1,
        trailer=f"Co-authored-by: {AGENTS['coderabbit'].line}",
        once=True,
    ),
    Mark("mixed", "assisted", 4, AGENTS["copilot"], once=True),
    Mark("disclosure", "assisted", 1, body="Parts of this were written with ChatGPT.", in_commits=False),
)

_TRAPS = (
    Mark("policy_no", "none", 1, trailer=f"{_QUESTION}\n\nNo."),
    Mark("helped_by_person", "none", 1, trailer="Assisted-by: Nora Castellane <nora.castellane@example.com>"),
    Mark("generated_code", "none", 1, trailer="Generated-by: protoc 29.1"),
    Mark("bot_summary", "none", 2, body="<!-- CURSOR_SUMMARY -->\n### Summary by Cursor Bugbot\nLow risk."),
    Mark("picked_bot_fix", "none", 1, trailer=f"Co-authored-by: {BOTS['dependabot'].line}"),
    Mark("hyphen_branch", "none", 1, branch="cursor-{slug}"),
    Mark("mention", "none", 1, trailer="Asked Claude in the team channel; he says the limit is 500."),
    Mark("pair", "none", 3, trailer="Co-authored-by: Claude Fournier <claude.fournier@example.com>"),
)

_HIDDEN = Mark("no_trace", "none", 1, hidden=True)

_AUTOMATION = (
    Mark("dependabot", "automation", 6, BOTS["dependabot"], BOTS["dependabot"], branch="dependabot/pip/{slug}"),
    Mark("renovate", "automation", 2, BOTS["renovate"], BOTS["renovate"], branch="renovate/{slug}"),
    Mark("github_actions", "automation", 2, BOTS["github-actions"], BOTS["github-actions"], branch="chore/{slug}"),
    Mark("own_bot", "automation", 1, BOTS["release"], BOTS["release"], branch="release-notes/{slug}"),
)

_EDITOR_FLAG = Mark(
    "editor_default",
    "none",
    0,
    trailer=f"Co-authored-by: {AGENTS['copilot-editor'].line}",
    branch="{slug}",
)

MARKS = {mark.name: mark for mark in (PLAIN, _HIDDEN, _EDITOR_FLAG, *_AGENT, *_ASSISTED, *_TRAPS, *_AUTOMATION)}
"""Every mark by its name."""

_EDITOR_FLAG_DAYS = (1776211200, 1777766400)  # 15 April to 3 May 2026: an editor marked every commit by default


def _of(marks: Sequence[Mark], dice: Dice, *, reported: bool = True) -> Mark:
    mark = dice.weighted(marks, [mark.weight for mark in marks])
    return mark if mark.in_commits or reported else _HIDDEN


def choose_mark(dice: Dice, *, automation: bool, reported: bool, era: float, started_at: int) -> Mark:
    """How a new change is made and what shows it.

    `era` runs from 0 to 1 over the simulated time, and the use of AI grows with it. In a repository whose pull requests
    are not `reported`, a mark that only the forge would show leaves no trace.
    """
    if automation:
        return _of(_AUTOMATION, dice)
    agent, assisted, hidden = 0.04 + 0.16 * era, 0.10 + 0.20 * era, 0.03 + 0.05 * era
    roll = dice.uniform()
    if roll < agent:
        return _of(_AGENT, dice, reported=reported)
    if roll < agent + assisted:
        return _of(_ASSISTED, dice, reported=reported)
    if roll < agent + assisted + hidden:
        return _HIDDEN
    if roll < agent + assisted + hidden + 0.05:
        return _of(_TRAPS, dice)
    first, last = _EDITOR_FLAG_DAYS
    return _EDITOR_FLAG if first <= started_at < last and roll < 0.75 else PLAIN
