"""Whether comparisons keep what their intervals and tests promise, on companies whose truth is known.

    python benchmarks/compare.py             200 companies for each number of repositories
    python benchmarks/compare.py 1000 5 12   so many, with 5 and with 12 repositories

For each number of repositories, simulated companies whose repositories differ (one effect for both groups, unequal
sizes and shares of AI work, release trains): under no difference, how many tests reject at 5 % (`reject`) and how many
95 % intervals hold zero (`cover 0`); under a known one, how many intervals hold it (`cover`) and how many tests see it
(`power`). The truth is the same company very large, watched to the end.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

CHANGES = {5: 500, 12: 800, 30: 1200}
Figure = tuple[float | None, float | None, float | None, float | None]


def main() -> None:
    """Print one table for each number of repositories."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seeds", nargs="?", type=int, default=200)
    parser.add_argument("repositories", nargs="*", type=int, default=[])
    parser.add_argument("--processes", type=int, help="how many at once; all cores when not given")
    given = parser.parse_args()
    truth = true_differences()
    # Forked, Polars would wait for threads that stayed behind.
    with ProcessPoolExecutor(max_workers=given.processes, mp_context=get_context("spawn")) as pool:
        for repositories in given.repositories or [5, 12, 30]:
            jobs = [(seed, repositories) for seed in range(given.seeds)]
            report(repositories, list(pool.map(figures, jobs, chunksize=10)), truth)


def figures(job: tuple[int, int]) -> tuple[dict[str, Figure], dict[str, Figure]]:
    """Difference, bounds and p-value of each measure, without and with a difference."""
    from analytics.comparison import ai_beside_other, compare
    from tests.builders.companies import EFFECT, NOTHING, company

    seed, repositories = job
    told = []
    for offset, factors in ((0, NOTHING), (1_000_000, EFFECT)):
        cohort = company(seed + offset, repositories, CHANGES.get(repositories, 40 * repositories), factors)
        found = compare(cohort, ai_beside_other())
        told.append(
            {
                f"{m.name}{' *' * (m.basis != 'all changes')}": (m.difference, m.lower, m.upper, m.p_value)
                for m in found.measures
            }
        )
    return told[0], told[1]


def true_differences() -> dict[str, float]:
    """The differences in one very large company watched to the end: plain means, nothing being censored."""
    import numpy as np
    import polars as pl

    from analytics.cohort.cohort import LEAD_STAGES
    from tests.builders.companies import EFFECT, company

    changes = company(7, 20_000, 2_000_000, EFFECT, censored=False).changes
    sides = []
    for part in (changes.filter("builds_ai"), changes.filter(~pl.col("builds_ai"))):
        hours, arrived = part["hours"].to_numpy(), part["outcome"].to_numpy() == "production"
        by = {
            f"share_arrived_{n}": float((arrived & (hours <= t)).mean())
            for n, t in (("24h", 24), ("7d", 168), ("30d", 720))
        }
        by["share_abandoned"] = float((~arrived & (hours <= 720)).mean())
        by["median_hours"] = float(np.quantile(np.where(arrived, hours, np.inf), 0.5))
        by["mean_hours_in_production"] = float(np.where(arrived, np.maximum(720.0 - hours, 0.0), 0.0).mean())
        past = np.zeros(len(part))
        spent = {}
        for stage in LEAD_STAGES:
            own = part[f"{stage}_hours"].fill_null(0.0).to_numpy()
            spent[stage] = float((np.minimum(past + own, 720.0) - np.minimum(past, 720.0)).mean())
            past += own
        whole = sum(spent.values())
        by |= {"mean_hours_waiting": whole} | {f"mean_hours_{stage}": value for stage, value in spent.items()}
        by |= {f"share_of_wait_{stage}": value / whole for stage, value in spent.items()}
        sides.append(by)
    truth = {name: sides[0][name] - sides[1][name] for name in sides[0]}
    truth["same_friction"] = sum(abs(truth[f"share_of_wait_{stage}"]) for stage in LEAD_STAGES) / 2.0
    return truth


def report(repositories: int, told: list[tuple[dict[str, Figure], dict[str, Figure]]], truth: dict[str, float]) -> None:
    """One table: a line for each measure."""
    print(f"\n{repositories} repositories, {len(told)} companies   (* within repository and month)")
    print(f"{'measure':<34}{'reject':>8}{'cover 0':>9}{'cover':>8}{'power':>8}{'said':>7}")
    counts: dict[str, list[list[bool]]] = defaultdict(lambda: [[], [], [], []])
    for nothing, effect in told:
        for name, (_, lower, upper, p_value) in nothing.items():
            if p_value is not None:
                counts[name][0].append(p_value <= 0.05)
            if lower is not None and upper is not None:
                counts[name][1].append(lower <= 0.0 <= upper)
        for name, (_, lower, upper, p_value) in effect.items():
            plain = name.removesuffix(" *")
            if lower is not None and upper is not None and plain in truth:
                counts[name][2].append(lower <= truth[plain] <= upper)
            if p_value is not None:
                counts[name][3].append(p_value <= 0.05)
    for name, kinds in counts.items():
        shown = [f"{sum(kind) / len(kind):.1%}" if kind else "" for kind in kinds]
        print(f"{name:<34}{shown[0]:>8}{shown[1]:>9}{shown[2]:>8}{shown[3]:>8}{len(kinds[0]) / len(told):>7.0%}")


if __name__ == "__main__":
    main()
