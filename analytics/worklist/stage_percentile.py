"""How unusual it is to be in a stage for so long: the share of a repository's changes that had left it by then."""

from __future__ import annotations

import numpy as np

from analytics.survival.arrays import BoolArray, FloatArray, IntArray

__all__ = ["BORROWED", "share_left"]

BORROWED = 20.0
"""A repository's own stays count against so many that are like those of all repositories."""


def share_left(
    stays: tuple[IntArray, FloatArray, BoolArray], repository: IntArray, hours: FloatArray
) -> tuple[FloatArray, IntArray]:
    """For changes of a `repository` with `hours` in the stage: the share that had left it by then, and of how many.

    `stays`: code of the repository, hours, and whether the stay ended, forwards or by being abandoned; what goes on
    counts for as long as it was seen (Kaplan & Meier 1958). With few stays the share is drawn to that of all
    repositories: it is the mean of both, the own weighing n / (n + `BORROWED`).
    """
    home, stayed, ended = stays
    local = _left(home, stayed, ended, repository, hours)
    everywhere = _left(np.zeros_like(home), stayed, ended, np.zeros_like(repository), hours)
    count = np.append(np.bincount(home, minlength=int(repository.max(initial=-1)) + 1), 0)[repository]
    weight = count / (count + BORROWED)
    return weight * local + (1.0 - weight) * everywhere, count


def _left(home: IntArray, stayed: FloatArray, ended: BoolArray, repository: IntArray, hours: FloatArray) -> FloatArray:
    """One minus the Kaplan–Meier curve of each repository at its hours; 0 where it has no stays."""
    # Twice faster than by three keys at once: codes of repositories are small, and sorted by counting.
    order = np.lexsort((~ended, stayed))
    order = order[np.argsort(home[order].astype(np.min_scalar_type(int(home.max(initial=0)))), kind="stable")]
    home, stayed, ended = home[order], stayed[order], ended[order]
    last = np.searchsorted(home, home, "right")
    at_risk = (last - np.arange(home.size)).astype(np.float64)
    # When the last one leaves nobody is left: e⁻³⁰⁰ stands for none, so that the sums stay numbers.
    log_stay = np.where(ended, np.log(np.maximum(1.0 - 1.0 / np.maximum(at_risk, 1.0), np.exp(-300.0))), 0.0)
    total = np.concatenate([[0.0], np.cumsum(log_stay)])
    begin = np.searchsorted(home, repository)
    end = np.searchsorted(home, repository, "right")
    reached = _place(home, stayed, repository, hours, begin, end)
    left: FloatArray = 1.0 - np.exp(total[reached] - total[begin])
    return left


def _place(
    home: IntArray, stayed: FloatArray, repository: IntArray, hours: FloatArray, begin: IntArray, end: IntArray
) -> IntArray:
    """How many stays come before each (repository, hours], by repository, then hours."""
    widest = float(max(stayed.max(initial=0.0), hours.max(initial=0.0))) + 1.0
    place = np.searchsorted(home * widest + stayed, repository * widest + hours, "right")
    return np.clip(place, begin, end)
