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
_MOST_AT_ONCE = 5_000
_PAIR = re.compile(rb"[0-9a-f]{40,64} [0-9a-f]{40,64}\n")
_CONTEXT = (b" ", b"\n")  # of an empty line some configs leave the blank out
_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_ESCAPES = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13}
_ESCAPED = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)


@dataclass
class FilePatch:
    """Which file of which commit a patch is for."""

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
    """Each with its end, of a very long one the beginning, behind a sign: `+`, `-`, a blank for context, a backslash
    where the line before it has no end."""


def patch_parts(stream: BinaryIO, shas: Iterable[str]) -> Iterator[PatchPart]:
    """The patches of some commits as `tree_patches` prints them, in order, at least one part for each file.

    PartialRead where they end within a hunk, or before the last commit.
    """
    waiting = iter(shas)
    sha, file, hunk = "", None, 0
    while line := _line(stream):
        if file is not None and (match := _HUNK.match(line)):
            old, new = (1 if count is None else int(count) for count in match.groups())
            hunk += 1
            for lines in _hunk_lines(stream, old, new):
                yield PatchPart(file, hunk, lines)
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


def _hunk_lines(stream: BinaryIO, old: int, new: int) -> Iterator[list[bytes]]:
    """The lines of a hunk with so many old and new lines, some at a time."""
    lines: list[bytes] = []
    while old or new:
        line = _line(stream)
        sign = line[:1]
        if sign == b"+":
            new -= 1
        elif sign == b"-":
            old -= 1
        elif sign in _CONTEXT:
            old, new = old - 1, new - 1
        if not line or old < 0 or new < 0:
            raise _ended()
        lines.append(line)
        if len(lines) >= _MOST_AT_ONCE:
            yield lines
            lines = []
    if lines:
        yield lines


def _ended() -> PartialRead:
    return PartialRead("The patches ended within one", hint="Run the same command again; nothing of it was stored.")


def unquoted_path(name: bytes, prefix: bytes, *, errors: str = "surrogateescape") -> str:
    """The path of a header line: quoted as in C where it holds a quote, a backslash or a control character."""
    if name.startswith(b'"'):
        name = _ESCAPED.sub(_unescaped, name[1:].rpartition(b'"')[0])
    return name.removesuffix(b"\t").removeprefix(prefix).decode("utf-8", errors)


def _header(file: FilePatch, line: bytes) -> None:
    """Take in a line between `diff --git` and the first hunk."""
    name = line.removesuffix(b"\n")
    if name.startswith((b"--- ", b"+++ ")) and name[4:] != b"/dev/null":
        file.path = unquoted_path(name[4:], b"a/" if name.startswith(b"--- ") else b"b/", errors="replace")
    elif name.startswith(b"rename from "):
        file.renamed_from = unquoted_path(name.removeprefix(b"rename from "), b"", errors="replace")
    elif name.startswith(b"rename to "):
        file.path = unquoted_path(name.removeprefix(b"rename to "), b"", errors="replace")


def _line(stream: BinaryIO) -> bytes:
    """The next line, or as much of it as anyone wants to see."""
    line = stream.readline(_LONGEST_READ_BYTES)
    rest = line
    while rest and not rest.endswith(b"\n"):
        rest = stream.readline(_LONGEST_READ_BYTES)
    return line


def _unescaped(match: re.Match[bytes]) -> bytes:
    code = match[1].decode("latin-1")
    if len(code) == 3:
        return bytes([int(code, 8) & 0xFF])
    return bytes([_ESCAPES[code]]) if code in _ESCAPES else match[1]
