"""The raw store: Parquet files that never change, and one commit file that makes a batch of them visible.

A batch is visible exactly when its commit file is in `raw/_commits`; that file appears by one rename. So all tables of
a batch appear at once with their resume point, readers and writers need no lock, and a run that dies leaves only files
that nobody refers to (`vacuum` removes them).
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from headway.errors import WarehouseBusy, WarehouseError
from headway.raw_tables import TABLES, Checkpoint, Rows
from headway.raw_tables.people import renamed
from warehouse.upkeep.people import ForgottenPerson, forgotten_people, without_people
from warehouse.upkeep.permissions import PRIVATE, as_private_as
from warehouse.upkeep.resume_points import FOLDER, LONGEST, ResumePoint, text_of

__all__ = ["Batch", "Commit", "RawStore", "prepare", "remove_unfinished", "set_aside", "write_atomically"]

_COMMITS = "_commits"
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
    def from_json(cls, name: str, text: str, folder: Path) -> Commit:
        """Read a commit file of the store in `folder`.

        Raises `WarehouseError` for one that only a newer Headway can read; ValueError, KeyError, TypeError or
        AttributeError for one that is damaged.
        """
        raw = json.loads(text)
        if raw.get("format", FORMAT) > FORMAT:
            raise WarehouseError(
                f"a newer version of Headway wrote {folder / _COMMITS / name} (format {raw['format']}, here {FORMAT})",
                hint="install that version or a newer one; nothing was changed",
            )
        return cls(
            name=name,
            source=raw["source"],
            files={table: tuple(files) for table, files in raw["files"].items()},
            rows=raw["rows"],
            resume=ResumePoint(folder, raw["resume_file"]) if "resume_file" in raw else raw["resume"],
            collected_at=datetime.fromisoformat(raw["collected_at"]),
            watermark_at=datetime.fromisoformat(raw["watermark_at"]) if raw["watermark_at"] else None,
            repo_ids=tuple(raw["repo_ids"]),
            replaces=tuple(raw["replaces"]),
        )


class RawStore:
    """The folder of raw rows inside a warehouse folder."""

    def __init__(self, warehouse: Path) -> None:
        self.warehouse = warehouse
        self.folder = warehouse / "raw"
        self.commits_folder = self.folder / _COMMITS
        self.privacy_note = warehouse / "privacy.json"
        self.alias: Callable[[str], str] | None = None

    def commits(self) -> list[Commit]:
        """All visible batches, oldest first, but for those whose commit file is damaged (`unreadable`)."""
        while True:
            try:
                batches = [commit for path in self._commit_files() if (commit := self._readable(path))]
            except FileNotFoundError:
                continue  # a compactor replaced one of them meanwhile: look again
            replaced = {name for commit in batches for name in commit.replaces}
            return [commit for commit in batches if commit.name not in replaced]

    def unreadable(self) -> list[Path]:
        """Commit files that are damaged, by name: it is not known what they brought."""
        return [path for path in self._commit_files() if path.exists() and self._readable(path) is None]

    def _commit_files(self) -> list[Path]:
        if not self.commits_folder.is_dir():
            return []
        return sorted(path for path in self.commits_folder.iterdir() if path.suffix == ".json")

    def _readable(self, path: Path) -> Commit | None:
        try:
            return Commit.from_json(path.name, path.read_text(encoding="utf-8"), self.folder)
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
        """The files of each raw table, in the order in which they came, of `commits` or all visible ones."""
        visible: dict[str, list[Path]] = {table: [] for table in TABLES}
        for commit in self.commits() if commits is None else commits:
            for table, names in commit.files.items():
                visible.setdefault(table, []).extend(self.folder / table / name for name in names)
        return visible

    def resume_files(self, commits: Iterable[Commit]) -> set[Path]:
        """The files of the resume points of these batches."""
        points = (commit.resume for commit in commits)
        return {self.folder / FOLDER / point.name for point in points if isinstance(point, ResumePoint)}

    @contextlib.contextmanager
    def collecting(self) -> Iterator[None]:
        """Hold the warehouse for one collector; raises `WarehouseBusy` if another has it.

        Meanwhile temporary files of this process go into the warehouse, where the next collector finds what one that
        was killed left.
        """
        prepare(self.warehouse)
        path = self.warehouse / "collect.lock"
        with contextlib.ExitStack() as held:
            with _disk(path):
                lock = held.enter_context(path.open("w"))
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError as error:
                    raise WarehouseBusy(
                        f"another collector is at work on {self.warehouse}", hint="wait until it has ended"
                    ) from error
            held.enter_context(as_private_as(self.warehouse))
            remove_unfinished(self.warehouse / "runs")
            with _temporary_files(self.warehouse / "cache" / "collecting"):
                yield

    @contextlib.contextmanager
    def building(self) -> Iterator[None]:
        """Wait for the warehouse and hold it for one build: an earlier one must not replace what a later one made."""
        path = self.warehouse / "build.lock"
        with contextlib.ExitStack() as held:
            with _disk(path):
                fcntl.flock(held.enter_context(path.open("w")), fcntl.LOCK_EX)
            held.enter_context(as_private_as(self.warehouse))
            yield

    def begin(self, source: str, collected_at: datetime, *, after: Commit | None = None) -> Batch:
        """Start a batch of one source, `after` its newest one, which goes where neither has a row."""
        if self.alias is None and self.privacy_note.exists():
            raise WarehouseError(f"{self.warehouse} holds pseudonyms alone", hint="run `headway collect`")
        prepare(self.warehouse)
        for folder in (self.commits_folder, self.folder / FOLDER):
            with _disk(folder):
                folder.mkdir(parents=True, exist_ok=True)
        return Batch(self.folder, source, collected_at, after, self.alias, forgotten_people(self.warehouse))

    def vacuum(self, *, older_than: datetime) -> int:
        """Remove files that no commit names, last written before `older_than` (naive UTC); return how many.

        None, while a commit file is damaged: what it names would have to be there if it came back.
        """
        limit = older_than.replace(tzinfo=UTC).timestamp()
        old = [
            path
            for path in self.folder.rglob("*")
            if path.is_file()
            and not (path.parent == self.commits_folder and path.suffix == ".json")
            and path.stat().st_mtime < limit
        ]
        # Asked after the folder was listed: what is committed meanwhile is named.
        if self.unreadable():
            return 0
        commits = self.commits()
        named = {path for paths in self.files(commits).values() for path in paths}
        named |= self.resume_files(commits) | {set_aside(path) for path in named}
        loose = [path for path in old if path not in named]
        for path in loose:
            path.unlink(missing_ok=True)
        return len(loose)


@dataclass
class Batch:
    """Rows on their way in: written as they come, visible from `commit` on."""

    folder: Path
    source: str
    collected_at: datetime
    after: Commit | None = None
    alias: Callable[[str], str] | None = None
    forgotten: Sequence[ForgottenPerson] = ()
    _files: dict[str, list[str]] = field(default_factory=dict)
    _rows: dict[str, int] = field(default_factory=dict)
    _committed: int = 0

    def write(self, rows: Rows) -> None:
        """Write rows to a file of their own, not yet visible."""
        import pyarrow.parquet as pq  # where Parquet is written: commands start with less

        if rows.data.num_rows == 0:
            return
        expected = TABLES[rows.table].schema
        if rows.data.schema != expected:
            raise WarehouseError(
                f"rows of {rows.table} do not have its columns: {rows.data.schema.names}",
                hint="this is a defect of a collector; please report it",
            )
        data = rows.data if self.alias is None else renamed(rows.table, rows.data, self.alias)
        data = without_people(rows.table, data, self.forgotten)
        name = f"{secrets.token_hex(16)}.parquet"
        path = self.folder / rows.table / name
        with _disk(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                pq.write_table(data, file, compression="zstd")
                file.flush()
                os.fsync(file.fileno())
        self._files.setdefault(rows.table, []).append(name)
        self._rows[rows.table] = self._rows.get(rows.table, 0) + rows.data.num_rows

    def commit(self, checkpoint: Checkpoint) -> Commit:
        """Make everything written since the last commit visible, together with its resume point."""
        stamp = self.collected_at.strftime("%Y%m%dT%H%M%S%f")
        replaced = self.after if self.after and self.after.quiet and not self._files else None
        commit = Commit(
            name=f"{stamp}-{self._committed:06d}-{secrets.token_hex(4)}.json",
            source=self.source,
            files={table: tuple(names) for table, names in self._files.items()},
            rows=dict(self._rows),
            resume=self._resume_point(checkpoint),
            collected_at=self.collected_at,
            watermark_at=checkpoint.watermark_at,
            repo_ids=checkpoint.repo_ids,
            replaces=self._standing(replaced),
        )
        for table in self._files:
            with _disk(self.folder / table):
                _sync_folder(self.folder / table)
        write_atomically(self.folder / _COMMITS / commit.name, commit.to_json())
        for name in commit.replaces:
            (self.folder / _COMMITS / name).unlink(missing_ok=True)
        self._files, self._rows = {}, {}
        self._committed += 1
        self.after = commit
        return commit

    def _standing(self, replaced: Commit | None) -> tuple[str, ...]:
        """The batch to replace, and those that it keeps from counting, where a run died before it removed them."""
        if replaced is None:
            return ()
        left = [name for name in replaced.replaces if (self.folder / _COMMITS / name).exists()]
        return (*left, replaced.name)

    def _resume_point(self, checkpoint: Checkpoint) -> Mapping[str, Any]:
        text = text_of(checkpoint.resume)
        if len(text) <= LONGEST:
            return dict(checkpoint.resume)
        point = ResumePoint(self.folder, ResumePoint.name_of(text))
        path = self.folder / FOLDER / point.name
        if _text(path) == text:
            path.touch()  # what is left over for a day is removed
        else:
            write_atomically(path, text)
        return point


def set_aside(path: Path) -> Path:
    """The name of a damaged raw file once it counts as missing."""
    return path.with_name(f"{path.name}.damaged")


def prepare(warehouse: Path) -> None:
    """Make the warehouse folder, for its owner alone and excluded from version control."""
    with _disk(warehouse):
        warehouse.mkdir(PRIVATE, parents=True, exist_ok=True)
        ignore = warehouse / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that it is seen whole or not at all, also after a power cut."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    with _disk(path):
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        _sync_folder(path.parent)


def remove_unfinished(folder: Path, name: str = "*") -> None:
    """Remove what `write_atomically` left where it was killed, of files with this name; nobody may be writing them."""
    for path in folder.glob(f".{name}.*.tmp"):
        path.unlink(missing_ok=True)


@contextlib.contextmanager
def _temporary_files(folder: Path) -> Iterator[None]:
    """Let temporary files of this process go into a folder that is new, and gone afterwards."""
    before = tempfile.tempdir
    shutil.rmtree(folder, ignore_errors=True)
    with _disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
    tempfile.tempdir = str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before
        shutil.rmtree(folder, ignore_errors=True)


def _resume_of(resume: Mapping[str, Any]) -> dict[str, Any]:
    return {"resume_file": resume.name} if isinstance(resume, ResumePoint) else {"resume": resume}


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _disk(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise WarehouseError(
            f"cannot write {path}: {error.strerror}",
            hint="check the free space and the permissions there; nothing was lost",
        ) from error
