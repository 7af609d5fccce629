"""When a family of tags was in use, from the times of its releases."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

__all__ = ["Span", "in_use", "overlap", "within"]

_QUIET = timedelta(days=30)
_PAUSE = timedelta(days=365)
_GAPS = 4
_PERCENTILE = 0.9
_FEWEST = 3
_SHARED = 2
Span = tuple[datetime, datetime]


def in_use(times: Sequence[datetime], as_of: datetime) -> list[Span]:
    """From sorted times of releases: the periods in which they went on, the last one up to `as_of` if it still does.

    They do while the last is not older than 30 days or than four times the 90th percentile of the pauses. A pause
    between releases ends a period where it is longer than that and than a year. Fewer than three releases show no
    rhythm: each is a period of its own.
    """
    if len(times) < _FEWEST:
        return [(at, at) for at in times]
    pauses = sorted(later - earlier for earlier, later in pairwise(times))
    longest = max(_QUIET, _GAPS * pauses[min(len(pauses) - 1, int(len(pauses) * _PERCENTILE))])
    periods, begin = [], times[0]
    for earlier, later in pairwise(times):
        if later - earlier > max(longest, _PAUSE):
            periods.append((begin, earlier))
            begin = later
    last = times[-1]
    return [*periods, (begin, max(last, as_of) if as_of - last <= longest else last)]


def overlap(ours: Sequence[datetime], theirs: Sequence[datetime]) -> bool:
    """Whether two families were in use at once: at least two releases of either lie between those of the other."""
    inside = 0
    for inner, outer in ((ours, theirs), (theirs, ours)):
        inside += bisect_right(inner, outer[-1]) - bisect_left(inner, outer[0])
    return inside >= _SHARED


def within(periods: Sequence[Span], at: datetime) -> bool:
    """Whether a time lies in one of the periods."""
    return any(begin <= at <= end for begin, end in periods)
