"""Git objects written straight into a repository: thousands of commits a second, any bytes, any dates."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

FILE, EXECUTABLE, SYMLINK, SUBMODULE = b"100644", b"100755", b"120000", b"160000"
_FOLDER = b"40000"


class Entry(NamedTuple):
    """A file of a tree: its mode and the id of what it holds."""

    mode: bytes
    oid: str


class Objects:
    """The loose objects of one repository."""

    def __init__(self, git_dir: Path, object_format: str = "sha1") -> None:
        self._folder = git_dir / "objects"
        self._format = object_format

    def write(self, kind: str, body: bytes) -> str:
        """Store one object; its id."""
        data = b"%s %d\0%s" % (kind.encode(), len(body), body)
        oid = hashlib.new(self._format, data, usedforsecurity=False).hexdigest()
        path = self.path(oid)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(zlib.compress(data, 1))
        return oid

    def path(self, oid: str) -> Path:
        """Where an object lies: remove it, and the repository misses it."""
        return self._folder / oid[:2] / oid[2:]

    def tree(self, files: Mapping[bytes, Entry]) -> str:
        """Store a tree of paths, folders and all; its id."""
        here: dict[bytes, Entry] = {}
        below: dict[bytes, dict[bytes, Entry]] = {}
        for path, entry in files.items():
            first, slash, rest = path.partition(b"/")
            if slash:
                below.setdefault(first, {})[rest] = entry
            else:
                here[first] = entry
        here |= {name: Entry(_FOLDER, self.tree(inside)) for name, inside in below.items()}
        # Git sorts a folder as if its name ended in a slash.
        ordered = sorted(here.items(), key=lambda item: item[0] + (b"/" if item[1].mode == _FOLDER else b""))
        return self.write(
            "tree", b"".join(b"%s %s\0%s" % (entry.mode, name, bytes.fromhex(entry.oid)) for name, entry in ordered)
        )

    def commit(
        self, tree: str, parents: Sequence[str], author: bytes, committer: bytes, message: bytes, *, extra: bytes = b""
    ) -> str:
        """Store a commit; `extra` are further header lines, each with its newline."""
        lines = [f"tree {tree}\n".encode(), *(f"parent {parent}\n".encode() for parent in parents)]
        body = b"".join(lines) + b"author %s\ncommitter %s\n%s\n%s" % (author, committer, extra, message)
        return self.write("commit", body)
