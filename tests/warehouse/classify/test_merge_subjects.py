"""What the rules read of a merge's subject, in the words of every forge."""

from __future__ import annotations

import pytest

from headway.forge_words import words
from warehouse.classify.signs.message import head_branch, is_merge_subject, number_in


@pytest.mark.parametrize(
    ("subject", "number", "branch", "merge"),
    [
        ("Merge pull request #12 from ann/topic/a", "12", "topic/a", True),
        ("Merge branch 'topic' into 'main'", "", "topic", True),
        ("Merge remote-tracking branch 'origin/topic'", "", "topic", True),
        ("Merge branches 'a' and 'b'", "", "", True),
        ("Merge tag 'v1.0'", "", "", True),
        ("Merged in topic (pull request #12)", "12", "topic", True),
        ("Merge pull request 'Add basket' (#12) from ann/shop:topic into main", "12", "topic", True),
        ("Auto merge of #12 - ann:topic, r=bob", "12", "ann:topic", True),
        ("Merge #12 #14", "", "", True),
        ("Merged PR 12: Add basket", "12", "", False),
        ("Pull request #12: Add basket", "12", "", False),
        ("Add basket (#12)", "12", "", False),
        ("Add basket (pull request #12)", "12", "", False),
        ("Add basket (!12)", "12", "", False),
        ("Add basket (#12) again", "", "", False),
        ("Merge sort for baskets", "", "", False),
    ],
)
def test_subject_of_a_merge(subject: str, number: str, branch: str, *, merge: bool) -> None:
    """Number and branch come from the table of words; a subject with the request's own title is its author's."""
    assert (number_in(subject), head_branch(subject), is_merge_subject(subject)) == (number, branch, merge)


def test_each_merge_of_the_table_has_its_number() -> None:
    """Every form of a merge with one request is read: its number is 12 in the example of its row."""
    for word in words("merge", "subject"):
        if "number" in word.pattern.groupindex:
            assert number_in(word.example.partition("\n")[0]) == "12", word.forge
