"""Windows of time for a list that GitHub cuts off at a thousand results: small enough, and not much smaller."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

__all__ = ["MOST", "Window", "first_window", "half", "next_window"]

MOST = 1000
_AIM = 700
_SECOND = timedelta(seconds=1)
_GROWTH = 4.0


class Window(NamedTuple):
    """From one second to another, both included."""

    first: datetime
    last: datetime

    def __str__(self) -> str:
        """In the form of GitHub's filter `created`."""
        return f"{self.first:%Y-%m-%dT%H:%M:%SZ}..{self.last:%Y-%m-%dT%H:%M:%SZ}"


def first_window(first: datetime, goal: datetime, expected: int) -> Window:
    """The first window of a walk over `expected` results: all of it, or its share."""
    if expected <= _AIM:
        return Window(first, max(first, goal))
    return Window(first, min(goal, first + _whole((goal - first) * (_AIM / expected))))


def half(window: Window) -> Window | None:
    """The earlier half of a window that was too full; None for a single second, which cannot be cut."""
    if window.last <= window.first:
        return None
    return Window(window.first, window.first + _whole((window.last - window.first) / 2))


def next_window(window: Window, goal: datetime, count: int) -> Window | None:
    """The window after one with `count` results, its length adapted to that; None after the last."""
    first = window.last + _SECOND
    if first > goal:
        return None
    length = max(window.last - window.first, _SECOND) * min(_GROWTH, _AIM / max(count, 1))
    return Window(first, min(goal, first + _whole(length)))


def _whole(length: timedelta) -> timedelta:
    return timedelta(seconds=int(length.total_seconds()))
