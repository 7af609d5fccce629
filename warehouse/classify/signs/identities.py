"""Recognize agents and bots by e-mail address, GitHub app, name or log-in, never by a word in the text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import NamedTuple

from warehouse.classify.rules.globs import compile_globs
from warehouse.classify.rules.load import Rule, RuleSet

__all__ = ["Identities", "Match"]

_CACHED_IDENTITIES = 50_000
_APP_ADDRESS = re.compile(r"(?:\d+\+)?([^@]+)\[bot\]@users\.noreply\.github\.com\Z", re.IGNORECASE)
_LONGEST = 320  # characters of a name or an address that the rules look at


class Match(NamedTuple):
    """The rule that matches an identity, and by what."""

    rule: Rule
    by: str  # "email" or "name"
    matched: str


class Identities:
    """Looks identities up in the rules, with a cache of the last ones."""

    def __init__(self, rules: RuleSet) -> None:
        self._team = tuple(_team_rules(rules))
        identity_rules = [rule for rule in rules.rules if rule.axis == "how" and rule.field in {"app", "email", "name"}]
        # First the team's own, then every agent, then the bots that are known by name, then what looks like a bot.
        identity_rules.sort(key=lambda rule: (not rule.own, rule.verdict != "ai", rule.generic))
        self._rules = tuple(identity_rules)
        trailer_rules = rules.of("how", "person")
        self._own_trailer_rules = tuple(rule for rule in trailer_rules if rule.own)
        self._trailer_rules = tuple(rule for rule in trailer_rules if not rule.own and rule.verdict == "ai")
        self.of_trailer: Callable[[str, str, str], Match | None] = lru_cache(_CACHED_IDENTITIES)(self._look_up_trailer)
        self.of: Callable[[str, str], Match | None] = lru_cache(_CACHED_IDENTITIES)(self._look_up)
        self.of_login: Callable[[str, str | None], Match | None] = lru_cache(_CACHED_IDENTITIES)(self._look_up_login)

    def _look_up_trailer(self, name: str, email: str, text: str) -> Match | None:
        """Look an identity up also by the rules for trailers only, such as a model's name without an address."""
        own = _first_match(self._own_trailer_rules, text)
        if own is not None:
            return own
        match = self.of(name, email)
        if match is not None and match.rule.verdict == "ai":
            return match
        return _first_match(self._trailer_rules, text) or match

    def _look_up(self, name: str, email: str) -> Match | None:
        name, email = name[:_LONGEST].strip(), email[:_LONGEST].strip().lower()
        for rule in self._team:
            for by, text in (("email", email), ("name", name)):
                if text and rule.regex.match(text):
                    return Match(rule, by, text)
        app = _app_of(name, email)
        for rule in self._rules:
            match = _app_match(rule, app, email) if rule.field == "app" else _text_match(rule, name, email)
            if match is not None:
                return match
        return None

    def _look_up_login(self, login: str, kind: str | None) -> Match | None:
        login = login[:_LONGEST].strip()
        slug = login.removeprefix("app/").removesuffix("[bot]")
        for rule in self._team:
            if rule.regex.match(login) or rule.regex.match(slug):
                return Match(rule, "name", login)
        is_app = kind == "bot" or slug != login
        for rule in self._rules:
            text = {"app": slug if is_app else "", "name": slug}.get(rule.field, "")
            if text and rule.match(text) is not None:
                return Match(rule, "name", login)
        return None


def _first_match(rules: Iterable[Rule], text: str) -> Match | None:
    """The first rule that matches a co-author trailer."""
    for rule in rules:
        if rule.match(text[:_LONGEST]) is not None:
            return Match(rule, "name", text)
    return None


def _team_rules(rules: RuleSet) -> Iterable[Rule]:
    settings = rules.settings
    for rule_id, verdict, globs in (
        ("ai_identities", "ai", settings.ai_identities),
        ("automation_identities", "automation", settings.automation_identities),
    ):
        pattern = compile_globs(globs, ignore_case=True)
        if pattern is not None:
            yield Rule(
                rule_id, "how", "email", pattern, verdict=verdict, level="co-authored", note="the team's own", own=True
            )


def _app_of(name: str, email: str) -> str:
    """The slug of a GitHub app, empty for any other identity."""
    match = _APP_ADDRESS.match(email)
    if match:
        return match[1]
    return name.removesuffix("[bot]").strip() if name.endswith("[bot]") else ""


def _app_match(rule: Rule, app: str, email: str) -> Match | None:
    if app and rule.match(app) is not None:
        return Match(rule, "email", email) if "[bot]@" in email else Match(rule, "name", f"{app}[bot]")
    return None


def _text_match(rule: Rule, name: str, email: str) -> Match | None:
    text = email if rule.field == "email" else name
    if text and rule.match(text) is not None:
        return Match(rule, rule.field, text)
    return None
