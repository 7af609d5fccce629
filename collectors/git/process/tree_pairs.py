"""Patches of chosen files: those of a commit, before and after it, as two small trees of our own that Git compares.

Git tries each path pattern on each entry of each tree that a commit changed, which costs more than the patches where
there are many of either. The log has said which contents these files had, so trees that hold them and nothing else are
enough. They lie in a temporary folder that borrows the repository's objects: nothing is written to it.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, NamedTuple

from collectors.git.process.command import DIFF, PATCH, Git

__all__ = ["NO_MODE", "FileChange", "tree_patches"]

NO_MODE = "000000"
"""The mode of a file that is not there."""
_FOLDER_MODE = b"40000"
_TREE_TYPE = 2
_SHA1_BYTES = 20


class FileChange(NamedTuple):
    """What a commit did to a file: mode and id of its content before and after. One that moved has two of these."""

    sha: str
    path: str
    old_mode: str
    new_mode: str
    before: str
    after: str


@contextmanager
def tree_patches(git: Git, commits: Iterable[Sequence[FileChange]], *options: str) -> Iterator[BinaryIO]:
    """What `git diff-tree -p` prints with these `options`: for each commit a line of two ids, then its files' patches.

    CollectError as `Git.stream`; PartialRead where a content is missing.
    """
    with TemporaryDirectory(prefix="headway-trees-") as folder:
        _borrow(git, Path(folder))
        apart = replace(git, objects=Path(folder))
        trees = _Trees()
        pairs = [trees.add(changes) for changes in commits]
        apart.output("index-pack", "--stdin", stdin=trees.pack())
        request = b"".join(b"%s %s\n" % pair for pair in pairs)
        with apart.stream("diff-tree", "--stdin", "-r", *DIFF, *PATCH, *options, stdin=request) as printed:
            yield printed


def _borrow(git: Git, folder: Path) -> None:
    """Let a folder for objects find those of the repository, wherever they are."""
    theirs = git.output("rev-parse", "--git-path", "objects").removesuffix(b"\n")
    place = bytes(git.git_dir) + b"/" + theirs if not theirs.startswith(b"/") else theirs
    quoted = place.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
    (folder / "info").mkdir()
    (folder / "info" / "alternates").write_bytes(b'"%s"\n' % quoted)


@dataclass
class _Folder:
    """The files in a folder, with their modes and ids, and the folders in it."""

    files: dict[bytes, tuple[bytes, bytes]] = field(default_factory=dict)
    folders: dict[bytes, _Folder] = field(default_factory=dict)

    def put(self, path: Sequence[bytes], mode: str, oid: str) -> None:
        """Let it have a file."""
        folder = self
        for name in path[:-1]:
            folder = folder.folders.setdefault(name, _Folder())
        folder.files[path[-1]] = (mode.encode(), bytes.fromhex(oid))


class _Trees:
    """Trees as Git stores them, each once."""

    def __init__(self) -> None:
        self._packed: dict[bytes, bytes] = {}
        self._id_bytes = _SHA1_BYTES

    def add(self, changes: Sequence[FileChange]) -> tuple[bytes, bytes]:
        """The ids of two trees, in hex: the files before and after these changes."""
        self._id_bytes = len(changes[0].after) // 2
        before, after = _Folder(), _Folder()
        for change in changes:
            path = change.path.encode("utf-8", "surrogateescape").split(b"/")
            if change.old_mode != NO_MODE:
                before.put(path, change.old_mode, change.before)
            if change.new_mode != NO_MODE:
                after.put(path, change.new_mode, change.after)
        return self._tree(before).hex().encode(), self._tree(after).hex().encode()

    def pack(self) -> bytes:
        """All of them in one pack."""
        head = b"PACK" + (2).to_bytes(4, "big") + len(self._packed).to_bytes(4, "big")
        content = b"".join((head, *self._packed.values()))
        return content + self._hashed(content)

    def _tree(self, folder: _Folder) -> bytes:
        """The id of a folder's tree; Git sorts as if the name of a folder ended in a slash."""
        entries = [(name, b"%s %s\0%s" % (mode, name, oid)) for name, (mode, oid) in folder.files.items()]
        for name, within in folder.folders.items():
            entries.append((name + b"/", b"%s %s\0%s" % (_FOLDER_MODE, name, self._tree(within))))
        content = b"".join(entry for _, entry in sorted(entries))
        oid = self._hashed(b"tree %d\0%s" % (len(content), content))
        if oid not in self._packed:
            self._packed[oid] = _packed(content)
        return oid

    def _hashed(self, content: bytes) -> bytes:
        kind = hashlib.sha1 if self._id_bytes == _SHA1_BYTES else hashlib.sha256
        return kind(content, usedforsecurity=False).digest()


def _packed(content: bytes) -> bytes:
    """A tree as an object of a pack: type and size, seven bits after the first four, then what is deflated."""
    size = len(content)
    head = bytearray()
    byte, size = _TREE_TYPE << 4 | size & 0xF, size >> 4
    while size:
        head.append(byte | 0x80)
        byte, size = size & 0x7F, size >> 7
    head.append(byte)
    return bytes(head) + zlib.compress(content, 1)
