"""`git log -z --raw`, cut into tokens and told apart: header fields of commits, and entries of changed paths.

Every field and path ends in NUL, the only byte that neither a message nor a path can hold, and each commit has the same
number of fields: nothing that a contributor can type moves a token to another place. The tokens of a stretch stay one
Arrow array, from which columns are taken by index: no Python object is made for a field.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from headway.errors import PartialRead

__all__ = ["Paths", "Stretch", "stretches"]

Indices = npt.NDArray[np.int64]
_BLOCK_BYTES = 4 << 20
_MODES_LENGTH = len(":100644 100644 ")
_NEWLINE, _RENAMED, _COPIED = b"\nRC"


class Paths:
    """Paths of many changes, of which few differ: each different one is tried against a pattern once."""

    def __init__(self, paths: pa.StringArray) -> None:
        self._encoded = paths.dictionary_encode()

    def match(self, pattern: str) -> pa.BooleanArray:
        """For each path whether a regular expression is found in it."""
        return pc.match_substring_regex(self._encoded.dictionary, pattern).take(self._encoded.indices)


@dataclass(frozen=True)
class Stretch:
    """Some whole commits of a log, in its order."""

    tokens: pa.StringArray
    heads: Indices
    """For each commit the token of its first field."""
    entries: Indices
    """For each changed path its token `:<modes> <ids> <status>`; the path follows, after the old one if it moved."""
    owners: Indices
    """For each changed path the place of its commit in `heads`."""
    statuses: npt.NDArray[np.uint8]
    """For each changed path its status letter."""

    def field(self, number: int) -> pa.StringArray:
        """A header field of every commit."""
        return self.tokens.take(pa.array(self.heads + number))

    def metas(self) -> pa.StringArray:
        """`:<modes> <ids> <status>` of every entry; a newline may stand before it."""
        return self.tokens.take(pa.array(self.entries))

    @property
    def moved(self) -> npt.NDArray[np.bool_]:
        """For each changed path whether it has an old path too."""
        either: npt.NDArray[np.bool_] = (self.statuses == _RENAMED) | (self.statuses == _COPIED)
        return either  # np.isin imports masked arrays

    def paths(self) -> pa.StringArray:
        """The path of every entry after the change."""
        return self.tokens.take(pa.array(self.entries + 1 + self.moved))

    def old_paths(self) -> pa.StringArray:
        """The path of every entry before it moved, null where it did not."""
        return self.tokens.take(pa.array(self.entries + 1, mask=~self.moved))


def stretches(log: BinaryIO, *, fields: int, id_length: int) -> Iterator[Stretch]:
    """Cut a log of commits with `fields` fields, the first of them `%H`; PartialRead if it ends within one.

    Bytes that are not UTF-8 become replacement characters. Memory is bounded by the longest commit and a block.
    """
    waiting, block_bytes = b"", _BLOCK_BYTES
    while block := log.read(block_bytes):
        data = waiting + block
        end = data.rfind(b"\0") + 1
        stretch, used, whole = _stretch(data[:end], fields, id_length, final=False)
        waiting = whole[used:] + data[end:]
        # A commit longer than a block: without this, each block would read all of it again.
        block_bytes = _BLOCK_BYTES if used else block_bytes * 2
        if used:
            yield stretch
    stretch, used, whole = _stretch(waiting, fields, id_length, final=True)
    if used != len(whole):
        raise PartialRead("The log ended within a commit", hint="Run the same command again; nothing of it was stored.")
    if used:
        yield stretch


def _stretch(data: bytes, fields: int, id_length: int, *, final: bool) -> tuple[Stretch, int, bytes]:
    """The whole commits at the beginning of `data`, the bytes they take, and the bytes themselves, as UTF-8.

    Unless `final`, the last commit may go on in the next block and is left for then.
    """
    try:
        data.decode()
    except UnicodeDecodeError:
        data = data.decode("utf-8", "replace").encode()
    raw = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(raw == 0)
    starts = np.concatenate((np.zeros(1, np.int64), ends + 1))
    firsts = raw[np.minimum(starts, len(raw) - 1)] if len(raw) else np.zeros(1, np.uint8)
    status_at = starts + _MODES_LENGTH + 2 * (id_length + 1) + (firsts == _NEWLINE)
    letters = raw[np.minimum(status_at, len(raw) - 1)] if len(raw) else firsts
    heads, entries, at = _walk(firsts.tobytes(), letters.tobytes(), len(ends), fields)
    if at > len(ends) or (heads and not final):
        at = heads.pop()
        while entries and entries[-1] > at:
            entries.pop()
    firsts_of, entries_of = np.array(heads, np.int64), np.array(entries, np.int64)
    owners = np.searchsorted(firsts_of, entries_of, "right") - 1
    stretch = Stretch(_tokens(data, ends), firsts_of, entries_of, owners, letters[entries_of])
    return stretch, int(starts[at]), data


def _walk(firsts: bytes, letters: bytes, count: int, fields: int) -> tuple[list[int], list[int], int]:
    """Tell the tokens apart: where commits begin, where entries begin, and the token after the last one used.

    Only the first letter of a token and the letter where an entry has its status are needed. A newline stands before
    the first entry of a commit; a commit begins with a hex digit, so it cannot be taken for an entry.
    """
    heads: list[int] = []
    entries: list[int] = []
    at = 0
    while at < count:
        heads.append(at)
        at += fields
        while at < count and firsts[at] in b":\n":
            entries.append(at)
            at += 3 if letters[at] in b"RC" else 2
    return heads, entries, at


def _tokens(data: bytes, ends: Indices) -> pa.StringArray:
    """All tokens as one Arrow array over the data without its NULs."""
    offsets = np.zeros(len(ends) + 1, np.int32)
    offsets[1:] = ends - np.arange(len(ends))
    return pa.StringArray.from_buffers(len(ends), pa.py_buffer(offsets), pa.py_buffer(data.replace(b"\0", b"")))
