"""How far a long run has come: an object with a silent twin, so that nobody who reports has to ask whether to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TextIO

__all__ = ["Progress", "SilentProgress", "TerminalProgress", "progress_on"]

_REDRAW_SECONDS = 0.1
_LABEL_WIDTH = 60
_CLEAR_LINE = "\r\x1b[K"


class Progress(Protocol):
    """What collectors and builders report to."""

    def step(self, done: int, total: int | None, label: str) -> None:
        """So many of a total (None: unknown) are done; `label` says of what. Cheap: call it as often as you like."""

    def done(self) -> None:
        """Nothing more comes; what was drawn disappears."""


class SilentProgress:
    """Reports to nobody: for pipes, cron and tests."""

    def step(self, done: int, total: int | None, label: str) -> None:
        """Do nothing."""

    def done(self) -> None:
        """Do nothing."""


class TerminalProgress:
    """One line that is drawn anew, at most ten times a second by the given monotonic clock (in seconds)."""

    def __init__(self, stream: TextIO, clock: Callable[[], float]) -> None:
        self._stream = stream
        self._clock = clock
        self._drawn_at = float("-inf")
        self._label = ""

    def step(self, done: int, total: int | None, label: str) -> None:
        """Draw, unless the same label was drawn a moment ago."""
        now = self._clock()
        if label == self._label and now - self._drawn_at < _REDRAW_SECONDS:
            return
        self._drawn_at, self._label = now, label
        count = f" {done:,}" if total is None else f" {done:,} of {total:,}"
        self._stream.write(f"{_CLEAR_LINE}{_shown(label)}{count if done or total is not None else ''}")
        self._stream.flush()

    def done(self) -> None:
        """Take the line away, if there is one."""
        if self._label:
            self._stream.write(_CLEAR_LINE)
            self._stream.flush()
        self._drawn_at, self._label = float("-inf"), ""


def progress_on(stream: TextIO, clock: Callable[[], float]) -> Progress:
    """A drawing one where the stream is a terminal, else the silent one."""
    return TerminalProgress(stream, clock) if stream.isatty() else SilentProgress()


def _shown(label: str) -> str:
    """The label on one line: text from outside must not steer the terminal."""
    line = "".join(letter if letter.isprintable() else " " for letter in label)
    return line if len(line) <= _LABEL_WIDTH else line[: _LABEL_WIDTH - 1] + "…"
