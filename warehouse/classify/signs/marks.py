"""The marks that agents and bots leave: in authors, trailers, messages, branches, labels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from warehouse.classify.facts import ChangeFacts, CommitFacts, Evidence
from warehouse.classify.rules.gate import (
    CO_AUTHORS,
    QUESTIONS,
    SECTIONS,
    Gate,
    Vocabulary,
    Words,
    lines_with,
    texts_without,
)
from warehouse.classify.rules.load import Rule, RuleSet
from warehouse.classify.signs.disclosures import ai_sections, check_boxes
from warehouse.classify.signs.identities import Identities, Match
from warehouse.classify.signs.message import (
    MOST_CHARACTERS,
    co_authors,
    head_branch,
    is_merge_subject,
    merged_into,
    policy_answer,
    split_comments,
    split_message,
    without_fences,
)

__all__ = ["Mark", "MarkReader", "Reading", "branch_of", "search", "split_by_verdict"]

# Both begin with what is rare, and look back from there: so the search runs over the rest.
_WRAPPED = re.compile(r"\n(?<=[\w,]\n)(?=[\w(])")
_SENTENCE_END = re.compile(r"([.!?])(?<=[\w)][.!?])[ \t]")


class Mark(NamedTuple):
    """A mark of AI or of automation: the rule, where it was, the text that matched, and whether that is weak."""

    rule: Rule
    field: str
    matched: str
    weak: bool

    def evidence(self) -> Evidence:
        """The mark as evidence."""
        return Evidence("how", self.rule.id, self.field, self.matched.strip(), 0.5 if self.weak else 1.0)


class Reading(NamedTuple):
    """One commit: its author, if a rule matches them, its AI marks and its marks of automation."""

    author: Match | None
    marks: tuple[Mark, ...]
    automation: tuple[Mark, ...] = ()


NOTHING = Reading(None, ())
_CO_AUTHOR_FIELDS = {"ai": {"app", "email", "name", "person"}, "automation": {"person"}}


class MarkReader:
    """Reads marks by the rules of the axis *how*."""

    def __init__(self, rules: RuleSet, vocabulary: Vocabulary) -> None:
        self.identities = Identities(rules)
        self._vocabulary = vocabulary
        self._lines, self._answers = Gate(rules.of("how", "line")), rules.of("how", "answer")
        self._prose, self._bodies = Gate(rules.of("how", "prose")), Gate(rules.of("how", "body"))
        self._boxes, self._comments = Gate(rules.of("how", "box")), Gate(rules.of("how", "comment"))
        self._sections = rules.of("how", "section")
        self._words = CO_AUTHORS | QUESTIONS | SECTIONS | self._lines.words | self._prose.words
        self._words |= self._boxes.words | self._comments.words
        self._always = not all(rule.needs for field in ("line", "prose") for rule in rules.of("how", field))
        needed = (rule.needs for field in ("box", "comment") for rule in rules.of("how", field))
        self._every_text = self._always or not all(needed)
        self._labels, self._titles = rules.of("how", "label"), Gate(rules.of("how", "title"))
        self._automated_prose = Gate(rule for rule in rules.of("how", "prose") if rule.verdict == "automation")
        # A bot's branch, as the built-in rules know it, only stands in for an unknown author: see how.py.
        self._branches = tuple(rule for rule in rules.of("how", "branch") if rule.own or rule.verdict == "ai")
        self._unmarked: set[str] = set()

    def read_all(self, messages: Iterable[str]) -> None:
        """Find the messages of a repository that have no word of a mark, as most: they are not read further."""
        if not self._every_text:
            self._unmarked = texts_without({text for text in messages if len(text) <= MOST_CHARACTERS}, self._words)

    def of_commit(self, commit: CommitFacts) -> Reading:
        """The author and the marks of a commit: author, committer, trailers and lines of its message."""
        author = self.identities.of(commit.author_name, commit.author_email)
        committer = None
        if commit.committer_email != commit.author_email:
            committer = self.identities.of(commit.committer_name, commit.committer_email)
        unmarked = commit.message in self._unmarked
        if unmarked and author is None and committer is None:
            return NOTHING  # as most
        day = commit.committed_at.date() if commit.committed_at is not None else None
        body = "" if unmarked else split_message(commit.message)[1]
        in_body = self.of_text(body, day) if body else ()
        if author is None and committer is None and not in_body:
            return NOTHING
        marks, automation = split_by_verdict(in_body)
        people = [
            Mark(match.rule, f"{role}_{match.by}", match.matched, match.rule.weak_on(day))
            for role, match in (("author", author), ("committer", committer))
            if match is not None and match.rule.verdict == "ai"
        ]
        return Reading(author, (*people, *marks), automation)

    def of_text(self, text: str, day: date | None) -> tuple[Mark, ...]:
        """The marks in a text below a subject. Sentences that disclose AI are read only without another AI mark."""
        if "```" in text:
            text = without_fences(text)
        words = self._vocabulary.of(text) & self._words
        if not words and not self._every_text:
            return ()
        marks: list[Mark] = []
        if "<!--" in text:
            comments, text = split_comments(text)
            marks.extend(search(self._comments.likely(words), "comment", comments, day))
        ticked, answered, text = check_boxes(text)
        if ticked:
            marks.extend(search(self._boxes.likely(words), "check_box", ticked, day))
        lines = text if self._always else lines_with(text, words)
        if not words.isdisjoint(CO_AUTHORS):
            marks.extend(self._co_author_marks(lines, day))
        marks.extend(search(self._lines.likely(words), "trailer", lines, day))
        if not words.isdisjoint(QUESTIONS) and (answer := policy_answer(answered)):
            marks.extend(search(self._answers, "policy_answer", answer, day))
        if not words.isdisjoint(SECTIONS) and (section := ai_sections(text)):
            marks.extend(search(self._sections, "section", _one_sentence_a_line(section), day))
        prose = self._automated_prose if any(mark.rule.verdict == "ai" for mark in marks) else self._prose
        if rules := prose.likely(words):
            marks.extend(search(rules, "message", self._sentences(text, words), day))
        return tuple(marks)

    def _sentences(self, text: str, words: Words) -> str:
        """Put each sentence on one line: it may be wrapped, and the next one may deny it."""
        if not self._always:
            needles = [word.decode() for word in words]
            blocks = zip(text.split("\n\n"), text.lower().split("\n\n"), strict=True)
            text = "\n\n".join([block for block, lower in blocks if any(word in lower for word in needles)])
        sentences = _one_sentence_a_line(text)
        return sentences if self._always else lines_with(sentences, words)

    def _co_author_marks(self, text: str, day: date | None) -> Iterator[Mark]:
        for person in co_authors(text):
            match = self.identities.of_trailer(*person)
            if match is not None and match.rule.field in _CO_AUTHOR_FIELDS[match.rule.verdict]:
                yield Mark(match.rule, f"coauthor_{match.by}", match.matched, match.rule.weak_on(day))

    def of_change(self, change: ChangeFacts) -> Iterator[Mark]:
        """The marks of the change as a whole: log-in, branch, labels, title and text."""
        match = self.identities.of_login(change.author, change.author_kind) if change.author else None
        if match is not None and match.rule.verdict == "ai":
            yield Mark(match.rule, "author_login", match.matched, match.rule.weak_on(None))
        if branch := branch_of(change):
            yield from search(self._branches, "branch", branch)
        for label in change.labels:
            yield from search(self._labels, "label", label)
        if title := _title(change):
            yield from search(self._titles.likely(self._vocabulary.of(title)), "title", title)
        if change.body:
            yield from search(self._bodies.likely(self._vocabulary.of(change.body)), "pr_body", change.body)
            for mark in self.of_text(change.body, None):
                yield mark._replace(field=f"pr_{mark.field}")


def _title(change: ChangeFacts) -> str:
    """The title of the pull request, else the subject of its squash."""
    if change.title or change.landing is None:
        return change.title
    subject = split_message(change.landing.message)[0]
    return "" if is_merge_subject(subject) else subject


def _one_sentence_a_line(text: str) -> str:
    return _SENTENCE_END.sub(r"\1\n", _WRAPPED.sub(" ", text))


def split_by_verdict(marks: Iterable[Mark]) -> tuple[tuple[Mark, ...], tuple[Mark, ...]]:
    """The AI marks, and the marks of automation."""
    ai: list[Mark] = []
    automation: list[Mark] = []
    for mark in marks:
        (ai if mark.rule.verdict == "ai" else automation).append(mark)
    return tuple(ai), tuple(automation)


def search(rules: Iterable[Rule], field: str, text: str, day: date | None = None) -> Iterator[Mark]:
    """A mark for every rule that matches a text."""
    for rule in rules:
        matched = rule.match(text)
        if matched is not None:
            yield Mark(rule, field, matched, rule.weak_on(day))


def branch_of(change: ChangeFacts) -> str:
    """The branch on which a change was written: by its request, its merge, or what was merged into it on the way."""
    if change.head_ref:
        return change.head_ref
    landing = change.landing
    if landing is not None and (branch := head_branch(landing.message)):
        return branch
    below = (split_message(landing.message)[1],) if landing is not None else ()
    return merged_into((*[item.message for item in change.commits], *below))
