"""The history of runs: a line of JSON for each run of a source and of a command, in files of bounded size.

The files `runs/history-*.ndjson` are only added to. A full one is followed by the next, and of the full ones the oldest
goes: the history is bounded in bytes, however many sources a warehouse has and however long it is used.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

__all__ = ["MOST_BYTES", "MOST_FILES", "RecordedRun", "RunHistory"]

MOST_BYTES = 4_000_000
"""Of one file: some 15,000 runs."""
MOST_FILES = 8
_LONGEST_ERROR = 500
_PREFIX, _ENDING = "history-", ".ndjson"


@dataclass(frozen=True)
class RecordedRun:
    """One run. `source` is empty for the whole command.

    `command`: collect, trace or build. `seconds`: how long it took. `requests`: to an API. `rows`: read and stored.
    `watermark_at`: the source is complete through then. Times are UTC, `2026-03-01 02:15:00`.
    """

    command: str
    source: str
    began_at: str
    seconds: float
    requests: int = 0
    rows: int = 0
    watermark_at: str | None = None
    exit_code: int = 0
    error: str = ""


class RunHistory:
    """The history of a warehouse. Several threads may add to it."""

    _lock = threading.Lock()

    def __init__(self, warehouse: Path, *, most_bytes: int = MOST_BYTES, most_files: int = MOST_FILES) -> None:
        self._folder = warehouse / "runs"
        self._most_bytes, self._most_files = most_bytes, most_files

    def add(self, run: RecordedRun) -> None:
        """Add a run at the end. A line that a kill cut off ends here, and is left out by readers."""
        content = asdict(run) | {"error": run.error[:_LONGEST_ERROR]}
        line = json.dumps(content, sort_keys=True).encode() + b"\n"
        with self._lock:
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._open_file()
            with path.open("ab+") as file:
                if file.tell() and not _ends_with_newline(file.fileno(), file.tell()):
                    line = b"\n" + line
                file.write(line)

    def _open_file(self) -> Path:
        """The file to add to; the oldest beyond the bound are removed."""
        paths = self._files()
        if not paths:
            return self._path(1)
        newest = paths[-1]
        if newest.stat().st_size < self._most_bytes:
            return newest
        for old in paths[: len(paths) + 1 - self._most_files]:
            old.unlink(missing_ok=True)
        return self._path(_number(newest) + 1)

    def _path(self, number: int) -> Path:
        return self._folder / f"{_PREFIX}{number:06}{_ENDING}"

    def _files(self) -> list[Path]:
        return sorted(path for path in self._folder.glob(f"{_PREFIX}*{_ENDING}") if _number(path))

    def last_commands(self) -> list[RecordedRun]:
        """The last run of each command as a whole."""
        last: dict[str, RecordedRun] = {}
        for path in self._files():
            last |= {run.command: run for run in _read(path) if not run.source}
        return [last[name] for name in sorted(last)]

    def runs(self) -> pl.DataFrame:
        """One row per run, oldest first: the fields of `RecordedRun`, with times as naive UTC."""
        import polars as pl  # adding to the history, as each run does, needs no table

        rows = [asdict(run) for path in self._files() for run in _read(path)]
        kinds = {"seconds": pl.Float64(), "requests": pl.Int64(), "rows": pl.Int64(), "exit_code": pl.Int64()}
        schema = {spec.name: kinds.get(spec.name, pl.String()) for spec in fields(RecordedRun)}
        times = [
            pl.col(name).str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False)
            for name in ("began_at", "watermark_at")
        ]
        return pl.DataFrame(rows, schema=schema).with_columns(times)


def _ends_with_newline(descriptor: int, size: int) -> bool:
    return os.pread(descriptor, 1, size - 1) == b"\n"


def _number(path: Path) -> int:
    digits = path.name.removeprefix(_PREFIX).removesuffix(_ENDING)
    return int(digits) if digits.isdigit() else 0


def _read(path: Path) -> Iterator[RecordedRun]:
    names = {spec.name for spec in fields(RecordedRun)}
    for line in path.read_bytes().splitlines():
        try:
            content = json.loads(line)
            yield RecordedRun(**{name: value for name, value in content.items() if name in names})
        except (ValueError, TypeError, AttributeError):
            continue
