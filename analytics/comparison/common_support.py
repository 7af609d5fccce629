"""Where both groups are: the cells in which they can be compared like with like, and weights that make them alike.

AI work that is newer, or lives in other repositories, differs from other work for reasons that are not AI. Within a
cell (a repository in a quarter) both meet the same reviewers, pipelines and release trains. Cells with both are
kept, and the second group is weighted to the mix of the first (direct standardisation; the effect "on the treated":
Imbens & Rubin 2015, Causal Inference, ch. 15-17).
"""

from __future__ import annotations

import numpy as np

from analytics.cohort.cohort import Cohort
from analytics.comparison.cells import QUARTER, REPOSITORY, numbered, together
from analytics.comparison.results import Support
from analytics.survival.arrays import BoolArray, FloatArray, IntArray

__all__ = ["support_of"]

_PARTS = 2.0**30


def support_of(cohort: Cohort, first: BoolArray, cells: tuple[str, ...]) -> tuple[Support, FloatArray]:
    """How far two groups overlap, and the weights (changes,): one for the first group, 0 outside common cells.

    Neither group may be empty. `cells`: what two changes share that are in one cell.
    """
    codes = {what: numbered(cohort, what) for what in (REPOSITORY, QUARTER)}
    code = together(*(codes[what] if what in codes else numbered(cohort, what) for what in cells))
    ours, theirs = _counts(code, first)
    both = (ours > 0) & (theirs > 0)
    # In whole parts of 2⁻³⁰: sums are exact, and when the last change leaves a state exactly nothing stays behind.
    ratio = np.where(both, np.ceil(ours / np.maximum(theirs, 1.0) * _PARTS) / _PARTS, 0.0)
    weights = np.where(first, both[code].astype(np.float64), ratio[code])
    other = weights[~first]
    square = float((other**2).sum())
    support = Support(
        ai_share=float(ours[both].sum() / ours.sum()),
        other_share=float(theirs[both].sum() / theirs.sum()),
        repositories_overlap=_overlap(codes[REPOSITORY], first),
        quarters_overlap=_overlap(codes[QUARTER], first),
        newer_days=_newer_days(cohort, first),
        cells=int(both.sum()),
        effective_other=float(other.sum() ** 2 / square) if square > 0.0 else 0.0,
    )
    return support, weights


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
