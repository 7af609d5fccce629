"""Raw rows in a folder of this machine: files appear by one rename."""

from __future__ import annotations

import contextlib
import fcntl
import glob
import os
import secrets
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from headway.errors import WarehouseError
from warehouse.upkeep.notes import reading
from warehouse.upkeep.permissions import PRIVATE

__all__ = ["LocalFolder", "appearing", "disk", "prepare", "remove_unfinished", "set_aside", "write_atomically"]


class LocalFolder:
    """A warehouse folder, as `warehouse.store.storage.Storage`."""

    retained = timedelta(days=1)
    shared = False

    def __init__(self, warehouse: Path) -> None:
        self.name = str(warehouse)
        self._raw = warehouse / "raw"

    def names(self, folder: Path) -> set[str]:
        """As `Storage.names`."""
        return set(os.listdir(folder)) if folder.is_dir() else set()  # noqa: PTH208  (Paths take ten times as long)

    def written(self) -> dict[Path, datetime]:
        """As `Storage.written`."""
        times = {}
        for path in self._raw.rglob("*"):
            if path.is_file():
                times[path] = datetime.fromtimestamp(path.stat().st_mtime, UTC).replace(tzinfo=None)
        return times

    def drop_copies(self, *, older_than: datetime) -> None:
        """As `Storage.drop_copies`: there are none."""

    def read(self, path: Path) -> str:
        """As `Storage.read`."""
        return path.read_text(encoding="utf-8")

    def create(self, path: Path, text: str) -> None:
        """As `Storage.create`; the lock of the warehouse keeps others away."""
        write_atomically(path, text)

    def note(self, path: Path) -> str | None:
        """As `Storage.note`."""
        with reading(path):
            return path.read_text(encoding="utf-8") if path.exists() else None

    def write_note(self, path: Path, text: str) -> None:
        """As `Storage.write_note`."""
        remove_unfinished(path.parent, path.name)
        write_atomically(path, text)

    def bring(self, paths: Iterable[Path]) -> None:
        """As `Storage.bring`: they are here."""

    def send(self, paths: Iterable[Path]) -> None:
        """As `Storage.send`: their contents are on the disk, and so are their names from here on."""
        for folder in {path.parent for path in paths}:
            with disk(folder):
                _sync_folder(folder)

    def remove(self, paths: Iterable[Path]) -> None:
        """As `Storage.remove`, in this order."""
        for path in paths:
            path.unlink(missing_ok=True)

    def retire(self, commits: Iterable[Path], files: Iterable[Path]) -> None:
        """As `Storage.retire`: files are removed a while after they were last written."""
        for path in files:
            path.touch()
        self.remove(commits)

    def try_out(self) -> None:
        """As `Storage.try_out`: the disk is looked at elsewhere."""

    def set_aside(self, path: Path) -> None:
        """As `Storage.set_aside`."""
        path.replace(set_aside(path))


def set_aside(path: Path) -> Path:
    """The name of a damaged raw file once it counts as missing."""
    return path.with_name(f"{path.name}.damaged")


def prepare(warehouse: Path) -> None:
    """Make the warehouse folder, for its owner alone and excluded from version control."""
    with disk(warehouse):
        warehouse.mkdir(PRIVATE, parents=True, exist_ok=True)
        ignore = warehouse / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that it is seen whole or not at all, also after a power cut."""
    with disk(path):
        with appearing(path) as file:
            file.write(text.encode())
        _sync_folder(path.parent)


@contextlib.contextmanager
def appearing(path: Path, mode: int = 0o666) -> Iterator[BinaryIO]:
    """A file to write, which takes its name where the block ends without an error; else nothing is left of it.

    It is locked meanwhile: so it differs from what a process that was killed left (`remove_unfinished`).
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    number = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(number, "wb") as file:
            with contextlib.suppress(OSError):  # a disk without locks
                fcntl.flock(number, fcntl.LOCK_EX)
            yield file
            file.flush()
            os.fsync(number)
            temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def remove_unfinished(folder: Path, *names: str) -> None:
    """Remove what killed processes left of files with these names, or of any, but not what another one is writing."""
    patterns = [f".{glob.escape(name)}.*.tmp" for name in names] or [".*.tmp"]
    for path in chain.from_iterable(folder.glob(pattern) for pattern in patterns):
        with contextlib.suppress(OSError), path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def disk(path: Path) -> Iterator[None]:
    """Report what the disk refuses, with the place and what to do."""
    try:
        yield
    except OSError as error:
        raise WarehouseError(
            f"cannot write {path}: {error.strerror}",
            hint="check the free space and the permissions there; nothing was lost",
        ) from error


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
