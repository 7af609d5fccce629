"""What a build starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from warehouse.store import Commit

__all__ = ["Sources"]


@dataclass(frozen=True)
class Sources:
    """The visible raw files of each table, the newest batch of each source, and the team that owns each source."""

    files: Mapping[str, Sequence[Path]]
    latest: Mapping[str, Commit]
    teams: Mapping[str, str]
