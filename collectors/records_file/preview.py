"""What a file of records would bring, by repository and environment: the same reading, and nothing is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from collectors.records_file.ai_exports import as_ai_usage
from collectors.records_file.cdevents import Environment, NotUsed, cdevent, is_event
from collectors.records_file.formats.csv_rows import CsvRows
from collectors.records_file.formats.json_lines import json_rows
from collectors.records_file.formats.lines import Line, LineReader
from collectors.records_file.index import Index
from collectors.records_file.native import Record, record
from collectors.records_file.rejects import Reasons
from collectors.records_file.source import RecordsSource, format_of, opened, written_at
from collectors.records_file.values import BadValue, shown
from headway.source import Preview, PreviewedRepository

__all__ = ["preview"]


@dataclass
class _Group:
    """The deployments of one repository to one environment."""

    deployments: set[tuple[str, ...]] = field(default_factory=set)
    succeeded: set[tuple[str, ...]] = field(default_factory=set)
    first_line: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None

    def add(self, number: int, entry: Record) -> None:
        self.deployments.add(entry.key)
        self.first_line = self.first_line or number
        if any(state == "success" for state, _ in entry.statuses):
            self.succeeded.add(entry.key)
        for at in entry.times():
            self.first_at = at if self.first_at is None else min(self.first_at, at)
            self.last_at = at if self.last_at is None else max(self.last_at, at)


@dataclass
class _Seen:
    """What the lines of the file hold."""

    others: dict[str, Counter[str]] = field(default_factory=dict)
    deployments: dict[tuple[str, str], _Group] = field(default_factory=dict)
    flags: dict[tuple[str, str], set[bool]] = field(default_factory=dict)

    def add(self, number: int, entry: Record) -> None:
        row = entry.row
        if entry.table != "deployments" or row.get("deleted"):
            self.others.setdefault(row["repo_id"], Counter())[entry.table] += 1
            return
        key = (row["repo_id"], row["environment"])
        self.deployments.setdefault(key, _Group()).add(number, entry)
        if row.get("production") is not None:
            self.flags.setdefault(key, set()).add(row["production"])


def preview(source: RecordsSource, at: datetime) -> Preview:
    """What `collect` would read of a file at a time; errors as of `collect`, but for lines that it would reject."""
    reasons, seen = Reasons(), _Seen()
    with opened(source) as (file, size_bytes):
        index = Index(at, written_at(file))
        separator = ""
        reader = LineReader(file, size_bytes)
        rows: Any = json_rows(reader)
        if format_of(source, file) == "csv":
            rows = CsvRows(iter(reader), shown(source.path.name))
            separator = rows.separator
        for line, content in rows:
            index.lines += 1
            _take(line, content, index, reasons, seen)
    index.close()
    return Preview(
        lines=index.lines,
        rejected=tuple(reasons.first(10)),
        rejected_lines=reasons.count,
        notes=tuple(_notes(index, separator)),
        repositories=tuple(_repositories(seen, index)),
    )


def _take(line: Line, content: dict[str, Any] | None, index: Index, reasons: Reasons, seen: _Seen) -> None:
    if content is None:
        reasons.add(line.number, line.problem or "is not understood")
        return
    try:
        entry: Record | Environment | NotUsed = (
            cdevent(content) if is_event(content) else record(as_ai_usage(content) or content)
        )
        index.add(line.number, entry)
    except BadValue as error:
        reasons.add(line.number, str(error))
        return
    if isinstance(entry, Record):
        seen.add(line.number, entry)


def _repositories(seen: _Seen, index: Index) -> Iterator[PreviewedRepository]:
    for repo_id in sorted({*seen.others, *(key[0] for key in seen.deployments)}):
        environments = [
            (
                index.environments.get(environment, environment),
                len(group.deployments),
                len(group.succeeded),
                group.first_at,
                group.last_at,
                group.first_line,
                frozenset(seen.flags.get((repo, environment), ())),
            )
            for (repo, environment), group in sorted(seen.deployments.items())
            if repo == repo_id
        ]
        others = tuple(sorted(seen.others.get(repo_id, Counter()).items()))
        yield PreviewedRepository(repo_id, tuple(environments), others)


def _notes(index: Index, separator: str) -> Iterator[str]:
    if separator not in {"", ","}:
        yield "columns are separated by " + ("tabs" if separator == "\t" else "semicolons")
    for number, name in index.trimmed:
        yield f"line {number}: the environment {shown(name)} has blanks around it, which are removed"
    yield from _repeated(index)
    if index.superseded:
        where = _first(index.replacing)
        yield f"{index.superseded:,} lines are about a record of an earlier line: the later one counts{where}"
    if index.after_file:
        yield f"{index.after_file:,} lines have a time after the file was written: local times?{_first(index.after)}"
    if index.in_future:
        yield f"{index.in_future:,} lines have a time in the future{_first(index.future)}"
    for name, count in index.unknown_fields.most_common(5):
        yield f"{count:,} lines have a field {shown(name)}, which no record has"
    for name, count in index.not_used.most_common(5):
        yield f"{count:,} events are not used: {shown(name)}"


def _first(lines: list[tuple[int, str]]) -> str:
    return f", such as line {lines[0][0]} {shown(lines[0][1])}" if lines else ""


def _repeated(index: Index) -> Iterator[str]:
    """Lines that share an id, and lines about one deployment."""
    for number, id_ in index.repeated:
        yield (
            f"line {number}: the id {shown(id_)} again, with another environment, commit or application:"
            " a deployment of its own"
        )
    if (more := index.repeated_lines - len(index.repeated)) > 0:
        yield f"{more:,} more lines repeat an id with another environment, commit or application"
    for number, id_ in index.restated:
        yield f"line {number}: the deployment {shown(id_)} again: its states add up, and its first success counts"
    if (more := index.restated_lines - len(index.restated)) > 0:
        yield f"{more:,} more lines are about a deployment of an earlier line"
