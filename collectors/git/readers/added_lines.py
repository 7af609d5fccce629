"""Lines added to package manifests: what tells later that a change brings an AI package.

Read from patches of just these files, which need their contents.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from collectors.git.process.command import Git
from collectors.git.process.tree_pairs import FileChange, tree_patches
from collectors.git.readers.file_changes import Step, batches, no_step, stepping
from collectors.git.readers.patches import PatchPart, patch_parts
from collectors.git.readers.version_lines import is_version_line

__all__ = ["COPIED_FOLDERS", "COPIED_PATH", "MANIFEST_PATH", "AddedLine", "AddedLines", "is_manifest"]

_NAMES = (
    "requirements*.txt", "requirements*.in", "requirements/*.txt", "requirements/*.in", "constraints*.txt",
    "pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "environment*.yml", "environment*.yaml", "package.json",
    "go.mod", "Cargo.toml", "Gemfile", "*.gemspec", "pom.xml", "build.gradle*", "libs.versions.toml", "*.csproj",
    "*.fsproj", "Directory.Packages.props", "composer.json",
)  # fmt: skip
# What others wrote and someone copied in says nothing about what a change builds.
COPIED_FOLDERS = ("node_modules", "vendor")
MANIFEST_PATH = "(?:^|/)(?:{})$".format("|".join(re.escape(name).replace(r"\*", "[^/]*") for name in _NAMES))
"""Manifests, as Arrow and Python read a regular expression; but for those under COPIED_PATH."""
COPIED_PATH = "(?:^|/)(?:{})/".format("|".join(COPIED_FOLDERS))

_LONGEST_CHARACTERS = 1_000
_MOST_PER_COMMIT = 2_000
_BLANK = " \t\n\r\v\f"
_RETURNS = re.compile(r"\r+(?=\n|\Z)")
_MANIFEST, _COPIED = re.compile(MANIFEST_PATH), re.compile(COPIED_PATH)


class AddedLine(NamedTuple):
    """A line that a commit added to a package manifest; no blank lines, and each once."""

    sha: str
    path: str
    line: str


@dataclass
class AddedLines:
    """Reads added lines; counts what was too much."""

    git: Git
    of_versions: set[str] = field(default_factory=set)
    """Commits that added a line with the version of the manifest itself."""
    cut: int = 0
    """How many lines were cut to 1,000 characters, or left out because their commit adds more than 2,000."""

    def read(self, changes: Iterable[FileChange], step: Step = no_step) -> Iterator[AddedLine]:
        """The lines added by some commits that have one parent at most. PartialRead where a file's content is missing.

        `changes` are those of manifests, before and after they moved; those of a commit stand together. A renamed
        file's lines are not added: what Git finds similar by half is a rename here.
        """
        for commits in batches(changes):
            with tree_patches(self.git, commits, "-U0", "-M") as patches:
                parts = patch_parts(patches, stepping(commits, step))
                for sha, of_commit in groupby(parts, key=attrgetter("file.sha")):
                    yield from self.of_commit(sha, of_commit)

    def of_commit(self, sha: str, parts: Iterable[PatchPart]) -> list[AddedLine]:
        """The lines that one commit added, from its patches; those of files that are no manifests are left out."""
        added: list[AddedLine] = []
        by_path: dict[str, set[str]] = {}
        for part in parts:
            path = part.file.path
            if not is_manifest(path):
                continue
            text = _added_text(part)
            lines = [line for line in text.split("\n+") if line.strip(_BLANK)]
            if "ersion" in text or "ERSION" in text:
                self.of_versions.update(sha for line in lines if is_version_line(line))
            earlier = by_path.setdefault(path, set())
            added += [AddedLine(sha, path, line) for line in self._fresh(lines, earlier, _MOST_PER_COMMIT - len(added))]
        return added

    def _fresh(self, lines: list[str], known: set[str], most: int) -> list[str]:
        """Those of some lines that are not `known` yet, and now are: at most so many; counts what is too much."""
        shortened = [line[:_LONGEST_CHARACTERS] for line in lines]
        if not most:
            self.cut += len(lines) - sum(map(known.__contains__, shortened))
            return []
        fresh: list[str] = []
        for line, short in zip(lines, shortened, strict=True):
            if short not in known:
                self.cut += len(short) != len(line) or len(fresh) >= most
                if len(fresh) < most:
                    known.add(short)
                    fresh.append(short)
        return fresh


@lru_cache(1 << 12)
def is_manifest(path: str) -> bool:
    """Whether lines added to the file at `path` are read."""
    return bool(_MANIFEST.search(path)) and not _COPIED.search(path)


def _added_text(part: PatchPart) -> str:
    """The added lines, a line feed and a plus between them; a NUL would end a line early in other hands."""
    signed = b"\n".join([line for line in part.lines if line[:1] == b"+"])
    text = signed[1:].decode("utf-8", "replace").replace("\0", "�")
    return _RETURNS.sub("", text) if "\r" in text else text
