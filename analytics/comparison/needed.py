"""Sample size: how many changes it would take to detect a difference."""

from __future__ import annotations

from math import ceil

from scipy import special

__all__ = ["POWER", "changes_needed", "changes_needed_for_shares"]

POWER = 0.8
_FEWEST, _MOST = 20, 10_000_000
_REACH = float(special.ndtri(0.975) + special.ndtri(POWER))
"""A difference of so many standard errors is significant at 5 % with a power of 80 %."""


def changes_needed(changes: int, standard_error: float, smallest: float) -> int | None:
    """Changes of a group needed to detect a difference of `smallest`, given the `standard_error` of `changes` of it.

    The error shrinks with the root of the number, as long as further changes come in the same mix of groups and units
    (Cohen 1988, Statistical Power Analysis, ch. 2). At least 20, below which nothing is claimed. None where
    there is no answer: more than ten million, or no error.
    """
    if smallest <= 0.0 or standard_error <= 0.0:
        return None
    needed = changes * (_REACH * standard_error / smallest) ** 2
    return max(ceil(needed), _FEWEST) if needed <= _MOST else None


def changes_needed_for_shares(smallest: float, *, ratio: float) -> int:
    """Changes of a group needed to detect a difference of `smallest` between shares.

    The second group is `ratio` times as large. For shares about one half, where they vary most: fewer do elsewhere. For
    independent changes: more are needed where those of a repository are alike.
    """
    return ceil((_REACH / smallest) ** 2 * 0.25 * (1.0 + 1.0 / ratio))
