"""The words and refs of each forge, from `forge_words.toml`: one row per form, each with its source."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["ForgeRef", "Word", "forge_refs", "holding", "lines_with", "words"]

_FILE = Path(__file__).with_suffix(".toml")


@dataclass(frozen=True)
class Word:
    """One form of what a commit's message says; see the head of the table."""

    forge: str
    kind: str
    where: str
    holds: str
    pattern: re.Pattern[str]
    example: str
    source: str
    merge: bool = False
    sure: bool = True
    refs: str = ""

    def matches(self, text: str) -> Iterator[Mapping[str, str]]:
        """The groups of each match in the subject or body of a message, without those that are empty."""
        for line in lines_with(text, self.holds):
            for match in self.pattern.finditer(line):
                yield {name: group for name, group in match.groupdict().items() if group}


@dataclass(frozen=True)
class ForgeRef:
    """One kind of ref that leads to the branch of a request."""

    forge: str
    fetch: str
    pattern: re.Pattern[str]
    leads_to: str
    source: str
    without: str = ""
    only: str = ""
    submitted: str = ""


def words(kind: str, where: str | None = None) -> tuple[Word, ...]:
    """The forms of a kind, in the order of the table; with `where` only those of the subject or of the body."""
    return _words(kind, where)


@cache
def holding(kind: str) -> str:
    """A regular expression for a first look at many messages: no other has any form of a kind."""
    return "|".join(sorted({re.escape(word.holds) for word in words(kind)}))


def forge_refs() -> tuple[ForgeRef, ...]:
    """The refs that forges keep, without the forges that keep none."""
    return _refs()


def lines_with(text: str, literal: str) -> Iterator[str]:
    """Each line that has a literal text, once and in order, without looking at the others."""
    at = text.find(literal)
    while at >= 0:
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        yield text[text.rfind("\n", 0, at) + 1 : end]
        at = text.find(literal, end + 1) if end < len(text) else -1


@cache
def _words(kind: str, where: str | None) -> tuple[Word, ...]:
    rows = [row for row in _table()["word"] if row["kind"] == kind and where in {None, row["where"]}]
    return tuple(Word(**(row | {"pattern": re.compile(row["pattern"])})) for row in rows)


@cache
def _refs() -> tuple[ForgeRef, ...]:
    return tuple(ForgeRef(**(row | {"pattern": re.compile(row["pattern"])})) for row in _table()["ref"] if row["fetch"])


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
