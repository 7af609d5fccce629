"""Import statements that commits added to source files or took out of them: who depends on what, and since when.

Of each commit the source files before and after it are read and compared, so a renamed file takes all its imports
out and adds them again. Contents come from `cat-file` in the order of the log, each once while it is remembered; one
that is missing or too long costs its own statements only, where a patch would cost the whole reading. Nothing of a
repository is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from collectors.git.process.command import LOG, Git
from collectors.git.process.log import Paths, Stretch, stretches
from collectors.git.readers.added_lines import COPIED_FOLDERS
from collectors.git.readers.import_statements import ENDINGS, Statement, statements

__all__ = ["IMPORTS_READ", "MOST_COMMITS", "SOURCE_PATH", "Import", "ImportReader"]

IMPORTS_READ = 3
"""Version of what is read of imports; one more whenever there is more to read, so that clones are read again, once."""
MOST_COMMITS = 50_000
"""Of a longer history the newest commits are read: older imports are unknown."""
_MOST_PER_COMMIT = 2_000
_LARGEST_BYTES = 1 << 20
_AT_ONCE = 5_000
_REMEMBERED = 100_000
SOURCE_PATH = "(?:{})$".format("|".join(re.escape(ending) for ending in ENDINGS))
"""The files that are read, but for those under COPIED_PATH, which others wrote."""
COPIED_PATH = "(?:^|/)(?:{})/".format("|".join(("third_party", "third-party", *COPIED_FOLDERS)))
_FILES = frozenset(("100644", "100755"))
_NONE: frozenset[Statement] = frozenset()


class Import(NamedTuple):
    """A statement that a commit added to a file, or took out of it."""

    sha: str
    path: str
    kind: str
    module: str
    added: bool


class _Touch(NamedTuple):
    """A source file that a commit changed: the ids of its contents before and after, empty where it is none."""

    sha: str
    path: str
    before: str
    after: str


@dataclass
class ImportReader:
    """Reads import statements; counts what was too much and what is missing."""

    git: Git
    id_length: int
    cut: int = 0
    """Statements left out because their commit changes more than 2,000."""
    missing: int = 0
    """Contents that the clone does not have."""
    _known: dict[str, frozenset[Statement]] = field(default_factory=dict)

    def read(self, shas: Sequence[str]) -> Iterator[Import]:
        """What some commits with one parent at most changed, in their order."""
        if not shas:
            return
        touches = self._touches(shas)
        last, count = "", 0
        while some := list(islice(touches, _AT_ONCE)):
            self._learn(some)
            for touch in some:
                if touch.sha != last:
                    last, count = touch.sha, 0
                for statement in self._changed(touch):
                    count += 1
                    if count <= _MOST_PER_COMMIT:
                        yield statement
                    else:
                        self.cut += 1

    def _touches(self, shas: Sequence[str]) -> Iterator[_Touch]:
        """The source files of some commits. Git lists all files: its own patterns would cost it several times that."""
        options = ("-z", "--raw", "--no-renames", "--diff-merges=off", "--format=%H", "--no-walk=unsorted", "--stdin")
        chosen = "".join(f"{sha}\n" for sha in shas).encode()
        with self.git.stream(*LOG, *options, stdin=chosen) as log:
            for stretch in stretches(log, fields=1, id_length=self.id_length):
                yield from _source_touches(stretch)

    def _learn(self, touches: Iterable[_Touch]) -> None:
        """Read the contents that are not remembered. What a content says depends on the language of its file."""
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        paths = {oid: touch.path for touch in touches for oid in (touch.after, touch.before) if oid}
        unread = [oid for oid in paths if oid not in self._known]
        if not unread:
            return
        with self.git.stream(
            "cat-file", "--batch", "--buffer", stdin="".join(f"{o}\n" for o in unread).encode()
        ) as printed:
            for oid in unread:
                head = printed.readline().split()
                present = len(head) == 3
                self.missing += not present
                self._known[oid] = statements(paths[oid], _content(printed, int(head[2]))) if present else _NONE

    def _changed(self, touch: _Touch) -> Iterator[Import]:
        before, after = self._known.get(touch.before, _NONE), self._known.get(touch.after, _NONE)
        for statement in sorted(before ^ after):
            yield Import(touch.sha, touch.path, *statement, statement in after)


def _source_touches(stretch: Stretch) -> Iterator[_Touch]:
    paths = stretch.paths()
    known = Paths(paths)
    source = pc.and_not(known.match(SOURCE_PATH), known.match(COPIED_PATH))
    heads = stretch.field(0).to_pylist()
    columns = (stretch.metas().filter(source), paths.filter(source), pa.array(stretch.owners).filter(source))
    for meta, path, owner in zip(*(column.to_pylist() for column in columns), strict=True):
        old_mode, new_mode, before, after, _ = meta.split(" ")
        old_mode = old_mode[-len(new_mode) :]  # a colon stands before it
        yield _Touch(heads[owner], path, before if old_mode in _FILES else "", after if new_mode in _FILES else "")


def _content(printed: BinaryIO, size: int) -> bytes:
    """An object's bytes; none of a file that is too long to be written by hand."""
    if size <= _LARGEST_BYTES:
        return printed.read(size + 1)[:size]
    left = size + 1
    while left > 0 and (block := printed.read(min(left, _LARGEST_BYTES))):
        left -= len(block)
    return b""
