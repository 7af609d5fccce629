"""Hazard ratio of repair of AI work against other work, within repositories and adjusted for size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from analytics.cohort.groups import is_ai
from analytics.cohort.kinds import WORK
from analytics.comparison.rates import reach_of_ratio
from analytics.rework.facts import Shipped
from analytics.survival import cox
from analytics.survival.proportions import LEVEL, Estimate
from headway.errors import AnalysisError

__all__ = ["Ratio", "compared"]

_KNOWN_SHARE = 0.9
"""Lines measure size where so many changes have them; else the number of paths does, which Git alone has too."""
_FEWEST_REPAIRED = 10
"""Fewer ends than ten for each covariate make a Cox model unsteady (Peduzzi et al. 1995, Journal of Clinical
Epidemiology 48, 1503)."""


@dataclass(frozen=True)
class Ratio:
    """Hazard ratio of repair, AI work against other work; above 1 is sooner.

    `adjusted_for`: strata and covariates. `changes`, `repaired`: what it rests on. `p_value` against a ratio of 1.
    `proportional_p`: of the test that hazards are proportional. `note`: why there is no ratio. `interval_by`: what the
    interval takes as independent, `repository and month` or `change`.
    """

    ratio: Estimate
    p_value: float | None
    adjusted_for: str
    changes: int
    repaired: int
    repositories: int
    proportional_p: float | None = None
    note: str = ""
    interval_by: str = "change"


def compared(shipped: Shipped, axis: str) -> Iterator[Ratio]:
    """Yield the ratio stratified by repository; then adjusted for size; then for maintainability too, where measured.

    Cox's model with a baseline hazard for each repository. It answers for these repositories: standard errors are by
    repository and month of production, and allow for how few and uneven these are (`comparison.rates.reach_of_ratio`).
    Where fewer than five of them say anything, changes are taken as independent.
    """
    people = shipped.where(WORK)
    yield _ratio(people, axis, {}, "repository")
    size, word = _size(people.changes)
    sized = people.where(size.is_not_null())
    yield _ratio(sized, axis, {"size": (size.cast(pl.Float64) + 1.0).log()}, f"repository, {word}")
    measured = sized.where(pl.col("dmm").is_not_null())
    if len(measured.changes):
        more = {"size": (size.cast(pl.Float64) + 1.0).log(), "maintainability": pl.col("dmm")}
        yield _ratio(measured, axis, more, f"repository, {word}, maintainability")


def _size(changes: pl.DataFrame) -> tuple[pl.Expr, str]:
    share = changes["lines"].is_not_null().mean()
    if isinstance(share, float) and share >= _KNOWN_SHARE:
        return pl.col("lines"), "log of lines"
    return pl.col("files"), "log of paths"


def _ratio(shipped: Shipped, axis: str, covariates: dict[str, pl.Expr], adjusted_for: str) -> Ratio:
    hours, over = shipped.times()
    repository, repositories = shipped.cluster
    ai = shipped.changes.select(is_ai(axis).cast(pl.Float64)).to_series().to_numpy()
    about = (adjusted_for, len(over), int(over.sum()), repositories)
    fewest = _FEWEST_REPAIRED * (1 + len(covariates))
    if over.sum() < fewest:
        return Ratio(Estimate(), None, *about, note=f"fewer than {fewest} repaired changes")
    others = [shipped.changes.select(expression).to_series().to_numpy() for expression in covariates.values()]
    design, names = np.column_stack([ai, *others]), ["AI", *covariates]
    try:
        fit = cox(hours, over, design, names, stratum=repository, cluster=shipped.batch)
    except AnalysisError as error:
        return Ratio(Estimate(), None, *about, note=str(error))
    reach, spread = reach_of_ratio(fit)
    coefficient, far = float(fit.coefficient[0]), reach.critical(LEVEL) * spread
    ratio = Estimate(*(float(np.exp(bound)) for bound in (coefficient, coefficient - far, coefficient + far)))
    return Ratio(
        ratio,
        reach.p_value(coefficient, spread),
        *about,
        proportional_p=float(fit.proportionality.p_value[0]),
        interval_by="change" if np.isinf(reach.degrees) else "repository and month",
    )
