"""Reads a file of records: twice when it is new or has changed, not at all when it has not."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from collectors.records_file.ai_exports import as_ai_usage, names_nobody
from collectors.records_file.cdevents import Environment, NotUsed, cdevent, is_event
from collectors.records_file.formats.csv_rows import CsvRows
from collectors.records_file.formats.json_lines import json_rows
from collectors.records_file.formats.lines import Line, LineReader, digest
from collectors.records_file.index import Index
from collectors.records_file.native import Record, record, variant_of
from collectors.records_file.notices import notices_of, specifics_of
from collectors.records_file.rejects import RejectedLines, RejectFile
from collectors.records_file.resume import Resume
from collectors.records_file.source import Format, RecordsSource, format_of, opened, source_id, written_at
from collectors.records_file.values import BadValue, shown
from headway.errors import HeadwayError, PartialRead
from headway.progress import Progress
from headway.raw_tables import Checkpoint, Rows
from headway.raw_tables.batch import RowBuffer

__all__ = ["collect", "continues"]

_LINES_A_STEP = 2_000


def collect(
    source: RecordsSource,
    *,
    rejects: Path,
    reject_texts: bool = True,
    collected_at: datetime,
    resume: Mapping[str, Any] | None,
    full: bool,
    progress: Progress,
) -> Iterator[Rows | Checkpoint]:
    """The rows of a file of records, then one checkpoint.

    `rejects` is the folder for the file of lines that were set aside, with their texts or without, `collected_at` when
    the run began (naive UTC).
    A file that is byte for byte what `resume` says yields the checkpoint alone, unless `full`. The watermark is the
    newest time in the file that is not after `collected_at`: an export knows nothing later.

    Raises `RejectedLines` after the checkpoint where lines were set aside; before it `UsageError` (no such file),
    `CollectError` (not readable as records at all) or `PartialRead` (the file changed under the reader).
    """
    with opened(source) as (file, size_bytes):
        before = Resume.read(resume)
        with RejectFile(rejects, source, with_texts=reject_texts) as aside:
            if not full and before is not None and _is_unchanged(file, size_bytes, before, aside):
                now = replace(before, place=source.absolute)
            else:
                reading = _Reading(source, file, size_bytes, collected_at, progress)
                try:
                    now = yield from reading.rows(aside, before, full=full)
                finally:
                    progress.done()
            yield now.checkpoint()
    if now.rejected:
        raise RejectedLines(source, now.rejected, now.first_rejected, aside.path)


def continues(source: RecordsSource, resume: Mapping[str, Any]) -> bool:
    """Whether a file begins with all that a resume point of another path had read: it was moved, and perhaps grew."""
    before = Resume.read(resume)
    if before is None or not before.size_bytes:
        return False
    try:
        with opened(source) as (file, size_bytes):
            return size_bytes >= before.size_bytes and digest(file, before.size_bytes) == before.sha256
    except HeadwayError:
        return False


def _is_unchanged(file: BinaryIO, size_bytes: int, before: Resume, aside: RejectFile) -> bool:
    """Times in the future may have come to pass, and a reject file that someone removed is written again."""
    if size_bytes != before.size_bytes or before.in_future or (before.rejected and not aside.path.exists()):
        return False
    return digest(file, size_bytes) == before.sha256


class _Reading:
    """The two readings of one file."""

    def __init__(
        self, source: RecordsSource, file: BinaryIO, size_bytes: int, collected_at: datetime, progress: Progress
    ) -> None:
        self._source = source
        self._file = file
        self._size_bytes = size_bytes
        self._progress = progress
        self._format: Format = format_of(source, file)
        self._index = Index(collected_at, written_at(file))
        self._buffer = RowBuffer(collected_at)
        self._repo_ids: set[str] = set()
        self._separator = ""

    def rows(self, aside: RejectFile, before: Resume | None, *, full: bool) -> Generator[Rows, None, Resume]:
        """All rows of the file; returns the resume point.

        What an earlier state of the file told stays told (a log that was just rotated is empty), unless `full`.
        """
        first = LineReader(self._file, self._size_bytes)
        self._understand(first, aside)
        second = LineReader(self._file, self._size_bytes)
        yield from self._emit(second)
        if second.sha256 != first.sha256:
            raise PartialRead(
                f"{shown(self._source.absolute, 200)} changed while it was read",
                hint="Write exports under another name and rename them when they are complete.",
            )
        notices = notices_of(self._index, aside, before.notices if before else {}, self._separator)
        about = specifics_of(self._index, aside)
        self._buffer.add("notices", ({"repo_id": "", **row} for row in notices.rows(source_id(self._source), about)))
        yield from self._buffer.drain()
        aside.publish()
        newest_at = self._index.newest_at
        earlier = None if full else before
        return Resume(
            sha256=first.sha256,
            size_bytes=first.position,
            newest_at=newest_at.isoformat() if newest_at else (earlier.newest_at if earlier else None),
            in_future=self._index.in_future,
            repo_ids=tuple(sorted(self._repo_ids.union(earlier.repo_ids if earlier else ()))),
            notices=notices.counts,
            rejected=aside.count,
            first_rejected=tuple(aside.first),
            place=self._source.absolute,
        )

    def _understand(self, reader: LineReader, aside: RejectFile) -> None:
        """First reading: which lines are good, and which has the last word on each row."""
        for line, content in self._contents(reader, "checking"):
            self._index.lines += 1
            try:
                if content is None:
                    aside.add(line)
                else:
                    self._index.add(line.number, _said(content))
            except BadValue as error:
                aside.add(line._replace(problem=str(error)))
        self._index.close()

    def _emit(self, reader: LineReader) -> Iterator[Rows]:
        """Second reading: the rows of those lines, then the rows told by several events."""
        for line, content in self._contents(reader, "reading"):
            try:
                entry = None if content is None else _said(content)
            except BadValue:
                continue
            if content is None or not isinstance(entry, Record):
                continue
            is_whole = self._index.is_last_word(line.number, entry)
            if not is_whole and not self._index.counts(line.number, entry):
                continue
            began_at = self._index.began_at(entry)
            if is_event(content) and "environment" in entry.row:
                name = entry.row["environment"]
                entry.row["environment"] = self._index.environments.get(name, name)
            if entry.table == "deployments":
                place = f"{self._source.path.name} line {line.number}"
                entry.row.update(written_in=place, reported_by=source_id(self._source), created_at=began_at)
            self._add(entry, len(line.text), statuses_alone=not is_whole)
            yield from self._buffer.due()
        for folded in self._index.folded.values():
            self._add(Record(folded.table, (), folded.finished()), 0)
            yield from self._buffer.due()

    def _add(self, entry: Record, size_bytes: int, *, statuses_alone: bool = False) -> None:
        """The row of a record with its statuses; these alone where another line has the last word on the deployment."""
        row = entry.row
        if entry.table != "ai_usage":  # it feeds no repository: it says nothing of what else happened there
            self._repo_ids.add(row["repo_id"])
        if not statuses_alone:
            self._buffer.add(entry.table, [row], size_bytes)
        about = {name: row.get(name) for name in ("repo_id", "deployment_id", "written_in", "reported_by")}
        for state, at in entry.statuses:
            self._buffer.add(
                "deployment_statuses", [about | {"variant": variant_of(row), "state": state, "status_at": at}]
            )

    def _contents(self, reader: LineReader, doing: str) -> Iterator[tuple[Line, dict[str, Any] | None]]:
        """Every line or CSV row with what it holds, None where it has a problem."""
        name = shown(self._source.path.name)
        if self._format == "json":
            rows: Iterable[tuple[Line, dict[str, Any] | None]] = json_rows(reader)
        else:
            rows = table = CsvRows(iter(reader), name)
            self._separator = table.separator
        for number, row in enumerate(rows):
            if number % _LINES_A_STEP == 0:
                self._progress.step(reader.position, self._size_bytes, f"{doing} {name}, bytes")
            yield row


def _said(content: Mapping[str, Any]) -> Record | Environment | NotUsed:
    if "type" not in content and names_nobody(content):
        return NotUsed("use of Claude Code by an API key, which names no person", None)
    return cdevent(content) if is_event(content) else record(as_ai_usage(content) or content)
