from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.warehouse.classify.making import RULES, landed
from warehouse.classify import ChangeFacts, Verdict, classify_repository


def history(*changes: tuple[str, str]) -> list[ChangeFacts]:
    """Changes of one file each, from their subjects and paths."""
    return [
        landed(subject, change_id=f"git:shop@{number}", sha=f"{number:040x}", paths=(path,))
        for number, (subject, path) in enumerate(changes)
    ]


def verdicts(changes: list[ChangeFacts]) -> list[Verdict]:
    """The verdicts on a repository of these changes."""
    return [verdict for _, verdict in classify_repository(changes, RULES)]


SPEAKING = [("Index the embeddings", f"src/vector/{letter}.py") for letter in "abcd"]


def test_directory_is_learned_from_its_history() -> None:
    """A terse change in a directory whose other changes speak of AI is AI work, with the directory as evidence."""
    found = verdicts(history(*SPEAKING, ("Tidy", "src/vector/e.py"), ("Tidy", "src/cart/e.py")))
    assert [verdict.builds_ai for verdict in found] == [True, True, True, True, True, False]
    assert found[4].evidence[-1][1:4] == ("learned-directory", "directory", "vector/")


def test_learned_directory_may_move() -> None:
    """A directory is known by its name: after a move, and in the tests."""
    found = verdicts(history(*SPEAKING, ("Tidy", "crates/core/src/vector/e.py"), ("Tidy", "tests/vector/e.py")))
    assert found[4].builds_ai
    assert found[5].builds_ai


def test_few_changes_teach_nothing() -> None:
    """Two changes are no history, and no change is its own witness."""
    assert not verdicts(history(*SPEAKING[:2], ("Tidy", "src/vector/e.py")))[2].builds_ai
    alone = verdicts(history(("Tune the AI", "src/cart/a.py"), ("Tidy", "src/cart/b.py"), ("Tidy", "src/cart/c.py")))
    assert [verdict.builds_ai for verdict in alone] == [False, False, False]


def test_ai_files_do_not_speak_for_their_neighbours() -> None:
    """In a folder of many integrations the AI ones say nothing of the others."""
    changes = [("feat(openai): spans", f"src/integrations/openai_{letter}.py") for letter in "abcdef"]
    found = verdicts(history(*changes, ("Fix redis", "src/integrations/redis.py")))
    assert [verdict.builds_ai for verdict in found] == [True] * 6 + [False]


def test_minority_teaches_nothing() -> None:
    """A directory where most changes are other work is no AI directory."""
    others = [("Tidy", f"src/vector/{number}.py") for number in range(9)]
    assert not verdicts(history(*SPEAKING, *others))[-1].builds_ai


def test_share_that_stands_out_is_enough() -> None:
    """In a long history a quarter is enough, where hardly any change elsewhere speaks of AI."""
    terse = [("Tidy", f"src/vector/{number}.py") for number in range(21)]
    elsewhere = [("Sort", f"src/cart/{number}.py") for number in range(200)]
    telling = [("Index the embeddings", f"src/vector/x{number}.py") for number in range(7)]
    assert verdicts(history(*telling, *elsewhere, *terse))[-1].builds_ai
    assert not verdicts(history(*telling, *elsewhere[:50], *terse))[-1].builds_ai


def test_terse_team_needs_less() -> None:
    """Where even changes in AI files seldom say so, a smaller share of a directory tells."""
    known = [("Tidy", f"src/llm/{number}.py") for number in range(12)]
    others = [("Tidy", f"src/ranker/{number}.py") for number in range(6)]
    telling = [("Index the embeddings", f"src/ranker/x{number}.py") for number in range(3)]
    assert verdicts(history(*known, *telling, *others))[-1].builds_ai
    assert not verdicts(history(*telling, *others))[-1].builds_ai


def test_hidden_folders_are_not_learned() -> None:
    """CI is never an AI directory, whatever its changes speak of."""
    changes = [("Evaluate the LLM nightly", f".github/workflows/{letter}.yml") for letter in "abcd"]
    assert not verdicts(history(*changes, ("Cache", ".github/workflows/e.yml")))[-1].builds_ai


def test_order_does_not_matter() -> None:
    """Newest first or oldest first, the verdicts are the same."""
    changes = history(*SPEAKING, ("Tidy", "src/vector/e.py"), ("Tidy", "src/cart/e.py"))
    forward, backward = verdicts(changes), verdicts(changes[::-1])
    assert forward == backward[::-1]


def test_plain_iterator_is_gone_through_once() -> None:
    """What can only be read once is kept."""

    def once() -> Iterator[ChangeFacts]:
        yield from history(*SPEAKING, ("Tidy", "src/vector/e.py"))

    assert [verdict.builds_ai for _, verdict in classify_repository(once(), RULES)] == [True] * 5


@pytest.mark.parametrize("changes", [[], history(("Tidy", "a.py"))])
def test_small_repository_is_judged(changes: list[ChangeFacts]) -> None:
    """No history is no error."""
    assert [verdict.builds_ai for verdict in verdicts(changes)] == [False] * len(changes)
