"""How far changes are known, on the server's own clock, and what was last seen near there.

Changes are read from the oldest to the newest, so all up to `until` are in. Those of the last minutes before it may
have become visible late and are looked at again; `marks` tells which of them have been read as they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

__all__ = ["Edge", "back"]

_OVERLAP = timedelta(minutes=15)
_MOST_MARKS = 1000


class _Glimpse(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def changed_at(self) -> str: ...
    @property
    def mark(self) -> str: ...


G = TypeVar("G", bound=_Glimpse)


def back(at: str, by: timedelta) -> str:
    """A time of GitHub's, so much earlier, in the same form; the empty text stays."""
    return (datetime.fromisoformat(at) - by).strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""


@dataclass
class Edge:
    """Plain data for a resume point. Times are GitHub's texts, which sort as they follow each other."""

    until: str = ""
    marks: dict[str, str] = field(default_factory=dict)

    @property
    def overlap_from(self) -> str:
        """What changed after this is looked at."""
        return back(self.until, _OVERLAP)

    def news(self, glimpses: Iterable[G]) -> list[G]:
        """Those that have changed, each once, oldest change first."""
        found = {one.id: one for one in glimpses if one.changed_at > self.overlap_from}
        changed = [one for one in found.values() if self.marks.get(one.id) != one.mark]
        return sorted(changed, key=lambda one: (one.changed_at, one.id))

    def overlooked(self, glimpses: Iterable[G], since: str) -> list[G]:
        """Those that changed after `since`, which may be long ago, and were not read since then as far as we know."""
        return [one for one in glimpses if one.changed_at > since and self.marks.get(one.id) != one.mark]

    def read(self, one: _Glimpse) -> None:
        """It was read as this glimpse shows it."""
        if one.changed_at > self.overlap_from:
            self.marks[one.id] = one.mark
            if len(self.marks) > 2 * _MOST_MARKS:
                self._prune()

    def advance(self, until: str) -> None:
        """All changes up to here have been read."""
        self.until = max(self.until, until)
        self._prune()

    def _prune(self) -> None:
        """Keep the newest marks. One that is missing costs reading something again, no more."""
        near = sorted((mark, id_) for id_, mark in self.marks.items() if mark > self.overlap_from)
        self.marks = {id_: mark for mark, id_ in near[-_MOST_MARKS:]}
