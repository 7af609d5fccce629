"""Bots that no rule knows by name: for a person to sort into agents and automation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from warehouse.classify.engine import Rules
from warehouse.classify.facts import CommitFacts

__all__ = ["UnknownBot", "unknown_bots"]


class UnknownBot(NamedTuple):
    """An author who looks like a bot: as the commits write them, how many there are, and which rule says so."""

    name: str
    email: str
    commits: int
    rule: str


def unknown_bots(commits: Iterable[CommitFacts], rules: Rules) -> list[UnknownBot]:
    """The bot-like authors that only a generic rule matches, those with most commits first."""
    counts = Counter((commit.author_name, commit.author_email) for commit in commits)
    found = []
    for (name, email), count in counts.items():
        match = rules.how.identities.of(name, email)
        if match is not None and match.rule.generic:
            found.append(UnknownBot(name, email, count, match.rule.id))
    return sorted(found, key=lambda bot: (-bot.commits, bot.name, bot.email))
