"""How far changes have been read, on the server's clock, and which objects near there have been read.

Changes are read from the oldest to the newest, so all up to `until` have been read. Those of the last minutes before it
may have become visible late and are checked again; `marks` shows which of them have been read in their current state.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

__all__ = ["ChangeCursor", "earlier"]

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


def earlier(at: str, by: timedelta) -> str:
    """A time `by` earlier, in GitHub's form; empty text stays empty."""
    return (datetime.fromisoformat(at) - by).strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""


@dataclass
class ChangeCursor:
    """Plain data for a resume point. Times are GitHub's texts, which sort as they follow each other."""

    until: str = ""
    marks: dict[str, str] = field(default_factory=dict)

    @property
    def overlap_from(self) -> str:
        """Changes after this time are checked."""
        return earlier(self.until, _OVERLAP)

    def news(self, glimpses: Iterable[G]) -> list[G]:
        """The changed objects, each once, oldest change first."""
        latest = {glimpse.id: glimpse for glimpse in glimpses if glimpse.changed_at > self.overlap_from}
        changed = [glimpse for glimpse in latest.values() if self.marks.get(glimpse.id) != glimpse.mark]
        return sorted(changed, key=lambda glimpse: (glimpse.changed_at, glimpse.id))

    def overlooked(self, glimpses: Iterable[G], since: str) -> list[G]:
        """The objects that changed after `since`, which may be long ago, and have no mark of having been read since."""
        return [
            glimpse for glimpse in glimpses if glimpse.changed_at > since and self.marks.get(glimpse.id) != glimpse.mark
        ]

    def read(self, glimpse: _Glimpse) -> None:
        """Record that an object has been read in the state of this glimpse."""
        if glimpse.changed_at > self.overlap_from:
            self.marks[glimpse.id] = glimpse.mark
            if len(self.marks) > 2 * _MOST_MARKS:
                self._prune()

    def advance(self, until: str) -> None:
        """Record that all changes up to here have been read."""
        self.until = max(self.until, until)
        self._prune()

    def _prune(self) -> None:
        """Retain the newest marks. A missing mark only costs reading an object again."""
        near = sorted((mark, id_) for id_, mark in self.marks.items() if mark > self.overlap_from)
        self.marks = {id_: mark for mark, id_ in near[-_MOST_MARKS:]}
