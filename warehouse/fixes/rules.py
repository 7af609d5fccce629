"""Whether a change is a fix: by its type, its words, its labels, its branch, or the incident that it names."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

__all__ = ["FixRules", "Said"]

_FILE = Path(__file__).parent / "rules.toml"
_TYPED = re.compile(
    r"^\W{0,3}(?P<type>[A-Za-z][A-Za-z0-9_-]{0,20})(?:\((?P<scope>[^()]{1,60})\)|\[[^\[\]]{1,60}\])?!?:\s"
)
_TICKET = re.compile(r"[A-Za-z][A-Za-z0-9]{0,15}-\d{1,12}")
_SUBJECT_CHARACTERS = 500
_BODY_CHARACTERS = 20_000
_REVERT = re.compile(r'^(?:revert\b[:( ]|revert ")', re.IGNORECASE)


@dataclass(frozen=True)
class Said:
    """What a change says of itself. `labels`: one a line."""

    title: str
    labels: str = ""
    branch: str = ""
    body: str = ""


@dataclass(frozen=True)
class FixRules:
    """The rules of `rules.toml`, with a team's own patterns of hot fixes and of labels."""

    types: frozenset[str]
    other_types: frozenset[str]
    not_scope: re.Pattern[str]
    words: re.Pattern[str]
    not_fix: re.Pattern[str]
    hotfix: str
    labels: str

    @classmethod
    def load(cls, hotfix: str, labels: str) -> Self:
        """The rules, with the patterns of the settings; an empty pattern finds nothing."""
        raw = tomllib.loads(_FILE.read_text(encoding="utf-8"))
        types, words = raw["types"], raw["words"]
        return cls(
            frozenset(types["fix"]),
            frozenset(types["other"]),
            _any(f"^(?:{scope})$" for scope in types["not_scopes"]),
            _any(words["fix"]),
            _any(words["not_fix"]),
            hotfix,
            labels,
        )

    def evidence(self, said: Said, incidents: Iterable[str] = ()) -> tuple[str, str]:
        """The kind of fix that a change is, and the evidence; both empty if it is none.

        `hotfix`: urgent by its own mark; `incident`: it names one of `incidents`, which have a letter and a number
        (`INC-7`); `fix`. Reverts are detected elsewhere, by what they revert.
        """
        title = said.title[:_SUBJECT_CHARACTERS]
        if _REVERT.match(title):
            return "", ""
        if mark := self._urgent(title, said):
            return "hotfix", mark
        if name := _named(f"{title}\n{said.branch}\n{said.body[:_BODY_CHARACTERS]}", incidents):
            return "incident", f"it names the incident {name}"
        for label in said.labels.splitlines():
            if self._label and self._label.search(label):
                return "fix", f"label {label!r}"
        return ("fix", text) if (text := self._subject(title)) else ("", "")

    def _urgent(self, title: str, said: Said) -> str:
        if self._hotfix is None:
            return ""
        for label in said.labels.splitlines():
            if self._hotfix.search(label):
                return f"label {label!r}"
        if self._hotfix.search(said.branch):
            return f"branch {said.branch!r}"
        return "its title says hot fix" if self._hotfix.search(title) else ""

    def _subject(self, title: str) -> str:
        if typed := _TYPED.match(title):
            kind, scope = typed["type"].lower(), (typed["scope"] or "").lower()
            if kind in self.other_types:
                return ""
            if kind in self.types:
                fixes = not self.not_scope.search(scope) and not self.not_fix.search(title[typed.end() :])
                return f"type {kind!r}" if fixes else ""
        match = self.words.search(title)
        return f"word {match[0]!r}" if match and not self.not_fix.search(title) else ""

    @cached_property
    def _hotfix(self) -> re.Pattern[str] | None:
        return re.compile(self.hotfix) if self.hotfix else None

    @cached_property
    def _label(self) -> re.Pattern[str] | None:
        return re.compile(self.labels) if self.labels else None


def _named(text: str, incidents: Iterable[str]) -> str:
    incident_names = {name.lower(): name for name in incidents if _TICKET.fullmatch(name)}
    if not incident_names:
        return ""
    return next((incident_names[word.lower()] for word in _TICKET.findall(text) if word.lower() in incident_names), "")


def _any(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)
