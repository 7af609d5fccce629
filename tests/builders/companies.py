"""Cohorts drawn by chance, with a known difference between two groups of changes in repositories that differ."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analytics.cohort.cohort import LEAD_STAGES, Cohort

__all__ = ["EFFECT", "NOTHING", "company"]

Floats = NDArray[np.float64]

_STAGES = ("pickup", "review", "merge", "release", "deploy")
_MEANS = np.array([14.0, 20.0, 6.0, 40.0, 1.0])
"""Mean hours of each stage for the second group, in a repository without an effect of its own."""
NOTHING = np.ones(5)
EFFECT = np.array([1.0, 1.6, 1.3, 1.0, 1.0])
"""Factors on the hours of the first group."""
_SPREAD = 0.35
_ABANDONED_PER_HOUR = 0.0012
_WATCHED_HOURS = 2160.0
_BEGINS = datetime(2026, 1, 1)


def company(
    seed: int,
    repositories: int,
    changes: int,
    factors: Floats = NOTHING,
    *,
    spread: float = _SPREAD,
    trains: bool = True,
    censored: bool = True,
) -> Cohort:
    """A cohort of `changes` in `repositories` that have a pace of their own, unequal sizes and shares of AI work.

    The hours of a stage are Weibull; `spread` is the standard deviation of the logarithm of a repository's pace, which
    both groups have in common. With `trains` what is released leaves with the next train of its repository. Changes are
    abandoned at a constant rate while they wait; `censored`: they are watched until 90 days after the beginning.
    """
    rng = np.random.default_rng([seed, repositories])
    size = rng.lognormal(0.0, 0.5, repositories)
    repo = rng.choice(repositories, changes, p=size / size.sum())
    ai = rng.random(changes) < rng.beta(4.0, 8.0, repositories)[repo]
    pace = np.exp(rng.normal(0.0, spread, (repositories, 1)) + rng.normal(0.0, spread / 2, (repositories, 5)))
    begin = rng.uniform(0.0, 0.9 * _WATCHED_HOURS, changes)
    hours = rng.weibull(0.8, (changes, 5)) / 1.133 * _MEANS * pace[repo] * np.where(ai[:, None], factors, 1.0)
    if trains:
        every = rng.choice([24.0, 48.0, 84.0], repositories)[repo]
        built = begin + hours[:, :3].sum(axis=1)
        hours[:, 3] = np.ceil(built / every) * every - built + rng.exponential(4.0, changes)
    gone = rng.exponential(1.0 / _ABANDONED_PER_HOUR, changes)
    seen = np.where(censored, _WATCHED_HOURS - begin, np.inf)
    return _cohort(repo, ai, begin, hours, np.minimum(gone, seen), gone < seen)


def _cohort(
    repo: NDArray[np.int64], ai: NDArray[np.bool_], begin: Floats, hours: Floats, until: Floats, gone: NDArray[np.bool_]
) -> Cohort:
    ends = np.cumsum(hours, axis=1)
    starts = np.column_stack([np.zeros(len(begin)), ends[:, :-1]])
    arrived = ends[:, -1] <= until
    outcome = np.where(arrived, "production", np.where(gone, "abandoned", "waiting"))
    spent = np.minimum(ends, until[:, None]) - starts
    entered = starts < until[:, None]
    columns: dict[str, object] = {
        f"{stage}_hours": pl.Series([None] * len(begin), dtype=pl.Float64)
        if stage not in _STAGES
        else pl.Series(np.where(entered, spent, np.nan)[:, _STAGES.index(stage)]).fill_nan(None)
        for stage in LEAD_STAGES
    }
    frame = pl.DataFrame(
        {
            "change_id": pl.Series(np.arange(len(begin))).cast(pl.String).str.zfill(8),
            "repo": pl.Series(repo).cast(pl.String).str.zfill(4),
            "team": "",
            "builds_ai": ai,
            "built_with_ai": np.where(ai, "agent", "none"),
            "kind": "work",
            "outcome": outcome,
            "code_complete_at": pl.Series([_BEGINS] * len(begin)).dt.cast_time_unit("us")
            + pl.Series((begin * 3.6e9).astype(np.int64)).cast(pl.Duration("us")),
            "as_of": pl.Series([_BEGINS + timedelta(hours=_WATCHED_HOURS)] * len(begin)).dt.cast_time_unit("us"),
            "additions": pl.Series((begin * 7.0 % 400.0).astype(np.int64)),
            "deletions": 0,
            **columns,
        }
    )
    return Cohort(frame.with_columns(hours=pl.sum_horizontal(f"{stage}_hours" for stage in LEAD_STAGES)), 0, 0)
