"""Select the rules that can match a text by its words, which is faster than to try every pattern."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

import pyarrow as pa

from warehouse.classify.rules.load import Rule

__all__ = ["CO_AUTHORS", "QUESTIONS", "SECTIONS", "Gate", "Vocabulary", "Words", "lines_with", "texts_without"]

Words = frozenset[bytes]

CO_AUTHORS = frozenset((b"authored", b"developed"))
QUESTIONS = frozenset((b"ai", b"llm"))
SECTIONS = frozenset((b"ai", b"llm", b"llms", b"agent", b"genai", b"generative"))

# Bytes of ASCII text: letters in lower case, everything else a space.
_LETTERS = bytes(code | 0x20 if chr(code).isalpha() else 0x20 for code in range(128)) + b" " * 128
_CACHED_TEXTS = 64  # texts: several rules read the same one in a row
_COMBINATIONS = 1000  # of words, and the rules that need one of them


class Vocabulary:
    """The words that some rule needs, and the words for co-authors, questions and sections about tools."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._words = frozenset(
            (*CO_AUTHORS, *QUESTIONS, *SECTIONS, *(word.encode() for rule in rules for word in rule.needs))
        )
        self.of: Callable[[str], Words] = lru_cache(_CACHED_TEXTS)(self._of)

    def _of(self, text: str) -> Words:
        """The words of a text that are in the vocabulary. A word is a run of ASCII letters, in lower case."""
        return self._words.intersection(text.encode("ascii", "replace").translate(_LETTERS).split())


class Gate:
    """Rules of one field, by the words that their patterns need."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = tuple(rules)
        self._always = tuple(rule for rule in self._rules if not rule.needs)
        self._by_word: dict[bytes, set[str]] = {}
        for rule in self._rules:
            for word in rule.needs:
                self._by_word.setdefault(word.encode(), set()).add(rule.id)
        self.words: Words = frozenset(self._by_word)
        self._needing: Callable[[Words], tuple[Rule, ...]] = lru_cache(_COMBINATIONS)(self._look_up)

    def likely(self, words: Words) -> tuple[Rule, ...]:
        """The rules that may match a text of these words, in order."""
        hits = words & self.words
        return self._needing(hits) if hits else self._always

    def _look_up(self, hits: Words) -> tuple[Rule, ...]:
        chosen = set().union(*[self._by_word[word] for word in hits])
        return tuple(rule for rule in self._rules if not rule.needs or rule.id in chosen)


def texts_without(texts: Iterable[str], words: Words) -> set[str]:
    """Those of many texts that have none of these words: RE2 reads all of them at once, in a tenth of the time."""
    import pyarrow.compute as pc  # where it is needed: commands that classify nothing start with less

    listed = list(texts)
    column = pa.array([text.encode("utf-8", "replace") for text in listed], pa.large_string())
    named = "|".join(re.escape(word.decode()) for word in sorted(words))
    matches = pc.match_substring_regex(column, f"(?:^|[^A-Za-z])(?i:{named})(?:[^A-Za-z]|$)")
    return {text for text, has_one in zip(listed, matches.to_pylist(), strict=True) if not has_one}


def lines_with(text: str, words: Words) -> str:
    """The lines of a text that contain one of these words, perhaps as a part: patterns are slow on long texts."""
    lowered = text.lower()
    if len(lowered) != len(text):  # a few letters become two: then no place in one is that in the other
        lowered = "".join([letter if len(letter) == 1 else "?" for letter in map(str.lower, text)])
    lines: dict[int, int] = {}
    for word in words:
        needle = word.decode()
        position = lowered.find(needle)
        while position >= 0:
            end = lowered.find("\n", position)
            end = len(text) if end < 0 else end
            lines[lowered.rfind("\n", 0, position) + 1] = end
            position = lowered.find(needle, end)
    return "\n".join([text[start : lines[start]] for start in sorted(lines)])
