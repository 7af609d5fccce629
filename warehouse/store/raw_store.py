"""The raw store: Parquet files that never change, and one commit file that makes a batch of them visible.

A batch is visible exactly when its commit file is in `raw/_commits`; that file appears at once. So all tables of a
batch appear together with their resume point, readers and writers need no lock, and a run that dies leaves only files
that nobody refers to (`vacuum` removes them). That holds in a folder and in an object store alike (`storage.py`).
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from headway.errors import WarehouseError
from headway.raw_tables import TABLES
from headway.settings import Settings
from warehouse.store.batch import Batch
from warehouse.store.commit import COMMITS, Commit
from warehouse.store.local_folder import LocalFolder, disk, prepare, set_aside
from warehouse.store.locks import collecting
from warehouse.store.storage import Storage
from warehouse.upkeep.people import FILE, forgotten_people
from warehouse.upkeep.resume_points import FOLDER, ResumePoint

__all__ = ["RawStore", "hidden_by"]

_LOOKS = 50
"""Times to list the batches again where one goes meanwhile."""


class RawStore:
    """The raw rows of a warehouse: `warehouse` is its folder on this machine, `storage` where the rows are."""

    def __init__(self, warehouse: Path, storage: Storage | None = None) -> None:
        self.warehouse = warehouse
        self.storage = storage or LocalFolder(warehouse)
        self.folder = warehouse / "raw"
        self.commits_folder = self.folder / COMMITS
        self.privacy_note = warehouse / "privacy.json"
        self.people: Callable[[str, pa.Table], pa.Table] | None = None
        """How rows name people, where the settings are not for plain names."""
        self.alias: Callable[[str], str] | None = None
        """The pseudonym of an identity, where there are pseudonyms."""

    @classmethod
    def of(cls, settings: Settings, folder: Path | None = None) -> RawStore:
        """The raw store of the settings; of another folder than theirs, the one in that folder."""
        folder = folder or settings.warehouse_folder
        if not settings.raw_url or folder != settings.warehouse_folder:
            return cls(folder)
        from warehouse.store.object_store import ObjectStore  # its client is no part of a plain installation

        return cls(folder, ObjectStore(settings.raw_url, folder))

    def commits(self) -> list[Commit]:
        """All visible batches, oldest first, but for those whose commit file is damaged (`unreadable`)."""
        listed = self.listed()
        hidden = hidden_by(listed)
        return [commit for commit in listed if commit.name not in hidden]

    def listed(self) -> list[Commit]:
        """Every batch that can be read, oldest first, those too that another replaced."""
        for look in range(_LOOKS):
            paths = self._commit_files()
            self.storage.bring(paths)
            try:
                return [commit for path in paths if (commit := self._readable(path))]
            except FileNotFoundError:  # a compactor replaced one of them meanwhile: look again
                if look and self.storage.shared:
                    time.sleep(min(2.0, 0.01 * 2**look))  # a listing may be older than what it lists
        raise WarehouseError(
            f"the batches of {self.storage.name} are listed and not there", hint="run the command again"
        )

    def unreadable(self) -> list[Path]:
        """Commit files that are damaged, by name: it is not known what they brought."""
        damaged = []
        for path in self._commit_files():
            with contextlib.suppress(FileNotFoundError):
                if self._readable(path) is None:
                    damaged.append(path)
        return damaged

    def _commit_files(self) -> list[Path]:
        names = [name for name in self.storage.names(self.commits_folder) if name.endswith(".json")]
        # What replaces a batch has its name and more, and comes after it.
        names.sort(key=lambda name: name.removesuffix(".json"))
        return [self.commits_folder / name for name in names if not name.startswith(".")]

    def _readable(self, path: Path) -> Commit | None:
        try:
            return Commit.from_json(path.name, self.storage.read(path), self.folder, self.storage)
        except (ValueError, KeyError, TypeError, AttributeError):
            return None

    def moment(self, now: datetime) -> datetime:
        """When a run that begins now (naive UTC) is said to read: after every batch that is there.

        The newest reading of anything counts. Where a clock was once ahead, this is later than now.
        """
        newest = max((commit.collected_at for commit in self.commits()), default=now)
        return now if newest <= now else newest + timedelta(microseconds=1)

    def latest(self, commits: Iterable[Commit] | None = None) -> dict[str, Commit]:
        """The newest batch of each source, among `commits` (oldest first) or all visible ones."""
        return {commit.source: commit for commit in (self.commits() if commits is None else commits)}

    def resume(self, source: str) -> Mapping[str, Any] | None:
        """Where the source stopped, None if it was never read."""
        commit = self.latest().get(source)
        return commit.resumed() if commit else None

    def files(self, commits: Iterable[Commit] | None = None) -> dict[str, list[Path]]:
        """The files of each raw table, in the order in which they came, of `commits` or all visible ones.

        Those that are there can be read on this machine.
        """
        paths: dict[str, list[Path]] = {table: [] for table in TABLES}
        for commit in self.commits() if commits is None else commits:
            for table, names in commit.files.items():
                paths.setdefault(table, []).extend(self.folder / table / name for name in names)
        self.storage.bring(path for table in paths.values() for path in table)
        return paths

    def resume_files(self, commits: Iterable[Commit]) -> set[Path]:
        """The files of the resume points of these batches."""
        points = (commit.resume for commit in commits)
        return {self.folder / FOLDER / point.name for point in points if isinstance(point, ResumePoint)}

    @contextlib.contextmanager
    def collecting(self) -> Iterator[None]:
        """Hold the folder of this machine for one collector; raises `WarehouseBusy` if another has it."""
        with collecting(self.warehouse):
            yield

    def begin(self, source: str, collected_at: datetime, *, after: Commit | None = None) -> Batch:
        """Start a batch of one source, `after` its newest one, which goes where neither has a row."""
        if self.people is None and self.storage.note(self.privacy_note) is not None:
            raise WarehouseError(f"{self.storage.name} holds rows as [privacy] says", hint="run `headway collect`")
        prepare(self.warehouse)
        for folder in (self.commits_folder, self.folder / FOLDER):
            with disk(folder):
                folder.mkdir(parents=True, exist_ok=True)
        forgotten = forgotten_people(self.storage.note(self.warehouse / FILE))
        return Batch(self.storage, self.folder, source, collected_at, after, self.people, forgotten)

    def vacuum(self, *, older_than: datetime) -> int:
        """Remove files that no commit names, last written before `older_than` (naive UTC); return how many.

        Commit files go with them whose batch another one replaced before `older_than`. None goes while a commit file
        is damaged: what it names would have to be there if it came back.
        """
        written = self.storage.written()
        # Asked after the files were listed: what is committed meanwhile is named.
        if self.unreadable():
            return 0
        listed = self.listed()
        hidden = hidden_by(listed)
        old = {path.name for path, at in written.items() if path.parent == self.commits_folder and at < older_than}
        retired = [commit for commit in listed if hidden.get(commit.name) in old]
        retired.sort(key=lambda commit: not commit.replaces)  # what a replacement kept from counting goes after it
        gone = {commit.name for commit in retired}
        needed = [commit for commit in listed if commit.name not in gone]
        raw = {
            self.folder / table / name for commit in needed for table, names in commit.files.items() for name in names
        }
        named = raw | self.resume_files(needed) | {set_aside(path) for path in raw}
        loose = [
            path
            for path, at in written.items()
            if at < older_than
            and path not in named
            and not (path.parent == self.commits_folder and path.suffix == ".json")
        ]
        self.storage.remove([*(self.commits_folder / commit.name for commit in retired), *loose])
        return len(retired) + len(loose)


def hidden_by(listed: Sequence[Commit]) -> dict[str, str]:
    """Each batch that does not count, of all that are listed in order, and the one that counts in its place.

    Without a lock two collectors may replace the same batch. Of such replacements the one with the later name counts,
    and the other is as if it were not there: what it replaced is retained that long.
    """
    with_rows = {commit.name for commit in listed if not commit.quiet}
    hidden: dict[str, str] = {}
    for commit in reversed(listed):
        if commit.name in hidden:
            continue
        rivals = [hidden[name] for name in commit.replaces if hidden.get(name) in with_rows]
        if rivals and not commit.quiet:
            hidden[commit.name] = rivals[0]
        else:
            hidden.update(dict.fromkeys(commit.replaces, commit.name))
    return hidden
