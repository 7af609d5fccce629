"""Versions in a patch: which lines of a file changed only in a version, and whose version that is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from headway.releases.files import MANIFEST_PATH, VERSION_PATH

__all__ = ["DEPENDENCY", "NUMBER", "OTHER", "OWN", "Hunk", "Moved", "is_version_line", "moved_versions"]

OWN, DEPENDENCY, NUMBER, OTHER = "own_version", "dependency", "number", "other"

_TOKEN = re.compile(r"[\w.+~-]+|[^\w.+~-]+")
_VERSION = re.compile(r"[vV~]?\d[\w.+~-]*")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:T\d+)?")
_TUPLE = re.compile(r"\b(\d+), ?(\d+), ?(\d+)\b")
_VERSION_FILE, _MANIFEST = re.compile(VERSION_PATH), re.compile(MANIFEST_PATH)
_FIRST_COLUMN = re.compile(r"(?:^|/)(?:Chart\.yaml|pubspec\.yaml|galaxy\.yml)$")
# The key of the file's own version at the start of a line, as its format spells it.
_KEY = re.compile(
    r"(?i)\s*(?:[-\"'<@{]|(?:final|const|let|var|def|static|export|public|ext)\s)*(?:\w{1,12}\.)?(?:"
    r"__version__|__version_info__|version_info|version|appversion|versionname|versioncode|versionprefix|packageversion"
    r"|assemblyversion|fileversion|(?:project|current|marketing|current_project|package|pkg|base)_?version"
    r"|version_(?:name|code|major|minor|patch))(?![\w.-])"
    r"|\s*(?:project\s*\(.*\bversion\b|ac_init\b|set\s*\(\s*\w*version\w*\s|key>cfbundle)"
)
_SECTION = re.compile(r"\s*\[\[?\s*([^\]]+?)\s*\]\]?\s*$")
_NAME = re.compile(r"\s*(?:\"name\"\s*:\s*\"|name\s*=\s*[\"']|-?\s*name:\s*|<artifactId>)([^\"'<\s]+)")
_OPENED = re.compile(r"\s*<(parent|dependency|plugin|extension)>\s*$")
_CLOSED = re.compile(r"\s*</(?:parent|dependency|plugin|extension)>\s*$")
_RELEASED_TAG = re.compile(r"\s*<tag>.*</tag>\s*$")
_LOCAL = re.compile(r"\bpath\s*=\s*[\"']|[\"'](?:workspace|file|link):|\bworkspace\s*=\s*true")
_WORD = re.compile(r"@?[A-Za-z][\w./@-]*(?::[\w.-]+)?")
_NO_NAMES = frozenset(
    [
        "version",
        "implementation",
        "api",
        "compile",
        "compileonly",
        "runtimeonly",
        "testimplementation",
        "gem",
        "add_dependency",
        "id",
        "add_development_dependency",
        "add_runtime_dependency",
        "require",
        "dependency",
        "packagereference",
        "include",
        "dep",
        "bazel_dep",
        "name",
        "s",
        "spec",
        "classpath",
        "plugin",
        "alias",
    ]
)


class Moved(NamedTuple):
    """What changed in a file: a version (`OWN`, `DEPENDENCY` or, in any other file, `NUMBER`), or `OTHER` things."""

    what: str
    package: str = ""
    old: str = ""
    new: str = ""


class _Line(NamedTuple):
    text: str
    section: str
    name: str
    nested: bool
    """It is inside an element for a parent, a dependency or a plugin."""


@dataclass
class Hunk:
    """The lines of one hunk, with what the lines around them say."""

    uneven: bool = False
    """It removes and adds different numbers of lines: its lines are not needed."""
    section: str = ""
    removed: list[str] = field(default_factory=list)
    added: list[_Line] = field(default_factory=list)
    _name: str = ""
    _nested: bool = False

    def line(self, sign: str, text: str) -> None:
        """Take in one line: a removed one (`-`), an added one (`+`) or one of context."""
        if sign == "-":
            if text.strip():
                self.removed.append(text)
            return
        if "[" in text and (match := _SECTION.match(text)):
            self.section, self._name = match[1], ""
        elif ("name" in text or "<artifactId>" in text) and (match := _NAME.match(text)):
            self._name = match[1]
        elif "<" in text and _OPENED.match(text):
            self._nested, self._name = True, ""
        elif "<" in text and _CLOSED.match(text):
            self._nested, self._name = False, ""
        if sign == "+" and text.strip():
            self.added.append(_Line(text, self.section, self._name, self._nested))


def is_version_line(line: str) -> bool:
    """Whether a line of a manifest begins as that of its own version does."""
    return ("ersion" in line or "ERSION" in line) and _KEY.match(line) is not None


def moved_versions(path: str, hunks: Iterable[Hunk]) -> Iterator[Moved]:
    """What changed in the file at `path`, each once; dates that moved are nothing."""
    yielded: set[Moved] = set()
    for hunk in hunks:
        if hunk.uneven or len(hunk.removed) != len(hunk.added):
            yielded.add(Moved(OTHER))
            continue
        for old, line in zip(hunk.removed, hunk.added, strict=True):
            versions = _versions(old, line.text)
            if versions is None:
                yielded.add(Moved(OTHER))
            elif versions[0] != versions[1]:
                yielded.add(_moved(path, line, *versions))
    yield from sorted(yielded)


def _versions(old: str, new: str) -> tuple[str, str] | None:
    """The version before and after, of two lines that differ in nothing else; twice the same where only dates moved."""
    if _RELEASED_TAG.match(old) and _RELEASED_TAG.match(new):
        return ("", "")
    before, after = (_TOKEN.findall(_TUPLE.sub(r"\1.\2.\3", text.rstrip())) for text in (old, new))
    if len(before) != len(after):
        return None
    pairs = [(one, other) for one, other in zip(before, after, strict=True) if one != other]
    if not all(_VERSION.fullmatch(one) and _VERSION.fullmatch(other) for one, other in pairs):
        return None
    versions = [pair for pair in pairs if not (_DATE.fullmatch(pair[0]) and _DATE.fullmatch(pair[1]))]
    return versions[0] if versions else ("", "")


def _moved(path: str, line: _Line, old: str, new: str) -> Moved:
    if _VERSION_FILE.search(path):
        return Moved(OWN, "", old, new)
    if not _MANIFEST.search(path):
        return Moved(NUMBER, _name_before(new, line), old, new)
    if _KEY.match(line.text):
        if "dependencies" in line.section:
            return Moved(DEPENDENCY, line.section.rpartition(".")[2].strip("\"'"), old, new)
        if line.nested or (_FIRST_COLUMN.search(path) and line.text[:1].isspace()):
            return Moved(DEPENDENCY, line.name, old, new)
        if "Include=" not in line.text:
            return Moved(OWN, line.name, old, new)
    return Moved(OWN if _LOCAL.search(line.text) else DEPENDENCY, _name_before(new, line), old, new)


def _name_before(version: str, line: _Line) -> str:
    """The last word before a version that may be the name of what has it, empty if there is none."""
    words = (word.rstrip("@-./") for word in _WORD.findall(line.text.partition(version)[0]))
    return next((word for word in reversed(list(words)) if word.lower() not in _NO_NAMES), "")
