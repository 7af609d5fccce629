"""Since when chances come true otherwise than before: a cadence that turned, work that became slower at once.

At each earlier time the sum of what came less its chance is a score, and the sum of chance times one minus chance its
information: their ratio is how far, in log odds, what came lay from what was expected (Cox 1958, Biometrika 45, 562). A
turn is the split of times between whose sides these differ most, where they differ by more than the largest of so many
splits does by luck (Andrews 1993, Econometrica 61, 821). `pace.py` looks for turns of how long stays last likewise.
"""

from __future__ import annotations

import numpy as np

from analytics.survival.arrays import BoolArray, FloatArray, IntArray, totals

__all__ = ["latest_turn", "since_the_turn"]

_CRITICAL = 25.0
"""Twice the 1 % point for many independent times (13 for splits from 5 to 95 % of them): here times are few, and share
trains. At 13 companies that release once a month had turns now and then, at 25 none, and a cadence that went from a
fortnight to a day was seen as soon: sixteen days later.
"""
_FEWEST_TIMES, _FEWEST_OF_A_SIDE = 6, 2
_SUREST = 0.01
"""Nearer to 0 or 1 no chance counts as known: one surprise alone is no turn."""


def since_the_turn(chance: FloatArray, came: BoolArray, time: IntArray) -> BoolArray:
    """The rows since the last turn, (rows,): all of them where there was none.

    `chance`, whether it `came` true, and the number of the `time`, 0 the latest, (rows,) each.
    """
    since: BoolArray = np.ones(time.size, np.bool_)
    while (times := _recent_times(chance[since], came[since], time[since])) is not None:
        since = since & (time < times)
    return since


def _recent_times(chance: FloatArray, came: BoolArray, time: IntArray) -> int | None:
    """The oldest time's number that is before the turn; None where there was no turn."""
    numbers, at = np.unique(time, return_inverse=True)
    expected = np.clip(chance, _SUREST, 1.0 - _SUREST)
    score = totals(at, came - expected, numbers.size)
    information = totals(at, expected * (1.0 - expected), numbers.size)
    split = latest_turn(score, information, recent=_FEWEST_OF_A_SIDE, before=_FEWEST_OF_A_SIDE)
    return None if split is None else int(numbers[split])


def latest_turn(
    score: FloatArray, information: FloatArray, *, recent: int, before: int, smallest: float = 0.0
) -> int | None:
    """How many of the times, the latest first, are since the turn; None where there was none.

    `score`, `information` (times,): of each. `recent`, `before`: the fewest times of each side. `smallest`: levels that
    differ by less are no turn.
    """
    if score.size < max(_FEWEST_TIMES, recent + before):
        return None
    counts = range(recent, score.size - before + 1)
    splits = [_difference(score, information, count) for count in counts]
    best = int(np.argmax([statistic for statistic, _ in splits]))
    statistic, apart = splits[best]
    return counts[best] if statistic > _CRITICAL and apart >= smallest else None


def _difference(score: FloatArray, information: FloatArray, recent: int) -> tuple[float, float]:
    """The Wald statistic of a difference between the `recent` times and those before, and the difference.

    Times of a side vary about it.
    """
    sides = (slice(0, recent), slice(recent, None))
    known = np.array([information[side].sum() for side in sides])
    level = np.array([score[side].sum() for side in sides]) / known
    apart = [(score[side] - level[place] * information[side]) ** 2 for place, side in enumerate(sides)]
    spread = float((np.concatenate(apart) / information).sum()) / (score.size - len(sides))
    difference = float(level[0] - level[1])
    return difference**2 / float(max(spread, 1.0) * (1.0 / known).sum()), abs(difference)
