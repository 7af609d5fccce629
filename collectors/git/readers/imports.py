"""Import statements that commits added to source files or took out of them: who depends on what, and since when.

Of each commit the source files before and after it are read and compared, so a renamed file takes all its imports
out and adds them again. Contents come from `cat-file` in the order of the log, each once while it is remembered; one
that is missing or too long costs its own statements only, where a patch would cost the whole reading. Nothing of a
repository is run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from operator import attrgetter
from typing import BinaryIO, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from collectors.git.process.command import LOG, Git
from collectors.git.process.log import Paths, Stretch, stretches
from collectors.git.process.tree_pairs import FileChange
from collectors.git.readers.added_lines import COPIED_FOLDERS
from collectors.git.readers.file_changes import Step, no_step
from collectors.git.readers.import_statements import ENDINGS, Statement, StatementReader

__all__ = ["IMPORTS_READ", "MOST_COMMITS", "NOT_OWN_PATH", "SOURCE_PATH", "Import", "ImportReader"]

IMPORTS_READ = 3
"""Version of what is read of imports; one more whenever there is more to read, so that clones are read again, once."""
MOST_COMMITS = 50_000
"""Of a longer history the newest commits are read: older imports are unknown."""
_MOST_PER_COMMIT = 2_000
_LARGEST_BYTES = 1 << 20
_AT_ONCE = 20_000
_REMEMBERED = 100_000
_STEP = 500
"""Contents between two steps of the progress."""
SOURCE_PATH = "(?:{})$".format("|".join(re.escape(ending) for ending in ENDINGS))
"""The files that are read, but for those under NOT_OWN_PATH, which others wrote."""
NOT_OWN_PATH = "(?:^|/)(?:{})/".format("|".join(("third_party", "third-party", *COPIED_FOLDERS)))
# A line feed more than by default: what is read then begins with one, as every line does.
_HEAD = "%(objectname) %(objecttype) %(objectsize)\n"
_FILES = frozenset(("100644", "100755"))
_NONE: frozenset[Statement] = frozenset()


class Import(NamedTuple):
    """A statement that a commit added to a file, or took out of it."""

    sha: str
    path: str
    kind: str
    module: str
    added: bool


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
    _alike: dict[frozenset[Statement], frozenset[Statement]] = field(default_factory=dict)
    """Each different set once: most versions of a file import what the one before did."""

    def read(self, changes: Iterator[FileChange], step: Step = no_step) -> Iterator[Import]:
        """What changes of source files, each commit's together, did to imports, in their order."""
        last, count = "", 0
        while some := list(islice(changes, _AT_ONCE)):
            self._learn(some, step)
            by_content = self._known
            for change in some:
                sha, path, old_mode, new_mode, before, after = change
                if sha != last:
                    last, count = sha, 0
                old = by_content[before] if old_mode in _FILES else _NONE
                new = by_content[after] if new_mode in _FILES else _NONE
                if old is new:
                    continue
                for kind, module in sorted(old ^ new):
                    count += 1
                    if count <= _MOST_PER_COMMIT:
                        yield Import(sha, path, kind, module, (kind, module) in new)
                    else:
                        self.cut += 1

    def changes_of(self, shas: Sequence[str]) -> Iterator[FileChange]:
        """The source files that some commits with one parent at most changed, where no log of them was just read."""
        if not shas:
            return
        options = ("-z", "--raw", "--no-renames", "--diff-merges=off", "--format=%H", "--no-walk=unsorted", "--stdin")
        chosen = "".join(f"{sha}\n" for sha in shas).encode()
        with self.git.stream(*LOG, *options, stdin=chosen) as log:
            for stretch in stretches(log, fields=1, id_length=self.id_length):
                yield from _of_sources(stretch)

    def _learn(self, changes: Sequence[FileChange], step: Step) -> None:
        """Read the contents that are not remembered. What a content says depends on the language of its file."""
        if len(self._known) > _REMEMBERED:
            self._known.clear()
            self._alike.clear()
        # Git keeps the versions of a path as differences from each other: together they are read faster.
        paths: dict[str, str] = {}
        for _, path, old_mode, new_mode, before, after in sorted(changes, key=attrgetter("path")):
            if new_mode in _FILES and after not in self._known:
                paths[after] = path
            if old_mode in _FILES and before not in self._known:
                paths[before] = path
        shown = 0
        for read in self._read(paths) if paths else ():
            at = read * len(changes) // len(paths)
            step(at - shown)
            shown = at
        step(len(changes) - shown)

    def _read(self, paths: Mapping[str, str]) -> Iterator[int]:
        """Read these contents, whose paths are given, in order; says from time to time how many are read."""
        reader, known, alike = StatementReader(), self._known, self._alike
        request = "".join([f"{oid}\n" for oid in paths]).encode()
        with self.git.stream("cat-file", f"--batch={_HEAD}", "--buffer", stdin=request) as printed:
            for number, (oid, path) in enumerate(paths.items()):
                if not number % _STEP:
                    yield number
                head = printed.readline().split()
                present = len(head) == 3
                self.missing += not present
                read = reader.statements(path, _content(printed, int(head[2]))) if present else _NONE
                known[oid] = alike.setdefault(read, read)


def _of_sources(stretch: Stretch) -> Iterator[FileChange]:
    paths = stretch.paths()
    read_paths = Paths(paths)
    source = pc.and_not(read_paths.match(SOURCE_PATH), read_paths.match(NOT_OWN_PATH))
    heads = stretch.field(0).to_pylist()
    columns = (stretch.metas().filter(source), paths.filter(source), pa.array(stretch.owners).filter(source))
    for meta, path, owner in zip(*(column.to_pylist() for column in columns), strict=True):
        old_mode, new_mode, before, after, _ = meta.lstrip("\n").removeprefix(":").split(" ")
        yield FileChange(heads[owner], path, old_mode, new_mode, before, after)


def _content(printed: BinaryIO, size: int) -> bytes:
    """An object's bytes behind a line feed; none of a file that is too long to be written by hand."""
    if size <= _LARGEST_BYTES:
        return printed.read(size + 2)[:-1]
    left = size + 2
    while left > 0 and (block := printed.read(min(left, _LARGEST_BYTES))):
        left -= len(block)
    return b""
