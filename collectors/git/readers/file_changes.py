"""Which of the files that commits changed are read: put aside while the log goes by, so that no second one is needed.

They wait on disk, for a first run has as many as a history has commits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import groupby
from tempfile import TemporaryFile
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from collectors.git.process.log import Paths
from collectors.git.process.tree_pairs import NO_MODE, FileChange

__all__ = ["Aside", "Step", "any_case", "batches", "each_side", "matching", "no_step", "stepping"]

Step = Callable[[int], None]
"""Takes how many more changes are read."""
_AT_ONCE = 20_000
_META = ("old_mode", "new_mode", "before", "after")
_SCHEMA = pa.schema([(name, pa.string()) for name in FileChange._fields])


class Aside:
    """File changes in the order in which they came; read them once they are complete."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._file: BinaryIO | None = None
        self._writer: pa.ipc.RecordBatchStreamWriter | None = None
        self.rows = 0

    def add(self, changes: pa.Table) -> None:
        """Add some, with the columns of a FileChange; those of a commit stand together."""
        if not changes.num_rows:
            return
        if self._writer is None:
            self._file = self._open.enter_context(TemporaryFile())  # noqa: SIM115  (closed with the rest)
            self._writer = pa.ipc.new_stream(self._file, _SCHEMA)
        self._writer.write_table(changes.cast(_SCHEMA))
        self.rows += changes.num_rows

    def read(self) -> Iterator[FileChange]:
        """All of them, from the first on. Nothing can be added afterwards."""
        if self._writer is None or self._file is None:
            return
        self._writer.close()
        self._file.seek(0)
        for batch in pa.ipc.open_stream(self._file):
            yield from map(FileChange._make, zip(*(column.to_pylist() for column in batch.columns), strict=True))

    def close(self) -> None:
        """Let go what is on disk."""
        self._open.close()


def each_side(files: pa.Table, metas: pa.Array, wanted: pa.BooleanArray) -> pa.Table:
    """Rows of `commit_files` as file changes, in order; a file that moved is one that goes and one that comes.

    `metas` are what the log says before each path, and only `wanted` rows count.
    """
    rows = files.select(["sha", "path", "old_path", "status"]).filter(wanted)
    if not rows.num_rows:
        return _SCHEMA.empty_table()
    columns = _sides(metas.filter(wanted))
    came = _table(rows["sha"], rows["path"], columns)
    moved = pc.is_valid(rows["old_path"])
    if not pc.any(moved).as_py():
        return came
    absent = pa.repeat(pa.scalar("0" * len(columns["before"][0].as_py())), len(rows))
    nothing = pa.repeat(pa.scalar(NO_MODE), len(rows))
    new_only = {
        "old_mode": pc.if_else(moved, nothing, columns["old_mode"]),
        "before": pc.if_else(moved, absent, columns["before"]),
    }
    left = pc.and_(moved, pc.equal(rows["status"], "R"))
    old_only = {"new_mode": nothing, "after": absent}
    came = _table(rows["sha"], rows["path"], columns | new_only)
    went = _table(rows["sha"], rows["old_path"], columns | old_only).filter(left)
    place = pc.index_in(pa.concat_arrays([_flat(came["sha"]), _flat(went["sha"])]), pc.unique(rows["sha"]))
    both = pa.concat_tables([came, went]).append_column("place", place)
    return both.sort_by([("place", "ascending"), ("path", "ascending")]).drop_columns("place")


def matching(changes: pa.Table, pattern: str, *, but: str) -> pa.Table:
    """The changes of files at paths of one pattern and not of another."""
    paths = Paths(_flat(changes["path"]))
    return changes.filter(pc.and_not(paths.match(pattern), paths.match(but)))


def batches(changes: Iterable[FileChange]) -> Iterator[list[list[FileChange]]]:
    """The changes by commit, some commits at a time."""
    batch: list[list[FileChange]] = []
    count = 0
    for _, of_commit in groupby(changes, key=lambda change: change.sha):
        batch.append(list(of_commit))
        count += len(batch[-1])
        if count >= _AT_ONCE:
            yield batch
            batch, count = [], 0
    if batch:
        yield batch


def no_step(count: int) -> None:
    """Show nobody that so many more changes are read."""


def stepping(commits: Iterable[Sequence[FileChange]], step: Step) -> Iterator[str]:
    """The id of each commit; its number of changes is a step when it is taken."""
    for changes in commits:
        step(len(changes))
        yield changes[0].sha


def any_case(glob: str) -> str:
    """A glob of one name as a regular expression, for names in any case of A to Z."""
    return "".join("[^/]*" if sign == "*" else _either_case(sign) for sign in glob)


def _either_case(sign: str) -> str:
    return f"[{sign.upper()}{sign.lower()}]" if sign.isalpha() else f"[{sign}]"


def _sides(metas: pa.StringArray) -> dict[str, pa.Array]:
    """Modes and ids of `:<mode> <mode> <id> <id> <status>`; a line feed may stand before it."""
    lines = pc.utf8_ltrim(metas, "\n")
    places: dict[str, tuple[int, int]] = {}
    at = 1  # behind the colon
    for name, text in zip(_META, lines[0].as_py().split(" "), strict=False):
        length = len(text.removeprefix(":"))
        places[name] = (at, at + length)
        at += length + 1
    return {name: pc.utf8_slice_codeunits(lines, *place) for name, place in places.items()}


def _table(shas: pa.ChunkedArray, paths: pa.ChunkedArray, columns: dict[str, pa.Array]) -> pa.Table:
    return pa.table([shas, paths, *(columns[name] for name in _META)], schema=_SCHEMA)


def _flat(column: pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks()
