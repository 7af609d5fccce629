"""A clock that stands still until it is told to move."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

__all__ = ["Clock", "iso"]


def iso(at: int) -> str:
    """`2026-01-31T09:00:00Z`."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Clock:
    """The time of a fake GitHub, naive UTC; `slept` are the pauses of a client that was given `sleep`."""

    def __init__(self, now: datetime) -> None:
        """Stand at `now`; a naive moment is UTC."""
        self._now = now.astimezone(UTC).replace(tzinfo=None) if now.tzinfo else now
        self.slept: list[float] = []

    def now(self) -> datetime:
        """The moment it shows, naive UTC."""
        return self._now

    @property
    def seconds(self) -> int:
        """The same in whole seconds since the epoch."""
        return int(self._now.replace(tzinfo=UTC).timestamp())

    def advance(self, **by: float) -> datetime:
        """Move on, by what `timedelta` takes; the new moment."""
        self._now += timedelta(**by)
        return self._now

    def sleep(self, seconds: float) -> None:
        """Stand in for `time.sleep`: the time passes at once."""
        self.slept.append(seconds)
        self.advance(seconds=seconds)
