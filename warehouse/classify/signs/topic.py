"""Evidence from the words of a change: its title, scope, branch and body."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

from warehouse.classify.facts import ChangeFacts, Evidence
from warehouse.classify.rules.gate import Gate, Vocabulary, Words, lines_with
from warehouse.classify.rules.globs import compile_globs
from warehouse.classify.rules.load import Rule, RuleSet
from warehouse.classify.signs.message import head_branch, is_merge_subject, split_message, without_comments

__all__ = ["Topic", "TopicReader", "title_of"]

# `fix(llm): …`, `[llm] …`, `llm: …`, also behind a kind and a number.
_SCOPE = re.compile(r"(?:\w{0,12} ?#\d+:? )?(?:\w+\(([^()\n]{1,80})\)!?:|\[([^\]\n]{1,40})\]|([\w./-]{2,40}): )")
_PARTS_OF_SCOPE = re.compile(r"[,/\s]+")
# Lines of a body that name who made the change, or contain a link: no evidence of what it builds.
_ABOUT_MAKING = ("-by:", "-By:", "://", "@", "🤖")
_WEAK = 0.5
_TERM = 1.0  # a rule on words of less weight has ambiguous words
_SPEAKS = 2.0
_SECOND_TERM = 0.5
_CACHED_TITLES = 20_000
_CACHED_SCOPES = 1000


class Topic(NamedTuple):
    """Evidence from the title, and whether it `speaks` plainly of AI work. `tooling` voids the words.

    `chores`: words of upkeep in a title that does not speak of AI work; evidence against it.
    """

    evidence: tuple[Evidence, ...]
    speaks: bool
    tooling: bool
    chores: tuple[Evidence, ...] = ()


_SILENT = Topic((), speaks=False, tooling=False)
_TOOLING = Topic((), speaks=False, tooling=True)


class TopicReader:
    """Reads the words by the rules."""

    def __init__(self, rules: RuleSet, vocabulary: Vocabulary) -> None:
        subjects = rules.of("what", "subject")
        self._numbers = rules.numbers
        self._vocabulary = vocabulary
        self._terms = Gate(rule for rule in subjects if rule.weight >= _TERM)
        self._weak_words = Gate(rule for rule in subjects if rule.weight < _TERM)
        self._titles = rules.of("what", "title")
        self._tooling = Gate(rules.of("what", "tooling"))
        self._chores = Gate(rules.of("what", "chore"))
        self._scopes, self._branches = rules.of("what", "scope"), rules.of("what", "branch")
        self._bodies = rules.of("what", "body")
        self._team_scopes = compile_globs(rules.settings.scopes, ignore_case=True)
        # Every title is read twice: to learn the repository, and to judge the change.
        self._of_title: Callable[[str, bool], Topic] = lru_cache(_CACHED_TITLES)(self._read_title)
        self._rule_of_scope = lru_cache(_CACHED_SCOPES)(self._look_up_scope)

    def read(self, change: ChangeFacts, title: str, *, tooling: bool) -> Topic:
        """Evidence from the title and the branch; `tooling`: the paths already show agent configuration."""
        topic = self._of_title(title, tooling)
        if topic.tooling or not (branch := change.head_ref or _merged_branch(change)):
            return topic
        evidence = tuple(self._branch_evidence(branch))
        return _topic((*topic.evidence, *evidence)) if evidence else topic

    def _read_title(self, title: str, tooling: bool) -> Topic:  # noqa: FBT001 - a key of the cache
        words = self._vocabulary.of(title)
        team = tuple(self._team_scope(title)) if self._team_scopes is not None else ()
        if not team and (tooling or (words and any(rule.match(title) for rule in self._tooling.likely(words)))):
            chores = tuple(self._chore_evidence(title, words)) if words else ()
            return _TOOLING._replace(chores=chores) if chores else _TOOLING
        evidence = [*team, *self._term_evidence(title, words)]
        if words:
            evidence.extend(self._weak_evidence(title, words))
        if ":" in title or "[" in title:
            evidence.extend(self._scope_evidence(title))
        topic = _topic(tuple(evidence)) if evidence else _SILENT
        if topic.speaks or not words:
            return topic
        return topic._replace(chores=tuple(self._chore_evidence(title, words)))

    def of_title(self, title: str) -> Topic:
        """Evidence from a title alone."""
        return self._of_title(title, False)  # noqa: FBT003 - a key of the cache

    def body_matters(self, score: float) -> bool:
        """Whether the body could change a verdict of this weight. Only rules of the team give it much weight."""
        numbers = self._numbers
        return bool(self._bodies) or numbers.near_miss - _SECOND_TERM * 2 <= score < numbers.strong

    def body_evidence(self, change: ChangeFacts) -> Iterator[Evidence]:
        """Terms below the title: a small weight each, for at most two rules."""
        text = without_comments(change.body) if change.body else ""
        if change.landing is not None:
            landed = split_message(change.landing.message)[1]
            text = f"{text}\n{landed}" if text else landed
        words = self._vocabulary.of(text) & self._terms.words
        text = text[: int(self._numbers.body_characters)]
        likely = self._terms.likely(words)
        if likely or self._bodies:
            lines = text if self._bodies else lines_with(text, words)
            text = "\n".join([line for line in lines.split("\n") if not any(part in line for part in _ABOUT_MAKING)])
            matches = [(rule, matched) for rule in likely if (matched := rule.match(text))]
            for rule, matched in matches[:2]:
                yield Evidence("what", rule.id, "body", matched, _WEAK)
            for rule in self._bodies:
                if matched := rule.match(text):
                    yield Evidence("what", rule.id, "body", matched, rule.weight)

    def _term_evidence(self, title: str, words: Words) -> list[Evidence]:
        """The strongest term of the title, and a small weight for a second one."""
        likely = (*self._terms.likely(words), *self._titles) if words else self._titles
        matches = [(rule, matched) for rule in likely if (matched := rule.match(title))]
        if len(matches) > 1:
            matches.sort(key=lambda item: -item[0].weight)
        return [
            Evidence("what", rule.id, "subject", matched, _SECOND_TERM if rank else rule.weight)
            for rank, (rule, matched) in enumerate(matches[:2])
        ]

    def _weak_evidence(self, title: str, words: Words) -> Iterator[Evidence]:
        left = self._numbers.weak_words_most
        for rule in self._weak_words.likely(words):
            for word in dict.fromkeys(match.group().lower().rstrip("s") for match in rule.regex.finditer(title)):
                if left > 0:
                    yield Evidence("what", rule.id, "subject", word, min(rule.weight, left))
                left -= rule.weight

    def _chore_evidence(self, title: str, words: Words) -> Iterator[Evidence]:
        for rule in self._chores.likely(words):
            if matched := rule.match(title):
                yield Evidence("what", rule.id, "subject", matched, rule.weight)
                return

    def _scope_evidence(self, title: str) -> Iterator[Evidence]:
        match = _SCOPE.match(title)
        for part in _PARTS_OF_SCOPE.split(match[match.lastindex or 1]) if match is not None else ():
            if rule := self._rule_of_scope(part):
                yield Evidence("what", rule.id, "scope", part, rule.weight)
                return

    def _look_up_scope(self, part: str) -> Rule | None:
        return next((rule for rule in self._scopes if rule.match(part)), None)

    def _team_scope(self, title: str) -> Iterator[Evidence]:
        match = _SCOPE.match(title) if self._team_scopes is not None else None
        if match is not None and self._team_scopes is not None:
            for part in _PARTS_OF_SCOPE.split(match[match.lastindex or 1]):
                if self._team_scopes.match(part):
                    yield Evidence("what", "scopes", "scope", part, self._numbers.builds_ai)

    def _branch_evidence(self, branch: str) -> Iterator[Evidence]:
        for rule in self._branches:
            if matched := rule.match(branch):
                yield Evidence("what", rule.id, "branch", matched, rule.weight)


def _topic(evidence: tuple[Evidence, ...]) -> Topic:
    return Topic(evidence, speaks=sum([item.weight for item in evidence]) >= _SPEAKS, tooling=False)


def _merged_branch(change: ChangeFacts) -> str:
    return head_branch(change.landing.message) if change.landing is not None else ""


def title_of(change: ChangeFacts) -> str:
    """The title of the pull request; else the landing subject; for a merge, the first line below it."""
    if change.title and not is_merge_subject(change.title):
        return change.title
    if change.landing is not None:
        subject, body = split_message(change.landing.message)
        if not is_merge_subject(subject):
            return subject
        first = body.strip().partition("\n")[0]
        if first:
            return first[:2000]
    for commit in change.commits:
        subject = split_message(commit.message)[0]
        if not is_merge_subject(subject):
            return subject
    return ""
