"""The published file at a path that never changes, for tools that know one path.

`headway.duckdb` is another name of the newest published file, and takes its place in one step: who has the file before
open reads on in it. It takes no space.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from headway.errors import WarehouseError

__all__ = ["FIXED", "fixed_path", "name_newest"]

FIXED = "headway.duckdb"


def fixed_path(warehouse: Path) -> Path:
    """Where the newest published file is."""
    return warehouse / FIXED


def name_newest(published: Path) -> None:
    """Let the fixed path of its folder be this file."""
    path = fixed_path(published.parent)
    if path.exists() and path.samefile(published):
        return
    for leftover in path.parent.glob(f".{FIXED}.*.tmp"):  # of builds that were killed; one builds at a time
        leftover.unlink(missing_ok=True)
    temporary = path.with_name(f".{FIXED}.{secrets.token_hex(4)}.tmp")
    try:
        try:
            os.link(published, temporary)
        except OSError:  # no second name for one file on this disk
            temporary.symlink_to(published.name)
        temporary.replace(path)
    except OSError as error:
        raise WarehouseError(
            f"cannot write {path}: {error.strerror}", hint="check the permissions of the warehouse"
        ) from error
