"""Which of many texts a pattern matches: RE2 reads all of them at once, which takes a tenth of the time."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

import pyarrow as pa

__all__ = ["Screen", "relaxed"]

_FEWEST = 100
"""Texts below which Python's own search takes less time than RE2 needs to read a pattern."""

# An escape, a class, the beginning of a look around, or a single character.
_PART = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?<?[=!]|.", re.DOTALL)
_LOOKS = frozenset(("(?=", "(?!", "(?<=", "(?<!"))
# Forms that RE2 reads as something else; what it cannot read at all, it refuses.
_OTHER_MEANING = re.compile(r"\{,|\(\?#|\[\[:|\\[0-9]")


@lru_cache(1000)
def relaxed(pattern: str) -> str | None:
    """A pattern for RE2 that matches every text of printable ASCII that this one matches, and perhaps others.

    It does not look around, which RE2 cannot. None where RE2 would read the pattern as something else.
    """
    if _OTHER_MEANING.search(pattern):
        return None
    parts: list[str] = []
    depth = 0  # of parentheses inside a look around
    for part in _PART.findall(pattern):
        if depth:
            depth += part.startswith("(") - (part == ")")
        elif part in _LOOKS:
            depth = 1
        else:
            parts.append(r"\z" if part == r"\Z" else part)
    return "".join(parts)


class Screen:
    """Texts, each once, of which several patterns look for some.

    `fewest`: of fewer texts each is searched for itself, for RE2 needs a millisecond to read a pattern.
    """

    def __init__(self, texts: Iterable[str], *, fewest: int = _FEWEST) -> None:
        self._fewest = fewest
        self._plain: list[str] = []
        self._others: list[str] = []  # in which RE2 and Python may differ
        for text in texts:
            (self._plain if text.isascii() and text.isprintable() else self._others).append(text)
        self._column = pa.array(self._plain, pa.string())

    @property
    def texts(self) -> list[str]:
        """All of them."""
        return self._plain + self._others

    def likely(self, pattern: re.Pattern[str]) -> list[str]:
        """Every text that a pattern matches, and perhaps others."""
        return self._looked_up(pattern) + self._others

    def matching(self, pattern: re.Pattern[str]) -> set[str]:
        """The texts that a pattern matches."""
        return {text for text in self.likely(pattern) if pattern.search(text) is not None}

    def _looked_up(self, pattern: re.Pattern[str]) -> list[str]:
        if len(self._plain) < self._fewest:
            return self._plain
        import pyarrow.compute as pc  # where it is needed: commands that classify nothing start with less

        loose = relaxed(pattern.pattern)
        if loose is None:
            return self._plain
        ignore_case = bool(pattern.flags & re.IGNORECASE)
        try:
            likely = pc.match_substring_regex(self._column, loose, ignore_case=ignore_case)
        except pa.ArrowInvalid:
            return self._plain
        texts: list[str] = self._column.filter(likely).to_pylist()
        return texts
