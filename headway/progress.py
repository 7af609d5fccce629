"""How far a long run has come: an object with a silent twin, so that nobody who reports has to ask whether to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TextIO

__all__ = ["LogProgress", "PartProgress", "Progress", "SilentProgress", "TerminalProgress", "progress_on"]

_REDRAW_SECONDS = 0.1
_LABEL_WIDTH = 60
_TELLING_SECONDS = 2.0
_MINUTE = 60
_CLEAR_LINE = "\r\x1b[K"


class Progress(Protocol):
    """What collectors and builders report to."""

    @property
    def drawn(self) -> bool:
        """Whether anybody sees the steps: only then is a total worth the time that it takes to count."""

    def step(self, done: int, total: int | None, label: str) -> None:
        """So many of a total (None: unknown) are done; `label` says of what. Cheap: call it as often as you like."""

    def note(self, text: str) -> None:
        """A state that lasts, such as a rate limit: said once, and also where there is no terminal."""

    def done(self) -> None:
        """Nothing more comes; what was drawn disappears."""


class SilentProgress:
    """Reports to nobody."""

    drawn = False

    def step(self, done: int, total: int | None, label: str) -> None:
        """Do nothing."""

    def note(self, text: str) -> None:
        """Do nothing."""

    def done(self) -> None:
        """Do nothing."""


class LogProgress(SilentProgress):
    """Draws nothing, and writes a line for a state that lasts: for pipes and cron."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def note(self, text: str) -> None:
        """A line of its own."""
        self._stream.write(f"{_printable(text)}\n")
        self._stream.flush()


class TerminalProgress:
    """One line that is drawn anew, at most ten times a second by the given monotonic clock (in seconds).

    Where a total is known, the time left is told once two seconds have shown how fast it goes.
    """

    drawn = True

    def __init__(self, stream: TextIO, clock: Callable[[], float]) -> None:
        self._stream = stream
        self._clock = clock
        self._drawn_at = float("-inf")
        self._label = ""
        self._began: dict[str, tuple[float, int]] = {}
        """For each label when its first step came, and how much was done by then."""

    def step(self, done: int, total: int | None, label: str) -> None:
        """Draw what is new at once, and else at most ten times a second, however many sources are read at a time."""
        now = self._clock()
        new = label not in self._began
        if new:
            self._began[label] = (now, done)
        if not new and now - self._drawn_at < _REDRAW_SECONDS:
            return
        self._drawn_at, self._label = now, label
        count = f" {done:,}" if total is None else f" {done:,} of {total:,}"
        left = self._left(now, done, total, label)
        self._stream.write(f"{_CLEAR_LINE}{_shown(label)}{count if done or total is not None else ''}{left}")
        self._stream.flush()

    def _left(self, now: float, done: int, total: int | None, label: str) -> str:
        """How long the rest will take at the pace so far; nothing while that says little."""
        began, before = self._began[label]
        elapsed, more = now - began, done - before
        if total is None or more <= 0 or done >= total or elapsed < _TELLING_SECONDS:
            return ""
        return f", {_span(elapsed * (total - done) / more)} left"

    def note(self, text: str) -> None:
        """Draw it, until something else is drawn."""
        self.step(0, None, text)

    def done(self) -> None:
        """Take the line away, if there is one."""
        if self._label:
            self._stream.write(_CLEAR_LINE)
            self._stream.flush()
        self._drawn_at, self._label = float("-inf"), ""
        self._began.clear()


class PartProgress:
    """Reports one of several parts of a run: labels begin with which it is, and the run goes on after it."""

    def __init__(self, run: Progress, part: int, parts: int) -> None:
        self._run = run
        self._prefix = f"{part:,} of {parts:,}: " if parts > 1 else ""

    @property
    def drawn(self) -> bool:
        """As of the run."""
        return self._run.drawn

    def step(self, done: int, total: int | None, label: str) -> None:
        """Report it as a step of the run."""
        self._run.step(done, total, f"{self._prefix}{label}")

    def note(self, text: str) -> None:
        """Report it as a state of the run."""
        self._run.note(text)

    def done(self) -> None:
        """Do nothing: other parts are drawn."""


def progress_on(stream: TextIO, clock: Callable[[], float]) -> Progress:
    """A drawing one where the stream is a terminal, else one that writes what lasts."""
    return TerminalProgress(stream, clock) if stream.isatty() else LogProgress(stream)


def _span(seconds: float) -> str:
    """A time as short as it is rough."""
    if seconds < _MINUTE:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / _MINUTE)
    return f"{minutes} min" if minutes < _MINUTE else f"{minutes // _MINUTE} h {minutes % _MINUTE} min"


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _shown(label: str) -> str:
    """The label on one line: text from outside must not steer the terminal."""
    line = _printable(label)
    return line if len(line) <= _LABEL_WIDTH else line[: _LABEL_WIDTH - 1] + "…"
