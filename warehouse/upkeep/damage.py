"""Raw files that are missing or damaged: the rest is served, they are named, and reading their source again heals it.

A damaged raw file gets another name, and counts as missing from then on. A damaged commit file keeps its name and
counts as if it were not there. Both are healed when everything of the source was read again (`collect --full`).
"""

from __future__ import annotations

import errno
import re
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from warehouse.store import Commit, RawStore

__all__ = ["Gap", "gaps", "heal", "missing_files", "set_damaged_aside"]

_SOURCE = re.compile(r'"source": "((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class Gap:
    """Files that are missing of what a source brought; source and repositories are empty if unknown."""

    source: str
    files: int
    repo_ids: tuple[str, ...] = ()

    def line(self) -> str:
        """One sentence for people."""
        what = f"{self.files:,} file{'s' * (self.files != 1)} of raw rows"
        return f"{self.source or 'unknown source'}: {what} missing or damaged; the rest is served"


def gaps(store: RawStore, commits: Collection[Commit] | None = None) -> list[Gap]:
    """What is missing of these batches, or of all visible ones: one per source, in order."""
    files: dict[str, int] = {}
    repo_ids: dict[str, set[str]] = {}
    commits = store.commits() if commits is None else commits
    present = _present(store, commits)
    for commit in commits:
        if missing := len(_missing_of(store, commit, present)):
            files[commit.source] = files.get(commit.source, 0) + missing
            repo_ids.setdefault(commit.source, set()).update(commit.repo_ids)
    for path in store.unreadable():
        source = _source_of(store, path)
        files[source] = files.get(source, 0) + 1
    return [Gap(source, files[source], tuple(sorted(repo_ids.get(source, ())))) for source in sorted(files)]


def missing_files(store: RawStore, commits: Collection[Commit]) -> set[Path]:
    """The raw files that these batches name and that are not there."""
    present = _present(store, commits)
    return {path for commit in commits for path in _missing_of(store, commit, present)}


def set_damaged_aside(store: RawStore) -> int:
    """Read every raw file, and give another name to those that cannot be read; returns how many."""
    damaged = 0
    for files in store.files().values():
        for path in files:
            if path.exists() and not _sound(path):
                store.storage.set_aside(path)
                damaged += 1
    return damaged


def heal(store: RawStore, sources: Collection[str], *, before: datetime, all_sources: Collection[str]) -> None:
    """Forget what was missing of these sources: all of them was read again, by batches not older than `before`.

    `all_sources`: every source that was ever read. A damaged commit file of an unknown source goes when all of them
    were read again. The caller holds the warehouse (`RawStore.collecting`).
    """
    commits = store.commits()
    present = _present(store, commits)
    for commit in commits:
        missing = {path.name for path in _missing_of(store, commit, present)}
        if missing and commit.source in sources and commit.collected_at < before:
            _replace(store, commit, missing)
    for path in store.unreadable():
        source = _source_of(store, path)
        if source in sources or (not source and set(all_sources) <= set(sources)):
            store.storage.remove([path])


def _replace(store: RawStore, commit: Commit, missing: Collection[str]) -> None:
    """Put a batch that names only what is there in the place of another."""
    files = {table: tuple(name for name in names if name not in missing) for table, names in commit.files.items()}
    healed = replace(
        commit,
        name=f"{commit.name.removesuffix('.json')}-{secrets.token_hex(4)}.json",
        files={table: names for table, names in files.items() if names},
        replaces=(*commit.replaces, commit.name),
    )
    store.storage.create(store.commits_folder / healed.name, healed.to_json())
    store.storage.retire([store.commits_folder / commit.name], [])


def _present(store: RawStore, commits: Iterable[Commit]) -> set[tuple[str, str]]:
    """Table and name of the raw files that are there; a folder is listed once, however many files it has."""
    tables = {table for commit in commits for table in commit.files}
    return {(table, name) for table in tables for name in store.storage.names(store.folder / table)}


def _missing_of(store: RawStore, commit: Commit, present: Collection[tuple[str, str]]) -> list[Path]:
    named = ((table, name) for table, names in commit.files.items() for name in names)
    return [store.folder / table / name for table, name in named if (table, name) not in present]


def _sound(path: Path) -> bool:
    """Whether a file can be read; raises OSError where that is not for the file to say (permissions, open files)."""
    import pyarrow.parquet as pq  # where Parquet is read: commands start with less

    try:
        with pq.ParquetFile(path) as file:
            for _ in file.iter_batches():
                pass
    except OSError as error:  # Arrow's own, about the contents, have no number
        if error.errno not in {None, errno.EIO}:
            raise
        return False
    except (pa.ArrowCancelled, pa.ArrowMemoryError):
        raise
    except pa.ArrowException:
        return False
    return True


def _source_of(store: RawStore, path: Path) -> str:
    """The source that a damaged commit file still names, else empty."""
    store.storage.bring([path])
    match = _SOURCE.search(path.read_text(encoding="utf-8", errors="replace"))
    return match[1].replace('\\"', '"').replace("\\\\", "\\") if match else ""
