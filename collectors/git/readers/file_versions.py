"""Search the versions of a file one after the other, each only where it differs from the one before.

Versions that follow each other share nearly all of their bytes, and bytes are compared many times faster than searched.
The matches before the first difference and after the last one are those of the version before.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Generic, NamedTuple, TypeVar

__all__ = ["REACH_BYTES", "LinePattern", "Match", "VersionSearch"]

REACH_BYTES = 4_100
"""How far a match may look beyond the end of its first line."""
_FEWEST_BYTES = 8_000
"""Less is searched faster than compared."""
_LONGEST_STEP, _SHORTEST_STEP = 1 << 14, 1 << 8
_START = itemgetter(0)

Meaning = TypeVar("Meaning")


@dataclass(frozen=True)
class LinePattern(Generic[Meaning]):
    """A pattern that begins with a line feed, and what its matches mean.

    The first line of a match has one of the `words`: a word is found faster than a pattern. A match depends on no byte
    before it, and on none more than REACH_BYTES beyond the end of its first line.
    """

    pattern: re.Pattern[bytes]
    words: tuple[bytes, ...]
    meaning: Callable[[re.Match[bytes]], Meaning]


class Match(NamedTuple, Generic[Meaning]):
    """Where a match begins and ends, and what it means."""

    start: int
    end: int
    meaning: Meaning


class _Difference(NamedTuple):
    """Where a content may differ from the one before, from a line feed to another, and how much longer it is."""

    start: int
    end: int
    shift: int


@dataclass
class VersionSearch(Generic[Meaning]):
    """Finds the matches of patterns that `re.finditer` finds, in one content after the other."""

    patterns: Sequence[LinePattern[Meaning]]
    _content: bytes = b""
    _matches: Sequence[Sequence[Match[Meaning]]] = field(default_factory=list)

    def matches(self, content: bytes) -> Sequence[Sequence[Match[Meaning]]]:
        """The matches of each pattern in a content that begins with a line feed."""
        if min(len(content), len(self._content)) < _FEWEST_BYTES:
            difference = _Difference(0, len(content), 0)
            self._matches = [()] * len(self.patterns)
        else:
            difference = _difference(self._content, content)
        self._content = content
        self._matches = [
            _updated(pattern, content, difference, before)
            for pattern, before in zip(self.patterns, self._matches, strict=True)
        ]
        return self._matches


def _updated(
    pattern: LinePattern[Meaning], content: bytes, difference: _Difference, before: Sequence[Match[Meaning]]
) -> list[Match[Meaning]]:
    """The matches in a content, from those in the one before: searched are the lines that may differ."""
    start, end, shift = difference
    matches = list(before[: bisect_left(before, start, key=_START)])
    matches += _search(pattern, content, start, end, matches[-1].end if matches else 0)
    same = bisect_left(before, end - shift, key=_START)
    reached = matches[-1].end if matches else 0
    if reached > end or (same and before[same - 1].end > end - shift):  # into what is the same: it may begin otherwise
        return matches + list(_search(pattern, content, end, len(content), reached))
    if not shift:
        return matches + list(before[same:])
    return matches + [Match(match.start + shift, match.end + shift, match.meaning) for match in before[same:]]


def _search(
    pattern: LinePattern[Meaning], content: bytes, start: int, end: int, reached: int
) -> Iterator[Match[Meaning]]:
    """The matches that begin between two line feeds and not before the end of an earlier one."""
    for line in _lines_with(content, pattern.words, start, end):
        if line >= reached and (match := pattern.pattern.match(content, line)):
            reached = match.end()
            yield Match(line, reached, pattern.meaning(match))


def _lines_with(content: bytes, words: Sequence[bytes], start: int, end: int) -> list[int]:
    """Where the lines between two line feeds begin that have one of the words: at the line feed before each."""
    lines: set[int] = set()
    for word in words:
        at = content.find(word, start, end)
        while at >= 0:
            lines.add(content.rfind(b"\n", 0, at))
            line_end = content.find(b"\n", at)
            at = content.find(word, line_end, end) if line_end >= 0 else -1
    return sorted(lines)


def _difference(before: bytes, content: bytes) -> _Difference:
    """The lines in which a content may have other matches than the one before it."""
    same = _same_at_start(before, content)
    start = max(content.rfind(b"\n", 0, max(same - REACH_BYTES, 0)), 0)
    same = _same_at_end(before, content, min(len(before), len(content)) - same)
    end = content.find(b"\n", len(content) - same)
    return _Difference(start, end if end >= 0 else len(content), len(content) - len(before))


def _same_at_start(before: bytes, content: bytes) -> int:
    """At least nearly how many bytes two contents share at their start."""
    most, whole = min(len(before), len(content)), memoryview(content)
    same, step = 0, _LONGEST_STEP
    while step >= _SHORTEST_STEP:
        while same + step <= most and before.startswith(whole[same : same + step], same):
            same += step
        step >>= 2
    return same


def _same_at_end(before: bytes, content: bytes, most: int) -> int:
    """At least nearly how many bytes, of `most`, two contents share at their end."""
    whole, length, length_before = memoryview(content), len(content), len(before)
    same, step = 0, _LONGEST_STEP
    while step >= _SHORTEST_STEP:
        while same + step <= most and before.endswith(
            whole[length - same - step : length - same], 0, length_before - same
        ):
            same += step
        step >>= 2
    return same
