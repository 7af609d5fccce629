"""Lines that were set aside: a file beside the warehouse, and the error that tells of it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from collectors.records_file.formats.lines import Line
from collectors.records_file.source import RecordsSource, source_id
from collectors.records_file.values import shown
from headway.errors import CollectError

__all__ = ["Reasons", "RejectFile", "RejectedLines"]

_NAMED = 3
_KINDS_OF_REASONS = 200
_VALUES = re.compile(r"'(?:[^'\\]|\\.)*'…?|\"(?:[^\"\\]|\\.)*\"…?|\b\d+\b")


class RejectedLines(CollectError):
    """Some lines of a file of records are not in; the others are.

    Raised after the last checkpoint, so that what was good is kept. `count` says how many lines, `file` where they are.
    """

    def __init__(self, source: RecordsSource, count: int, first: Sequence[tuple[int, str]], file: Path) -> None:
        name = shown(source.absolute, 200)
        reasons = "; ".join(f"line {number}: {reason}" for number, reason in first)
        more = "; …" if count > len(first) and "more like it" not in reasons else ""
        super().__init__(
            f"{name}: {count} line{'s' if count != 1 else ''} rejected, the other lines are stored. {reasons}{more}",
            hint=f"Fix these lines and collect again. All rejected lines with their reasons: {file}",
        )
        self.count = count
        self.file = file


class Reasons:
    """Why lines were set aside: each kind of reason once, with its first line and how many lines have it."""

    def __init__(self) -> None:
        self.count = 0
        self._kinds: dict[str, tuple[int, str, int]] = {}

    def add(self, number: int, reason: str) -> None:
        """Count one line; reasons that differ in a value alone are of one kind."""
        self.count += 1
        kind = _VALUES.sub("…", reason)
        if kind not in self._kinds and len(self._kinds) >= _KINDS_OF_REASONS:
            kind = "…"
        line, first, count = self._kinds.get(kind, (number, reason, 0))
        self._kinds[kind] = (line, first, count + 1)

    def first(self, most: int = _NAMED) -> list[tuple[int, str]]:
        """The first line with each of the most frequent reasons, and how many more have it, in order of lines."""
        ranked = sorted(self._kinds.values(), key=lambda reason: (-reason[2], reason[0]))[:most]
        return [
            (number, f"{reason} (and {count - 1:,} more like it)" if count > 1 else reason)
            for number, reason, count in sorted(ranked)
        ]


class RejectFile:
    """Writes `<name>-<hash>.rejects.ndjson`: `{"line": …, "reason": …, "text": …}`, one a line.

    Without texts only the line's number and the reason: a line may name people.
    It replaces the file of the reading before when the reading is done (`publish`), and removes it where all is well.
    """

    def __init__(self, folder: Path, source: RecordsSource, *, with_texts: bool = True) -> None:
        self._with_texts = with_texts
        digest = hashlib.sha256(source_id(source).encode()).hexdigest()[:12]
        stem = "".join(letter if letter.isalnum() or letter in "._-" else "_" for letter in source.path.name)[:60]
        self.path = folder / f"{stem}-{digest}.rejects.ndjson"
        self._reasons = Reasons()
        self._temporary = self.path.with_name(f".{self.path.name}.part")
        self._file: TextIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
            self._temporary.unlink(missing_ok=True)

    def add(self, line: Line) -> None:
        """Set one line aside; its problem is the reason."""
        reason = line.problem or "is not understood"
        self._reasons.add(line.number, reason)
        try:
            if self._file is None:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                self._file = self._temporary.open("w", encoding="utf-8")
            entry = {"line": line.number, "reason": reason} | ({"text": line.text} if self._with_texts else {})
            self._file.write(json.dumps(entry) + "\n")
        except OSError as trouble:
            raise self._cannot_write(trouble) from trouble

    @property
    def count(self) -> int:
        """How many lines were set aside."""
        return self._reasons.count

    @property
    def first(self) -> list[tuple[int, str]]:
        """The first line with each of the most frequent reasons."""
        return self._reasons.first()

    def publish(self) -> None:
        """The reading is done: this is now what was set aside of the file."""
        try:
            if self._file is None:
                self.path.unlink(missing_ok=True)
            else:
                self._file.close()
                self._temporary.replace(self.path)
        except OSError as trouble:
            raise self._cannot_write(trouble) from trouble

    def _cannot_write(self, trouble: OSError) -> CollectError:
        return CollectError(
            f"the reject file {self.path} cannot be written: {trouble.strerror}",
            hint="Free disk space or check who may write there; nothing of the file was stored.",
        )
