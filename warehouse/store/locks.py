"""One collector and one build at a time on a warehouse folder of this machine."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from headway.errors import WarehouseBusy
from warehouse.store.local_folder import disk, prepare, remove_unfinished
from warehouse.upkeep.permissions import as_private_as

__all__ = ["NOTES", "RESTORING", "building", "collecting"]

NOTES = ("forget.json", "forgotten.json", "privacy.json")
"""Notes beside the raw store, which a collector writes."""
RESTORING = "raw.restoring"
"""The folder in a warehouse in which a backup is unpacked."""


@contextlib.contextmanager
def collecting(warehouse: Path) -> Iterator[None]:
    """Hold the warehouse for one collector; raises `WarehouseBusy` if another has it.

    Meanwhile temporary files of this process go into the warehouse, where the next collector finds what one that
    was killed left.
    """
    prepare(warehouse)
    path = warehouse / "collect.lock"
    with contextlib.ExitStack() as held:
        with disk(path):
            lock = held.enter_context(path.open("w"))
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise WarehouseBusy(
                    f"another collector is at work on {warehouse}", hint="wait until it has ended"
                ) from error
        held.enter_context(as_private_as(warehouse))
        remove_unfinished(warehouse, *NOTES)
        remove_unfinished(warehouse / "runs")
        shutil.rmtree(warehouse / RESTORING, ignore_errors=True)
        with _temporary_files(warehouse / "cache" / "collecting"):
            yield


@contextlib.contextmanager
def building(warehouse: Path) -> Iterator[None]:
    """Wait for the warehouse and hold it for one build: an earlier one must not replace what a later one made."""
    path = warehouse / "build.lock"
    with contextlib.ExitStack() as held:
        with disk(path):
            fcntl.flock(held.enter_context(path.open("w")), fcntl.LOCK_EX)
        held.enter_context(as_private_as(warehouse))
        yield


@contextlib.contextmanager
def _temporary_files(folder: Path) -> Iterator[None]:
    """Let temporary files of this process go into a folder that is new, and gone afterwards."""
    before = tempfile.tempdir
    shutil.rmtree(folder, ignore_errors=True)
    with disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
    tempfile.tempdir = str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before
        shutil.rmtree(folder, ignore_errors=True)
