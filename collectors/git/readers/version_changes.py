"""Versions that commits moved: what tells later that a change only makes a release.

Read from `git log -p` of just those commits whose paths are all those of a release, and of those whose subject says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from collectors.git.process.command import LOG, PATCH, Git
from collectors.git.readers.added_lines import patch_line, unquoted_path
from collectors.git.readers.version_lines import OTHER, Hunk, Moved, moved_versions
from headway.errors import PartialRead
from headway.release_files import CHANGELOG_PATH, LOCK_PATH, MANIFEST_PATH, RELEASE_PATH, VERSION_PATH

__all__ = ["VERSIONS_READ", "VersionChange", "VersionReader", "release_candidates"]

VERSIONS_READ = 1
"""Version of what is read; one more with each kind of file, so that clones read before are read again, once."""
NOTHING = "nothing"
_SUBJECT = (
    r"(?i)^(?:\w+(?:\([^)\n]*\))?!?:\s*)?(?:\[[^\]\n]*\]\s*)?"
    r"(?:(?:release|bump|version|prepar|publish|cut|set|update|new|initial)[^\n]*(?:\d+\.\d+|releas|version|bump)"
    r"|v?\d+\.\d+|[\w@/.-]+[ @]v?\d+\.\d+\.\d+)"
)
"""A subject that may be that of a release; the model looks closer."""
_BOT = r"(?i)\[bot\]|^dependabot|^renovate"
_CONTEXT_LINES = 4
_MOST_FILES, _FEW_FILES = 400, 5
_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_UNREAD = re.compile(f"{CHANGELOG_PATH}|{LOCK_PATH}")
_PATHSPECS = (
    ".",
    *(f":(exclude,glob,icase)**/{name}" for name in ("CHANGELOG*", "*.lock", "*-lock.*", "go.sum", "*.snap")),
    ":(exclude,glob)**/.changeset/**",
)


class VersionChange(NamedTuple):
    """What a commit changed in a file: a version and whose, or something else; or nothing in all files that count."""

    sha: str
    path: str
    what: str
    package: str
    old_version: str
    new_version: str


def release_candidates(commits: pa.Table, files: pa.Table) -> list[str]:
    """The commits that may be releases, and of which lines must be read: by their paths or their subject."""
    people = pc.invert(pc.match_substring_regex(commits["author_name"], _BOT))
    said = pc.match_substring_regex(commits["message"], _SUBJECT)
    releases = pc.match_substring_regex(files["path"], RELEASE_PATH)
    versions = pc.match_substring_regex(files["path"], f"{VERSION_PATH}|{MANIFEST_PATH}")
    counts = pa.table(
        {"sha": files["sha"], "release": pc.cast(releases, pa.int32()), "version": pc.cast(versions, pa.int32())}
    )
    counts = counts.group_by("sha", use_threads=False).aggregate(
        [("release", "sum"), ("release", "count"), ("version", "sum")]
    )
    whole = pc.and_(pc.equal(counts["release_sum"], counts["release_count"]), pc.greater(counts["version_sum"], 0))
    some = pc.or_(
        pc.and_(pc.greater(counts["version_sum"], 0), pc.less_equal(counts["release_count"], _MOST_FILES)),
        pc.less_equal(counts["release_count"], _FEW_FILES),
    )
    by_paths, by_subject = counts["sha"].filter(whole), counts["sha"].filter(some)
    chosen = pc.or_(
        pc.is_in(commits["sha"], by_paths.combine_chunks()),
        pc.and_(said, pc.is_in(commits["sha"], by_subject.combine_chunks())),
    )
    shas: list[str] = commits["sha"].filter(pc.and_(people, chosen)).to_pylist()
    return shas


@dataclass
class VersionReader:
    """Reads which versions some commits moved."""

    git: Git

    def read(self, shas: Sequence[str]) -> Iterator[VersionChange]:
        """At least one row for each commit, which has one parent at most. PartialRead where contents are missing."""
        if not shas:
            return
        options = (*PATCH, f"-U{_CONTEXT_LINES}", "--no-renames", "--diff-merges=off", "--format=commit %H")
        chosen = "".join(f"{sha}\n" for sha in shas).encode()
        pending = dict.fromkeys(shas)
        with self.git.stream(
            *LOG, *options, "--no-walk=unsorted", "--stdin", "--", *_PATHSPECS, stdin=chosen
        ) as patches:
            for sha, path, moved in _Patches(patches).read():
                pending.pop(sha, None)
                yield VersionChange(sha, path, moved.what, moved.package, moved.old, moved.new)
        for sha in pending:
            yield VersionChange(sha, "", NOTHING, "", "", "")


@dataclass
class _Patches:
    """The files of some patches, one after the other."""

    stream: BinaryIO
    sha: str = ""
    path: str | None = None
    hunks: list[Hunk] = field(default_factory=list)

    def read(self) -> Iterator[tuple[str, str, Moved]]:
        """Commit, path and what changed there."""
        old = new = 0
        while line := patch_line(self.stream):
            if old or new:
                sign = line[:1].decode("latin-1")
                old -= sign in "- "
                new -= sign in "+ "
                self.hunks[-1].line(sign, line[1:].decode("utf-8", "replace").rstrip("\r\n").replace("\0", "�"))
            elif match := _HUNK.match(line):
                old, new = (1 if count is None else int(count) for count in match.groups())
                self.hunks.append(Hunk())
            elif line.startswith((b"commit ", b"diff --git ")):
                yield from self._file()
                if line.startswith(b"commit "):
                    self.sha = line.removeprefix(b"commit ").strip().decode("ascii")
                else:
                    self.path = ""
            elif line.startswith((b"--- ", b"+++ ")) and (name := _path(line)):
                self.path = name
        if old or new:
            raise PartialRead(
                "The patches ended within one", hint="Run the same command again; nothing of it was stored."
            )
        yield from self._file()

    def _file(self) -> Iterator[tuple[str, str, Moved]]:
        if self.path is not None and not (self.path and _UNREAD.search(self.path)):
            # Without lines its mode changed, or it is binary.
            for moved in moved_versions(self.path, self.hunks) if self.hunks else (Moved(OTHER),):
                yield self.sha, self.path, moved
        self.path, self.hunks = None, []


def _path(line: bytes) -> str:
    """The path of a `---` or `+++` line, empty where there is no file on that side."""
    name = line[4:].removesuffix(b"\n")
    prefix = b"a/" if line.startswith(b"--- ") else b"b/"
    return "" if name == b"/dev/null" else unquoted_path(name, prefix, errors="replace")
