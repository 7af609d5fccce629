"""What the program writes to standard error: plain for a reader, with time and level for a log, or JSON.

Commands that run unattended (`UNATTENDED`) write a log where standard error is not a terminal; `--log-format` asks for
one of any command.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from headway.progress import Progress, Ticking, progress_on

__all__ = ["FORMATS", "UNATTENDED", "Log", "begin_log", "current_log", "program_progress"]

FORMATS = ("text", "json")
UNATTENDED = ("collect", "build", "forget")
_HINT = "\n  hint: "
_LEVELS = ("debug", "info", "warning", "error")
_BEATS = {"debug": 5.0, "info": 60.0}
"""Seconds between two lines about a step that takes long, where nothing is drawn."""


class Log:
    """Lines of the level `least` and above, in the format `form`; empty: by the stream and the command."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self.form = ""
        self.least = "info"
        self.command = ""

    @property
    def chosen_form(self) -> str:
        """`text`, `json`, or empty for plain lines."""
        is_log = self.command in UNATTENDED and not sys.stderr.isatty()
        return self.form or ("text" if is_log else "")

    def debug(self, message: str, hint: str = "", **fields: Any) -> None:
        """What only a search for a fault needs."""
        self._write("debug", message, hint, fields)

    def info(self, message: str, hint: str = "", **fields: Any) -> None:
        """What went as it should."""
        self._write("info", message, hint, fields)

    def warning(self, message: str, hint: str = "", **fields: Any) -> None:
        """What somewhat limits the result, and can be changed."""
        self._write("warning", message, hint, fields)

    def error(self, message: str, hint: str = "", **fields: Any) -> None:
        """What did not work."""
        self._write("error", message, hint, fields)

    def _write(self, level: str, message: str, hint: str, fields: Mapping[str, Any]) -> None:
        if _LEVELS.index(level) < _LEVELS.index(self.least):
            return
        if not hint:
            message, _, hint = message.partition(_HINT)
        form = self.chosen_form
        time_of_line = f"{self._now():%Y-%m-%dT%H:%M:%SZ}"
        if form == "json":
            extra = {"hint": hint} if hint else {}
            line = json.dumps({"time": time_of_line, "level": level, "message": message, **extra, **fields})
        else:
            begin = f"{time_of_line} {level.upper()} " if form else ""
            line = _indented(f"{begin}{message}{f'{_HINT}{hint}' if hint else ''}")
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def _indented(text: str) -> str:
    """Text whose further lines are indented: what a name from outside contains begins no line of the log."""
    first, *others = text.split("\n")
    lines = [first, *(line if line.startswith("  ") else f"  {line}" for line in others)]
    return "\n".join("".join(letter if letter.isprintable() else " " for letter in line) for line in lines)


_CURRENT: ContextVar[Log] = ContextVar("log")


def begin_log(now: Callable[[], datetime]) -> Log:
    """The log of one run of the program."""
    log = Log(now)
    _CURRENT.set(log)
    return log


def current_log() -> Log:
    """The log of the running program."""
    return _CURRENT.get(None) or begin_log(lambda: datetime.now(UTC))


def program_progress() -> Progress:
    """What a command reports its progress to: a line on a terminal, else a line of the log every so often."""
    log = current_log()
    if log.chosen_form == "" and sys.stderr.isatty() and log.least != "warning":
        return Ticking(progress_on(sys.stderr, time.monotonic), 1.0)
    every = _BEATS.get(log.least)
    progress = progress_on(None, time.monotonic, write=log.info, every=every)
    return progress if every is None else Ticking(progress, every)
