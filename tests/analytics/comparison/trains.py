"""Companies that release by trains, in which AI work comes in bursts and months differ, and has no effect."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import polars as pl

from analytics.cohort.cohort import LEAD_STAGES, Cohort
from analytics.survival.arrays import FloatArray, IntArray

__all__ = ["sizes_of", "trains"]

_START = datetime(2025, 1, 6)
_YEAR = 365.0 * 24.0
_FORTNIGHT, _MONTH = 14.0 * 24.0, 30.0 * 24.0


def sizes_of(kind: str, repositories: int, changes: int) -> IntArray:
    """How many changes each repository has: `even`, `uneven`, or `one has 80 %`."""
    weight = np.exp(np.linspace(-1.2, 1.2, repositories)) if kind == "uneven" else np.ones(repositories)
    if kind == "one has 80 %":
        weight[0] = 4.0 * (repositories - 1)
    sizes: IntArray = np.maximum((weight / weight.sum() * changes).astype(np.int64), 20)
    return sizes


def trains(dice: np.random.Generator, sizes: IntArray, *, bursts: bool = True, effect: float = 1.0) -> Cohort:
    """A year of changes; AI work takes `effect` times as long in review.

    Reviews are lognormal, each repository has a pace of its own, and trains leave weekly, one in seven cancelled. With
    `bursts` the share of AI work differs by fortnight, and the pace by month.
    """
    parts = [_repository(dice, place, size, bursts=bursts, effect=effect) for place, size in enumerate(sizes.tolist())]
    changes = pl.concat(parts)
    return Cohort(changes.with_columns(pl.col("release_hours").alias("hours")), 0, 0)


def _repository(dice: np.random.Generator, place: int, size: int, *, bursts: bool, effect: float) -> pl.DataFrame:
    begun = np.sort(dice.uniform(0.0, _YEAR, size))
    share = np.clip(dice.beta(4, 17), 0.03, 0.9)
    by_fortnight = dice.beta(2.0 * share, 2.0 * (1.0 - share), 27) if bursts else np.full(27, share)
    ai = dice.random(size) < by_fortnight[(begun // _FORTNIGHT).astype(np.int64)]
    pace = np.exp(dice.normal(0.0, 0.5) + dice.normal(0.0, 0.4 if bursts else 0.0, 13))
    review = (
        dice.lognormal(np.log(20.0), 1.3, size) * pace[(begun // _MONTH).astype(np.int64)] * np.where(ai, effect, 1.0)
    )
    left = np.flatnonzero(dice.random(2000) >= 1.0 / 7.0) * 168.0
    end = left[np.searchsorted(left, begun + review)] - begun
    closed = dice.random(size) < 0.06
    end = np.where(closed, np.minimum(end, dice.lognormal(4.0, 1.0, size)), end)
    return _rows(place, begun, end, ai, closed)


def _rows(place: int, begun: FloatArray, end: FloatArray, ai: np.ndarray, closed: np.ndarray) -> pl.DataFrame:
    hours = np.minimum(end, _YEAR - begun)
    outcome = np.where(end > hours, "waiting", np.where(closed, "abandoned", "production"))
    none = {f"{stage}_hours": pl.Series([None] * begun.size, dtype=pl.Float64) for stage in LEAD_STAGES}
    return pl.DataFrame(
        {
            **none,
            "release_hours": hours,
            "repo": f"acme/{place}",
            "builds_ai": ai,
            "built_with_ai": "none",
            "kind": "work",
            "outcome": outcome,
            "code_complete_at": [_START + timedelta(hours=at) for at in begun.tolist()],
            "as_of": _START + timedelta(hours=_YEAR),
            "additions": 10,
            "deletions": 1,
            "team": "",
        }
    )
