"""Patches, hunk by hunk, each with its file.

How many lines a hunk has is said before it, so none of them can pass as a header.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from headway.errors import PartialRead

__all__ = ["FilePatch", "PatchPart", "patch_parts", "unquoted_path"]

_LONGEST_READ_BYTES = 1 << 16
_BLOCK_BYTES = 1 << 20
_PAIR = re.compile(rb"[0-9a-f]{40,64} [0-9a-f]{40,64}")
_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_ESCAPES = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13}
_ESCAPED = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)


@dataclass(eq=False)
class FilePatch:
    """Which file of which commit a patch is for; no two are equal."""

    sha: str
    path: str = ""
    """The path after the change, or before it where the file is deleted; empty where there are no lines to say it."""
    renamed_from: str = ""


class PatchPart(NamedTuple):
    """Some lines of one hunk, in order; a hunk has several parts where it is long."""

    file: FilePatch
    hunk: int
    """Which hunk of the file, from 1 on; 0 where the file has none: it is binary, or its mode or name alone changed."""
    lines: list[bytes]
    """Each without its line feed, of a very long one the beginning, behind a sign: `+`, `-`, a blank for context, a
    backslash where the line before it has no end."""


def patch_parts(stream: BinaryIO, shas: Iterable[str]) -> Iterator[PatchPart]:
    """The patches of some commits as `tree_patches` prints them, in order, at least one part for each file.

    PartialRead where they end within a hunk, or before the last commit.
    """
    waiting = iter(shas)
    sha, file, hunk = "", None, 0
    lines = _Lines(stream)
    while (line := lines.next()) is not None:
        if file is not None and (match := _HUNK.match(line)):
            old, new = (1 if count is None else int(count) for count in match.groups())
            hunk += 1
            for some in _hunk_lines(lines, old, new):
                yield PatchPart(file, hunk, some)
            continue
        between = _PAIR.fullmatch(line) is not None
        if between or line.startswith(b"diff --git "):
            if file is not None and not hunk:
                yield PatchPart(file, 0, [])
            sha = next(waiting, "") if between else sha
            file, hunk = None if between else FilePatch(sha), 0
        elif file is not None:
            _header(file, line)
    if file is not None and not hunk:
        yield PatchPart(file, 0, [])
    if next(waiting, None) is not None:
        raise _ended()


class _Lines:
    """The lines of a stream without their line feeds; of a very long one its beginning."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._lines: list[bytes] = []
        self._at = 0
        self._rest = b""

    def next(self) -> bytes | None:
        """The next line; None where there is none."""
        if self._at >= len(self._lines) and not self._read():
            return None
        self._at += 1
        return self._lines[self._at - 1]

    def take(self, count: int) -> list[bytes]:
        """The next lines, at least one and at most so many; none where there are none."""
        if self._at >= len(self._lines) and not self._read():
            return []
        taken = self._lines[self._at : self._at + count]
        self._at += len(taken)
        return taken

    def _read(self) -> bool:
        """Read on until there is a line."""
        self._lines, self._at = [], 0
        while not self._lines and (block := self._stream.read(_BLOCK_BYTES)):
            first, *more = block.split(b"\n")
            if len(self._rest) <= _LONGEST_READ_BYTES:
                self._rest += first
            if more:
                self._lines = [self._rest, *more[:-1]]
                self._rest = more[-1]
        if not self._lines and self._rest:
            self._lines, self._rest = [self._rest], b""
        if self._lines and max(map(len, self._lines)) > _LONGEST_READ_BYTES:
            self._lines = [line[:_LONGEST_READ_BYTES] for line in self._lines]
        return bool(self._lines)


def _hunk_lines(lines: _Lines, old: int, new: int) -> Iterator[list[bytes]]:
    """The lines of a hunk with so many old and new lines, some at a time."""
    while old or new:
        some = lines.take(max(old, new))
        signs = b"".join([line[:1] or b" " for line in some])  # of an empty line some configs leave the blank out
        context = signs.count(b" ")
        old -= context + signs.count(b"-")
        new -= context + signs.count(b"+")
        if not some or old < 0 or new < 0:
            raise _ended()
        yield some


def _ended() -> PartialRead:
    return PartialRead("The patches ended within one", hint="Run the same command again; nothing of it was stored.")


def unquoted_path(name: bytes, prefix: bytes, *, errors: str = "surrogateescape") -> str:
    """The path of a header line: quoted as in C where it holds a quote, a backslash or a control character."""
    if name.startswith(b'"'):
        name = _ESCAPED.sub(_unescaped, name[1:].rpartition(b'"')[0])
    return name.removesuffix(b"\t").removeprefix(prefix).decode("utf-8", errors)


def _header(file: FilePatch, name: bytes) -> None:
    """Take in a line between `diff --git` and the first hunk."""
    if name.startswith((b"--- ", b"+++ ")) and name[4:] != b"/dev/null":
        file.path = unquoted_path(name[4:], b"a/" if name.startswith(b"--- ") else b"b/", errors="replace")
    elif name.startswith(b"rename from "):
        file.renamed_from = unquoted_path(name.removeprefix(b"rename from "), b"", errors="replace")
    elif name.startswith(b"rename to "):
        file.path = unquoted_path(name.removeprefix(b"rename to "), b"", errors="replace")


def _unescaped(match: re.Match[bytes]) -> bytes:
    code = match[1].decode("latin-1")
    if len(code) == 3:
        return bytes([int(code, 8) & 0xFF])
    return bytes([_ESCAPES[code]]) if code in _ESCAPES else match[1]
