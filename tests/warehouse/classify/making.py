"""Made-up commits and changes, in as few words as a test needs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from warehouse.classify import ChangeFacts, CommitFacts, Rules, Verdict

RULES = Rules.load()
PERSON = ("Ada Baker", "ada@example.com")


def commit(message: str = "Tidy the parser", **given: Any) -> CommitFacts:
    """A commit by a person, unless said otherwise; `author` and `committer` are pairs of name and address."""
    author = given.pop("author", PERSON)
    committer = given.pop("committer", author)
    given.setdefault("committed_at", datetime(2026, 1, 5, 9, 0))
    given.setdefault("paths", ("src/parser.py",))
    sha = given.pop("sha", "1" * 40)
    return CommitFacts(sha, author[0], author[1], committer[0], committer[1], message=message, **given)


def landed(message: str = "Tidy the parser", *, change_id: str = "git:shop@1", **given: Any) -> ChangeFacts:
    """A change of one commit."""
    return ChangeFacts(change_id, landing=commit(message, **given))


def judged(message: str = "Tidy the parser", **given: Any) -> Verdict:
    """The verdict on a change of one commit, by the built-in rules."""
    return RULES.judge(landed(message, **given))


def rules_of(verdict: Verdict, axis: str) -> set[str]:
    """The rules that a verdict names on one axis."""
    return {item.rule for item in verdict.evidence if item.axis == axis}
