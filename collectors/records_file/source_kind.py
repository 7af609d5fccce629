"""Files of records as a kind of source: `events:FILE`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from headway.errors import UsageError
from headway.progress import Progress
from headway.raw_tables import Checkpoint, Rows
from headway.settings import SourceSettings
from headway.source import Context, Places, Preview, Source, SourceKind

if TYPE_CHECKING:
    from collectors.records_file.source import RecordsSource

__all__ = ["RecordsKind"]

_SUFFIXES = (".csv", ".json", ".jsonl", ".ndjson")


class RecordsKind(SourceKind):
    """What any other system knows, written to a file."""

    prefix = "events:"
    id_prefix = "events:"
    targets = ("events:FILE", "events:FOLDER")

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._places = Places(self.id_prefix, context.resumes, self._settled)

    def _settled(self) -> Iterator[str]:
        """The files that the settings name."""
        from collectors.records_file.source import RecordsSource

        settings = self._context.settings
        for source in settings.sources:
            if source.target.startswith(self.prefix):
                yield from (RecordsSource(path).absolute for path in self._paths(source.target, settings.base))

    def sources(self, source: SourceSettings, *, base: Path) -> Iterator[Source]:
        """One source a file, under the id that it has wherever it lies; of a folder, its files of records."""
        from collectors.records_file.collector import continues
        from collectors.records_file.source import RecordsSource, source_id

        paths = self._paths(source.target, base)
        for path in paths:
            file = RecordsSource(path)
            file = replace(file, known_as=self._places.id_of(file.absolute, partial(continues, file)))
            label = source.target if len(paths) == 1 else f"{source.target.rstrip('/')}/{path.name}"
            yield Source(
                source_id(file), label, source.team, partial(self._collect, file), preview=partial(self._preview, file)
            )

    def repositories(self, source: SourceSettings, *, base: Path) -> tuple[str, ...]:
        """None: records are about repositories that other sources bring."""
        del source, base
        return ()

    def _paths(self, target: str, base: Path) -> list[Path]:
        path = base / Path(target.removeprefix(self.prefix)).expanduser()
        if not path.is_dir():
            return [path]
        files = sorted(file for file in path.iterdir() if file.suffix.lower() in _SUFFIXES and file.is_file())
        if not files:
            raise UsageError(f"{path} has no file of records", hint=f"write files that end in {', '.join(_SUFFIXES)}")
        return files

    @staticmethod
    def _preview(file: RecordsSource, at: datetime) -> Preview:
        from collectors.records_file.preview import preview

        return preview(file, at)

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
        privacy = self._context.settings.privacy
        texts = (privacy.authors, privacy.messages) == ("plain", "whole")
        return collect(
            file,
            rejects=rejects,
            reject_texts=texts,
            collected_at=at,
            resume=resume,
            full=full,
            progress=progress,
        )
