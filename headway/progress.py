"""How far a long run has come: an object with a silent twin, so that nobody who reports has to ask whether to."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol, TextIO

__all__ = [
    "LogProgress",
    "PartProgress",
    "Progress",
    "SilentProgress",
    "TerminalProgress",
    "Ticking",
    "progress_on",
]

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

    def request(self) -> None:
        """A request went to another system."""

    def done(self) -> None:
        """Nothing more comes; what was drawn disappears."""


class SilentProgress:
    """Reports to nobody."""

    drawn = False

    def step(self, done: int, total: int | None, label: str) -> None:
        """Do nothing."""

    def note(self, text: str) -> None:
        """Do nothing."""

    def request(self) -> None:
        """Do nothing."""

    def done(self) -> None:
        """Do nothing."""


class LogProgress(SilentProgress):
    """Draws nothing: writes a line for a state that lasts, and for a step that takes long; for pipes and cron.

    `every`: seconds between two lines about steps; None: none is written.
    """

    def __init__(self, write: Callable[[str], None], clock: Callable[[], float], every: float | None = None) -> None:
        self._write, self._clock, self._every = write, clock, every
        self._began: dict[str, float] = {}
        self._written_at = 0.0

    def step(self, done: int, total: int | None, label: str) -> None:
        """A line, where the last one is long ago."""
        if self._every is None:
            return
        now = self._clock()
        if not self._began:
            self._written_at = now
        began = self._began.setdefault(label, now)
        if now - self._written_at >= self._every:
            self._written_at = now
            self._write(f"{_printable(label)}{_count(done, total)}, {_span(now - began)} elapsed")

    def note(self, text: str) -> None:
        """A line of its own."""
        self._write(_printable(text))

    def done(self) -> None:
        """The next step is the first of something else."""
        self._began.clear()


class TerminalProgress:
    """One line that is drawn anew, at most ten times a second by the given monotonic clock (in seconds).

    After two seconds it says how long the step has taken, and how long the rest will take where a total is known.
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
        elapsed = now - self._began[label][0]
        passed = f", {_span(elapsed)} elapsed" if elapsed >= _TELLING_SECONDS else ""
        left = self._left(now, done, total, label)
        self._stream.write(f"{_CLEAR_LINE}{_shown(label)}{_count(done, total)}{passed}{left}")
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

    def request(self) -> None:
        """Draw nothing."""

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

    def request(self) -> None:
        """Report it as a request of the run."""
        self._run.request()

    def done(self) -> None:
        """Do nothing: other parts are drawn."""


class Ticking:
    """A progress that goes on reporting the last step while nothing new comes, as while Git clones."""

    def __init__(self, inner: Progress, seconds: float) -> None:
        self._inner, self._seconds = inner, seconds
        self.drawn = inner.drawn
        self._lock = threading.Lock()
        self._last: tuple[int, int | None, str] | None = None
        self._ended: threading.Event | None = None

    def step(self, done: int, total: int | None, label: str) -> None:
        """Report it, and again until the next one."""
        with self._lock:
            self._last = (done, total, label)
            self._inner.step(done, total, label)
            if self._ended is None:
                self._ended = threading.Event()
                threading.Thread(target=self._tick, args=(self._ended,), name="progress", daemon=True).start()

    def _tick(self, ended: threading.Event) -> None:
        while not ended.wait(self._seconds):
            with self._lock:
                if self._last is not None and not ended.is_set():
                    self._inner.step(*self._last)

    def note(self, text: str) -> None:
        """Pass it on."""
        with self._lock:
            self._inner.note(text)

    def request(self) -> None:
        """Pass it on."""
        self._inner.request()

    def done(self) -> None:
        """Stop reporting."""
        with self._lock:
            if self._ended is not None:
                self._ended.set()
            self._ended = self._last = None
            self._inner.done()


def progress_on(
    stream: TextIO | None,
    clock: Callable[[], float],
    *,
    write: Callable[[str], None] | None = None,
    every: float | None = None,
) -> Progress:
    """A drawing one where the stream is a terminal, else one that writes what lasts, and steps `every` so many seconds.

    `write`: where those lines go, else to the stream.
    """
    if stream is not None and stream.isatty():
        return TerminalProgress(stream, clock)
    return LogProgress(write or _line_writer(stream), clock, every)


def _line_writer(stream: TextIO | None) -> Callable[[str], None]:
    def write(text: str) -> None:
        if stream is not None:
            stream.write(f"{text}\n")
            stream.flush()

    return write


def _count(done: int, total: int | None) -> str:
    if total is None:
        return f" {done:,}" if done else ""
    return f" {done:,} of {total:,}"


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
