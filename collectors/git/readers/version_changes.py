"""Versions that commits moved: what tells later that a change only makes a release.

Read from patches of just those commits whose paths are all those of a release, and of those whose subject says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, groupby
from operator import attrgetter
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from collectors.git.process.command import Git
from collectors.git.process.log import Paths
from collectors.git.process.tree_pairs import FileChange, tree_patches
from collectors.git.readers.added_lines import MANIFEST_PATH as ADDED_TO
from collectors.git.readers.added_lines import AddedLine, AddedLines, is_manifest
from collectors.git.readers.file_changes import Step, any_case, batches, no_step, stepping
from collectors.git.readers.patches import PatchPart, patch_parts
from collectors.git.readers.version_lines import OTHER, Hunk, Moved, moved_versions
from headway.releases.files import CHANGELOG_PATH, LOCK_PATH, MANIFEST_PATH, RELEASE_PATH, VERSION_PATH
from headway.releases.subjects import says_release

__all__ = ["NOT_READ_PATH", "VERSIONS_READ", "Candidates", "VersionChange", "VersionReader"]

VERSIONS_READ = 2
"""Version of what is read; one more whenever there is more to read, so that clones are read again, once."""
NOTHING = "nothing"
_SUBJECT = (
    r"(?i)^(?:\w+(?:\([^)\n]*\))?!?:\s*)?(?:\[[^\]\n]*\]\s*)?"
    r"(?:(?:release|bump|version|prepar|publish|cut|set|update|new|initial)[^\n]*(?:\d+\.\d+|releas|version|bump)"
    r"|v?\d+\.\d+|[\w@/.-]+[ @]v?\d+\.\d+\.\d+)"
)
"""A subject that may be that of a release; the model looks closer."""
_BOT = r"(?i)\[bot\]|^dependabot|^renovate"
_CONTEXT_LINES = 4
_FEW_FILES, _MOST_BEYOND = 5, 40
_MOST_LINES = 50_000
_UNREAD = re.compile(f"{CHANGELOG_PATH}|{LOCK_PATH}")
_NOT_READ = (
    "CHANGELOG", "CHANGELOG*.md", "CHANGELOG*.rst", "CHANGELOG*.txt", "*.lock", "package-lock.json", "pnpm-lock.yaml",
    "go.sum", "*.snap",
)  # fmt: skip
NOT_READ_PATH = "(?:^|/)(?:(?:{})$|\\.changeset/)".format("|".join(map(any_case, _NOT_READ)))
"""Files that say nothing of versions, as Arrow reads a regular expression."""


class VersionChange(NamedTuple):
    """What a commit changed in a file: a version and whose, or something else; or nothing in all files that count."""

    sha: str
    path: str
    what: str
    package: str
    old_version: str
    new_version: str


@dataclass
class Candidates:
    """Commits that may be releases."""

    likely: list[str] = field(default_factory=list)
    """By their paths, or by their subject: their lines must be read."""
    doubtful: list[str] = field(default_factory=list)
    """By their subject, if a manifest's own version moved: `Bump basket to 1.2.0` is an update more often."""

    def add(self, commits: pa.Table, files: pa.Table, paths: Paths) -> tuple[list[str], list[str]]:
        """Take in those of some commits, and tell which they are; the files of one commit stand together."""
        people = pc.invert(pc.match_substring_regex(commits["author_name"], _BOT))
        said = pc.match_substring_regex(commits["message"], _SUBJECT)
        shas = files["sha"].combine_chunks().dictionary_encode()
        owners = shas.indices.to_numpy()

        def count(matched: pa.BooleanArray) -> npt.NDArray[np.int64]:
            return np.bincount(owners[matched.to_numpy(zero_copy_only=False)], minlength=len(shas.dictionary))

        touched = np.bincount(owners, minlength=len(shas.dictionary))
        beyond = touched - count(paths.match(RELEASE_PATH))
        versions = count(paths.match(f"{VERSION_PATH}|{MANIFEST_PATH}"))
        elsewhere = versions - count(paths.match(ADDED_TO))
        whole = (beyond == 0) & (versions > 0)
        named = (versions > 0) & (beyond <= _MOST_BEYOND) & ~whole
        bare = (versions == 0) & (touched <= _FEW_FILES)

        def chosen(mask: npt.NDArray[np.bool_], among: pa.Array) -> pa.Table:
            chosen = pc.is_in(commits["sha"], shas.dictionary.filter(pa.array(mask)))
            return commits.select(["sha", "message"]).filter(pc.and_(pc.and_(people, among), chosen))

        likely, doubtful = chosen(whole, people)["sha"].to_pylist(), []
        in_versions = set(shas.dictionary.filter(pa.array(named & (elsewhere > 0))).to_pylist())
        for row in chosen(named | bare, said).to_pylist():
            if row["sha"] in in_versions or says_release(row["message"].partition("\n")[0], package=True):
                likely.append(row["sha"])
            else:
                doubtful.append(row["sha"])
        self.likely += likely
        self.doubtful += doubtful
        return likely, doubtful


class Reading(NamedTuple):
    """What the patches of one commit show."""

    versions: list[VersionChange]
    """At least one."""
    added: list[AddedLine]
    """Lines that it added to package manifests."""


@dataclass
class VersionReader:
    """Reads which versions some commits moved, and which lines they added to manifests: patches are read once."""

    git: Git
    added_lines: AddedLines

    def read(self, changes: Iterable[FileChange], shas: Iterable[str], step: Step = no_step) -> Iterator[Reading]:
        """One reading for each commit, which has one parent at most. PartialRead where contents are missing.

        `changes` are those of all files but the NOT_READ_PATH ones; a commit may have none of them.
        """
        pending = dict.fromkeys(shas)
        for commits in batches(changes):
            with tree_patches(self.git, commits, f"-U{_CONTEXT_LINES}", "-M") as patches:
                parts = patch_parts(patches, stepping(commits, step))
                for sha, of_commit in groupby(parts, key=attrgetter("file.sha")):
                    pending.pop(sha, None)
                    yield self._reading(sha, of_commit)
        for sha in pending:
            yield Reading([_nothing(sha)], [])

    def _reading(self, sha: str, parts: Iterable[PatchPart]) -> Reading:
        to_manifests: list[PatchPart] = []
        versions = []
        for _, of_file in groupby(parts, key=attrgetter("file")):
            for path, moved in _moved_in(of_file, to_manifests):
                versions.append(VersionChange(sha, path, moved.what, moved.package, moved.old, moved.new))
        return Reading(versions or [_nothing(sha)], self.added_lines.of_commit(sha, to_manifests))


def _nothing(sha: str) -> VersionChange:
    return VersionChange(sha, "", NOTHING, "", "", "")


def _moved_in(parts: Iterator[PatchPart], to_manifests: list[PatchPart]) -> Iterator[tuple[str, Moved]]:
    """Path and what changed there, of the parts of one file; those of a manifest go `to_manifests` too."""
    first = next(parts)
    file, manifest = first.file, is_manifest(first.file.path)
    hunks: dict[int, list[bytes]] = {}
    count = 0
    for part in chain((first,), parts):
        if manifest:
            to_manifests.append(part)
        if part.lines and count < _MOST_LINES:
            hunks.setdefault(part.hunk, []).extend(part.lines[: _MOST_LINES - count])
        count += len(part.lines)
    if file.renamed_from:
        yield file.renamed_from, Moved(OTHER)
    if not _UNREAD.search(file.path):
        moves = set(moved_versions(file.path, map(_hunk, hunks.values())))
        if file.renamed_from or not hunks or count > _MOST_LINES:
            moves.add(Moved(OTHER))
        yield from ((file.path, moved) for moved in sorted(moves))


def _hunk(lines: list[bytes]) -> Hunk:
    """The lines of a hunk as text; of one that adds or removes more than it replaces only that it does."""
    signs = [line[:1] for line in lines if line[1:].strip()]
    if signs.count(b"+") != signs.count(b"-"):
        return Hunk(uneven=True)
    hunk = Hunk()
    for line in lines:
        text = line[1:].decode("utf-8", "replace").rstrip("\r\n").replace("\0", "�")
        hunk.line(line[:1].decode("latin-1"), text)
    return hunk
