"""Which file, whether it can be read at all, and in which of the formats it is."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Literal

from collectors.records_file.values import shown
from headway.errors import CollectError, UsageError

__all__ = ["Format", "RecordsSource", "format_of", "opened", "source_id", "written_at"]

Format = Literal["json", "csv"]

_EXTENSIONS: dict[str, Format] = {".csv": "csv", ".ndjson": "json", ".jsonl": "json", ".json": "json"}
_SNIFFED_BYTES = 4096


@dataclass(frozen=True)
class RecordsSource:
    """A file of records, relative to the working folder unless absolute."""

    path: Path
    known_as: str = ""
    """The id under which it was collected before it lay where it lies now; empty: its path says it."""

    @property
    def absolute(self) -> str:
        """Its absolute path as text; bytes that are not UTF-8 are escaped."""
        return os.fsencode(os.path.abspath(self.path)).decode(errors="backslashreplace")  # noqa: PTH100 - resolves ".." too


def source_id(source: RecordsSource) -> str:
    """`events:<absolute path>`; a file that was moved keeps the id of the place where it lay first."""
    return source.known_as or f"events:{source.absolute}"


def written_at(file: BinaryIO) -> datetime:
    """When a file was written last, naive UTC."""
    return datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC).replace(tzinfo=None)


@contextmanager
def opened(source: RecordsSource) -> Iterator[tuple[BinaryIO, int]]:
    """The file for reading, and its size in bytes.

    Raises `UsageError` where there is no such file or it is no regular file (a pipe could wait for ever, and cannot be
    read twice), `CollectError` where it cannot be read.
    """
    name = shown(source.absolute, 200)
    try:
        # Without O_NONBLOCK, opening a pipe that nobody writes to would never return.
        number = os.open(source.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        raise UsageError(f"{name} does not exist", hint="Check the path after `events:`.") from error
    except OSError as error:
        raise CollectError(f"{name} cannot be read: {error.strerror}", hint="Check who may read it.") from error
    status = os.fstat(number)
    if not stat.S_ISREG(status.st_mode):
        os.close(number)
        raise UsageError(f"{name} is not a regular file", hint="Write the records to a file, and name that.")
    with os.fdopen(number, "rb") as file:
        try:
            yield file, status.st_size
        except OSError as error:
            raise CollectError(f"{name} cannot be read: {error.strerror}", hint="Check the disk it is on.") from error


def format_of(source: RecordsSource, file: BinaryIO) -> Format:
    """JSON or CSV: by the extension, else by the first character.

    Raises `CollectError` for what only looks like one of them, with the way out.
    """
    file.seek(0)
    start = file.read(_SNIFFED_BYTES)
    name = shown(source.absolute, 200)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise CollectError(f"{name} is UTF-16", hint="Save it as UTF-8.")
    first = start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    form = _EXTENSIONS.get(source.path.suffix.lower()) or ("json" if first in {b"{", b"["} else "csv")
    if form == "json" and first == b"[":
        raise CollectError(
            f"{name} is one JSON array; one record a line is needed", hint="Convert it: jq -c '.[]' FILE > FILE.ndjson"
        )
    return form
