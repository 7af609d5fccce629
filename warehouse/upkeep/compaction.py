"""Keep the raw store quick: many small batches of one source become one, and unreferenced files are removed.

The new commit file names the ones that it replaces; from the instant it appears they no longer count, so a reader sees
the rows once, before, during and after.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq

from warehouse.store import Commit, RawStore, write_atomically
from warehouse.upkeep.damage import missing_files
from warehouse.upkeep.file_schemas import complete_schema

__all__ = ["MOST_BATCHES", "compact", "tidy"]

MOST_BATCHES = 60
KEPT_FOR = timedelta(days=1)


def tidy(store: RawStore, *, now: datetime) -> int:
    """Compact every source with many batches, and remove what was left over a day ago; returns files removed."""
    batches: dict[str, list[Commit]] = {}
    for commit in store.commits():
        batches.setdefault(commit.source, []).append(commit)
    for commits in batches.values():
        # What is missing of a source stays visible until it is healed.
        if len(commits) > MOST_BATCHES and not missing_files(store, commits):
            compact(store, commits)
    return store.vacuum(older_than=now - KEPT_FOR)


def compact(store: RawStore, commits: list[Commit]) -> Commit:
    """Replace batches of one source, oldest first, by one with the same rows and the newest resume point."""
    newest = commits[-1]
    # A compaction that died before it removed them left files that only its own commit keeps from counting.
    left = [name for commit in commits for name in commit.replaces if (store.commits_folder / name).exists()]
    files: dict[str, tuple[str, ...]] = {}
    for table, parts in store.files(commits).items():
        if parts:
            files[table] = (_merge(store.folder / table, table, parts),)
    merged = replace(
        newest,
        # After the newest of its batches, and before any batch of a later run.
        name=f"{newest.name.removesuffix('.json')}-{secrets.token_hex(4)}.json",
        files=files,
        rows={table: sum(commit.rows.get(table, 0) for commit in commits) for table in files},
        replaces=(*left, *(commit.name for commit in commits)),
    )
    write_atomically(store.commits_folder / merged.name, merged.to_json())
    for commit in commits:
        for table, names in commit.files.items():
            for name in names:
                (store.folder / table / name).touch()  # whoever reads it now has a day
    for name in merged.replaces:
        (store.commits_folder / name).unlink(missing_ok=True)
    return merged


def _merge(folder: Path, table: str, parts: list[Path]) -> str:
    """Write the rows of some files to one, a part at a time."""
    name = f"{secrets.token_hex(16)}.parquet"
    schema = complete_schema(table, parts)  # what a newer version added stays
    with pq.ParquetWriter(folder / name, schema, compression="zstd") as writer:
        for part in parts:
            writer.write_table(pq.read_table(part, schema=schema))
    with (folder / name).open("rb+") as file:
        os.fsync(file.fileno())
    return name
