"""Where sources stopped, each in a file of its own.

A resume point may name thousands of refs, and most nights do not move it. So batches refer to it: it is written once,
and who lists the batches does not read it.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from headway.errors import WarehouseError

__all__ = ["FOLDER", "LONGEST", "ResumePoint", "text_of"]

FOLDER = "_resume"
LONGEST = 500
"""A resume point of so many characters or fewer is in the batch itself."""


class ResumePoint(Mapping[str, Any]):
    """A resume point that is read when it is asked for."""

    def __init__(self, folder: Path, name: str, read: Callable[[Path], str]) -> None:
        self.name = name
        self._path = folder / FOLDER / name
        self._text = read

    @staticmethod
    def new_name(text: str) -> str:
        """A name for the file of a resume point that no other file ever has: one that is removed stays away."""
        return f"{hashlib.sha256(text.encode()).hexdigest()[:32]}-{secrets.token_hex(4)}.json"

    def is_text(self, text: str, note: Callable[[Path], str | None]) -> bool:
        """Whether its file is there, and has this text; `note` reads the file and not a copy."""
        try:
            return note(self._path) == text
        except (OSError, ValueError):
            return False

    def _read(self) -> dict[str, Any]:
        try:
            point: dict[str, Any] = json.loads(self._text(self._path))
        except (OSError, ValueError) as error:
            raise WarehouseError(
                f"{self._path} is missing or damaged: {error!r}",
                hint="restore it, or run `headway collect --full`",
            ) from error
        return point

    def __getitem__(self, key: str) -> Any:
        return self._read()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def items(self) -> Any:
        """All of it, read once."""
        return self._read().items()

    def __repr__(self) -> str:
        return f"ResumePoint({self.name})"


def text_of(resume: Mapping[str, Any]) -> str:
    """The text of a resume point, the same for the same one."""
    return json.dumps(dict(resume.items()), sort_keys=True)
