"""Every branch of the decision whether AI made a change, and whether it builds AI, in the demo whose truth is known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import duckdb
import pytest

from collectors.simulate.events.marks import MARKS
from collectors.simulate.events.rare import RARE
from pipeline.session import Session
from warehouse.publish import current

WEAK = {"own_agent", "label_only", "editor_default", "disclosure"}
# How each branch of the decision shows itself in the evidence.
RULES = {
    "noted": "how attribution note",
    "noted_people": "how attribution note",
    "own_agent": "how bot-writes-code author_",
    "bot_session": "how claude-session trailer",
    "label_only": "how label-tool label",
    "suggestion": "how copilot-suggestion coauthor_email",
    "editor_default": "how copilot-editor coauthor_email",
    "backport": "how original copy of",
    "override_how": "how override assisted",
    "override_what": "what override yes",
    "revert_of_marked": "how original copy of",
    "copilot_agent": "how copilot-agent",
    "cursor_agent": "how cursor author_email",
    "devin": "how devin author_",
    "claude_app": "how claude-app author_",
    "jules": "how jules author_",
    "openhands": "how openhands author_email",
    "codex_branch": "how branch-codex branch",
    "aider": "how aider author_name",
    "claude_trailer": "how claude-code coauthor_email",
    "claude_footer": "how footer trailer",
    "claude_session": "how claude-session trailer",
    "copilot_cli": "how copilot-cli coauthor_email",
    "cursor_trailer": "how cursor coauthor_email",
    "made_with_cursor": "how tool-trailer trailer",
    "codex_trailer": "how codex coauthor_email",
    "assisted_by": "how assisted-by trailer",
    "generated_by": "how generated-by trailer",
    "policy_yes": "how policy-answer policy_answer",
    "review_bot_suggestion": "how review-suggestion coauthor_email",
    "mixed": "how copilot-agent author_email",
    "disclosure": "how disclosure pr_message",
    "dependabot": "how automation-app author_",
    "renovate": "how automation-app author_",
    "github_actions": "how automation-workflow author_",
    "own_bot": "how bot-",
}
# Of the axis what: the ways in which a change is told to build AI, or only seems to.
WHAT = (
    "what subject-llm subject",
    "what scope scope",
    "what path-strong path",
    "what map-place path",
    "what package package",
    "what label-topic label",
    "what word-weak subject",
    "what agent-config path",
)


class Told(NamedTuple):
    """One change: by which mark, what is true of how it was made, and what the tables say."""

    mark: str
    true: str
    told: str
    confidence: str
    evidence: str


def changes(company: Session) -> Iterator[Told]:
    """Truth and verdict of every change that has both."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{current(company.settings.warehouse_folder)}' as built (read_only)")
        rows = connection.execute(
            "select mark, truth.built_with_ai, told.built_with_ai, ai_confidence_how, ai_evidence"
            f" from read_csv('{company.folder / 'truth.csv'}') as truth inner join built.lead_times as told"
            " on truth.change_id = told.change_id order by told.change_id"
        ).fetchall()
    return (Told(*row) for row in rows)


def expected(one: Told) -> str:
    """What the marks should say: the truth, but that while an editor marked everybody, everybody is marked, weakly."""
    return "assisted" if one.mark == "editor_default" else one.true


def test_rare_branches_of_the_decision_are_in_every_demo(company: Session) -> None:
    """Notes, overrides, backports, bots of every kind and weak marks occur, and are told as they are."""
    found = {one.mark: one for one in changes(company)}
    for mark in RARE:
        one = found[mark.name]
        assert RULES[mark.name] in one.evidence, one
        assert one.told == expected(one), one
        if mark.name != "override_what":
            assert one.confidence == ("weak" if mark.name in WEAK else "strong"), one


def test_marks_of_the_tiny_demo_are_told(company: Session) -> None:
    """Whatever other marks the tiny company happens to have, each is told by its rule."""
    for one in changes(company):
        assert one.told == expected(one), one
        if one.mark in RULES and one.told != "none" and one.mark != "revert_of_marked":
            assert RULES[one.mark] in one.evidence, one


@pytest.mark.slow
def test_every_branch_of_the_decision_is_in_the_demo(whole_company: Session) -> None:
    """Every mark and trap of the simulation occurs in the demo that people see, and is told as it truly is."""
    company = list(changes(whole_company))
    assert {one.mark for one in company} >= {*MARKS, *(mark.name for mark in RARE), "revert_of_marked"}
    wrong = [one for one in company if one.told != expected(one)]
    assert wrong == []
    for mark, rule in RULES.items():
        assert any(rule in one.evidence for one in company if one.mark == mark), mark
    for rule in WHAT:
        assert any(rule in one.evidence for one in company), rule
    assert {one.confidence for one in company} == {"", "strong", "weak"}
