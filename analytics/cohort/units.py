"""What intervals take as independent, by the question that they answer.

*In these repositories*: how far would the figure lie from this one, had the same repositories had other months? Units
are months of repositories, within repositories. *In repositories like these*: what would it be in more repositories of
their kind? Units are repositories.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analytics.survival.arrays import BoolArray, FloatArray, IntArray

__all__ = [
    "FEWEST_CLUSTERS",
    "INTERVALS",
    "LIKE_THESE",
    "QUESTIONS",
    "THESE",
    "Units",
    "interval_columns",
    "together",
    "units_of",
]

THESE, LIKE_THESE = "these", "like-these"
INTERVALS = (THESE, LIKE_THESE)
QUESTIONS = {THESE: "these repositories", LIKE_THESE: "repositories like these"}
"""The question of an interval, as reports and pages show it."""

FEWEST_CLUSTERS = 5
"""Of fewer units no spread can be estimated that an interval could rest on."""

_MOST_UNITS = 1_000
"""Of more, neighbouring months of a repository are taken together: an error from a thousand is itself known to 2 %, and
each unit costs time where changes are counted."""
_FEWEST_OF_A_REPOSITORY = 4
"""On average, which stay apart."""
_MOST_ALONE = 0.2
"""Of the changes, what may lie in repositories with a single unit, whose spread is taken from the others."""


@dataclass(frozen=True, eq=False)
class Units:
    """Independent units of changes.

    `code` (changes,): 0 … size-1. `stratum` (size,): the repository of each unit, where the question is about these
    repositories; None where units are drawn from more of their kind. `name`: what a unit is. `intervals`: the question.
    """

    code: IntArray
    size: int
    name: str
    intervals: str
    stratum: IntArray | None = None

    @property
    def sizes(self) -> FloatArray:
        """How many changes each unit has, (size,)."""
        return np.bincount(self.code, minlength=self.size).astype(np.float64)

    def of(self, among: BoolArray) -> Units | None:
        """The same units for some changes, as far as they have any; None where they differ too seldom for a spread."""
        if self.stratum is None:
            return None
        code = self.code[among]
        occupied = np.bincount(code, minlength=self.size) > 0
        part = Units(
            (np.cumsum(occupied) - 1)[code], int(occupied.sum()), self.name, self.intervals, self.stratum[occupied]
        )
        return part if _enough(part) else None


def units_of(repository: IntArray, at: NDArray[np.datetime64], intervals: str) -> Units | None:
    """The units of changes in such repositories (codes from 0 on) at such instants; None: each change is one.

    *In these repositories*: their months; fortnights, then weeks, where those are too few. *In repositories like
    these*: repositories. Of fewer than `FEWEST_CLUSTERS` repositories nothing can be said of others: it is these.
    """
    repositories = int(repository.max(initial=-1)) + 1
    if intervals == LIKE_THESE and np.count_nonzero(np.bincount(repository)) >= FEWEST_CLUSTERS:
        return Units(repository, repositories, "repository", LIKE_THESE)
    for name, number in _PERIODS.items():
        units = _by_period(repository, number(at), name)
        if _enough(units):
            return units
    return None


def _by_period(repository: IntArray, period: IntArray, name: str) -> Units:
    """The periods of each repository; of too many, so many together that they are few enough."""
    period = period - period.min(initial=period[0] if period.size else 0)
    most = max(_MOST_UNITS, _FEWEST_OF_A_REPOSITORY * (int(repository.max(initial=-1)) + 1))
    apart = together(repository, period)
    length = -(-(int(apart.max(initial=0)) + 1) // most)
    code = apart if length == 1 else together(repository, period // length)
    stratum = np.zeros(int(code.max(initial=-1)) + 1, dtype=np.int64)
    stratum[code] = repository
    words = f"repository and {name}" if length == 1 else f"repository and {length} {name}s"
    return Units(code, stratum.size, words, THESE, stratum)


def interval_columns(units: Units | None, otherwise: str = "change") -> dict[str, str]:
    """The columns `interval_by` and `intervals` of a report: what intervals take as independent, and their question.

    `otherwise`: what is independent where there are no units.
    """
    if units is None:
        return {"interval_by": otherwise, "intervals": QUESTIONS[THESE]}
    return {"interval_by": units.name, "intervals": QUESTIONS[units.intervals]}


def together(*codes: IntArray) -> IntArray:
    """A code 0, 1, … for each combination of codes that occurs, in their order."""
    joint = codes[0]
    for code in codes[1:]:
        joint = _dense(joint * (int(code.max(initial=0)) + 1) + code)
    return joint


def _days(at: NDArray[np.datetime64]) -> IntArray:
    """Since 1970."""
    return at.astype("datetime64[us]").view(np.int64) // 86_400_000_000


def _months(at: NDArray[np.datetime64]) -> IntArray:
    """Since 1970: the calendar is looked up for each day, not for each change."""
    day = _days(at)
    if not day.size:
        return day
    first = int(day.min())
    calendar = np.arange(first, int(day.max()) + 1).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    months: IntArray = calendar[day - first]
    return months


def _weeks(at: NDArray[np.datetime64]) -> IntArray:
    """From Monday to Sunday (UTC); 1970 began on a Thursday."""
    return (_days(at) + 3) // 7


def _fortnights(at: NDArray[np.datetime64]) -> IntArray:
    """Two weeks each."""
    return _weeks(at) // 2


_PERIODS: dict[str, Callable[[NDArray[np.datetime64]], IntArray]] = {
    "month": _months,
    "fortnight": _fortnights,
    "week": _weeks,
}
"""The longest of which there are enough: what ships with one release lies in two neighbouring weeks, seldom months."""


def _enough(units: Units) -> bool:
    """Whether units differ often enough within their strata: as often as in one repository of `FEWEST_CLUSTERS`."""
    assert units.stratum is not None  # noqa: S101  (periods lie in repositories)
    code, stratum = units.code, units.stratum
    of_stratum = np.bincount(stratum)
    several = of_stratum > 1
    if int((of_stratum - 1)[several].sum()) < FEWEST_CLUSTERS - 1:
        return False
    alone = np.bincount(code)[of_stratum[stratum] == 1].sum()
    return bool(alone <= _MOST_ALONE * code.size)


def _dense(codes: IntArray) -> IntArray:
    """Codes (none below zero) as 0, 1, … without gaps; they are few numbers, or as many as changes."""
    if int(codes.max(initial=0)) > 100 * codes.size + 1_000_000:
        return np.asarray(np.unique(codes, return_inverse=True)[1], dtype=np.int64)
    occupied = np.bincount(codes) > 0
    return (np.cumsum(occupied) - 1)[codes]
