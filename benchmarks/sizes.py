"""How often tests of AI work against other work find a difference where there is none, by kind of company.

    python benchmarks/sizes.py               250 companies of each kind
    python benchmarks/sizes.py 1000          more of them

A test at 5 % that keeps its promise rejects in 5 of 100 such companies; of 250, 2.4 to 8 % are within chance.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from scipy import stats

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from analytics.comparison import ai_beside_other
from analytics.comparison.rates import rate_measures
from analytics.dora.per_change import ratio_per_change
from analytics.rework.comparison import compared
from analytics.rework.facts import Shipped
from analytics.survival import cox, log_rank
from analytics.survival.arrays import IntArray
from tests.analytics.comparison.trains import sizes_of, trains
from tests.analytics.dora.test_per_change import deployed

START = datetime(2025, 1, 1)
SEED = 16_016
KINDS = ((2, "even"), (5, "even"), (5, "uneven"), (8, "uneven"), (8, "one has 80 %"), (20, "uneven"))


def shipped_from(dice: np.random.Generator, sizes: IntArray) -> Shipped:
    """A year's changes in production, of which one in four is repaired, AI work as often as other work."""
    repositories = sizes.size
    place = np.repeat(np.arange(repositories), sizes)
    ai = dice.random(place.size) < np.clip(dice.beta(4, 12, repositories), 0.05, 0.9)[place]
    rate = 0.12 / (24 * 90) * np.exp(dice.normal(0.0, 0.5, repositories))[place]
    begun = dice.uniform(0.0, 365 * 24.0, place.size)
    mended = begun + dice.exponential(1.0 / rate)
    at = [START + timedelta(hours=hours) for hours in begun.tolist()]
    fixed = [START + timedelta(hours=hours) if hours <= 365 * 24 else None for hours in mended.tolist()]
    changes = {"repo": place, "builds_ai": ai, "built_with_ai": "none", "kind": "work", "production_at": at}
    rest = {"as_of": START + timedelta(days=365), "repaired_at": fixed, "files": 3, "lines": 50, "dmm": None}
    return Shipped(pl.DataFrame(changes | rest, schema_overrides={"dmm": pl.Float64}))


def rework(companies: int) -> Iterator[str]:
    """The rate ratio of repairs, as reported and with the normal quantile by repository."""
    for repositories, kind in KINDS:
        rejected, normal, covered = 0, 0, 0
        for number in range(companies):
            dice = np.random.default_rng([SEED, 1, repositories, number])
            shipped = shipped_from(dice, sizes_of(kind, repositories, 2000))
            found = next(iter(compared(shipped, "builds_ai")))
            rejected += (found.p_value or 0.0) <= 0.05
            covered += (found.ratio.lower or 0.0) <= 1.0 <= (found.ratio.upper or 0.0)
            hours, over = shipped.times()
            code = shipped.cluster[0]
            fit = cox(hours, over, shipped.changes["builds_ai"].to_numpy(), ["AI"], stratum=code, cluster=code)
            assert fit.robust_standard_error is not None
            normal += abs(fit.coefficient[0]) > stats.norm.ppf(0.975) * fit.robust_standard_error[0]
        shares = "".join(f"{count / companies:>12.1%}" for count in (rejected, covered, normal))
        yield f"{f'{repositories} repositories, {kind}':<34}{shares}"


def score(companies: int) -> Iterator[str]:
    """The robust score test of the comparison, and the log-rank test by repository."""
    contrast = ai_beside_other()
    for repositories, kind in ((1, "even"), (3, "even"), *KINDS[3:]):
        for bursts in (False, True):
            rejected, plain = 0, 0
            for number in range(companies):
                dice = np.random.default_rng([SEED, 2, repositories, number])
                cohort = trains(dice, sizes_of(kind, repositories, 1600), bursts=bursts)
                first = cohort.changes["builds_ai"].to_numpy()
                rejected += (next(rate_measures(cohort, first, contrast)).p_value or 0.0) <= 0.05
                group, arrived = (~first).astype(np.int64), cohort.ended_as == 0
                plain += log_rank(cohort.hours, arrived, group, stratum=cohort.cluster[0]).p_value <= 0.05
            name = f"{repositories} repositories, {kind}{', bursts' if bursts else ''}"
            yield f"{name:<34}{rejected / companies:>12.1%}{plain / companies:>12.1%}"


def per_change(companies: int) -> Iterator[str]:
    """The ratio of failures per change, and how often its interval holds the truth."""
    for repositories in (3, 8, 20):
        for size in (3.0, 8.0, 20.0):
            for ratio in (1.0, 3.0):
                found = []
                for number in range(companies):
                    dice = np.random.default_rng([SEED, 3, repositories, int(size), number])
                    given = deployed(dice, repositories, 2400 // repositories, ratio=ratio, size=size)
                    month = np.arange(given[3].size) % (2400 // repositories) * 12 * repositories // 2400
                    unit = given[3] if repositories >= 5 else given[3] * 12 + month
                    found.append(ratio_per_change(*given, unit))
                known = [one for one, p_value in found if p_value is not None]
                holds = np.mean([(one.lower or 0.0) <= ratio <= (one.upper or np.inf) for one in known])
                mean = np.exp(np.mean([np.log(one.value) for one in known if one.value]))
                rejects = np.mean([p_value <= 0.05 for _, p_value in found if p_value is not None])
                name = f"{repositories} repositories, {size:.0f} changes, ratio {ratio:.0f}"
                yield f"{name:<40}{mean:>8.2f}{holds:>10.1%}{rejects:>10.1%}"


def main() -> None:
    """Print a table for each test."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("companies", nargs="?", type=int, default=250)
    given = parser.parse_args()
    print(f"{'rate ratio of repairs':<34}{'rejects':>12}{'holds 1':>12}{'±1.96 errors':>14}")
    for line in rework(given.companies):
        print(line, flush=True)
    print(f"\n{'arrival, weekly trains':<34}{'score test':>12}{'log-rank':>12}")
    for line in score(given.companies):
        print(line, flush=True)
    print(f"\n{'failures per change':<40}{'mean':>8}{'holds':>10}{'rejects':>10}")
    for line in per_change(given.companies):
        print(line, flush=True)


if __name__ == "__main__":
    main()
