"""What a first reading of the file finds out: which line has the last word on each row, and what does not belong.

Lines about one deployment add up, for each says what happened to it: their states all count, and it began with the
earliest. Of other rows the last word alone counts.

It keeps a digest and a line number a record, and the whole of what only grows: rows told by several events, and the
names of environments. The rows themselves are made in a second reading, so that memory does not grow with the texts.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from collectors.records_file.cdevents import Environment, NotUsed
from collectors.records_file.native import Record

__all__ = ["Folded", "Index"]

_EARLIEST = {"opened_at", "first_review_at", "merged_at", "created_at", "started_at"}
_LATEST = {"abandoned_at", "finished_at", "resolved_at", "updated_at"}
_KINDS_OF_WHAT = 200
_NAMED = 3
# Clocks differ by minutes, zones by hours; a file whose time is older than that was given another one.
_SOON, _ZONES = timedelta(minutes=10), timedelta(hours=15)
# How much of a deployment's key is its id, and its place: with the environment and the commit.
_ID, _PLACE = 2, 4


@dataclass
class Folded:
    """A row told by several events, as far as they tell it."""

    table: str
    row: dict[str, Any]
    events: int = 0

    def add(self, row: dict[str, Any]) -> None:
        """Take in one more event; the order of the events does not matter for the times that they stand for."""
        self.events += 1
        for name, value in row.items():
            earlier = self.row.get(name)
            if earlier is not None and name in _EARLIEST:
                value = min(earlier, value)  # noqa: PLW2901
            elif earlier is not None and name in _LATEST:
                value = max(earlier, value)  # noqa: PLW2901
            self.row[name] = value

    @property
    def lacks(self) -> str | None:
        """What keeps it from being a row, None where it is one."""
        if self.table == "ci_runs" and "sha" not in self.row:
            return "pipelinerun without a commit (`customData.headway.sha`)"
        if self.table == "incidents" and "opened_at" not in self.row:
            return "incident.resolved, its start is in no line"
        return None

    def finished(self) -> dict[str, Any]:
        """The row. A change that was closed, opened again and merged was not abandoned."""
        row = dict(self.row)
        if self.table == "change_records" and "merged_at" in row:
            row.pop("abandoned_at", None)
        return row


@dataclass
class Index:
    """What the first reading knows."""

    collected_at: datetime
    written_at: datetime | None = None
    """When the file was written last, by its file system."""
    lines: int = 0
    folded: dict[bytes, Folded] = field(default_factory=dict)
    environments: dict[str, str] = field(default_factory=dict)
    not_used: Counter[str] = field(default_factory=Counter)
    unknown_fields: Counter[str] = field(default_factory=Counter)
    superseded: int = 0
    replacing: list[tuple[int, str]] = field(default_factory=list)
    """The first lines that take the place of earlier ones."""
    in_future: int = 0
    future: list[tuple[int, str]] = field(default_factory=list)
    after_file: int = 0
    after: list[tuple[int, str]] = field(default_factory=list)
    newest_at: datetime | None = None
    _last_word: dict[bytes, int] = field(default_factory=dict)
    _updated_at: dict[bytes, datetime] = field(default_factory=dict)
    _environments_at: dict[str, datetime] = field(default_factory=dict)
    trimmed: list[tuple[int, str]] = field(default_factory=list)
    trimmed_lines: int = 0
    repeated: list[tuple[int, str]] = field(default_factory=list)
    repeated_lines: int = 0
    restated: list[tuple[int, str]] = field(default_factory=list)
    restated_lines: int = 0
    _by_id: dict[bytes, dict[bytes, bytes]] = field(default_factory=dict)
    """By repository and id, the key of each deployment, with what is of its environment and commit."""
    _retracted: dict[bytes, int] = field(default_factory=dict)
    _began_at: dict[bytes, datetime] = field(default_factory=dict)

    def add(self, line_number: int, content: Record | Environment | NotUsed) -> None:
        """Take in what a good line says."""
        if isinstance(content, Record):
            self._saw(line_number, content.times())
            for name in content.unknown:
                self._tally(self.unknown_fields, name)
            if content.trimmed:
                self.trimmed_lines += 1
                _keep(self.trimmed, line_number, content.trimmed)
            if content.whole:
                self._whole(line_number, content)
            else:
                self.folded.setdefault(key_of(content), Folded(content.table, {})).add(content.row)
        elif isinstance(content, Environment):
            self._saw(line_number, [content.at])
            if content.at >= self._environments_at.get(content.id, content.at):
                self.environments[content.id] = content.name
                self._environments_at[content.id] = content.at
        else:
            self._saw(line_number, [] if content.at is None else [content.at])
            self._tally(self.not_used, content.what)

    def is_last_word(self, line_number: int, record: Record) -> bool:
        """Whether the row of this line is the one to keep."""
        return self._last_word.get(key_of(record)) == line_number

    def counts(self, line_number: int, record: Record) -> bool:
        """Whether the states in this line count: of a deployment that no later line retracts."""
        key = key_of(record)
        return record.table == "deployments" and key in self._last_word and line_number > self._retracted.get(key, 0)

    def began_at(self, record: Record) -> datetime | None:
        """The earliest `created_at` of the lines about a deployment."""
        return self._began_at.get(key_of(record))

    def close(self) -> None:
        """After the last line: whole records win over events of the same row, and what is no row is told apart."""
        for key, folded in list(self.folded.items()):
            if key in self._last_word:
                self.superseded += folded.events
                del self.folded[key]
            elif (lack := folded.lacks) is not None:
                self.not_used[lack] += folded.events
                del self.folded[key]

    def _whole(self, line_number: int, record: Record) -> None:
        """The later line wins, unless both say when they were updated and it is the older one."""
        key = key_of(record)
        if record.table == "deployments":
            self._deployment(line_number, record, key)
        elif key in self._last_word:
            self.superseded += 1
            _keep(self.replacing, line_number, record.key[-1])
        if key in self._last_word:
            before = self._updated_at.get(key)
            if before is not None and record.updated_at is not None and record.updated_at < before:
                return
        self._last_word[key] = line_number
        self._updated_at.pop(key, None)
        if record.updated_at is not None:
            self._updated_at[key] = record.updated_at

    def _deployment(self, line_number: int, record: Record, key: bytes) -> None:
        """Deployments of one id and lines about one of them are reported; a retraction ends what came before it."""
        place = key_of(record._replace(key=record.key[:_PLACE]))
        alike = self._by_id.setdefault(key_of(record._replace(key=record.key[:_ID])), {})
        if record.row["deleted"]:
            about = [other for other, where in alike.items() if len(record.key) == _ID or key in (other, where)]
            for other in about:
                newer = self._updated_at.get(other)
                if newer is None or record.updated_at is None or newer <= record.updated_at:
                    self.superseded += self._last_word.pop(other, None) is not None
                    self._retracted[other] = line_number
                    self._began_at.pop(other, None)
                    del alike[other]
            return
        if key in alike:
            self.restated_lines += 1
            _keep(self.restated, line_number, record.key[1])
        else:
            alike[key] = place
            if len(alike) > 1:
                self.repeated_lines += 1
                _keep(self.repeated, line_number, record.key[1])
        if (began_at := record.row.get("created_at")) is not None:
            self._began_at[key] = min(began_at, self._began_at.get(key, began_at))

    def _saw(self, line_number: int, times: list[datetime]) -> None:
        if self.written_at is not None and (late := [at for at in times if _SOON < at - self.written_at < _ZONES]):
            self.after_file += 1
            _keep(self.after, line_number, f"{max(late):%Y-%m-%dT%H:%M:%SZ}")
        past = [at for at in times if at <= self.collected_at]
        if len(past) < len(times):
            self.in_future += 1
            _keep(self.future, line_number, f"{max(times):%Y-%m-%dT%H:%M:%SZ}")
        if past:
            self.newest_at = max(past) if self.newest_at is None else max(self.newest_at, *past)

    @staticmethod
    def _tally(counter: Counter[str], what: str) -> None:
        """Count by name; a file of thousands of different names is counted together from some point on."""
        name = what[:64]
        counter[name if name in counter or len(counter) < _KINDS_OF_WHAT else "others"] += 1


def _keep(kept: list[tuple[int, str]], line_number: int, what: str) -> None:
    """Keep the first few for a message."""
    if len(kept) < _NAMED:
        kept.append((line_number, what))


def key_of(record: Record) -> bytes:
    """A digest of the row that a record is about."""
    return hashlib.blake2b("\0".join((record.table, *record.key)).encode(), digest_size=16).digest()
