"""Load the rules: read `rules.toml`, apply a team's settings, and check both."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import Any

from headway.errors import UsageError
from warehouse.classify.rules.globs import compile_globs
from warehouse.classify.rules.settings import RuleSettings

__all__ = ["HOW_FIELDS", "WHAT_FIELDS", "Numbers", "Rule", "RuleSet", "built_in_rules", "load_rules"]

HOW_FIELDS = (
    *("app", "email", "name", "person", "line", "answer", "section", "box", "comment", "prose"),
    *("branch", "label", "title", "body", "bot"),
)
WHAT_FIELDS = (
    *("path", "scope", "title", "subject", "body", "label", "branch", "repo", "package", "import"),
    *("config", "noise", "manifest", "tooling", "chore", "plain"),
)
LEVELS = ("authored", "co-authored", "assisted", "disclosed")
_MOST_MATCHES = 50  # matches of one rule in one text that are looked at, where a rule has exceptions
_WHOLE = {"app", "label", "scope"}
_LISTED = {"package", "import"}
_LEARNED = ("author", "committer", "account")  # of built-in rules on the axis how: they need a repository's history


@dataclass(frozen=True)
class Numbers:
    """The `[numbers]` table of `rules.toml`, where each is explained."""

    builds_ai: float
    near_miss: float
    strong: float
    most_files: float
    some_files: float
    config_share: float
    many_files: float
    body_characters: float
    chance_slope: float
    map_files: float
    map_half: float
    map_slope: float
    map_ambiguous: float
    map_repo: float
    map_ground: float
    map_place: float
    map_file: float
    map_name: float
    map_word: float
    map_share: float
    map_share_from: float
    map_share_all: float
    map_share_changes: float
    map_share_chore: float
    weak_words_most: float
    bot_changes: float
    bot_subjects: float
    bot_texts: float
    bot_chores: float
    bot_repeats: float


@dataclass(frozen=True)
class Rule:
    """One rule, as `rules.toml` describes it."""

    id: str
    axis: str
    field: str
    pattern: str | re.Pattern[str]
    case: bool = False
    verdict: str = "ai"
    level: str = "assisted"
    weight: float = 0.0
    parts: tuple[float, ...] = ()
    needs: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()
    unless: str = ""
    since: date | None = None
    until: date | None = None
    confidence: str = "strong"
    generic: bool = False
    overrides_bot: bool = False
    carries: bool = False
    enabled: bool = True
    note: str = ""
    own: bool = False
    """Whether it is a rule of the team: it comes before built-in ones of the same field."""

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """What the rule matches, compiled when it is needed: most rules need a word that no text here has."""
        if isinstance(self.pattern, re.Pattern):
            return self.pattern
        return _compile(rf"\A(?:{self.pattern})\Z" if self.field in _WHOLE else self.pattern, case=self.case)

    @cached_property
    def _exception(self) -> re.Pattern[str] | None:
        return _compile(self.unless, case=self.case) if self.unless else None

    def match(self, text: str) -> str | None:
        """The part of a text that the rule matches, None if none."""
        if self.holds and not any([part in text for part in self.holds]):  # noqa: C419 - a list is faster for these few
            return None
        exception = self._exception
        if exception is None:
            match = self.regex.search(text)
            return None if match is None else match.group()
        for match in islice(self.regex.finditer(text), _MOST_MATCHES):
            if not exception.search(_line_around(text, match.start(), match.end())):
                return match.group()
        return None

    def weak_on(self, day: date | None) -> bool:
        """Whether the mark is weak evidence, always or on that day."""
        if self.confidence == "weak":
            return True
        return self.since is not None and self.until is not None and day is not None and self.since <= day <= self.until


def _line_around(text: str, start: int, end: int) -> str:
    stop = text.find("\n", end)
    return text[text.rfind("\n", 0, start) + 1 : stop if stop >= 0 else len(text)]


@dataclass(frozen=True)
class RuleSet:
    """All rules that apply, by axis and field, the numbers, and the team's settings."""

    rules: tuple[Rule, ...]
    numbers: Numbers
    settings: RuleSettings

    def of(self, axis: str, field: str) -> tuple[Rule, ...]:
        """The rules of one field, in the order of the file."""
        return tuple(rule for rule in self.rules if rule.axis == axis and rule.field == field)


def load_rules(settings: RuleSettings | None = None) -> RuleSet:
    """The built-in rules under a team's settings. Raises `UsageError` for an invalid setting."""
    settings = settings or RuleSettings()
    built_in, numbers = _built_in()
    rules = dict(built_in)
    for rule in sorted(_by_id(settings.rules, "[[ai.rules]]").values(), key=attrgetter("id")):
        replaced = rules.get(rule.id)
        overrides_bot = rule.overrides_bot or (replaced is not None and replaced.overrides_bot)
        rules[rule.id] = _checked_team_rule(replace(rule, overrides_bot=overrides_bot, own=True))
    _check_names(settings.weights, rules, "weights of rules")
    _check_names(settings.numbers, vars(numbers), "numbers")
    for rule_id, weight in settings.weights.items():
        rules[rule_id] = _weighed(rules[rule_id], weight)
    switched = _switched(rules.values(), settings)
    return RuleSet(tuple(switched), replace(numbers, **settings.numbers), settings)


def _checked_team_rule(rule: Rule) -> Rule:
    """A rule of the team, if its patterns are valid and it has an effect."""
    _check_patterns(rule)
    weighs = rule.axis == "what" and rule.field not in {"config", "noise", "manifest", "tooling"}
    if weighs and not rule.weight and not any(rule.parts):
        raise UsageError(f"rule {rule.id!r} weighs nothing", hint="give it a weight: 3 makes a change AI work")
    return rule


@lru_cache(maxsize=1)
def _built_in() -> tuple[Mapping[str, Rule], Numbers]:
    return built_in_rules(Path(__file__).with_name("rules.toml").read_text(encoding="utf-8"))


def built_in_rules(text: str) -> tuple[Mapping[str, Rule], Numbers]:
    """Read the rules by id, and the numbers, from the text of `rules.toml`. Raises `UsageError` for a double id."""
    data = tomllib.loads(text)
    return _by_id(data["rule"], "rules.toml"), Numbers(**data["numbers"])


def _by_id(tables: Iterable[Mapping[str, Any]], where: str) -> dict[str, Rule]:
    rules: dict[str, Rule] = {}
    for rule in map(_rule, tables):
        if rule.id in rules:
            raise UsageError(f"{where} has two rules with the id {rule.id!r}", hint="rename one of them, or remove it")
        rules[rule.id] = rule
    return rules


def _switched(rules: Iterable[Rule], settings: RuleSettings) -> list[Rule]:
    on, off = compile_globs(settings.enable), compile_globs(settings.disable)
    all_rules = list(rules)
    for pattern in (*settings.enable, *settings.disable):
        if not any(_matches(compile_globs([pattern]), rule.id) for rule in all_rules):
            _check_names([pattern], {rule.id: None for rule in all_rules}, "rules to enable or disable")
    return [rule for rule in all_rules if (rule.enabled or _matches(on, rule.id)) and not _matches(off, rule.id)]


def _matches(pattern: re.Pattern[str] | None, text: str) -> bool:
    return pattern is not None and pattern.match(text) is not None


def _weighed(rule: Rule, weight: float) -> Rule:
    if not rule.parts:
        return replace(rule, weight=weight)
    factor = weight / rule.parts[0] if rule.parts[0] else 0.0
    return replace(rule, weight=weight, parts=tuple(part * factor for part in rule.parts))


def _rule(table: Mapping[str, Any]) -> Rule:
    table = dict(table)
    where = f"rule {table.get('id', '?')!r}"
    allowed = list(Rule.__dataclass_fields__)
    allowed.remove("own")
    _check_names(table, dict.fromkeys(allowed), where)
    axis, field = table.get("axis"), table.get("field")
    fields = {"how": (*HOW_FIELDS, *_LEARNED), "what": WHAT_FIELDS}.get(str(axis))
    if not table.get("id") or fields is None:
        raise UsageError(f'{where} needs an id, and an axis: "how" or "what"', hint="see the head of rules.toml")
    if field not in fields:
        raise UsageError(
            f"{where}: {field!r} is not a field of the axis {axis}", hint=f"use one of {', '.join(fields)}"
        )
    if field in _LISTED:
        table.setdefault("pattern", ".")
    if not isinstance(table.get("pattern"), str):
        raise UsageError(f"{where} has no pattern", hint="write a regular expression in single quotes")
    table["parts"] = tuple(float(part) for part in table.get("parts", ()))
    if field == "path" and not table["parts"]:
        table["parts"] = (float(table.get("weight", 0.0)),) * 3
    table["needs"], table["holds"] = tuple(table.get("needs", ())), tuple(table.get("holds", ()))
    if not all(re.fullmatch("[a-z]+", word) for word in table["needs"]):
        raise UsageError(
            f"{where}: an entry of `needs` is not a word",
            hint="use words of lower case letters, see the head of rules.toml",
        )
    rule = Rule(**table)
    if rule.level not in LEVELS or rule.verdict not in {"ai", "automation"}:
        raise UsageError(f"{where} has an unknown level or verdict", hint=f"levels are {', '.join(LEVELS)}")
    if rule.axis == "what" and rule.verdict == "automation":
        raise UsageError(
            f'{where}: verdict = "automation" means nothing on the axis what, field {field}',
            hint=f'write axis = "how" with one of {", ".join(HOW_FIELDS)}, or remove the verdict',
        )
    return rule


def _compile(pattern: str, *, case: bool) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII | re.MULTILINE | (0 if case else re.IGNORECASE))


def _check_patterns(rule: Rule) -> None:
    try:
        rule.match("")  # compiles them
    except (re.error, OverflowError, RecursionError) as error:
        raise UsageError(
            f"rule {rule.id!r} has an invalid pattern: {error}", hint="fix the regular expression"
        ) from error


def _check_names(names: Iterable[str], allowed: Mapping[str, Any], where: str) -> None:
    for name in names:
        if name not in allowed:
            near = difflib.get_close_matches(name, list(allowed), n=1, cutoff=0)
            raise UsageError(f"unknown name {name!r} in {where}", hint=f"did you mean {near[0]!r}?")
