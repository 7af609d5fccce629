"""Commits and the paths they changed: one streaming `git log`, as tables of the raw schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from collectors.git.process.command import LOG, Git
from collectors.git.process.log import Stretch, stretches
from collectors.git.repository.repository import Repository
from headway.raw_tables import schema_of

__all__ = [
    "EARLIEST_SECONDS",
    "LATEST_SECONDS",
    "CommitReader",
    "Landed",
    "LandedCommits",
    "Read",
    "landed_since",
    "micros",
    "newest_until",
    "offset_minutes",
    "to_seconds",
]

_FORMAT = "%H%x00%P%x00%an%x00%ae%x00%at%x00%ad%x00%cn%x00%ce%x00%ct%x00%cd%x00%T%x00%B"
_FIELDS = _FORMAT.count("%x00") + 1
_SHA, _PARENTS, _AUTHOR, _AUTHOR_EMAIL, _AUTHORED, _AUTHOR_DATE = range(6)
_COMMITTER, _COMMITTER_EMAIL, _COMMITTED, _COMMITTER_DATE, _TREE, _MESSAGE = range(6, _FIELDS)
_ZONE_CHARACTERS = len("+0000")
# Git keeps any number of seconds; a timestamp ends with the year 9999, and so do DuckDB and Python.
EARLIEST_SECONDS, LATEST_SECONDS = -62_135_596_800, 253_402_300_799
_MICROS = 1_000_000
_EPOCH = datetime(1970, 1, 1)
# Clocks of people and servers differ a little, and commits are made while a fetch runs: neither is in the future.
_CLOCK_TOLERANCE = timedelta(hours=1)


class Read(NamedTuple):
    """Some commits of a log, in its order, as tables of the raw schema."""

    commits: pa.Table
    files: pa.Table
    """The paths that they changed, as `commit_files`."""
    metas: pa.StringArray
    """What the log says before each path: modes, ids of contents and status."""


@dataclass
class CommitReader:
    """Reads commits and counts what a reader of the numbers must know about their dates."""

    repository: Repository
    repo_id: str
    collected_at: datetime
    newest_micros: int | None = None
    """The newest committer date so far that is not after `collected_at`."""
    future_dates: int = 0
    """How many commits have a date that had not come yet when the run began."""

    def read(self, tips: Sequence[str], read_before: Sequence[str]) -> Iterator[Read]:
        """What leads to `tips` and not to `read_before`, some commits at a time.

        Under clock skew Git may list known commits again, never leave out new ones; `read_before` ids that the clone no
        longer has are ignored. Merges have no files; at the boundary of a shallow clone nothing is said about files.
        PartialRead if the log fails at any point, however late.
        """
        chosen = _chosen(tips, read_before)
        options = ("-z", "--raw", "-M100%", "--diff-merges=off", "--date=raw", f"--format={_FORMAT}")
        with self.repository.git.stream(*LOG, *options, "--ignore-missing", "--stdin", stdin=chosen) as log:
            for stretch in stretches(log, fields=_FIELDS, id_length=self.repository.id_length):
                yield Read(self._commits(stretch), *self._files(stretch))

    def _commits(self, stretch: Stretch) -> pa.Table:
        authored, committed = to_seconds(stretch.field(_AUTHORED)), to_seconds(stretch.field(_COMMITTED))
        self._note_dates(authored * _MICROS, committed * _MICROS)
        columns = {
            "sha": stretch.field(_SHA),
            "parents": stretch.field(_PARENTS),
            "author_name": stretch.field(_AUTHOR),
            "author_email": stretch.field(_AUTHOR_EMAIL),
            "authored_at": _times(authored),
            "author_utc_offset_minutes": _offsets(stretch.field(_AUTHOR_DATE)),
            "committer_name": stretch.field(_COMMITTER),
            "committer_email": stretch.field(_COMMITTER_EMAIL),
            "committed_at": _times(committed),
            "committer_utc_offset_minutes": _offsets(stretch.field(_COMMITTER_DATE)),
            "message": pc.utf8_rtrim(stretch.field(_MESSAGE), "\n"),
            "tree": stretch.field(_TREE),
        }
        return self._table("commits", columns, len(stretch.heads))

    def _files(self, stretch: Stretch) -> tuple[pa.Table, pa.StringArray]:
        count = len(stretch.entries)
        letters = pa.StringArray.from_buffers(
            count, pa.py_buffer(np.arange(count + 1, dtype=np.int32)), pa.py_buffer(stretch.statuses)
        )
        columns = {
            "sha": stretch.field(_SHA).take(pa.array(stretch.owners)),
            "status": letters,
            "path": stretch.paths(),
            "old_path": stretch.old_paths(),
        }
        table, metas = self._table("commit_files", columns, count), stretch.metas()
        if self.repository.shallow:
            cut_off = pc.is_in(table["sha"], pa.array(sorted(self.repository.shallow), pa.string()))
            table, metas = table.filter(pc.invert(cut_off)), metas.filter(pc.invert(cut_off).combine_chunks())
        return table, metas

    def _table(self, name: str, columns: dict[str, pa.Array], count: int) -> pa.Table:
        schema = schema_of(name)
        columns["repo_id"] = pa.repeat(pa.scalar(self.repo_id), count)
        columns |= {field.name: pa.nulls(count, field.type) for field in schema if field.name not in columns}
        columns["collected_at"] = pa.repeat(pa.scalar(self.collected_at, pa.timestamp("us")), count)
        return pa.table([columns[field] for field in schema.names], schema=schema)

    def _note_dates(self, authored: npt.NDArray[np.int64], committed: npt.NDArray[np.int64]) -> None:
        late = micros(self.collected_at) + micros(_EPOCH + _CLOCK_TOLERANCE)
        self.future_dates += int(np.count_nonzero(np.maximum(authored, committed) > late))
        newest = newest_until(self.collected_at, committed)
        if newest is not None:
            self.newest_micros = max(newest, self.newest_micros or newest)


class LandedCommits:
    """Of the commits that a log lists, those that branches and tags lead to; the others are of pull requests alone.

    Git lists all of them in less time than it takes to leave them out of a second log.
    """

    def __init__(self, git: Git, tips: Iterable[str], read_before: Iterable[str], *, id_length: int) -> None:
        chosen = sorted(tips)
        listed = b""
        if chosen:  # of none Git would list HEAD
            listed = git.output("rev-list", "--ignore-missing", "--stdin", stdin=_chosen(chosen, read_before))
        self._ids = np.sort(np.frombuffer(listed.replace(b"\n", b""), f"S{id_length}"))

    def among(self, commits: pa.Table) -> pa.BooleanArray:
        """For each of some commits whether it has landed."""
        if not len(self._ids):
            return pa.repeat(pa.scalar(value=False), len(commits))
        ids = np.frombuffer("".join(commits["sha"].to_pylist()).encode(), self._ids.dtype)
        places = np.minimum(np.searchsorted(self._ids, ids), len(self._ids) - 1)
        return pa.array(self._ids[places] == ids)


@dataclass(frozen=True)
class Landed:
    """Commits that branches and tags lead to now, and did not before."""

    shas: tuple[str, ...] = ()
    """Newest first, without merges."""
    newest_micros: int | None = None
    """The newest committer date among them that is not after the run, merges included."""


def landed_since(git: Git, tips: Iterable[str], landed_before: Iterable[str], collected_at: datetime) -> Landed:
    """What leads to `tips` and not to `landed_before`, also where heads of pull requests led to it before."""
    listed = git.output(
        *LOG, "--diff-merges=off", "--no-patch", "--format=%H %ct %P", "--ignore-missing", "--stdin",
        stdin=_chosen(tips, landed_before),
    )  # fmt: skip
    lines = [line.split(" ") for line in listed.decode("ascii").splitlines()]
    dates = to_seconds(pa.array([line[1] for line in lines], pa.string())) * _MICROS
    shas = tuple(line[0] for line in lines if len(line) < 4)
    return Landed(shas, newest_until(collected_at, dates))


def _chosen(tips: Iterable[str], read_before: Iterable[str]) -> bytes:
    """The lines that ask Git for what leads to `tips` and not to `read_before`."""
    lines = [*(f"{sha}\n" for sha in sorted(tips)), *(f"^{sha}\n" for sha in sorted(read_before))]
    return "".join(lines).encode()


def newest_until(until: datetime, dates: npt.NDArray[np.int64]) -> int | None:
    """The newest of some dates, in microseconds, that is not after `until`."""
    past = dates[dates <= micros(until)]
    return int(past.max()) if past.size else None


def micros(at: datetime) -> int:
    """Microseconds since 1970 of a naive UTC time."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def to_seconds(texts: pa.StringArray) -> npt.NDArray[np.int64]:
    """Git's seconds since 1970, each within what a timestamp holds; a missing date is 1970, as Git itself shows it."""
    filled = pc.if_else(pc.equal(texts, ""), "0", texts)
    try:
        seconds: npt.NDArray[np.int64] = pc.cast(filled, pa.int64()).to_numpy()
    except pa.ArrowInvalid:  # more digits than 64 bits hold
        numbers = [min(max(int(text[:25]), EARLIEST_SECONDS), LATEST_SECONDS) for text in filled.to_pylist()]
        seconds = np.array(numbers, np.int64)
    return np.clip(seconds, EARLIEST_SECONDS, LATEST_SECONDS)


def offset_minutes(zone: str) -> int:
    """Minutes east of UTC of a zone such as `-0330`; 0 for what is none."""
    if zone[:1] not in {"+", "-"} or not zone[1:].isdecimal():
        return 0
    hours, minutes = divmod(int(zone[1:]), 100)
    return (60 * hours + minutes) * (-1 if zone.startswith("-") else 1)


def _times(seconds: npt.NDArray[np.int64]) -> pa.Array:
    return pa.array(seconds * _MICROS).view(pa.timestamp("us"))


def _offsets(dates: pa.StringArray) -> pa.Array:
    """As `offset_minutes` of the zones that end raw dates: `-0500` of `0 -0500`.

    Git dies of a date below zero with its zone when it shall format the zone alone. There are few different zones, so
    each is parsed once.
    """
    encoded = pc.utf8_slice_codeunits(dates, -_ZONE_CHARACTERS).dictionary_encode()
    minutes = pa.array([offset_minutes(zone) for zone in encoded.dictionary.to_pylist()], pa.int64())
    return minutes.take(encoded.indices)
