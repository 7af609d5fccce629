"""The working time of the simulated company: Monday to Friday, 09:00 to 17:00 UTC, no holidays.

Instants are whole seconds since the epoch, UTC. People act in working time, so every duration that a person causes is
drawn in working hours and laid on this calendar: a two-hour review begun on Friday at 16:00 ends on Monday at 10:00.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

__all__ = ["DAY", "HOUR", "MINUTE", "iso", "later", "seconds_of", "ticks", "working_hours_between"]

MINUTE = 60
HOUR = 3600
DAY = 86400

_WEEK = 7 * DAY
_MONDAY = 4 * DAY  # the first Monday after the epoch
_OPENS = 9 * HOUR
_WORKDAY = 8 * HOUR
_WORKDAYS = 5


def iso(at: int) -> str:
    """`2026-01-31T09:00:00Z`."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_of(moment: datetime) -> int:
    """Whole seconds since the epoch; a naive moment is UTC."""
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _worked(at: int) -> int:
    week, within = divmod(at - _MONDAY, _WEEK)
    day, second = divmod(within, DAY)
    today = min(max(second - _OPENS, 0), _WORKDAY) if day < _WORKDAYS else 0
    return (week * _WORKDAYS + min(day, _WORKDAYS)) * _WORKDAY + today


def _instant(worked: int) -> int:
    days, second = divmod(worked, _WORKDAY)
    week, day = divmod(days, _WORKDAYS)
    return _MONDAY + week * _WEEK + day * DAY + _OPENS + second


def later(at: int, working_hours: float) -> int:
    """The instant that many working hours after `at`."""
    return max(at, _instant(_worked(at) + round(working_hours * HOUR)))


def working_hours_between(start: int, end: int) -> float:
    """Working hours from one instant to a later one."""
    return (_worked(end) - _worked(start)) / HOUR


def ticks(start: int, end: int, weekdays: tuple[int, ...], hours: tuple[int, ...]) -> Iterator[int]:
    """The instants in [start, end) that fall on these weekdays (Monday is 0) at these full hours UTC."""
    for midnight in range(start - start % DAY, end, DAY):
        if (midnight - _MONDAY) // DAY % 7 in weekdays:
            yield from (at for hour in hours if start <= (at := midnight + hour * HOUR) < end)
