"""Differences of AI work with imperfect marks: seen, corrected, and true, in simulated changes.

    python benchmarks/marks.py               100 companies of each kind
    python benchmarks/marks.py 400           more of them

`seen` and `corrected` are differences of the share in production within a week, in points; `tipping` is how many times
as often slow AI work was marked as quick, found in companies without a difference.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from analytics.comparison.marks import Quality, corrected, tipping_point

SEED = 16_600
CHANGES, AI = 3200, 0.3
KINDS = ((0.6, 0.95, 1.3), (0.75, 0.95, 1.3), (0.75, 0.95, 2.0), (0.5, 1.0, 1.3))


def company(dice: np.random.Generator, slower: float) -> tuple[np.ndarray, np.ndarray]:
    """Whether each change arrived within a week, and whether it is AI work, which takes `slower` times as long."""
    ai = dice.random(CHANGES) < AI
    hours = dice.lognormal(np.log(40.0), 1.3, CHANGES) * np.where(ai, slower, 1.0)
    return hours <= 168.0, ai


def main() -> None:
    """Print a line for each precision, recall and effect, then for each kind of marks that depend on the outcome."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("companies", nargs="?", type=int, default=100)
    given = parser.parse_args()
    print(f"{'recall':>8}{'precision':>11}{'effect':>8}{'true':>8}{'seen':>8}{'corrected':>11}")
    for recall, precision, slower in KINDS:
        rows = []
        for number in range(given.companies):
            dice = np.random.default_rng([SEED, number])
            came, ai = company(dice, slower)
            wrong = AI * recall * (1.0 - precision) / precision / (1.0 - AI)
            mark = dice.random(CHANGES) < np.where(ai, recall, wrong)
            seen = came[mark].mean() - came[~mark].mean()
            found = corrected(float(seen), float(mark.mean()), Quality(precision, recall))
            rows.append((came[ai].mean() - came[~ai].mean(), seen, found.most if found else np.nan))
        true, seen, most = 100.0 * np.mean(rows, axis=0)
        print(f"{recall:>8.2f}{precision:>11.2f}{slower:>8.1f}{true:>8.2f}{seen:>8.2f}{most:>11.2f}")
    print(f"\n{'quick marked':>13}{'slow marked':>13}{'ratio':>8}{'tipping':>9}")
    for quick, slow in ((0.75, 0.5), (0.5, 0.75), (0.2, 0.8)):
        tips = []
        for number in range(given.companies):
            dice = np.random.default_rng([SEED, 1, number])
            came, ai = company(dice, 1.0)
            mark = ai & (dice.random(CHANGES) < np.where(came, quick, slow))
            tips.append(tipping_point(float(came[mark].mean()), float(came.mean())) or np.nan)
        print(f"{quick:>13.2f}{slow:>13.2f}{slow / quick:>8.2f}{np.nanmedian(tips):>9.2f}")


if __name__ == "__main__":
    main()
