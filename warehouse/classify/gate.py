"""Which rules can match a text at all: by its words, which are looked up at once, instead of pattern by pattern."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from warehouse.classify.rules import Rule

__all__ = ["Gate", "Vocabulary", "Words", "lines_with"]

Words = frozenset[bytes]

# Bytes of ASCII text: letters in lower case, everything else a space.
_LETTERS = bytes(code | 0x20 if chr(code).isalpha() else 0x20 for code in range(128)) + b" " * 128
_REMEMBERED = 64  # texts: several rules ask for the same one in a row


class Vocabulary:
    """The words that some rule needs, or that are asked for by name."""

    def __init__(self, rules: Iterable[Rule], others: Iterable[bytes] = ()) -> None:
        self._words = frozenset((*others, *(word.encode() for rule in rules for word in rule.needs)))
        self.of: Callable[[str], Words] = lru_cache(_REMEMBERED)(self._of)

    def _of(self, text: str) -> Words:
        """The words of a text that are in the vocabulary. A word is a run of ASCII letters, in lower case."""
        return self._words.intersection(text.encode("ascii", "replace").translate(_LETTERS).split())


class Gate:
    """Some rules of one field, by the words that their patterns cannot do without."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._rules = tuple(rules)
        self._always = tuple(rule for rule in self._rules if not rule.needs)
        self._by_word: dict[bytes, set[str]] = {}
        for rule in self._rules:
            for word in rule.needs:
                self._by_word.setdefault(word.encode(), set()).add(rule.id)

    def likely(self, words: Words) -> tuple[Rule, ...]:
        """The rules that may match a text of these words, in order."""
        chosen: set[str] = set()
        for word in words:
            chosen.update(self._by_word.get(word, ()))
        if not chosen:
            return self._always
        return tuple(rule for rule in self._rules if not rule.needs or rule.id in chosen)


def lines_with(text: str, words: Words) -> str:
    """The lines of a text that hold one of these words, and perhaps some more: patterns are slow on long texts."""
    wanted = [word.decode() for word in words]
    return "\n".join([line for line in text.split("\n") if _holds_any(line.lower(), wanted)])


def _holds_any(line: str, wanted: list[str]) -> bool:
    for word in wanted:  # noqa: SIM110 - half the time of any() on a generator
        if word in line:
            return True
    return False
