"""Git notes with line-level attribution: which commits have one, and what is new since the last run.

A notes ref leads to a commit whose tree names commits by their ids (`ab/cdef…` once there are many), each with a note
as its content. Notes are an addition: where they cannot be read, the rest of a repository still is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from collectors.git.process.command import Git
from collectors.git.process.objects import contents
from collectors.git.readers.attribution import Attribution, parse_note
from headway.errors import CollectError, PartialRead

__all__ = ["NOTES_REF", "NoteReader"]

NOTES_REF = "refs/notes/ai"

_EMPTY_TREES = {
    40: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    64: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}
_RAW = re.compile(rb":\d+ (\d+) [0-9a-f]+ ([0-9a-f]+) [AMDT]\Z")
_FILES = {b"100644", b"100755"}
_BLOCK_BYTES = 1 << 16
_MOST_NOTES = 300_000
_AT_ONCE = 5_000


@dataclass
class NoteReader:
    """Reads what is new in the notes; counts what tells nothing."""

    git: Git
    id_length: int
    other_form: int = 0
    """Notes that are no attribution, or longer than 1 MB."""
    unreadable: bool = False
    """They could not be read whole: the point to go on from stays where it was."""

    def rows(self, tip: str, before: str, *, everything: bool) -> Iterator[dict[str, Any]]:
        """A row per commit whose note is new, changed or gone, from the notes at `before` to those at `tip`.

        Either is the id that the ref held, empty for no notes. With `everything` also what did not change. A note that
        is gone, or that counts no lines any more, is a row that says `deleted`. Never fails: see `unreadable`.
        """
        if tip == before and not (tip and everything):
            return
        try:
            changed = self._changed(tip, before)
            if everything:
                changed |= self._changed(tip, "")
            rows = self._read(changed)
            yield from rows if before else (row for row in rows if not row["deleted"])
        except CollectError:
            self.unreadable = True

    def _changed(self, tip: str, before: str) -> dict[str, str]:
        """Commits and the ids of their notes, empty for one that is gone."""
        empty = _EMPTY_TREES[self.id_length]
        base = before if before and self._has(before) else empty
        notes: dict[str, str] = {}
        arguments = ("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", "--end-of-options")
        with self.git.stream(*arguments, base, tip or empty) as printed:
            for mode, note, path in _entries(printed):
                commit = path.replace(b"/", b"").decode("latin-1")
                if not self._is_id(commit):
                    continue
                if mode in _FILES:
                    notes[commit] = note.decode("ascii")
                else:
                    notes.setdefault(commit, "")  # the same note may have moved to another folder
                if len(notes) > _MOST_NOTES:
                    raise PartialRead(f"more than {_MOST_NOTES:,} notes at once", hint="read them in smaller steps")
        return notes

    def _read(self, changed: dict[str, str]) -> Iterator[dict[str, Any]]:
        commits = sorted(changed)
        for start in range(0, len(commits), _AT_ONCE):
            some = commits[start : start + _AT_ONCE]
            said = self._attributions([changed[commit] for commit in some if changed[commit]])
            for commit in some:
                attribution = said.get(changed[commit])
                self.other_form += attribution is None and changed[commit] != ""
                yield _row(commit, attribution)

    def _attributions(self, notes: Sequence[str]) -> dict[str, Attribution]:
        read = {note: parse_note(raw.decode("utf-8", "replace")) for note, raw in contents(self.git, notes)}
        return {note: attribution for note, attribution in read.items() if attribution is not None}

    def _has(self, oid: str) -> bool:
        return self.git.run("cat-file", "-e", f"{oid}^{{tree}}", allowed=(0, 1, 128)).returncode == 0

    def _is_id(self, text: str) -> bool:
        return len(text) == self.id_length and set(text) <= set("0123456789abcdef")


def _row(commit: str, attribution: Attribution | None) -> dict[str, Any]:
    if attribution is None or attribution.ai_lines + attribution.human_lines == 0:
        return {"sha": commit, "ai_lines": None, "human_lines": None, "tools": "", "deleted": True}
    return {"sha": commit, **attribution._asdict(), "tools": "\n".join(attribution.tools), "deleted": False}


def _entries(printed: BinaryIO) -> Iterator[tuple[bytes, bytes, bytes]]:
    """New mode, new object and path of every entry of a raw diff."""
    parts = _parts(printed)
    for head in parts:
        match = _RAW.match(head)
        path = next(parts, None)
        if match is None or path is None:
            raise PartialRead(
                "Git lists the notes in an unknown form", hint="run `git notes --ref=ai list` in the clone"
            )
        yield match[1], match[2], path


def _parts(printed: BinaryIO) -> Iterator[bytes]:
    """What stands between NULs; no name of a commit is long."""
    left = b""
    while block := printed.read(_BLOCK_BYTES):
        *whole, left = (left + block).split(b"\0")
        yield from whole
        if len(left) > _BLOCK_BYTES:
            raise PartialRead("A note has a name of more than 64 KB", hint="run `git notes --ref=ai list` in the clone")
