"""The resume point of a file: what it was when it was last read, and what was found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from headway.raw_tables import Checkpoint

__all__ = ["Resume"]

# Raised when the same file would be read differently than before: then it is read again, changed or not.
READER = 3


@dataclass(frozen=True)
class Resume:
    """What the next run must know. All of it is plain JSON."""

    sha256: str
    size_bytes: int
    newest_at: str | None
    in_future: int
    repo_ids: tuple[str, ...]
    notices: Mapping[str, int]
    rejected: int
    first_rejected: tuple[tuple[int, str], ...]
    reader: int = READER
    place: str = ""
    """The path under which it was read last."""

    @classmethod
    def read(cls, point: Mapping[str, Any] | None) -> Resume | None:
        """What an earlier run left, None where there is nothing that this version understands."""
        if point is None or point.get("reader") != READER:
            return None
        data = dict(point)
        data["repo_ids"] = tuple(data["repo_ids"])
        data["first_rejected"] = tuple((number, reason) for number, reason in data["first_rejected"])
        return cls(**data)

    def checkpoint(self) -> Checkpoint:
        """The checkpoint that ends a reading."""
        newest_at = None if self.newest_at is None else datetime.fromisoformat(self.newest_at)
        return Checkpoint(asdict(self), newest_at, self.repo_ids)
