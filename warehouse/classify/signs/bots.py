"""Bots that no rule names: a person sorts them into agents and automation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from warehouse.classify.engine import Rules

__all__ = ["Author", "UnknownBot", "unknown_bots"]


class Author(NamedTuple):
    """An author of commits, or a log-in of a forge (then without an address), and how much they wrote."""

    name: str
    email: str
    written: int
    kind: str | None = None
    """`bot` or `person` if a forge reports it."""


class UnknownBot(NamedTuple):
    """An author who looks like a bot, and the generic rule that matches."""

    name: str
    email: str
    written: int
    rule: str


def unknown_bots(authors: Iterable[Author], rules: Rules) -> list[UnknownBot]:
    """The bot-like authors that only a generic rule matches, those with most first; each name and address once.

    A log-in that an author of commits already bears as a name is not listed again.
    """
    identities = rules.how.identities
    bots: dict[tuple[str, str], UnknownBot] = {}
    for author in sorted(authors, key=lambda author: not author.email):
        if author.email or author.kind is None:
            match = identities.of(author.name, author.email)
        else:
            match = identities.of_login(author.name, author.kind)
        listed = not author.email and any(name == author.name for name, _ in bots)
        if match is not None and match.rule.generic and not listed:
            bots[author.name, author.email] = UnknownBot(author.name, author.email, author.written, match.rule.id)
    return sorted(bots.values(), key=lambda bot: (-bot.written, bot.name, bot.email))
