"""The simulated company, collected and built: a whole warehouse whose truth is known."""

from __future__ import annotations

import fcntl
import io
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from pipeline.demo import build_demo
from pipeline.session import Session

__all__ = ["UNTIL", "full_demo", "session_in", "tiny_demo"]

UNTIL = datetime(2026, 7, 1)


def session_in(folder: Path, **environment: str) -> Session:
    """A session in a folder, on the day after the simulation ends."""
    return Session(config=None, warehouse=None, debug=False, folder=folder, environment=environment, now=UNTIL)


def tiny_demo(folder: Path) -> Session:
    """Simulate, collect and build; returns the session on its settings."""
    return build_demo(folder, session_in(folder), until=UNTIL, clock=lambda: 0.0, stream=io.StringIO(), size="tiny")


def full_demo(folder: Path) -> Session:
    """As `tiny_demo`, in the size that `headway demo` shows. It takes a minute, so that processes share the folder.

    The first one makes it; the others wait, and read what it made.
    """
    folder.mkdir(exist_ok=True)
    whole = folder / "whole"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not whole.exists():
            made = build_demo(
                folder, session_in(folder), until=UNTIL, clock=lambda: 0.0, stream=io.StringIO(), size="full"
            )
            whole.touch()
            return made
    return replace(session_in(folder), config=folder / "headway.toml")
