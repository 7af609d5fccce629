"""The scalars of YAML files as people write manifests: block and simple flow style, by path, with their comments.

This is no YAML parser: what it does not understand it leaves out. Anchors are resolved where they name a scalar.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

__all__ = ["Document", "Leaf", "documents"]

Path = tuple[str | int, ...]

_KEY = re.compile(
    r"""(?P<key>"[^"\n]*"|'[^'\n]*'|[^\s"'{}\[\],&*!|>%@`#-][^:#\n]*|-[^\s:#][^:#\n]*)\s*:(?:\s+(?P<rest>.*))?$"""
)
_BLOCK = re.compile(r"[|>][+-]?\d?[+-]?$")
_PROPERTIES = re.compile(r"(?:&(?P<anchor>[^\s,\]}]+)|!\S*)(?:\s+|$)")
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_DEEPEST = 60


class Leaf(NamedTuple):
    """A scalar: keys and numbers of list items on the way to it, its text, and the comment behind it."""

    path: Path
    value: str
    comment: str


class Document:
    """One document of a file."""

    def __init__(self) -> None:
        self.leaves: list[Leaf] = []
        self._by_path: dict[Path, str] = {}

    def add(self, path: Path, value: str, comment: str = "") -> None:
        """One more scalar."""
        self.leaves.append(Leaf(path, value, comment))
        self._by_path.setdefault(path, value)

    def get(self, *path: str | int) -> str:
        """The scalar at a path, empty where there is none."""
        return self._by_path.get(path, "")

    def below(self, *path: str | int) -> Document:
        """What is below a path, as a document of its own."""
        part = Document()
        for leaf in self.leaves:
            if leaf.path[: len(path)] == path and len(leaf.path) > len(path):
                part.add(leaf.path[len(path) :], leaf.value, leaf.comment)
        return part

    def items(self, *path: str | int) -> list[Document]:
        """The items of the list at a path; a scalar item has its text at the path `()`."""
        found: dict[int, Document] = {}
        for leaf in self.leaves:
            if leaf.path[: len(path)] == path and len(leaf.path) > len(path):
                number = leaf.path[len(path)]
                if isinstance(number, int):
                    found.setdefault(number, Document()).add(leaf.path[len(path) + 1 :], leaf.value, leaf.comment)
        return [found[number] for number in sorted(found)]


def documents(text: str) -> list[Document]:
    """The documents of a file."""
    parts: list[list[str]] = [[]]
    for line in text.split("\n"):
        if re.match(r"---(\s|$)", line):
            parts.append([])
        else:
            parts[-1].append(line.rstrip("\r"))
    return [document for part in parts if (document := _Reader(part).read()).leaves]


class _Level(NamedTuple):
    """A key or a list item that is open, and how far it is indented."""

    indent: int
    key: str | int


class _Reader:
    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._at = 0
        self._open: list[_Level] = []
        self._anchors: dict[str, str] = {}
        self._document = Document()

    def read(self) -> Document:
        while self._at < len(self._lines):
            line = self._lines[self._at]
            self._at += 1
            text = line.lstrip(" ")
            if text and not text.startswith("#"):
                self._line(len(line) - len(text), text)
        return self._document

    def _line(self, indent: int, text: str) -> None:
        outer, item = indent, text.startswith("-")
        while text == "-" or text.startswith("- "):
            self._item(indent)
            rest = text[1:].lstrip(" ")
            indent += len(text) - len(rest)
            text = rest
        if not text or len(self._open) > _DEEPEST:
            return
        bare = _PROPERTIES.sub("", text) if text[0] in "&!" else text
        match = _KEY.match(bare)
        if match is None:
            if item and self._open and isinstance(self._open[-1].key, int):
                self._value(outer, text)
            return
        while self._open and self._open[-1].indent >= indent:
            self._open.pop()
        self._open.append(_Level(indent, _unquoted(match["key"].strip())))
        self._value(indent, match["rest"] or "")

    def _item(self, indent: int) -> None:
        number = 0
        while self._open and (
            self._open[-1].indent > indent or (self._open[-1].indent == indent and isinstance(self._open[-1].key, int))
        ):
            last = self._open.pop()
            if last.indent == indent and isinstance(last.key, int):
                number = last.key + 1
                break
        self._open.append(_Level(indent, number))

    def _value(self, indent: int, text: str) -> None:
        path = tuple(level.key for level in self._open)
        text, anchor = text.strip(), ""
        while match := _PROPERTIES.match(text):
            text, anchor = text[match.end() :], match["anchor"] or anchor
        if _BLOCK.match(_COMMENT.sub("", text)):
            self._document.add(path, self._block(indent))
            return
        if text[:1] in ("{", "["):
            self._flow(path, text)
            return
        value, comment = _scalar(text)
        if value.startswith("*"):
            value = self._anchors.get(value[1:], "")
        if value:
            if anchor:
                self._anchors[anchor] = value
            self._document.add(path, value, comment)

    def _block(self, indent: int) -> str:
        """The lines of a block scalar, without what all of them are indented."""
        lines: list[str] = []
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if line.strip() and len(line) - len(line.lstrip(" ")) <= indent:
                break
            lines.append(line)
            self._at += 1
        margin = min((len(line) - len(line.lstrip(" ")) for line in lines if line.strip()), default=0)
        return "\n".join(line[margin:] for line in lines)

    def _flow(self, path: Path, text: str) -> None:
        """A value in brackets; it may go on over lines."""
        while not _closed(text) and self._at < len(self._lines):
            text += " " + _COMMENT.sub("", self._lines[self._at]).strip()
            self._at += 1
        for found, value in _flow_scalars(text, path, 0):
            self._document.add(found, value)


def _scalar(text: str) -> tuple[str, str]:
    """A scalar without quotes, and the comment behind it."""
    if text[:1] in ('"', "'") and (end := text.find(text[0], 1)) > 0:
        return text[1:end], text[end + 1 :].partition("#")[2].strip()
    match = _COMMENT.search(text)
    if match is None:
        return text, ""
    return text[: match.start()].strip(), match[0].strip().removeprefix("#").strip()


def _unquoted(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] in "\"'" and text[-1] == text[0] else text


def _closed(text: str) -> bool:
    return text.count("{") + text.count("[") <= text.count("}") + text.count("]")


def _flow_scalars(text: str, path: Path, depth: int) -> Iterator[tuple[Path, str]]:
    text = text.strip()
    if depth > _DEEPEST or not text:
        return
    if text[0] not in "{[":
        value = _unquoted(text)
        if value and not value.startswith("*"):
            yield path, value
        return
    end = text.rfind("}" if text[0] == "{" else "]")
    for number, part in enumerate(_parts(text[1 : end if end > 0 else None])):
        if text[0] == "[":
            yield from _flow_scalars(part, (*path, number), depth + 1)
            continue
        key, _, value = part.partition(":")
        yield from _flow_scalars(value, (*path, _unquoted(key.strip())), depth + 1)


def _parts(text: str) -> Iterator[str]:
    """What is between the commas of the outermost level."""
    depth, quote, begin = 0, "", 0
    for at, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter in "{[":
            depth += 1
        elif letter in "}]":
            depth -= 1
        elif letter == "," and depth == 0:
            yield text[begin:at]
            begin = at + 1
    if text[begin:].strip():
        yield text[begin:]
