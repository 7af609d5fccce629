"""Keep the raw store quick: many small batches of one source become one, and unreferenced files are removed.

The new commit file names the ones that it replaces; from the instant it appears they no longer count, so a reader sees
the rows once, before, during and after.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pyarrow.parquet as pq

from warehouse.store import Commit, RawStore, hidden_by
from warehouse.upkeep.damage import missing_files
from warehouse.upkeep.file_schemas import complete_schema
from warehouse.upkeep.forgetting import pending

__all__ = ["MOST_BATCHES", "compact", "tidy"]

MOST_BATCHES = 24


def tidy(store: RawStore, *, now: datetime, sources: Collection[str] | None = None, sweep: bool = True) -> int:
    """Compact the newest batches of every source with many, or of those of `sources`; returns files removed.

    `sweep`: remove what was left over a while ago.
    """
    batches: dict[str, list[Commit]] = {}
    for commit in store.commits():
        if sources is None or commit.source in sources:
            batches.setdefault(commit.source, []).append(commit)
    for commits in () if pending(store) else batches.values():  # what goes must not come back in a merged batch
        # What is missing of a source stays visible until it is healed.
        if len(commits) > MOST_BATCHES and not missing_files(store, commits):
            compact(store, commits[_first_to_merge(commits) :])
    store.storage.drop_copies(older_than=now)
    if not sweep:
        return 0
    if store.storage.shared:  # the clock of this machine may be ahead of that of others
        now = min(now, max(store.storage.written().values(), default=now))
    return store.vacuum(older_than=now - store.storage.retained)


def _first_to_merge(commits: list[Commit]) -> int:
    """The place of the oldest batch that has no more rows than all after it together.

    What is merged from there on leaves batches of which each has more rows than all after it: few, however many nights
    pass, and a large first batch is written again only when as many rows have followed.
    """
    rows = [sum(commit.rows.values()) for commit in commits]
    after = sum(rows)
    for place, count in enumerate(rows[:-1]):
        after -= count
        if count <= after:
            return place
    return 0


def compact(store: RawStore, commits: list[Commit]) -> Commit | None:
    """Replace batches of one source, oldest first, by one with the same rows and the newest resume point.

    None where another collector replaced one of them meanwhile.
    """
    newest = commits[-1]
    files: dict[str, tuple[str, ...]] = {}
    for table, parts in store.files(commits).items():
        if parts:
            files[table] = (_merge(store.folder / table, table, parts),)
    listed = store.listed()
    hidden = hidden_by(listed)
    # What a replacement that died, or came second, left: only its own commit keeps it from counting.
    left = [commit.name for commit in listed if commit.source == newest.source and commit.name in hidden]
    damaged = {path.name for path in store.unreadable()}
    left += [name for commit in commits for name in commit.replaces if name in damaged]
    if not {commit.name for commit in commits} <= {commit.name for commit in listed}.difference(left):
        return None
    merged = replace(
        newest,
        # After the newest of its batches, and before any batch of a later run.
        name=f"{newest.name.removesuffix('.json')}-{secrets.token_hex(4)}.json",
        files=files,
        rows={table: sum(commit.rows.get(table, 0) for commit in commits) for table in files},
        replaces=(*left, *(commit.name for commit in commits)),
    )
    store.storage.send(store.folder / table / name for table, names in files.items() for name in names)
    store.storage.create(store.commits_folder / merged.name, merged.to_json())
    replaced_files = [
        store.folder / table / name for commit in commits for table, names in commit.files.items() for name in names
    ]
    store.storage.retire((store.commits_folder / name for name in merged.replaces), replaced_files)
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
