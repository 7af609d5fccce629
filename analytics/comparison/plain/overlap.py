"""How far two groups are in the same places and times, in which they can be compared like with like.

AI work that is newer, or lives in other repositories, differs from other work for reasons that are not AI. Within a
cell (a repository in a month) both meet the same reviewers, pipelines and release trains.
"""

from __future__ import annotations

import numpy as np

from analytics.cohort.cohort import Cohort
from analytics.comparison.cells import QUARTER, REPOSITORY, numbered, together
from analytics.comparison.results import Support
from analytics.survival.arrays import BoolArray, FloatArray, IntArray

__all__ = ["support_of"]


def support_of(cohort: Cohort, first: BoolArray, cells: tuple[str, ...]) -> Support:
    """How far two groups overlap; neither may be empty. `cells`: what two changes share that are in one cell."""
    ours, theirs = _counts(together(*(numbered(cohort, what) for what in cells)), first)
    both = (ours > 0) & (theirs > 0)
    return Support(
        ai_share=float(ours[both].sum() / ours.sum()),
        other_share=float(theirs[both].sum() / theirs.sum()),
        repositories_overlap=_overlap(numbered(cohort, REPOSITORY), first),
        quarters_overlap=_overlap(numbered(cohort, QUARTER), first),
        newer_days=_newer_days(cohort, first),
        cells=int(both.sum()),
    )


def _counts(code: IntArray, first: BoolArray) -> tuple[FloatArray, FloatArray]:
    size = int(code.max(initial=-1)) + 1
    ours, theirs = (np.bincount(code[mask], minlength=size).astype(np.float64) for mask in (first, ~first))
    return ours, theirs


def _overlap(code: IntArray, first: BoolArray) -> float:
    """What the distributions of two groups over codes have in common, 0 to 1."""
    ours, theirs = _counts(code, first)
    return float(np.minimum(ours / ours.sum(), theirs / theirs.sum()).sum())


def _newer_days(cohort: Cohort, first: BoolArray) -> float:
    at = cohort.changes["code_complete_at"].to_numpy().astype("datetime64[s]").astype(np.int64)
    return float((np.median(at[first]) - np.median(at[~first])) / 86_400.0)
