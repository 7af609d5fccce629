"""Chances and what came of them in simulated companies: reviews that ask for changes, slower work, other cadences.

    python benchmarks/chances.py               2 companies of each kind
    python benchmarks/chances.py 6             more of them
    python benchmarks/chances.py 2 --final     the past with final code complete alone, all its months alike
    python benchmarks/chances.py 40 --oracle   chances of an oracle that knows the law by which each company works

Told as of nine times, eighteen days apart, from what was known then, against what came. `base` is the Brier score of
the share that came, known only afterwards: what no forecast of one number can be better than; `then` that of the base
rate known then, the share that came of what waited at earlier times. `slope` is that of what came on the log odds of
chances that are no base rate, with its standard error by company and time; `rate` is the share of changes for which the
base rate is told, `doubt` that of changes that have no chance, since the pace of work turned; these are in no other
figure. `--seen` leaves out the times at which a turn lay ahead, within the days asked for.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from scipy import special

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from analytics.survival.arrays import BoolArray, FloatArray, IntArray
from analytics.worklist import landmarks, waiting
from analytics.worklist.calibration import reliability
from benchmarks.chances_oracle import oracle
from tests.analytics.pushes import Request, World, requests, snapshot

SEED = 16_160
DAYS = (7, 14, 30)
KINDS = {
    "no verdict asks for more": World(approved=1.0),
    "a quarter of reviews do": World(approved=0.75),
    "half do": World(approved=0.5),
    "slower by 2 from day 260": World(turn=260.0, slower=2.0),
    "slower by 3 in 420 days": World(grows=3.0),
    "trains 14 d, then daily": World(gaps=(14.0,), turn=260.0, then=1.0),
    "small: 3 repositories": World(repositories=3, changes=120),
    "trains each 30 d": World(gaps=(30.0,)),
}
HALF_LIFE_DAYS, EARLIER_TIMES = 75.0, 16


@dataclass(frozen=True, eq=False)
class Told:
    """Chances of one company as of one time, (changes,) each: whether they came true, which are no base rate.

    `base`: the base rate known then; nan where nothing was known. `in_doubt`: changes without a chance.
    """

    chance: FloatArray
    came: BoolArray
    own: BoolArray
    base: FloatArray
    in_doubt: int = 0


Pairs = dict[tuple[str, int], list[Told]]
Chances = tuple[FloatArray, BoolArray, BoolArray]


def pairs_of(
    world: World, companies: int, *, final: bool = False, by_oracle: bool = False, seen: bool = False
) -> Pairs:
    """By group of stages and days, what was told at each time and what came of it."""
    pairs: Pairs = {}
    for number in range(companies):
        found = requests(np.random.default_rng([SEED, number]), world)
        dice = np.random.default_rng([SEED, number, 1])
        pushed = np.array([request.rounds[0][0] for request in found])
        merged, shipped, closed = (
            np.array([getattr(request, name) for request in found]) for name in ("merged", "shipped", "closed")
        )
        ends = np.minimum(shipped, closed)
        for as_of in 24.0 * np.arange(240.0, 390.0, 18.0) + 10.0:
            code = np.flatnonzero((pushed <= as_of) & (ends > as_of))
            if not code.size:
                continue
            chance, own, doubt = (
                of_oracle(found, world, code, float(as_of), dice)
                if by_oracle
                else of_headway(found, code, float(as_of), final=final)
            )
            for column, days in enumerate(DAYS):
                if seen and as_of < 24.0 * world.turn < as_of + 24.0 * days:
                    continue
                for name, begins, leaves in (("open", pushed, np.minimum(merged, ends)), ("merged", merged, ends)):
                    here = (begins[code] <= as_of) & (leaves[code] > as_of)
                    rows = here & ~np.isnan(chance[:, column])
                    base = known_base(begins, leaves, shipped, float(as_of), 24.0 * days)
                    told = Told(
                        chance[rows, column],
                        shipped[code[rows]] <= as_of + 24.0 * days,
                        own[rows, column],
                        np.full(int(rows.sum()), base),
                        int((here & doubt[:, column]).sum()),
                    )
                    pairs.setdefault((name, days), []).append(told)
    return pairs


def of_headway(found: list[Request], code: IntArray, as_of: float, *, final: bool) -> Chances:
    """What Headway says, (changes, days), where that is no base rate, and where it is in doubt."""
    table, earlier = snapshot(found, as_of)
    rows = table.filter(pl.col("outcome") == "waiting")
    told = waiting.worklist(table, rows, earlier=None if final else earlier).sort("change_id")
    if told["change_id"].str.slice(2).cast(pl.Int64).to_list() != code.tolist():
        raise ValueError("other changes wait than those that the simulation has")
    base, doubt = (
        [told["note"].str.contains(rf"{words} \([^)]*\b{days}\b").to_numpy() for days in DAYS]
        for words in ("base rate of all that waits", "in doubt")
    )
    chance = [told[f"chance_{days}d"].fill_null(np.nan).to_numpy() for days in DAYS]
    return np.stack(chance, axis=1), ~np.stack(base, axis=1), np.stack(doubt, axis=1)


def of_oracle(found: list[Request], world: World, code: IntArray, as_of: float, dice: np.random.Generator) -> Chances:
    """What an oracle says, (changes, days)."""
    ahead = tuple(24.0 * days for days in DAYS)
    chance = np.stack([oracle(found[place], world, as_of, ahead, dice) for place in code.tolist()])
    return chance, np.ones(chance.shape, np.bool_), np.zeros(chance.shape, np.bool_)


def known_base(begins: FloatArray, leaves: FloatArray, shipped: FloatArray, as_of: float, ahead: float) -> float:
    """The share of what waited at earlier times that was in production so many hours later, recent times weighing more.

    `begins`, `leaves`: when each change entered and left the group of stages.
    """
    came = waited = 0.0
    for number in range(EARLIER_TIMES):
        then = as_of - ahead - 336.0 * number
        here = (begins <= then) & (leaves > then)
        weight = 0.5 ** (14.0 * number / HALF_LIFE_DAYS)
        waited += weight * float(here.sum())
        came += weight * float((here & (shipped <= then + ahead)).sum())
    return came / waited if waited else float("nan")


def slope_of(parts: list[Told]) -> str:
    """The slope of what came on the log odds of own chances, and its standard error by part."""
    chance = np.concatenate([part.chance[part.own] for part in parts])
    came = np.concatenate([part.came[part.own] for part in parts])
    found = reliability(chance, came) if chance.size else None
    if found is None or found.slope is None or found.intercept is None:
        return ""
    odds = special.logit(np.clip(chance, 1e-4, 1.0 - 1e-4))
    fitted = special.expit(found.intercept + found.slope * odds)
    design = np.stack([np.ones_like(odds), odds], axis=1)
    inverse = np.linalg.inv((design * (fitted * (1.0 - fitted))[:, None]).T @ design)
    part = np.repeat(np.arange(len(parts)), [int(one.own.sum()) for one in parts])
    score = np.stack([np.bincount(part, weights=column * (came - fitted)) for column in design.T], axis=1)
    return f"{found.slope:.2f} ± {(inverse @ score.T @ score @ inverse)[1, 1] ** 0.5:.2f}"


def line(parts: list[Told]) -> str:
    """The figures of one kind of company, group and days."""
    chance, came, own, base = (
        np.concatenate([getattr(part, name) for part in parts]) for name in ("chance", "came", "own", "base")
    )
    found = reliability(chance, came)
    then = float(np.nanmean((base - came) ** 2)) if not np.isnan(base).all() else float("nan")
    figures = (found.mean_chance, found.happened, found.brier, found.brier_base, then, found.skill)
    cells = "".join(f"{figure:>7.3f}" for figure in figures)
    in_doubt = sum(part.in_doubt for part in parts)
    doubt = in_doubt / (in_doubt + found.changes)
    return f"{cells}{slope_of(parts):>14}{1.0 - own.mean():>6.2f}{doubt:>7.2f}{found.changes:>8,}"


def main() -> None:
    """Print one line for each kind of company, group and days."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("companies", nargs="?", type=int, default=2)
    parser.add_argument("kinds", nargs="*", help="only companies whose name contains one of these")
    parser.add_argument("--final", action="store_true")
    parser.add_argument("--oracle", action="store_true")
    parser.add_argument("--seen", action="store_true")
    given = parser.parse_args()
    if given.final:
        landmarks.HALF_LIFE_HOURS = 1e9
    head = "".join(f"{name:>7}" for name in ("told", "came", "Brier", "base", "then", "skill"))
    print(f"{'company':<26}{'what':<8}{'days':>5}{head}{'slope':>14}{'rate':>6}{'doubt':>7}{'n':>8}")
    for name, world in KINDS.items():
        if given.kinds and not any(part in name for part in given.kinds):
            continue
        pairs = pairs_of(world, given.companies, final=given.final, by_oracle=given.oracle, seen=given.seen)
        for (group, days), parts in pairs.items():
            if sum(part.chance.size for part in parts):
                print(f"{name:<26}{group:<8}{days:>5}{line(parts)}", flush=True)


if __name__ == "__main__":
    main()
