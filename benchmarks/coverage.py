"""How often 95 % intervals hold the truth of simulated companies, by kind of company and by question.

    python benchmarks/coverage.py                   200 companies of each kind
    python benchmarks/coverage.py 1000              more of them
    python benchmarks/coverage.py 200 trains        only companies that release by trains; `steady`: only the others
    python benchmarks/coverage.py 60 trains --seed 5 --hours    others; for each kind the hours in each stage too

First companies that release by trains (weekly, or each repository at a cadence of its own), each for the two
questions: *these repositories* (the truth is what the same repositories do in endless years of trains) and
*repositories like these* (what endless repositories of their kind do). For each the mean over estimates (medians, p85,
shares, hours in stages, occupancy, stays, a month of `trend`), and the lowest and highest of them. A share of 200 that
is 95 % in truth lies between 92 % and 98 % in 95 of 100 cases, so the lowest and highest of many lie outside it by
chance. Then companies whose changes are independent within repositories, for *repositories like these*. 200 companies
of a kind take 13 to 27 seconds of one processor.
"""

from __future__ import annotations

import argparse
import sys
from itertools import product
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.analytics.coverage import coverage
from tests.analytics.simulated import Company
from tests.analytics.train_coverage import Covered, covered
from tests.builders.trains import MIXED, WEEKLY, TrainCompany

SEED = 71_016
CADENCES = {"weekly": WEEKLY, "mixed": MIXED}
SIZES = ((1, "even"), (2, "even"), (3, "even"), (4, "uneven"), (5, "even"), (8, "uneven"), (8, "one with 80 %"))
KINDS = (
    *((repositories, 600, sizes, 0.0) for repositories, sizes in SIZES),
    (20, 1_200, "even", 0.0),
    (20, 1_200, "uneven", 0.0),
    (3, 3_200, "even", 0.0),
    (8, 600, "uneven", 0.4),
)
STEADY = {
    "independent changes": Company(1, 400),
    "5 repositories": Company(5, 500, differ=0.4),
    "12 repositories": Company(12, 800, differ=0.4),
    "30 repositories": Company(30, 1_500, differ=0.4),
    "5 uneven ones": Company(5, 500, differ=0.4, uneven=0.7),
    "12 uneven ones": Company(12, 800, differ=0.4, uneven=0.7),
    "30 uneven ones": Company(30, 1_500, differ=0.4, uneven=0.7),
    "12 very uneven ones": Company(12, 800, differ=0.4, uneven=1.2),
    "12 that do not differ": Company(12, 800),
}


def main() -> None:
    """Print one table for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("companies", nargs="?", type=int, default=200)
    parser.add_argument("which", nargs="?", choices=["trains", "steady"])
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--hours", action="store_true")
    given = parser.parse_args()
    if given.which != "steady":
        trains(given.companies, given.seed, hours=given.hours)
    if given.which != "trains":
        steady(given.companies)


def trains(companies: int, seed: int = SEED, *, hours: bool = False) -> None:
    """Both questions, for each kind of company; `hours`: with a line for the hours in each stage."""
    print(f"{'company':<34}{'intervals for':<14}{'mean':>7}  {'lowest':<26}{'highest':<26}{'width':>6}  units")
    means: dict[str, list[float]] = {}
    in_stages: dict[str, list[float]] = {}
    for (repositories, changes, sizes, shocks), (cadence, gaps) in product(KINDS, CADENCES.items()):
        name = f"{repositories} {sizes}, {cadence}, {changes:,}{', shocks' * (shocks > 0.0)}"
        company = TrainCompany(repositories, changes, sizes, gaps, shocks)
        for question, told in covered(company, companies, seed).items():
            means.setdefault(question, []).append(told.mean)
            units = ", ".join(f"{unit} {count}" for unit, count in told.units.most_common())
            ends = "".join(f"{end:<26}" for end in _ends(told))
            print(f"{name:<34}{question:<14}{told.mean:>7.1%}  {ends}{told.width:>6.2f}  {units}", flush=True)
            shares = {stage: share for stage, share in told.held.items() if stage.startswith("hours in")}
            for stage, share in shares.items():
                in_stages.setdefault(f"{question}: {stage}", []).append(share)
            if hours:
                print("    " + ", ".join(f"{stage} {share:.1%}" for stage, share in shares.items()), flush=True)
    for question, values in means.items():
        print(f"{'all':<34}{question:<14}{np.mean(values):>7.1%}")
    for stage, values in in_stages.items():
        print(f"{stage:<48}{np.mean(values):>7.1%}  {min(values):.1%} to {max(values):.1%}")


def _ends(told: Covered) -> list[str]:
    """The estimates that are held least and most often."""
    ordered = sorted(told.held.items(), key=lambda item: item[1])
    return [f"{share:.1%} {name}" for name, share in (ordered[0], ordered[-1])]


def steady(companies: int) -> None:
    """Occupancy and hours in state, for repositories like these."""
    print(f"{'company':<24}{'occupancy':>10}{'lowest':>8}{'highest':>9}{'hours':>10}{'lowest':>8}{'highest':>9}")
    for name, company in STEADY.items():
        found = coverage(company, companies)
        cells = [f(share) for share in (found.occupancy, found.mean_hours) for f in (np.nanmean, np.nanmin, np.nanmax)]
        print(f"{name:<24}" + "".join(f"{cell:>{width}.1%}" for cell, width in zip(cells, [10, 8, 9] * 2, strict=True)))


if __name__ == "__main__":
    main()
