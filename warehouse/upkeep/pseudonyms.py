"""Pseudonyms in the place of people, before rows are stored: keyed digests, the same for the same name everywhere.

Bots and agents keep their names: what they are decides how work was made. Without the secret nobody can compute a
pseudonym; with it, one can compare a name that one knows.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from functools import lru_cache

import pyarrow as pa

from headway.raw_tables.people import Renaming, login_of, renamed
from headway.settings.ai import AiSettings
from warehouse.classify import Rules, RuleSettings

__all__ = ["DOMAIN", "Bots", "Pseudonyms", "digest"]

DOMAIN = "privacy.invalid"
_DIGITS = 12
_WITH_AGENT = re.compile(r"(.{1,200}\S) (\([^()]{1,60}\))")
"""A person with the mark of a tool behind the name, such as `(aider)`."""


class Bots:
    """Who is a bot or an agent by the rules, and keeps the name."""

    def __init__(self, ai: AiSettings) -> None:
        rules = Rules.load(RuleSettings.of(ai))
        self._identities = rules.how.identities
        self._branches = (*rules.rule_set.of("how", "branch"), *rules.rule_set.of("what", "branch"))

    def has(self, identity: str) -> bool:
        """Whether a name, an address or a log-in is one of a bot or an agent."""
        return bool(self._rule(identity))

    def without_person(self, identity: str, alias: Callable[[str], str]) -> str:
        """The identity of a bot or an agent; of a person with the mark of an agent, the mark behind the alias."""
        match = _WITH_AGENT.fullmatch(identity)
        if match is None or self.has(match[1]):
            return identity
        after = f"{alias(match[1])} {match[2]}"
        return after if self._rule(after) == self._rule(identity) else identity

    def _rule(self, identity: str) -> str:
        match = self._identities.of(identity, "") or self._identities.of("", identity)
        match = match or self._identities.of_login(identity, None)
        return match.rule.id if match is not None else ""

    def signs(self, name: str, email: str) -> bool:
        """Whether who signs a trailer is a bot, an agent or a model."""
        return self._identities.of_trailer(name, email, f"{name} <{email}>" if email else name) is not None

    def signs_in(self, branch: str) -> tuple[str, ...]:
        """The rules that match the name of a branch."""
        return tuple(rule.id for rule in self._branches if rule.match(branch) is not None)


class Pseudonyms:
    """What is in the place of an identity: a pseudonym, or itself for a bot or an agent."""

    def __init__(self, ai: AiSettings, secret: str) -> None:
        self._bots = Bots(ai)
        self._secret = secret
        self.alias: Callable[[str], str] = lru_cache(100_000)(self._alias)

    def rows(self, table: str, rows: pa.Table) -> pa.Table:
        """The rows with a pseudonym in the place of each person."""
        return renamed(table, rows, Renaming(self._of_column, self._bots.signs, self._bots.signs_in, everyone=True))

    def _of_column(self, identity: str, column: str) -> str:
        del column
        return self.alias(identity)

    def _alias(self, identity: str) -> str:
        text = identity.strip()
        if not text or self._bots.has(text):
            return self._bots.without_person(identity, self.alias)
        if login := login_of(text):
            return f"{self.alias(login)}@users.noreply.github.com"
        name = f"person-{digest(self._secret, text.casefold())[:_DIGITS]}"
        return f"{name}@{DOMAIN}" if "@" in text else name


def digest(secret: str, text: str) -> str:
    """The digest of a text with a secret as its key."""
    return hmac.new(secret.encode(), text.encode(), "sha256").hexdigest()
