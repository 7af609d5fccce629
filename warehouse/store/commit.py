"""One visible batch of the raw store, and its commit file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from headway.errors import WarehouseError
from warehouse.store.storage import Storage
from warehouse.upkeep.resume_points import ResumePoint

__all__ = ["COMMITS", "FORMAT", "Commit"]

COMMITS = "_commits"
"""The folder of commit files in that of raw rows."""
FORMAT = 1
"""Of commit files and the raw files that they name; goes up when an older Headway would read them wrongly."""


@dataclass(frozen=True)
class Commit:
    """One visible batch: what it holds and where its source stands after it."""

    name: str
    source: str
    files: Mapping[str, tuple[str, ...]]
    rows: Mapping[str, int]
    resume: Mapping[str, Any]
    collected_at: datetime
    watermark_at: datetime | None
    repo_ids: tuple[str, ...]
    replaces: tuple[str, ...] = ()

    def resumed(self) -> dict[str, Any]:
        """Its resume point, read now."""
        return dict(self.resume.items())

    @property
    def quiet(self) -> bool:
        """Whether it brought no row: it only says when its source was read and up to when it is known."""
        return not self.files

    def to_json(self) -> str:
        """The commit file's text, the same for the same batch."""
        return json.dumps(
            {
                "format": FORMAT,
                "source": self.source,
                "files": {table: list(files) for table, files in self.files.items()},
                "rows": dict(self.rows),
                **_resume_of(self.resume),
                "collected_at": self.collected_at.isoformat(),
                "watermark_at": self.watermark_at.isoformat() if self.watermark_at else None,
                "repo_ids": list(self.repo_ids),
                "replaces": list(self.replaces),
            },
            sort_keys=True,
        )

    @classmethod
    def from_json(cls, name: str, text: str, folder: Path, storage: Storage) -> Commit:
        """Read a commit file of the store in `folder`.

        Raises `WarehouseError` for one that only a newer Headway can read; ValueError, KeyError, TypeError or
        AttributeError for one that is damaged.
        """
        raw = json.loads(text)
        if raw.get("format", FORMAT) > FORMAT:
            raise WarehouseError(
                f"a newer version of Headway wrote {folder / COMMITS / name} (format {raw['format']}, here {FORMAT})",
                hint="install that version or a newer one; nothing was changed",
            )
        return cls(
            name=name,
            source=raw["source"],
            files={table: tuple(files) for table, files in raw["files"].items()},
            rows=raw["rows"],
            resume=ResumePoint(folder, raw["resume_file"], storage.read) if "resume_file" in raw else raw["resume"],
            collected_at=datetime.fromisoformat(raw["collected_at"]),
            watermark_at=datetime.fromisoformat(raw["watermark_at"]) if raw["watermark_at"] else None,
            repo_ids=tuple(raw["repo_ids"]),
            replaces=tuple(raw["replaces"]),
        )


def _resume_of(resume: Mapping[str, Any]) -> dict[str, Any]:
    return {"resume_file": resume.name} if isinstance(resume, ResumePoint) else {"resume": resume}
