"""Chances and what came of them in simulated companies: reviews that ask for changes, slower work, other cadences.

    python benchmarks/chances.py               2 companies of each kind
    python benchmarks/chances.py 6             more of them
    python benchmarks/chances.py 2 --final     the past with final code complete alone, all its months alike

Told as of nine times, eighteen days apart, from what was known then, against what came. `base` is the Brier score of
the share that came, known only afterwards: what no forecast of one number can be better than.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
import polars as pl

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
Pairs = dict[tuple[str, int], tuple[list[FloatArray], list[BoolArray]]]


def pairs_of(world: World, companies: int, *, final: bool) -> Pairs:
    """Chances told and whether they came true, by group of stages and days."""
    pairs: Pairs = {}
    for number in range(companies):
        found = requests(np.random.default_rng([SEED, number]), world)
        shipped = np.array([request.shipped for request in found])
        for as_of in 24.0 * np.arange(240.0, 390.0, 18.0) + 10.0:
            table, earlier = snapshot(found, float(as_of))
            rows = table.filter(pl.col("outcome") == "waiting")
            told = waiting.worklist(table, rows, earlier=None if final else earlier)
            code = told["change_id"].str.slice(2).cast(pl.Int64).to_numpy()
            is_open = told["current_stage"].is_in(["pickup", "review", "merge"]).to_numpy()
            for days in DAYS:
                chance = told[f"chance_{days}d"].fill_null(np.nan).to_numpy()
                came = shipped[code] <= as_of + 24.0 * days
                for name, group in (("open", is_open), ("merged", ~is_open)):
                    rows_of = group & ~np.isnan(chance)
                    into = pairs.setdefault((name, days), ([], []))
                    into[0].append(chance[rows_of])
                    into[1].append(came[rows_of])
    return pairs


def main() -> None:
    """Print one line for each kind of company, group and days."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("companies", nargs="?", type=int, default=2)
    parser.add_argument("--final", action="store_true")
    given = parser.parse_args()
    if given.final:
        landmarks.HALF_LIFE_HOURS = 1e9
    print(f"{'company':<26}{'what':<8}{'days':>5}{'told':>8}{'came':>7}{'Brier':>8}{'base':>7}{'slope':>7}{'n':>8}")
    for name, world in KINDS.items():
        for (group, days), (chance, came) in pairs_of(world, given.companies, final=given.final).items():
            if not sum(part.size for part in chance):
                continue
            found = reliability(np.concatenate(chance), np.concatenate(came))
            slope = "" if found.slope is None else f"{found.slope:.2f}"
            print(
                f"{name:<26}{group:<8}{days:>5}{found.mean_chance:>8.3f}{found.happened:>7.3f}{found.brier:>8.3f}"
                f"{found.brier_base:>7.3f}{slope:>7}{found.changes:>8,}",
                flush=True,
            )


if __name__ == "__main__":
    main()
