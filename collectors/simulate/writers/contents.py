"""The text of the simulated files, made of lines that each have a numbered slot in their file.

A file is a mapping from slot to line, never changed in place. A branch is what it did to the slots of the files it
touched, so merging is laying that over whatever main has by then, and counts of added and removed lines are exact.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Mapping
from functools import lru_cache
from pathlib import PurePosixPath

from collectors.simulate.company.model import Touch
from collectors.simulate.events.dice import Dice

__all__ = ["Contents", "Lines", "Patch", "count_lines", "overlay", "render"]

Lines = Mapping[int, str]
Patch = dict[str, dict[int, str | None]]
"""Path to slot to new line, None for a removed line."""

_EMPTY: Lines = {}
_FEW = 3  # lines that a repair adds at most
_LONG = 45  # lines; a file longer than that loses on average as many as it gains

_LINES = {
    ".py": "    {word}_{n} = adjust({word}, {k})",
    ".ts": "  const {word}{n} = adjust({word}, {k});",
    ".css": "  --{word}-{n}: {k}px;",
    ".sql": "  {word}_{n} integer,",
    ".svg": '  <path d="M{n} {k}"/>',
    ".md": "- {word} {n}: {k}",
    ".ipynb": "{word}_{n} = adjust({word}, {k})",
}
_FRAMES = {
    ".py": ("def {word}():\n", "    return {word}\n"),
    ".ts": ("export function {word}() {{\n", "}}\n"),
    ".css": (":root {{\n", "}}\n"),
    ".sql": ("create table {word} (\n", "  id integer\n);\n"),
    ".svg": ('<svg xmlns="http://www.w3.org/2000/svg">\n', "</svg>\n"),
    ".ipynb": ('{{"cells": [{{"cell_type": "code", "source": [\n', '""\n]}}], "nbformat": 4}}\n'),
    ".json": ('{{"dependencies": {{\n', '"acme-base": "1.0.0"\n}}}}\n'),
}
# Files that hold a version are nothing but it, or name the package.
_FRAMES_OF_FILES = {
    "app/_version.py": ("", ""),
    "acme/__init__.py": ("", ""),
    "pyproject.toml": ('[project]\nname = "acme"\n', ""),
    "packages/ui/package.json": ('{{\n  "name": "@acme/ui",\n', '  "private": true\n}}\n'),
}


class Contents:
    """Every file of a main branch at every landing, and the next free slot of each file."""

    def __init__(self, dice: Dice) -> None:
        """An empty main branch; `dice` choose the lines."""
        self.dice = dice
        self._history: dict[str, tuple[list[int], list[Lines]]] = {}
        self._slots: dict[str, int] = {}
        self._serial = 0

    def at(self, path: str, position: int) -> Lines:
        """A file as of the landing at `position`, empty where it is not there."""
        if path not in self._history:
            return _EMPTY
        positions, states = self._history[path]
        index = bisect_right(positions, position)
        return states[index - 1] if index else _EMPTY

    def under(self, folder: str, position: int) -> list[str]:
        """The files that a folder has as of the landing at `position`, sorted."""
        return sorted(path for path in self._history if path.startswith(folder) and self.at(path, position))

    def land(self, path: str, position: int, lines: Lines) -> None:
        """A file as the landing at `position` leaves it."""
        positions, states = self._history.setdefault(path, ([], []))
        positions.append(position)
        states.append(lines)

    def edit(self, touch: Touch, lines: Lines, favourites: Lines) -> dict[int, str | None]:
        """What a touch does to a file that reads `lines`; lines that are still `favourites` are replaced first."""
        preferred = [slot for slot, text in favourites.items() if lines.get(slot) == text]
        others = [slot for slot in lines if slot not in favourites]
        slots = (preferred + self.dice.sample(others, touch.replaced))[: touch.replaced]
        done: dict[int, str | None] = {slot: self._line(touch.path) for slot in slots}
        for _ in range(touch.added):
            done[self._slot(touch.path)] = self._line(touch.path)
        if len(lines) > _LONG:
            spare = [slot for slot in others if slot not in done]
            done |= dict.fromkeys(self.dice.sample(spare, self.dice.whole(0, 2 * touch.added)))
        for text in touch.lines:
            key = text.replace("=", ":").split(":")[0]
            same = (slot for slot, old in lines.items() if old.replace("=", ":").split(":")[0] == key)
            done[next(same, None) or self._slot(touch.path)] = text
        return done

    def repair(self, touch: Touch, lines: Lines, faulty: Lines) -> dict[int, str | None]:
        """What a touch does to repair a file: it replaces only lines that are still `faulty`, and adds few."""
        remaining = [slot for slot, text in faulty.items() if lines.get(slot) == text]
        done: dict[int, str | None] = {slot: self._line(touch.path) for slot in remaining[: max(touch.replaced, 1)]}
        for _ in range(min(touch.added, _FEW)):
            done[self._slot(touch.path)] = self._line(touch.path)
        return done

    def _slot(self, path: str) -> int:
        self._slots[path] = self._slots.get(path, 0) + 1
        return self._slots[path]

    def _line(self, path: str) -> str:
        self._serial += 1
        word, suffix = _stem_and_suffix(path)
        return _LINES.get(suffix, "{word} {n}").format(word=word, n=self._serial, k=self._serial % 97)


@lru_cache(maxsize=4096)
def _stem_and_suffix(path: str) -> tuple[str, str]:
    file = PurePosixPath(path)
    return file.stem, file.suffix


@lru_cache(maxsize=4096)
def _frame(path: str) -> tuple[str, str]:
    """The text before and after the lines of a file."""
    word, suffix = _stem_and_suffix(path)
    head, foot = _FRAMES_OF_FILES.get(path) or _FRAMES.get(suffix, ("", ""))
    return head.format(word=word), foot.format(word=word)


def overlay(lines: Lines, done: Mapping[int, str | None]) -> Lines:
    """A file after a branch did its part."""
    merged = {**lines, **done}
    return {slot: text for slot in sorted(merged) if (text := merged[slot]) is not None}


def count_lines(path: str, before: Lines, after: Lines) -> tuple[int, int]:
    """Lines added and removed between two states of a file."""
    unchanged = len(before.items() & after.items())
    frame = "".join(_frame(path)).count("\n")
    added, removed = len(after) - unchanged, len(before) - unchanged
    return added + frame * (not before and bool(after)), removed + frame * (not after and bool(before))


def render(path: str, lines: Lines) -> str:
    """The text of a file."""
    head, foot = _frame(path)
    texts: list[str] = list(lines.values())
    if path.endswith(".ipynb"):
        texts = [json.dumps(text) + "," for text in texts]
    return head + "".join(f"{text}\n" for text in texts) + foot
