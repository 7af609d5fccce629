"""Windows of time: months, quarters, so many days, or all of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from headway.errors import UsageError

__all__ = ["Window", "windows"]

_LONGEST_DAYS = 3660


@dataclass(frozen=True)
class Window:
    """From `begin` to before `end`, naive UTC.

    `whole`: the data cover it from its begin to its end. `last`: its end is the end of the data, and is part of it.
    """

    name: str
    begin: datetime
    end: datetime
    whole: bool
    last: bool = False

    @property
    def days(self) -> float:
        """How long it is."""
        return (self.end - self.begin) / timedelta(days=1)


def windows(kind: str | None, first: datetime, last: datetime) -> list[Window]:
    """Split the time from `first` to `last` into windows, oldest first.

    `kind`: `month`, `quarter`, a number of days (windows that end at `last` and go back from there), or None for one
    window over all. The first and the last may be cut: they begin and end with the data. UsageError for another kind.
    """
    if last < first:
        return []
    if kind is None:
        return [Window("all", first, last, whole=True, last=True)]
    if kind in {"month", "quarter"}:
        return list(_calendar(kind, first, last))
    if not kind.isdecimal() or not 0 < int(kind) <= _LONGEST_DAYS:
        raise UsageError(f"{kind!r} is not a window", hint="use month, quarter or a number of days")
    return list(_rolling(int(kind), first, last))[::-1]


def _calendar(kind: str, first: datetime, last: datetime) -> Iterator[Window]:
    months = 1 if kind == "month" else 3
    begin = datetime(first.year, first.month - (first.month - 1) % months, 1)
    while begin < last or begin <= first:
        years, month = divmod(begin.month - 1 + months, 12)
        end = datetime(begin.year + years, month + 1, 1)
        name = f"{begin:%Y-%m}" if kind == "month" else f"{begin.year}-Q{(begin.month + 2) // 3}"
        yield Window(name, max(begin, first), min(end, last), first <= begin and end <= last, last <= end)
        begin = end


def _rolling(days: int, first: datetime, last: datetime) -> Iterator[Window]:
    end = last
    while end > first:
        begin = end - timedelta(days=days)
        yield Window(f"{days} days to {end:%Y-%m-%d}", max(begin, first), end, first <= begin, end == last)
        end = begin
