from __future__ import annotations

import pytest

from tests.warehouse.classify.making import RULES, commit, landed, rules_of
from warehouse.classify import ChangeFacts, Verdict, classify_repository
from warehouse.classify.signs.copies import copied_from

SHA = "abcdef0123456789abcdef0123456789abcdef01"
COPILOT = ("Copilot", "198982749+Copilot@users.noreply.github.com")
ACTIONS = ("github-actions[bot]", "41898282+github-actions[bot]@users.noreply.github.com")

ORIGINAL = landed("Ask the LLM again (#12)", change_id="github:acme/shop#12", sha=SHA, author=COPILOT)


def judged_with(*copies: ChangeFacts) -> list[Verdict]:
    """The verdicts on some changes, in a history that also holds their original."""
    return [verdict for _, verdict in classify_repository([*copies, ORIGINAL], RULES)]


@pytest.mark.parametrize(
    "message",
    [
        f'Revert "Ask again"\n\nThis reverts commit {SHA}.',
        f'Revert "Ask again"\n\nThis reverts commit {SHA[:9]}.',
        'Revert "Ask again (#12)" (#15)',
        "Revert things\n\nReverts acme/shop#12",
        f"Ask again\n\n(cherry picked from commit {SHA})",
        "[release/1.0] Ask again (#16)\n\nBackport of #12 to release/1.0",
        "Backport #12 to stable",
    ],
)
def test_copy_takes_the_class_of_its_original(message: str) -> None:
    """A revert or backport by a person takes both answers from what it names, and says so."""
    verdict = judged_with(landed(message, change_id="github:acme/shop#15", sha="2" * 40))[0]
    assert (verdict.builds_ai, verdict.built_with_ai) == (True, "agent")
    assert "original" in rules_of(verdict, "how")


@pytest.mark.parametrize(
    ("own", "branch"),
    [(f'Revert "Ask again"\n\nThis reverts commit {SHA}.', "undo"), ('Revert "Ask again"', "revert-12-ask-again")],
)
def test_merged_revert_is_read_from_what_it_merged(own: str, branch: str) -> None:
    """Where a revert landed by a merge, its one commit or its branch names the original."""
    merge = commit(f"Merge pull request #15 from acme/{branch}\n\nRevert it", sha="3" * 40)
    change = ChangeFacts("github:acme/shop#15", landing=merge, commits=(commit(own, sha="2" * 40),))
    assert judged_with(change)[0].built_with_ai == "agent"
    two = change._replace(commits=(*change.commits, commit("More", sha="4" * 40)))
    assert (judged_with(two)[0].built_with_ai == "agent") == (branch != "undo")


def test_backport_by_a_bot_takes_the_class() -> None:
    """A bot that ports back an agent's change hands on its class."""
    copy = landed(f"Ask again\n\n(cherry picked from commit {SHA})", change_id="x@2", sha="2" * 40, author=ACTIONS)
    assert judged_with(copy)[0].built_with_ai == "agent"


def test_own_mark_is_kept() -> None:
    """Who reverts with a tool of their own is assisted by it."""
    message = f"Revert it\n\nThis reverts commit {SHA}.\n\nCo-authored-by: Claude <noreply@anthropic.com>"
    verdict = judged_with(landed(message, change_id="x@2", sha="2" * 40))[0]
    assert (verdict.builds_ai, verdict.built_with_ai) == (True, "assisted")


@pytest.mark.parametrize(
    "message",
    [
        "Undo the layout\n\nIt followed #12.",
        "Sort (#15)\n\n* Begin\n\n* Revert\n\nThis reverts commit abcdef0123456789.\n\n* End",
        'Revert "Other (#13)" (#16)',
        f"Fix what commit {SHA} broke",
        "Revert 12 of the colours",
    ],
)
def test_mention_is_no_copy(message: str) -> None:
    """Naming a change is not copying it; nor is a revert inside a squash."""
    verdict = judged_with(landed(message, change_id="github:acme/shop#16", sha="2" * 40))[0]
    assert (verdict.builds_ai, verdict.built_with_ai) == (False, "none")


def test_change_is_no_copy_of_itself() -> None:
    """A number that a change bears itself names no original."""
    own = landed('Revert "the layout" (#15)', change_id="github:acme/shop#15", sha="2" * 40)
    assert judged_with(own)[0].built_with_ai == "none"


def test_unknown_original_changes_nothing() -> None:
    """A revert of what is not in the repository is judged by itself."""
    assert judged_with(landed(f"Revert\n\nThis reverts commit {'9' * 40}.", sha="2" * 40))[0].built_with_ai == "none"


def test_title_of_a_pull_request_names_its_original() -> None:
    """Without a landing commit the pull request's title and text are read."""
    assert copied_from(ChangeFacts("x#9", title="[1.0] Backport of 12", body="Backport of acme/shop#12.")) == ("#12",)
    assert copied_from(ChangeFacts("x#9", title="Sort")) == ()
