"""Files of records as a kind of source: `events:FILE`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headway.progress import Progress
from headway.raw_tables import Checkpoint, Rows
from headway.settings import SourceSettings
from headway.source import Source, SourceKind

if TYPE_CHECKING:
    from collectors.records_file.source import RecordsSource

__all__ = ["RecordsKind"]


class RecordsKind(SourceKind):
    """What any other system knows, written to a file."""

    prefix = "events:"
    id_prefix = "events:"
    targets = ("events:FILE",)

    def sources(self, source: SourceSettings, *, base: Path) -> Iterator[Source]:
        """One source a file."""
        from collectors.records_file.source import RecordsSource, source_id

        file = RecordsSource(base / Path(source.target.removeprefix(self.prefix)).expanduser())
        yield Source(source_id(file), source.target, source.team, partial(self._collect, file))

    def _collect(
        self,
        file: RecordsSource,
        resume: Mapping[str, Any] | None,
        *,
        full: bool,
        at: datetime,
        progress: Progress,
    ) -> Iterator[Rows | Checkpoint]:
        from collectors.records_file import collect

        rejects = self._context.settings.warehouse_folder / "rejects"
        return collect(file, rejects=rejects, collected_at=at, resume=resume, full=full, progress=progress)
