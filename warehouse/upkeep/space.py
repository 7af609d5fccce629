"""Look at the free space of the disk before work that needs it begins."""

from __future__ import annotations

import shutil
from pathlib import Path

from headway.errors import WarehouseError

__all__ = ["ensure_space"]

_MARGIN_BYTES = 16 << 20


def ensure_space(folder: Path, needed_bytes: int, work: str) -> None:
    """Raise `WarehouseError` where the disk of a folder cannot take so many bytes, and a little more."""
    place = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free, needed = shutil.disk_usage(place).free, needed_bytes + _MARGIN_BYTES
    if free < needed:
        raise WarehouseError(
            f"{work} needs {_size(needed)} on the disk of {place}, and {_size(free)} are free",
            hint="free some space; nothing was changed",
        )


def _size(count: int) -> str:
    return f"{count / (1 << 20):,.0f} MiB"
