"""Tests of the hazard of production, stratified by repository."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from analytics.cohort.cohort import Cohort
from analytics.cohort.histories import counted_ends
from analytics.cohort.units import FEWEST_CLUSTERS
from analytics.comparison.cells import MONTH, numbered, together
from analytics.comparison.contrasts import Contrast
from analytics.comparison.needed import changes_needed
from analytics.comparison.plain.sides import independent_units
from analytics.comparison.results import ALL, Measure
from analytics.comparison.within.held_equal import even_part, size_of, years_of
from analytics.survival import CENSORED, Cox, LogRank, cox, log_rank
from analytics.survival.arrays import BoolArray
from analytics.survival.errors.small_samples import Reach, reach_of
from headway.errors import AnalysisError

__all__ = ["rate_measures", "reach_of_ratio"]

SMALLEST_RATIO = 1.25
MOST_FITTED = 100_000
"""Of so many changes a model's errors are small beside every difference that matters: more are not fitted."""
_LEVEL = 0.95


def rate_measures(cohort: Cohort, first: BoolArray, contrast: Contrast) -> Iterator[Measure]:
    """Yield the robust score test, the adjusted hazard ratio, and the check that hazards are proportional.

    All three are about the rate of production among what still waits (the cause-specific hazard): abandoned changes
    leave the risk set as they leave the race.
    """
    arrived = cohort.ended_as == 0
    counts = int(first.sum()), int((~first).sum())
    yield _log_rank(cohort, arrived, first, contrast, counts)
    yield from _adjusted(cohort, arrived, first, contrast, counts)


def _log_rank(
    cohort: Cohort, arrived: BoolArray, first: BoolArray, contrast: Contrast, counts: tuple[int, int]
) -> Measure:
    """Observed over expected arrivals, and the robust score test of Lin & Wei (1989, JASA 84, 1074).

    The log-rank test takes changes as independent. What ships with one release arrives together, and where AI work
    comes in bursts, so does its luck: the variance is that of the scores of months of repositories, about what each is
    expected to have of the whole, with the reach of as few of them as there are.
    """
    name, unit = "log_rank_production", "ratio"
    try:
        test, within = _compared(cohort, arrived, first, contrast)
    except AnalysisError as error:
        return Measure(name, ALL, "test", None, None, None, None, None, None, *counts, str(error))
    p_value, by = _robust(test)
    ratio = test.observed / np.where(test.expected > 0.0, test.expected, np.nan)
    note = f"observed over expected arrivals; score test within {within}, {by}; abandoned changes leave the risk set"
    pair = float(ratio[0]), float(ratio[1])
    return Measure(name, ALL, unit, *pair, pair[0] - pair[1], None, None, p_value, *counts, note)


def _compared(cohort: Cohort, arrived: BoolArray, first: BoolArray, contrast: Contrast) -> tuple[LogRank, str]:
    """The test with its parts by repository and month, and what it compares within; the first group is 0.

    A large cohort is counted by cell, group and hour of its grid.
    """
    repository, group = cohort.cluster[0], (~first).astype(np.int64)
    cell = together(repository, numbered(cohort, MONTH))
    cells = int(cell.max(initial=-1)) + 1
    # Before and after a day share no month.
    stratum, within = (cell, "repository and month") if contrast.dated else (repository, "repository")
    if not cohort.grid_hours:
        return log_rank(cohort.hours, arrived, group, stratum=stratum, cluster=cell), within
    unit, hours, ended, count = counted_ends(
        cohort.hours, np.where(arrived, 0, CENSORED), 1, cell * 2 + group, cells * 2, cohort.grid
    )
    stratum_of = np.zeros(cells, dtype=np.int64)
    stratum_of[cell] = stratum
    counted = log_rank(hours, ended == 0, unit % 2, stratum=stratum_of[unit // 2], count=count, cluster=unit // 2)
    return counted, within


def _robust(test: LogRank) -> tuple[float, str]:
    """The p-value, and what its error is by: changes where too few months of repositories have both groups."""
    share = test.information / test.information.sum()
    if int((share > 0.0).sum()) < FEWEST_CLUSTERS:
        return test.p_value, f"χ² {test.chi_squared:.4g} on 1 degree of freedom as if changes were independent"
    total = float(test.score.sum())
    spread = float(np.sqrt(((test.score - share * total) ** 2).sum()))
    reach = reach_of([(share, share * float(test.observed.sum()))])
    return reach.p_value(total, spread), f"errors by repository and month ({reach.degrees:.3g} degrees of freedom)"


def _adjusted(
    cohort: Cohort, arrived: BoolArray, first: BoolArray, contrast: Contrast, counts: tuple[int, int]
) -> Iterator[Measure]:
    name, check = "rate_ratio_adjusted", "proportional_hazards"
    try:
        model, held = _fitted(cohort, arrived, first, contrast)
    except AnalysisError as error:
        yield Measure(name, ALL, "ratio", None, None, None, None, None, None, *counts, str(error))
        return
    reach, spread = reach_of_ratio(model)
    ratio = float(np.exp(model.coefficient[0]))
    critical = reach.critical(_LEVEL)
    lower, upper = (float(np.exp(model.coefficient[0] + side * critical * spread)) - 1.0 for side in (-1.0, 1.0))
    yield Measure(
        name,
        ALL,
        "ratio",
        ratio,
        1.0,
        ratio - 1.0,
        lower,
        upper,
        reach.p_value(float(model.coefficient[0]), spread),
        *counts,
        f"hazard ratio of production, {contrast.beside} being 1; stratified by repository, {held}",
        n_needed=changes_needed(counts[0], spread * reach.inflation, float(np.log(SMALLEST_RATIO))),
        smallest_difference=SMALLEST_RATIO - 1.0,
    )
    steady = float(model.proportionality.p_value[0])
    note = (
        "hazards are not proportional: the hazard ratio is an average over the life of a change"
        if steady <= 0.05
        else ""
    )
    p_value = None if np.isnan(steady) else steady  # all that arrived did so at once
    yield Measure(check, ALL, "test", None, None, None, None, None, p_value, *counts, note)


def _fitted(cohort: Cohort, arrived: BoolArray, first: BoolArray, contrast: Contrast) -> tuple[Cox, str]:
    """The model with what can be held equal, and what that is; what does not vary is left out."""
    chosen = even_part(len(cohort.changes), MOST_FITTED)
    if chosen is not None:
        cohort, arrived, first = cohort.where(pl.lit(pl.Series(chosen))), arrived[chosen], first[chosen]
    columns = {"size": size_of(cohort.changes)} | ({"time": years_of(cohort.changes)} if contrast.dated else {})
    held = [name for name, column in columns.items() if float(np.ptp(column)) > 0.0]
    repository, unit = cohort.cluster[0], independent_units(cohort, first)
    cluster = None if unit[0] == "change" else unit[1]
    while True:
        design = np.column_stack([first.astype(np.float64), *(columns[name] for name in held)])
        names = [contrast.axis, *held]
        try:
            model = cox(cohort.hours, arrived, design, names, stratum=repository, cluster=cluster)
        except AnalysisError:
            if not held:
                raise
            held.pop()
            continue
        labels = {"size": "lines changed", "time": "time of code complete"}
        equal = "adjusted for " + " and ".join(labels[name] for name in held) if held else "not adjusted further"
        return model, f"{equal}; standard errors by {unit[0]}"


def reach_of_ratio(model: Cox) -> tuple[Reach, float]:
    """How far the error of the first coefficient reaches, and that error.

    By clusters if at least `FEWEST_CLUSTERS` of them carry information on it; else the model's own error, normal.
    """
    information = np.zeros(1) if model.cluster_information is None else model.cluster_information[:, 0]
    share = information / max(float(information.sum()), 1e-300)
    if model.robust_standard_error is not None and int((share > 0.0).sum()) >= FEWEST_CLUSTERS:
        return reach_of([(share, share * model.ended)]), float(model.robust_standard_error[0])
    return Reach(1.0, float("inf")), float(model.standard_error[0])
