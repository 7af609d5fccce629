"""Lines added to package manifests: what tells later that a change brings an AI package.

Read from `git log -p -U0` of just those commits that touch such a file, which needs file contents.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import BinaryIO, NamedTuple

from collectors.git.process.command import LOG, PATCH, Git
from headway.errors import PartialRead

__all__ = ["COPIED_FOLDERS", "COPIED_PATH", "MANIFEST_PATH", "AddedLine", "AddedLines", "patch_line", "unquoted_path"]

_NAMES = (
    "requirements*.txt", "requirements*.in", "requirements/*.txt", "requirements/*.in", "constraints*.txt",
    "pyproject.toml", "setup.py", "setup.cfg", "Pipfile", "environment*.yml", "environment*.yaml", "package.json",
    "go.mod", "Cargo.toml", "Gemfile", "*.gemspec", "pom.xml", "build.gradle*", "libs.versions.toml", "*.csproj",
    "*.fsproj", "Directory.Packages.props", "composer.json",
)  # fmt: skip
# What others wrote and someone copied in says nothing about what a change builds.
COPIED_FOLDERS = ("node_modules", "vendor")
_PATHSPECS = (
    *(f":(glob)**/{name}" for name in _NAMES),
    *(f":(exclude,glob)**/{folder}/**" for folder in COPIED_FOLDERS),
)
MANIFEST_PATH = "(?:^|/)(?:{})$".format("|".join(re.escape(name).replace(r"\*", "[^/]*") for name in _NAMES))
"""The same files as a regular expression, as Arrow and Python read it; but for those under COPIED_PATH."""
COPIED_PATH = "(?:^|/)(?:{})/".format("|".join(COPIED_FOLDERS))

_LONGEST_CHARACTERS = 1_000
_LONGEST_READ_BYTES = 1 << 16
_MOST_PER_COMMIT = 2_000
_HUNK = re.compile(rb"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_ESCAPES = {"a": 7, "b": 8, "t": 9, "n": 10, "v": 11, "f": 12, "r": 13}
_ESCAPED = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)


class AddedLine(NamedTuple):
    """A line that a commit added to a package manifest; no blank lines, and each once."""

    sha: str
    path: str
    line: str


@dataclass
class AddedLines:
    """Reads added lines; counts what was too much."""

    git: Git
    cut: int = 0
    """How many lines were cut to 1,000 characters, or left out because their commit adds more than 2,000."""

    def read(self, shas: Sequence[str]) -> Iterator[AddedLine]:
        """The lines added by some commits that have one parent at most. PartialRead where a file's content is missing.

        A renamed file's lines are not added: what git finds similar by half is a rename here.
        """
        if not shas:
            return
        options = (*PATCH, "-U0", "-M", "--diff-merges=off", "--format=commit %H", "--no-walk=unsorted", "--stdin")
        chosen = "".join(f"{sha}\n" for sha in shas).encode()
        with self.git.stream(*LOG, *options, "--", *_PATHSPECS, stdin=chosen) as patches:
            for _, of_commit in groupby(_added(patches), key=attrgetter("sha")):
                yield from self._shortened(of_commit)

    def _shortened(self, of_commit: Iterator[AddedLine]) -> Iterator[AddedLine]:
        yielded: set[AddedLine] = set()
        for added in of_commit:
            shortened = added._replace(line=added.line[:_LONGEST_CHARACTERS])
            if shortened in yielded:
                continue
            self.cut += shortened != added or len(yielded) >= _MOST_PER_COMMIT
            if len(yielded) < _MOST_PER_COMMIT:
                yielded.add(shortened)
                yield shortened


def _added(patches: BinaryIO) -> Iterator[AddedLine]:
    """Every added line that is not blank. How many lines a hunk has is said before it, so none can pass as a header."""
    sha = path = ""
    old = new = 0
    while line := patch_line(patches):
        if old or new:
            old -= line.startswith(b"-")
            new -= line.startswith(b"+")
            if line.startswith(b"+") and (text := _text(line[1:])):
                yield AddedLine(sha, path, text)
        elif match := _HUNK.match(line):
            old, new = (1 if count is None else int(count) for count in match.groups())
        elif line.startswith(b"commit "):
            sha = line.removeprefix(b"commit ").strip().decode("ascii")
        elif line.startswith(b"+++ "):
            path = unquoted_path(line.removeprefix(b"+++ ").removesuffix(b"\n"), b"b/", errors="replace")
    if old or new:
        raise PartialRead("The patches ended within one", hint="Run the same command again; nothing of it was stored.")


def patch_line(patches: BinaryIO) -> bytes:
    """The next line, or as much of it as anyone wants to see."""
    line = patches.readline(_LONGEST_READ_BYTES)
    rest = line
    while rest and not rest.endswith(b"\n"):
        rest = patches.readline(_LONGEST_READ_BYTES)
    return line


def _text(raw: bytes) -> str:
    """A line without its end; a NUL would end it early in other hands."""
    return raw.decode("utf-8", "replace").rstrip("\r\n").replace("\0", "�") if raw.strip() else ""


def unquoted_path(name: bytes, prefix: bytes, *, errors: str = "surrogateescape") -> str:
    """The path of a `+++` or `---` line: quoted as in C where it holds a quote, a backslash or a control character."""
    if name.startswith(b'"'):
        name = _ESCAPED.sub(_unescaped, name[1:].rpartition(b'"')[0])
    return name.removesuffix(b"\t").removeprefix(prefix).decode("utf-8", errors)


def _unescaped(match: re.Match[bytes]) -> bytes:
    code = match[1].decode("latin-1")
    if len(code) == 3:
        return bytes([int(code, 8) & 0xFF])
    return bytes([_ESCAPES[code]]) if code in _ESCAPES else match[1]
