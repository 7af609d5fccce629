"""What every command starts from: where, with which settings, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path

from headway.settings import Settings, load
from headway.source import Access, Waiting

__all__ = ["Session"]


@dataclass(frozen=True)
class Session:
    """The program's surroundings, read once. `now` is naive UTC."""

    config: Path | None
    warehouse: Path | None
    debug: bool
    folder: Path
    environment: Mapping[str, str]
    now: datetime
    waiting: Waiting | None = None
    """Time to wait in, for what must; None where nothing may take time."""

    @property
    def access(self) -> Access | None:
        """What it takes to contact other systems; None where nothing may take time."""
        return None if self.waiting is None else Access(self.environment, self.waiting)

    @cached_property
    def settings(self) -> Settings:
        """The settings, with `--warehouse` over them."""
        settings = load(self.config, self.environment, folder=self.folder)
        if self.warehouse is None:
            return settings
        path = str((self.folder / self.warehouse).absolute())
        return replace(settings, warehouse=replace(settings.warehouse, path=path))
