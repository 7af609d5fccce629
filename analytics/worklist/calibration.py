"""Calibration of chances: those reported at one time against what happened later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import polars as pl
from scipy import special

from analytics.survival.arrays import BoolArray, FloatArray
from analytics.worklist.landmarks import CHANCE_HOURS

__all__ = ["Bin", "Reliability", "came_true", "reliability"]

_STEPS = 50
_SINGULAR = 1e12


@dataclass(frozen=True)
class Bin:
    """Chances that are alike: their mean, the share that came true, and how many."""

    chance: float
    happened: float
    changes: int


@dataclass(frozen=True)
class Reliability:
    """How good chances were.

    `bins`: by tenths of the changes, in the order of their chance. `brier`: mean square of chance minus what happened
    (Brier 1950, Monthly Weather Review 78, 1); `brier_base`: of the share that came true, given to every change;
    `skill`: one minus their ratio. `intercept`, `slope`: of what happened on the log odds of the chance (Cox 1958,
    Biometrika 45, 562): 0 and 1 are calibrated; a slope below 1 is overconfident. None where all, or none, came true,
    or where chances part those that did from the others.
    """

    changes: int
    mean_chance: float
    happened: float
    bins: tuple[Bin, ...]
    brier: float
    brier_base: float
    intercept: float | None
    slope: float | None

    @property
    def skill(self) -> float:
        """How much of the uncertainty the chances take away, 0: no more than the base rate."""
        return 1.0 - self.brier / self.brier_base if self.brier_base > 0.0 else 0.0


def reliability(chance: FloatArray, happened: BoolArray, *, bins: int = 10) -> Reliability:
    """Compare chances with what happened, (changes,) each; at least one change."""
    order = np.argsort(chance, kind="stable")
    parts = [part for part in np.array_split(order, bins) if part.size]
    share = float(happened.mean())
    intercept, slope = _recalibrate(chance, happened)
    return Reliability(
        changes=chance.size,
        mean_chance=float(chance.mean()),
        happened=share,
        bins=tuple(Bin(float(chance[p].mean()), float(happened[p].mean()), p.size) for p in parts),
        brier=float(((chance - happened) ** 2).mean()),
        brier_base=share * (1.0 - share),
        intercept=intercept,
        slope=slope,
    )


def came_true(reports: Sequence[pl.DataFrame], later: pl.DataFrame) -> tuple[tuple[float, FloatArray, BoolArray], ...]:
    """For each of `CHANCE_HOURS`: hours, the reported chances, and whether they came true.

    `reports`: tables of the report `waiting`, each as of its own time. `later`: `change_id`, `production_at`, `outcome`
    and `as_of` of `lead_times` of a later time. Left out are changes that are missing later, that were not followed for
    long enough, of which it is unknown whether they arrived, and of which it turned out that they did not wait: a wave
    that fell silent is waited for until then, and in hindsight the change had arrived without it.
    """
    every = pl.concat(reports)
    both = every.join(later.rename({"as_of": "known_until"}), on="change_id").filter(
        (pl.col("production_at") > pl.col("as_of")).fill_null(value=True), pl.col("outcome") != "unknown"
    )
    results = []
    for hours in CHANCE_HOURS:
        until = pl.col("as_of") + timedelta(hours=hours)
        name = f"chance_{int(hours / 24)}d"
        judged = both.filter(pl.col(name).is_not_null() & (pl.col("known_until") >= until))
        happened = judged.select((pl.col("production_at") <= until).fill_null(value=False)).to_series().to_numpy()
        results.append((hours, judged[name].to_numpy(), happened))
    return tuple(results)


def _recalibrate(chance: FloatArray, happened: BoolArray) -> tuple[float | None, float | None]:
    """Logistic regression by Newton's method with halved steps; None where chances separate what came from the rest."""
    if happened.all() or not happened.any():
        return None, None
    odds = special.logit(np.clip(chance, 1e-4, 1.0 - 1e-4))
    if np.ptp(odds) == 0.0:
        return None, None
    design = np.stack([np.ones_like(odds), odds], axis=1)
    beta = np.array([0.0, 1.0])
    for _ in range(_STEPS):
        fitted = special.expit(design @ beta)
        information = (design * (fitted * (1.0 - fitted))[:, None]).T @ design
        if np.linalg.cond(information) > _SINGULAR:
            return None, None
        step = np.linalg.solve(information, design.T @ (happened - fitted))
        while _log_likelihood(design @ (beta + step), happened) < _log_likelihood(design @ beta, happened) - 1e-9:
            step = step / 2.0
        beta = beta + step
        if float(np.abs(step).max()) <= 1e-9 * (1.0 + float(np.abs(beta).max())):
            return float(beta[0]), float(beta[1])
    return None, None


def _log_likelihood(score: FloatArray, happened: BoolArray) -> float:
    return float(-np.logaddexp(0.0, np.where(happened, -score, score)).sum())
