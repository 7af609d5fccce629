"""How often 95 % intervals hold the truth of simulated companies, by kind of company.

    python benchmarks/coverage.py            200 companies of each kind
    python benchmarks/coverage.py 1000       more of them

For each kind: the share of intervals that hold it, over states of a kind of estimate; and the lowest and highest of
them. A share of 200 that is 95 % in truth lies between 92 % and 98 % in 95 of 100 cases, so the lowest and highest of
many lie outside it by chance.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.analytics.coverage import coverage
from tests.analytics.simulated import Company

KINDS = {
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
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("companies", nargs="?", type=int, default=200)
    given = parser.parse_args()
    print(f"{'company':<24}{'occupancy':>10}{'lowest':>8}{'highest':>9}{'hours':>10}{'lowest':>8}{'highest':>9}")
    for name, company in KINDS.items():
        found = coverage(company, given.companies)
        cells = [f(share) for share in (found.occupancy, found.mean_hours) for f in (np.nanmean, np.nanmin, np.nanmax)]
        print(f"{name:<24}" + "".join(f"{cell:>{width}.1%}" for cell, width in zip(cells, [10, 8, 9] * 2, strict=True)))


if __name__ == "__main__":
    main()
