"""Chances and what came of them in simulated companies: reviews that ask for changes, slower work, other cadences.

    python benchmarks/chances.py               2 companies of each kind
    python benchmarks/chances.py 6             more of them
    python benchmarks/chances.py 2 --final     the past with final code complete alone, all its months alike

Told as of nine times, eighteen days apart, from what was known then, against what came. `base` is the Brier score of
the share that came, known only afterwards: what no forecast of one number can be better than. `slope` is that of what
came on the log odds of chances that are no base rate, with its standard error by company and time; `rate` is the share
of changes for which the base rate is told.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import polars as pl
from scipy import special

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from analytics.survival.arrays import BoolArray, FloatArray
from analytics.worklist import landmarks, waiting
from analytics.worklist.calibration import reliability
from tests.analytics.pushes import World, requests, snapshot

SEED = 16_160
DAYS = (7, 14, 30)
KINDS = {
    "no verdict asks for more": World(approved=1.0),
    "a quarter of reviews do": World(approved=0.75),
    "half do": World(approved=0.5),
    "slower by 2 from day 260": World(turn=260.0, slower=2.0),
    "trains 14 d, then daily": World(gaps=(14.0,), turn=260.0, then=1.0),
    "small: 3 repositories": World(repositories=3, changes=120),
    "trains each 30 d": World(gaps=(30.0,)),
}
Pairs = dict[tuple[str, int], list[tuple[FloatArray, BoolArray, BoolArray]]]


def pairs_of(world: World, companies: int, *, final: bool) -> Pairs:
    """By group of stages and days, for each time: chances told, whether they came true, and which are no base rate."""
    pairs: Pairs = {}
    for number in range(companies):
        found = requests(np.random.default_rng([SEED, number]), world)
        shipped = np.array([request.shipped for request in found])
        for as_of in 24.0 * np.arange(240.0, 390.0, 18.0) + 10.0:
            table, earlier = snapshot(found, float(as_of))
            rows = table.filter(pl.col("outcome") == "waiting")
            if not len(rows):
                continue
            told = waiting.worklist(table, rows, earlier=None if final else earlier)
            code = told["change_id"].str.slice(2).cast(pl.Int64).to_numpy()
            is_open = told["current_stage"].is_in(["pickup", "review", "merge"]).to_numpy()
            for days in DAYS:
                own = ~told["note"].str.contains(rf"base rate of all that waits \([^)]*\b{days}\b").to_numpy()
                chance = told[f"chance_{days}d"].fill_null(np.nan).to_numpy()
                came = shipped[code] <= as_of + 24.0 * days
                for name, group in (("open", is_open), ("merged", ~is_open)):
                    rows_of = group & ~np.isnan(chance)
                    pairs.setdefault((name, days), []).append((chance[rows_of], came[rows_of], own[rows_of]))
    return pairs


def slope_of(parts: list[tuple[FloatArray, BoolArray, BoolArray]]) -> str:
    """The slope of what came on the log odds of own chances, and its standard error by part."""
    chance, came = (np.concatenate([part[column][part[2]] for part in parts]) for column in (0, 1))
    found = reliability(chance, came) if chance.size else None
    if found is None or found.slope is None or found.intercept is None:
        return ""
    odds = special.logit(np.clip(chance, 1e-4, 1.0 - 1e-4))
    fitted = special.expit(found.intercept + found.slope * odds)
    design = np.stack([np.ones_like(odds), odds], axis=1)
    inverse = np.linalg.inv((design * (fitted * (1.0 - fitted))[:, None]).T @ design)
    part = np.repeat(np.arange(len(parts)), [int(own.sum()) for _, _, own in parts])
    score = np.stack([np.bincount(part, weights=column * (came - fitted)) for column in design.T], axis=1)
    return f"{found.slope:.2f} ± {(inverse @ score.T @ score @ inverse)[1, 1] ** 0.5:.2f}"


def main() -> None:
    """Print one line for each kind of company, group and days."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("companies", nargs="?", type=int, default=2)
    parser.add_argument("--final", action="store_true")
    given = parser.parse_args()
    if given.final:
        landmarks.HALF_LIFE_HOURS = 1e9
    head = "".join(f"{name:>7}" for name in ("told", "came", "Brier", "base", "skill"))
    print(f"{'company':<26}{'what':<8}{'days':>5}{head}{'slope':>14}{'rate':>6}{'n':>8}")
    for name, world in KINDS.items():
        for (group, days), parts in pairs_of(world, given.companies, final=given.final).items():
            chance, came, own = (np.concatenate(column) for column in zip(*parts, strict=True))
            if not chance.size:
                continue
            found = reliability(chance, came)
            figures = (found.mean_chance, found.happened, found.brier, found.brier_base, found.skill)
            print(
                f"{name:<26}{group:<8}{days:>5}{''.join(f'{figure:>7.3f}' for figure in figures)}"
                f"{slope_of(parts):>14}{1.0 - own.mean():>6.2f}{found.changes:>8,}",
                flush=True,
            )


if __name__ == "__main__":
    main()
