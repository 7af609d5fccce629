"""Rows on their way into the raw store."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from headway.errors import WarehouseError
from headway.raw_tables import TABLES, Checkpoint, Rows
from warehouse.store.commit import COMMITS, Commit
from warehouse.store.local_folder import disk
from warehouse.store.storage import Storage
from warehouse.upkeep.people import FILE, ForgottenPerson, forgotten_people, without_people
from warehouse.upkeep.resume_points import FOLDER, LONGEST, ResumePoint, text_of

__all__ = ["Batch"]


@dataclass
class Batch:
    """Rows on their way in: written as they come, visible from `commit` on."""

    storage: Storage
    folder: Path
    source: str
    collected_at: datetime
    after: Commit | None = None
    people: Callable[[str, pa.Table], pa.Table] | None = None
    """How rows of a table name people, where they are not stored as they are."""
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
        data = rows.data if self.people is None else self.people(rows.table, rows.data)
        data = without_people(rows.table, data, self.forgotten)
        name = f"{secrets.token_hex(16)}.parquet"
        path = self.folder / rows.table / name
        with disk(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                pq.write_table(data, file, compression="zstd")
                file.flush()
                os.fsync(file.fileno())
        self._files.setdefault(rows.table, []).append(name)
        self._rows[rows.table] = self._rows.get(rows.table, 0) + rows.data.num_rows

    def commit(self, checkpoint: Checkpoint) -> Commit:
        """Make everything written since the last commit visible, together with its resume point."""
        if self.storage.shared and forgotten_people(self.storage.note(self.folder.parent / FILE)) != [*self.forgotten]:
            raise WarehouseError(
                f"a person was forgotten in {self.storage.name} meanwhile",
                hint="run `headway collect` again; nothing of this batch was stored",
            )
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
            replaces=(replaced.name,) if replaced else (),
        )
        self.storage.send(self.folder / table / name for table, names in self._files.items() for name in names)
        if replaced:  # what it keeps from counting goes before it, where a run died in between
            self._remove(replaced.replaces)
        self.storage.create(self.folder / COMMITS / commit.name, commit.to_json())
        self._remove(commit.replaces)
        self._files, self._rows = {}, {}
        self._committed += 1
        self.after = commit
        return commit

    def _remove(self, names: Iterable[str]) -> None:
        self.storage.remove([self.folder / COMMITS / name for name in names])

    def _resume_point(self, checkpoint: Checkpoint) -> Mapping[str, Any]:
        """The resume point: in the batch where it is short, else that of the batch before or a file of its own."""
        text = text_of(checkpoint.resume)
        if len(text) <= LONGEST:
            return dict(checkpoint.resume)
        before = self.after.resume if self.after else None
        if isinstance(before, ResumePoint) and before.is_text(text, self.storage.note):
            return before  # a visible batch names it all the time, so nobody removes it meanwhile
        point = ResumePoint(self.folder, ResumePoint.new_name(text), self.storage.read)
        self.storage.create(self.folder / FOLDER / point.name, text)
        return point
