"""Lines added to package manifests: what tells later that a change brings an AI package.

Read from `git log -p -U0` of just those commits that touch such a file, which needs file contents.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby
from operator import attrgetter
from typing import NamedTuple

from collectors.git.process.command import LOG, PATCH, Git
from collectors.git.readers.patches import PatchLine, patch_lines
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
_MANIFEST, _COPIED = re.compile(MANIFEST_PATH), re.compile(COPIED_PATH)
# Not what Git has it for: a line feed would end it, and the other stands for bytes that are no text.
_INEXACT = re.compile("[\n\ufffd]+")
_GLOB_SIGN = re.compile(r"([*?\[\\])")


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

    def read(self, shas: Sequence[str], paths: Collection[str]) -> Iterator[AddedLine]:
        """The lines added by some commits that have one parent at most. PartialRead where a file's content is missing.

        `paths` are all manifests that one of them touches, before and after it moved: Git finds them several times as
        fast as by patterns. A renamed file's lines are not added: what git finds similar by half is a rename here.
        """
        if not shas:
            return
        options = (*PATCH, "-U0", "-M", "--diff-merges=off", "--format=commit %H", "--no-walk=unsorted", "--stdin")
        chosen = "\n".join((*shas, "--", *map(_pathspec, sorted(paths)), ""))
        with self.git.stream(*LOG, *options, stdin=chosen.encode()) as patches:
            for _, of_commit in groupby(patch_lines(patches), key=attrgetter("file.sha")):
                yield from self.of_commit(of_commit)

    def of_commit(self, lines: Iterable[PatchLine]) -> Iterator[AddedLine]:
        """The lines that one commit added, from its patches; those of files that are no manifests are left out."""
        yielded: set[AddedLine] = set()
        for added in _added(lines):
            if is_version_line(added.line):
                self.of_versions.add(added.sha)
            shortened = added._replace(line=added.line[:_LONGEST_CHARACTERS])
            if shortened in yielded:
                continue
            self.cut += shortened != added or len(yielded) >= _MOST_PER_COMMIT
            if len(yielded) < _MOST_PER_COMMIT:
                yielded.add(shortened)
                yield shortened


def is_manifest(path: str) -> bool:
    """Whether lines added to the file at `path` are read."""
    return bool(_MANIFEST.search(path)) and not _COPIED.search(path)


def _pathspec(path: str) -> str:
    """What Git finds a file by, on one line."""
    if not _INEXACT.search(path):
        return f":(literal){path}"
    return ":(glob)" + _INEXACT.sub("*", _GLOB_SIGN.sub(r"\\\1", path))


def _added(lines: Iterable[PatchLine]) -> Iterator[AddedLine]:
    """Every added line that is not blank."""
    for _, of_file in groupby(lines, key=attrgetter("file.path")):
        first = next(of_file)
        if is_manifest(first.file.path):
            for line in chain((first,), of_file):
                if line.sign == b"+" and (text := _text(line.text)):
                    yield AddedLine(line.file.sha, line.file.path, text)


def _text(raw: bytes) -> str:
    """A line without its end; a NUL would end it early in other hands."""
    return raw.decode("utf-8", "replace").rstrip("\r\n").replace("\0", "�") if raw.strip() else ""
