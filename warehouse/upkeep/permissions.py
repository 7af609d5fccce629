"""Who may read the warehouse: its owner, unless the permissions of its folder say more."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

__all__ = ["PRIVATE", "as_private_as", "readable_by_others"]

PRIVATE = 0o700


@contextlib.contextmanager
def as_private_as(folder: Path) -> Iterator[None]:
    """Give new files and folders of this process no permission that the folder does not have, meanwhile."""
    beyond = 0o777 & ~stat.S_IMODE(folder.stat().st_mode)
    before = os.umask(0o077)
    os.umask(before | beyond)
    try:
        yield
    finally:
        os.umask(before)


def readable_by_others(folder: Path) -> bool:
    """Whether every user of the machine may list the folder."""
    return bool(folder.stat().st_mode & stat.S_IROTH)
