"""The simulated company in its tiny size, collected and built: a whole warehouse whose truth is known."""

from __future__ import annotations

import io
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
    """As `tiny_demo`, in the size that `headway demo` shows: takes a minute."""
    return build_demo(folder, session_in(folder), until=UNTIL, clock=lambda: 0.0, stream=io.StringIO(), size="full")
