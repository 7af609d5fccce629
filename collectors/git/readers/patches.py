"""Patches of a log, line by line, each with its file.

How many lines a hunk has is said before it, so none of them can pass as a header.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from headway.errors import PartialRead

__all__ = ["FilePatch", "PatchLine", "patch_lines", "unquoted_path"]

_LONGEST_READ_BYTES = 1 << 16
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


class PatchLine(NamedTuple):
    """A line of a hunk, with its end; of a very long one the beginning."""

    file: FilePatch
    hunk: int
    """Which hunk of the file, from 1 on; 0 where the file has none: it is binary, or its mode or name alone changed."""
    sign: bytes
    """`+`, `-`, a blank for context, a backslash where the last line has no end; empty without hunks."""
    text: bytes


def patch_lines(stream: BinaryIO) -> Iterator[PatchLine]:
    """The lines of a log's patches, in order, at least one for each file; the format is `commit %H`.

    PartialRead where the log ends within a hunk.
    """
    sha, file = "", None
    old = new = hunk = 0
    while line := _line(stream):
        if file is not None and (old or new):
            sign = line[:1]
            old -= sign in b"- "
            new -= sign in b"+ "
            yield PatchLine(file, hunk, sign, line[1:])
        elif file is not None and (match := _HUNK.match(line)):
            old, new = (1 if count is None else int(count) for count in match.groups())
            hunk += 1
        elif line.startswith((b"commit ", b"diff --git ")):
            if file is not None and not hunk:
                yield PatchLine(file, 0, b"", b"")
            file, hunk = None, 0
            if line.startswith(b"commit "):
                sha = line.removeprefix(b"commit ").strip().decode("ascii")
            else:
                file = FilePatch(sha)
        elif file is not None:
            _header(file, line)
    if old or new:
        raise PartialRead("The patches ended within one", hint="Run the same command again; nothing of it was stored.")
    if file is not None and not hunk:
        yield PatchLine(file, 0, b"", b"")


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
