"""Where the files of a raw store lie: the one interface that a folder and an object store both have.

Files are named by their path below the warehouse folder of this machine, where an object store keeps its copies. Raw
files, commit files and resume points never change once they are there; notes do.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

__all__ = ["Storage"]


class Storage(Protocol):
    """Files that are whole or not there, whoever is killed and whenever."""

    name: str
    """For people: a path or a URL, without a secret."""
    retained: timedelta
    """How long a file stays that no batch needs: whoever listed the batches before still reads it."""
    shared: bool
    """Whether collectors of several machines write to it, without a lock between them."""

    def names(self, folder: Path) -> set[str]:
        """The names of the files in a folder; none where it is not there."""
        ...

    def written(self) -> dict[Path, datetime]:
        """Every file of the raw store and when it was last written (naive UTC, by the storage's own clock)."""
        ...

    def drop_copies(self, *, older_than: datetime) -> None:
        """Remove copies on this machine of what is no longer there, if they are older (naive UTC)."""
        ...

    def read(self, path: Path) -> str:
        """The text of a file that never changes; raises FileNotFoundError."""
        ...

    def create(self, path: Path, text: str) -> None:
        """Write a new file, whole; the same text again changes nothing, another raises `WarehouseError`."""
        ...

    def note(self, path: Path) -> str | None:
        """The text of a note as it is now, None where there is none."""
        ...

    def write_note(self, path: Path, text: str) -> None:
        """Write a note, or another text in its place."""
        ...

    def bring(self, paths: Iterable[Path]) -> None:
        """See that files can be read on this machine; what is not there is left out."""
        ...

    def send(self, paths: Iterable[Path]) -> None:
        """See that files written on this machine last; whole, or `WarehouseError`."""
        ...

    def remove(self, paths: Iterable[Path]) -> None:
        """Remove files; one that is gone already is no error."""
        ...

    def retire(self, commits: Iterable[Path], files: Iterable[Path]) -> None:
        """Let go of batches that another replaces, so that whoever listed them before reads them for `retained`."""
        ...

    def try_out(self) -> None:
        """Write, read and remove something; raises `WarehouseError` where that fails."""
        ...

    def set_aside(self, path: Path) -> None:
        """Give a damaged file another name, unless a sound copy can come in its place."""
        ...
