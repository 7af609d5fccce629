"""The log-rank test, which asks whether groups end at the same rate, and its parts by cluster for a robust one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from analytics.survival.arrays import (
    BoolArray,
    FloatArray,
    IntArray,
    as_codes,
    as_counts,
    as_hours,
    same_length,
    totals,
)
from analytics.survival.intervals import chi_squared_tail
from headway.errors import AnalysisError

__all__ = ["LogRank", "log_rank"]

_WHOLE = np.iinfo(np.int64)


@dataclass(frozen=True, eq=False)
class LogRank:
    """A log-rank test.

    `observed`, `expected` (groups,): changes that ended, and how many would have if all groups ended at one rate
    within each stratum. `chi_squared` on `degrees` of freedom, and its `p_value`: right where changes are independent.
    `changes` (groups,): how many. `score` (clusters,): the part of each cluster in observed minus expected of group 0,
    and `information` (clusters,): in its variance; of one cluster where none are given.
    """

    observed: FloatArray
    expected: FloatArray
    changes: FloatArray
    chi_squared: float
    degrees: int
    p_value: float
    score: FloatArray
    information: FloatArray


def log_rank(
    hours: ArrayLike,
    ended: ArrayLike,
    group: ArrayLike,
    *,
    stratum: ArrayLike | None = None,
    count: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
) -> LogRank:
    """Test whether groups of right-censored changes end at the same rate, by a stratified log-rank test.

    Parameters
    ----------
    hours:
        (changes,) hours until the change ended, or was last seen.
    ended:
        (changes,) whether it ended; False is censored.
    group:
        (changes,) codes 0, 1, … of the groups.
    stratum:
        (changes,) codes; groups are compared within each stratum.
    count:
        (changes,) how many changes a row stands for; 1 when not given.
    cluster:
        (changes,) codes 0, 1, …, for the parts of each.

    Returns
    -------
    Observed and expected ends by group, and the χ² test with the hypergeometric variance (`survdiff` in R's survival).

    Raises
    ------
    AnalysisError
        Fewer than two groups can be compared.

    References
    ----------
    Mantel (1966), Cancer Chemotherapy Reports 50, 163; Peto & Peto (1972), JRSS A 135, 185. Parts by cluster: Lin & Wei
    (1989), JASA 84, 1074; Wei, Lin & Weissfeld (1989), JASA 84, 1065.
    """
    at, over = as_hours(hours, "hours"), np.asarray(ended, dtype=np.bool_)
    code = as_codes(group, "group", lowest=0, highest=_WHOLE.max)
    none = np.zeros_like(code)
    strata = as_codes(none if stratum is None else stratum, "stratum", lowest=_WHOLE.min, highest=_WHOLE.max)
    clusters = as_codes(none if cluster is None else cluster, "cluster", lowest=0, highest=_WHOLE.max)
    counts = as_counts(count, at.size, "count")
    same_length(hours=at, ended=over, group=code, stratum=strata, count=counts, cluster=clusters)
    groups = int(code.max(initial=-1)) + 1
    order = np.lexsort((at, strata))
    at, over, code, strata, counts = at[order], over[order], code[order], strata[order], counts[order]
    new_stratum = np.diff(strata, prepend=strata[:1] - 1) != 0
    new_time = new_stratum | (np.diff(at, prepend=-1.0) != 0.0)
    place, starts = np.cumsum(new_time) - 1, np.flatnonzero(new_time)
    stratum_of = np.cumsum(new_stratum)[starts] - 1
    stratum_end = np.append(np.flatnonzero(new_stratum)[1:], at.size)[stratum_of]
    ended_at = np.array([totals(place, counts * (over & (code == g)), starts.size) for g in range(groups)])
    at_risk = np.array([_beyond(counts * (code == g), starts, stratum_end) for g in range(groups)])
    test = _test(ended_at, at_risk, totals(code, counts, groups))
    parts = _scores(ended_at, at_risk, stratum_of, place, code == 0, over)
    return _with_parts(test, clusters[order], *(counts * part for part in parts))


def _with_parts(result: LogRank, cluster: IntArray, score: FloatArray, information: FloatArray) -> LogRank:
    size = int(cluster.max(initial=-1)) + 1
    return replace(result, score=totals(cluster, score, size), information=totals(cluster, information, size))


def _beyond(values: FloatArray, begin: IntArray, end: IntArray) -> FloatArray:
    """The sums of `values` from each `begin` to the row before its `end`."""
    running = np.concatenate([[0.0], np.cumsum(values)])
    sums: FloatArray = running[end] - running[begin]
    return sums


def _scores(
    ended: FloatArray, at_risk: FloatArray, stratum: IntArray, place: IntArray, first: BoolArray, over: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """The part of each change (changes,) in observed minus expected of group 0, and in its variance.

    `ended`, `at_risk` (groups, times); `stratum` (times,); `place`: the time of each change.
    """
    share, hazard = at_risk[0] / at_risk.sum(axis=0), ended.sum(axis=0) / at_risk.sum(axis=0)
    watched, shared = _within(hazard, stratum)[place], _within(hazard * share, stratum)[place]
    part: FloatArray = over * (first - share[place]) - (first * watched - shared)
    spread: FloatArray = over * (share * (1.0 - share))[place]
    return part, spread


def _within(values: FloatArray, stratum: IntArray) -> FloatArray:
    """The running sum of `values` (times,) within each stratum."""
    running = np.cumsum(values)
    first = np.flatnonzero(np.diff(stratum, prepend=-1))
    within: FloatArray = running - (running - values)[first][stratum]
    return within


def _test(ended: FloatArray, at_risk: FloatArray, changes: FloatArray) -> LogRank:
    """From (groups, times) counts at each hour of each stratum."""
    total, everyone = ended.sum(axis=0), at_risk.sum(axis=0)
    informative = total > 0
    ended, at_risk, total, everyone = (a[..., informative] for a in (ended, at_risk, total, everyone))
    share = at_risk / everyone
    expected = (share * total).sum(axis=1)
    # The last one at risk ends with certainty, whatever its group.
    spread = total * (everyone - total) / np.maximum(everyone - 1.0, 1.0)
    variance = np.diag((share * spread).sum(axis=1)) - (share * spread) @ share.T
    compared = np.flatnonzero(np.diag(variance) > 0.0)
    if compared.size < 2:
        raise AnalysisError(
            "fewer than two groups are at risk at the same time in one stratum",
            hint="compare larger groups, or without strata",
        )
    difference = (ended.sum(axis=1) - expected)[compared[:-1]]
    inverse = np.linalg.pinv(variance[np.ix_(compared[:-1], compared[:-1])])
    statistic = float(difference @ inverse @ difference)
    degrees = compared.size - 1
    none = np.zeros(0)
    tail = chi_squared_tail(statistic, degrees)
    return LogRank(ended.sum(axis=1), expected, changes, statistic, degrees, tail, none, none)
