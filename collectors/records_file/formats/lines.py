"""Lines of a file that may hold anything: never more in memory than one line may be long."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

__all__ = ["LONGEST_LINE_BYTES", "Line", "LineReader", "digest"]

LONGEST_LINE_BYTES = 1_000_000
_KEPT_OF_A_LONG_LINE = 1_000
_BLOCK_BYTES = 1 << 20
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Line(NamedTuple):
    """A line without its end. Where `problem` is set, `text` is only good for showing."""

    number: int
    text: str
    problem: str | None = None


class LineReader:
    """Reads `size_bytes` of a file from its beginning, line by line; blank lines are left out.

    `position` is the number of bytes read so far, `sha256` the digest of them: read again, it tells whether the file is
    still the same.
    """

    def __init__(self, file: BinaryIO, size_bytes: int) -> None:
        self._file = file
        self._size_bytes = size_bytes
        self._digest = hashlib.sha256()
        self.position = 0

    @property
    def sha256(self) -> str:
        """Digest of what was read so far."""
        return self._digest.hexdigest()

    def __iter__(self) -> Iterator[Line]:
        self._file.seek(0)
        number = 0
        while raw := self._read():
            number += 1
            complete = raw.endswith(b"\n")
            bare = raw.rstrip(b"\r\n")
            if number == 1:
                bare = bare.removeprefix(_BYTE_ORDER_MARK)
            if len(bare) > LONGEST_LINE_BYTES:
                while not complete and (rest := self._read()):
                    complete = rest.endswith(b"\n")
                yield Line(number, _showable(bare[:_KEPT_OF_A_LONG_LINE]), "is longer than 1 MB")
            elif bare.strip():
                yield _decoded(number, bare)

    def _read(self) -> bytes:
        """The next line, or as much of it as may be in memory."""
        raw = self._file.readline(min(LONGEST_LINE_BYTES + 8, self._size_bytes - self.position))
        self.position += len(raw)
        self._digest.update(raw)
        return raw


def digest(file: BinaryIO, size_bytes: int) -> str:
    """SHA-256 of the first `size_bytes` of a file."""
    total = hashlib.sha256()
    file.seek(0)
    left = size_bytes
    while left > 0 and (block := file.read(min(_BLOCK_BYTES, left))):
        total.update(block)
        left -= len(block)
    return total.hexdigest()


def _decoded(number: int, raw: bytes) -> Line:
    try:
        decoded = raw.decode()
    except UnicodeDecodeError as error:
        return Line(number, _showable(raw), f"is not UTF-8 at byte {error.start + 1}")
    if "\0" in decoded:
        return Line(number, decoded, "has a NUL byte")
    return Line(number, decoded)


def _showable(raw: bytes) -> str:
    return raw.decode(errors="backslashreplace")
