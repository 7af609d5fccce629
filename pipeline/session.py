"""What every command starts from: where, with which settings, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from headway.settings import Settings, WarehouseSettings, load

if TYPE_CHECKING:
    from collectors.github import Waiting

__all__ = ["Session"]


@dataclass(frozen=True)
class Session:
    """The program's surroundings, asked for once. `now` is naive UTC."""

    config: Path | None
    warehouse: Path | None
    debug: bool
    folder: Path
    environment: Mapping[str, str]
    now: datetime
    waiting: Waiting | None = None
    """Time to wait in, for what must; None where nothing may take time."""

    @cached_property
    def settings(self) -> Settings:
        """The settings, with `--warehouse` over them."""
        settings = load(self.config, self.environment, folder=self.folder)
        if self.warehouse is None:
            return settings
        path = str((self.folder / self.warehouse).absolute())
        return replace(settings, warehouse=WarehouseSettings(path=path))
