"""When a series of deployments fell silent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

__all__ = ["FEWEST", "GAPS", "SHARE", "SHORTEST", "silent_since", "usual_longest"]

FEWEST = 3
"""Of fewer deployments no gap is typical."""
SHARE = 0.9
"""The gap that this share of the gaps does not exceed is the usual longest one."""
GAPS = 4
"""Silence is longer than this many of the usual longest gaps, ..."""
SHORTEST = timedelta(days=30)
"""... and than this: a holiday is no silence."""


def usual_longest(durations: Sequence[timedelta]) -> timedelta:
    """The duration that `SHARE` of these, at least one, do not exceed."""
    return sorted(durations)[min(len(durations) - 1, int(SHARE * len(durations)))]


def silent_since(times: Sequence[datetime], as_of: datetime) -> datetime | None:
    """The last of these times (rising) if there was nothing for much longer than the gaps between them, else None."""
    if len(times) < FEWEST:
        return None
    usual = usual_longest([after - before for before, after in pairwise(times)])
    return times[-1] if as_of - times[-1] > max(SHORTEST, GAPS * usual) else None
