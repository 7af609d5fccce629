"""Whether figures are those of the truth where deployments were recorded late: no immortal time.

    python benchmarks/immortal_time.py           8 companies, deployments recorded for 30, 90 and 180 days
    python benchmarks/immortal_time.py 20 30     so many, for 30 days

Companies of six repositories, with slow and heavy-tailed reviews and trains from each day to each week, built into
tables from their commits, records of changes and deployments. The truth is the same company with every deployment
recorded. If what was code complete before the first recorded deployment counted once it merged late, only the slow of
it would: the median would be twice the truth at 30 days. Such work is `unknown`. Printed are means over companies.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from analytics.cohort.cohort import read_cohort
from analytics.cohort.filters import Filters
from tests.builders.rows import Raw, built

SEED = 71_017
BEFORE_DAYS = 90
PER_DAY = 12
GAPS = (168.0, 24.0, 84.0, 24.0, 48.0, 84.0)
MEDIANS, SPREAD = np.array([24.0, 60.0, 12.0]), 1.5
Figures = tuple[float, float, float]


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("companies", nargs="?", type=int, default=8)
    parser.add_argument("days", nargs="*", type=int, default=[])
    given = parser.parse_args()
    print(f"{'recorded':<10}{'':<12}{'median h':>10}{'7 days':>9}{'30 days':>9}{'unknown':>9}")
    for days in given.days or [30, 90, 180]:
        pairs = [company(np.random.default_rng([SEED, days, number]), days) for number in range(given.companies)]
        told, true = (np.mean([pair[which][0] for pair in pairs], axis=0) for which in (0, 1))
        unknown = np.mean([pair[0][1] for pair in pairs])
        print(f"{days:>5} days {'told':<12}" + _cells(told) + f"{unknown:>9.1%}")
        print(f"{'':<11}{'true':<12}" + _cells(true))
        print(f"{'':<11}{'off by':<12}" + "".join(f"{part - 1.0:>+9.1%}" for part in told / true), flush=True)


def _cells(figures: NDArray[np.float64]) -> str:
    return f"{figures[0]:>9.1f}{figures[1]:>9.3f}{figures[2]:>9.3f}"


def company(rng: np.random.Generator, days: int) -> tuple[tuple[Figures, float], tuple[Figures, float]]:
    """Median and shares as told from the deployments of the last so many days, and from all of them."""
    hours = (BEFORE_DAYS + days) * 24.0
    parts = [_repository(rng, place, hours) for place in range(len(GAPS))]
    return figures(parts, BEFORE_DAYS * 24.0, hours), figures(parts, 0.0, hours)


def figures(parts: list[_Repository], since: float, until: float) -> tuple[Figures, float]:
    """Of the changes code complete since then, the share of `unknown` among all besides."""
    with built(*(part.rows(since, until) for part in parts), as_of=until, anew=True) as tables:
        cohort = read_cohort(tables.connection, Filters())
    curve = cohort.incidence()
    at = curve.at([168.0, 720.0]).probability[:, 0]
    (median,) = curve.quantiles("production", [0.5])
    unknown = cohort.unknown / (cohort.unknown + len(cohort.changes))
    return (median.hours or float("nan"), float(at[0]), float(at[1])), unknown


class _Repository:
    """Changes in the order in which they merge, and when trains leave."""

    def __init__(self, name: str, complete: NDArray[np.float64], merged: NDArray[np.float64], gap: float) -> None:
        order = np.argsort(merged)
        self.name, self.complete, self.merged, self.gap = name, complete[order], merged[order], gap

    def rows(self, since: float, until: float) -> Raw:
        """As raw rows, with the deployments recorded since then; nothing is known that came later."""
        landed = int(np.searchsorted(self.merged, until))
        raw = Raw(self.name, read=until, known=until)
        raw.commits(" ".join(["c@0", *(f"c{number}@{self.merged[number]:.6f}" for number in range(landed))]))
        for number, complete in enumerate(self.complete):
            if complete >= until:
                continue
            facts = {"opened": complete - 1.0, "code_complete": complete}
            if number < landed:
                facts["merged"] = self.merged[number]
                raw.change(number + 1, sha=f"c{number}", **facts)
            else:
                raw.change(number + 1, **facts)
        for count, at in enumerate(np.arange(self.gap, until, self.gap)):
            shipped = int(np.searchsorted(self.merged, at))
            if at >= since and shipped:
                raw.deploy(f"d{count}", f"c{shipped - 1}", float(at))
        return raw


def _repository(rng: np.random.Generator, place: int, hours: float) -> _Repository:
    complete = np.sort(rng.uniform(2.0, hours, int(PER_DAY * hours / 24.0)))
    merged = complete + rng.lognormal(np.log(MEDIANS), SPREAD, (complete.size, 3)).sum(axis=1)
    return _Repository(f"acme/service-{place}", complete, merged, GAPS[place])


if __name__ == "__main__":
    main()
